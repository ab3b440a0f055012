"""Whether the first row of a table names its columns: guessed from the words and from the values below them.

A wrong guess ties values to names that are not theirs, so where there is doubt the answer is no. Forms are the trap:
in 姓名 | 张三 | 性别 | 男 the names stand beside their values, and the first row names nothing.
"""

import re
from collections.abc import Sequence

_LONGEST = 30  # characters of a column's name; longer cells are text
_SAMPLE = 12  # rows that are looked at

# Words that columns are named by, whole or as the end of a name (采购数量, 所在部门).
_WORDS = re.compile(
    r"(?:序号|編號|编号|代码|代碼|名称|名稱|姓名|词条|类别|類別|类型|類型|分类|型号|型號|规格|規格|品牌|项目|項目|内容|內容|说明|說明|备注|備註"
    r"|值|描述|摘要|事项|事由|日期|时间|時間|年份|年度|月份|期间|期限|周期|金额|金額|价格|價格|单价|單價|总价|合计|小计|余额|费用|成本|收入|支出|利润"
    r"|数量|數量|数值|人数|天数|次数|总数|数|數|额|率|比例|占比|百分比|比重|单位|單位|部门|部門|岗位|职位|职务|职称|学历|专业|性别|性別|年龄|年齡"
    r"|工龄|籍贯|民族|电话|電話|手机|邮箱|地址|地点|城市|省份|地区|区域|状态|狀態|结果|結果|等级|级别|评分|得分|分数|成绩|排名|标准|標準|要求|条件"
    r"|方式|方法|措施|职责|负责人|责任人|经办人|联系人|审核人|来源|依据|版本|问题|問題|答案|指标|参数|含义|示例|作者|书名|题目|科目|课程|班级|学号|工号"
    r"|客户|供应商|厂家|产品|商品|物料|物品|设备|仓库|账号|用途|频率|长度|重量|面积|温度|尺寸|颜色|材质|品名|工序|步骤|阶段|任务|功能|字段|默认值|必填|定义|术语|活动|条款|国家|车次|站)"
    r"(?:[（(【\[][^）)】\]]*[）)】\]])?[*＊:：]?",
)
_ENGLISH = re.compile(
    r"(?:id|no\.?|name|title|date|time|type|code|price|amount|quantity|qty|total|unit|status|state|description|note|notes"
    r"|remark|remarks|value|key|number|count|score|rank|email|phone|address|city|country|category|question|answer|text|url"
    r"|author|year|month|item|product|user|age|gender|department|version|comment|content|label|parameter|default)s?",
    re.I,
)
_PERIOD = re.compile(
    r"(?:(?:19|20)\d\d\s*年?(?:度|末|初|[1-4一二三四]季度|[HQ][1-4]|(?:0?[1-9]|1[0-2])月)?|(?:[1-9]|1[0-2])月份?|[HQ][1-4]|第?[一二三四1-4]季度"
    r"|[一二三四五六七八九十]{1,2}月份?|(?:星期|周)[一二三四五六日天]|[上下]半年|本[年月期季]数?|上[年月期季]数?)"
)
# 2023年预算, 1月销量, 2024年/计划: what begins with a period and goes on in words is no amount.
_NAMED_PERIOD = re.compile(r"(?:(?:19|20)\d\d\s*年度?|(?:[1-9]|1[0-2])月份?)[/\s]?[^\d\s]{2,}")
# An amount, a share, a date, a number with its unit, also in Chinese numerals: 3.5, ¥1,200, 15%, 2024-01-05, 五天.
_AMOUNT = re.compile(
    r"[-+−(（≤≥<>约]?\s*[¥￥$€£]?\s*\d[\d,，.:/\\\-年月日时分秒\s~～—至]*(?:[eE][+-]?\d+)?\s*[%％‰]?\s*[)）]?\s*[^\d\s]{0,4}"
    r"|[〇零一二两三四五六七八九十百千万亿]{1,6}\s*(?:年|月|日|天|个|次|元|人|名|份|周|小时|分钟|万元|以上|以下|个月)?"
)
_SENTENCE = re.compile("[。！？；!?;]|[:：].")


def names_columns(rows: Sequence[Sequence[str]], *, likely: bool = False) -> bool:
    """Return whether `rows[0]` names the columns of the rows below it; cells are compared by their position.

    `likely` says that tables of this source mostly have a header (exported data): then only what speaks against it
    counts, else a word or a value has to speak for it too.
    """
    if len(rows) < 2 or not _label_like(rows[0]):
        return False
    first, below = rows[0], rows[1 : 1 + _SAMPLE]
    if any(first[i] and first[i] == row[i] for row in below for i in range(min(len(first), len(row)))):
        return False
    known = sum(map(_is_known, first))
    if len(first) == 2:
        # In a form of two columns the names of all values stand below the first one's.
        keys = [row[0] for row in below if row]
        names_keys = likely and _is_known(first[0]) and len(keys) > 2 and not any(map(_is_known, keys))
        return _is_known(first[1]) or names_keys
    if _is_form(first, below=below):
        return False
    return likely or known >= 2 or (known == 1 and len(first) == 3) or _has_amounts_below(first, below=below)


def is_label(text: str) -> bool:
    """Return whether a cell could name a column: short, no sentence, no amount."""
    return bool(text) and len(text) <= _LONGEST and not _SENTENCE.search(text) and not _is_amount(text)


def _label_like(first: Sequence[str]) -> bool:
    """Return whether a row is made of different labels; the corner of a table with names on both sides is empty."""
    labels = [text for text in first[1:] if text] + [first[0]] * bool(first[0])
    return (
        len(first) > 1
        and len(labels) >= max(2, len(first) - 1 if len(first) < 5 else len(first) * 2 // 3)
        and len(set(labels)) * 4 >= len(labels) * 3
        and all(map(is_label, labels))
        and not (first[0] and all(map(_PERIOD.fullmatch, labels)))
    )


def _is_form(first: Sequence[str], *, below: Sequence[Sequence[str]]) -> bool:
    """Return whether names stand in further columns than the first, or beside their values in the first row."""
    if len(first) % 2:
        return False
    if not any(map(_is_known, first[1::2])) and sum(map(_is_known, first[::2])) * 2 >= len(first[::2]):
        return True
    columns = [[row[i] for row in below if i < len(row) and row[i]] for i in range(2, len(first), 2)]
    return any(column and sum(map(_is_known, column)) * 2 >= len(column) for column in columns)


def _has_amounts_below(first: Sequence[str], *, below: Sequence[Sequence[str]]) -> bool:
    for i in range(1, len(first)):
        values = [row[i] for row in below if i < len(row) and row[i]]
        if len(values) * 2 > len(below) and all(map(_is_amount, values)):
            return True
    return False


def _is_amount(text: str) -> bool:
    return bool(_AMOUNT.fullmatch(text)) and not (_PERIOD.fullmatch(text) or _NAMED_PERIOD.fullmatch(text))


def _is_known(text: str) -> bool:
    """Return whether a cell ends in a word that columns are named by, or names a period."""
    if len(text) > _LONGEST:
        return False
    text = "".join(text.split())
    found = _WORDS.search(text)
    while found and found.end() != len(text):
        found = _WORDS.search(text, found.start() + 1)
    return bool(found or _ENGLISH.fullmatch(text) or _PERIOD.fullmatch(text) or _NAMED_PERIOD.fullmatch(text))
