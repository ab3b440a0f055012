"""What a Chinese question is made of: its words, what it asks for, whom and what it is about.

Everything is read from the folded text (Simplified, half width) and given as slices of the text itself.
"""

import re
from dataclasses import dataclass

from ingest.normalize import fold

#: Words that ask: the first of them in a question is what its answer stands for.
ASKS = re.compile(
    r"(?:[在由是为到]|因为)?(?P<word>"
    r"为什么|为何|何时|何地|多少(?:[元天个人次只台年月钱条家]|平方米|万元)?|多久|多长(?:时间)?|多[大高重远]|几多"
    r"|什么(?:时候|时间|地方|位置|原因|意思)?|[几哪][里儿天年月日号点个家位款种批次只台层级期项些]"
    r"|哪一[家个天位款种批次项条]|[谁哪几]|怎么(?:样|办)?|怎样|如何|吗)"
)
#: A day, a month, a year.
DATE = re.compile(r"(?:\d{4}年)?(?:\d{1,2}月)?\d{1,2}[日号]|\d{4}年\d{1,2}月|\d{4}年|\d{4}-\d{2}-\d{2}|[今明去前后]年")
#: A day by its name.
FEAST = re.compile(
    r"除夕|正月初[一二三四五六七八]|初[一二三四五六七]|(?:元旦|春节|清明|端午|中秋|国庆|重阳)节?(?:翌日|当天|前夕)?"
)
#: Nouns that say nothing without the thing that they belong to: the deposit (of what?), the telephone (whose?).
_RELATIONAL = re.compile(
    r"^(?:电话|邮箱|地址|号码|姓名|职务|联系人|联系方式|负责人|单价|总价|价格|价钱|费用|费率|金额|租金|押金|保证金|定金|质保金"
    r"|违约金|补偿金|赔偿金|罚款|工资|奖金|预算|面积|容量|重量|尺寸|体积|数量|人数|比例|期限|租期|工期|质保期?|保修期?"
    r"|有效期|周期|时间|日期|时限|地点|位置|原因|目的|理由|结果|结论|条件|要求|材料|流程|程序|步骤|手续|标准|限额|上限|下限"
    r"|额度|税率|利率|利息|次数|名额|名称|编号|型号|版本|范围|内容|对象|方式|方法|频率|精度|寿命|后果|处理|处罚|责任|评级|得分|分数"
    r"|开始|结束|截止|生效|到期|批准|审批|审核|负责|签字|签署|主持|保管|担任|申请|提交|办理|参加|举行|召开|执行|完成|通知|支付"
    r"|付款|收费|预约|领取|送达|发货|涨价|上涨|下降|人|钱|天|元|个|需要|可以|应当|必须|能够|开会|大概|一共|总共|每期|每月|每年|每天)$"
)
_LIGHT = frozenset(
    "是有要能会可应得叫占给付花交报拿用做到在由为把被让向和与及的了着过也都还就才再又呢啊吧最约共则将需去来说算"
)
_CODE = re.compile(r"[a-z]+[-_.]?\d[a-z\d.-]*|\d+(?:\.\d+)+|[a-z]{2,}", re.IGNORECASE)
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范"
    "金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂"
    "章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解"
    "牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑"
    "郎甄丛仲虞敖巩明佘池查麻苑迟邝荀闻"
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text with its part of speech (jieba's tags) and its span; `folded` is its search form."""

    text: str
    folded: str
    tag: str
    start: int
    end: int

    @property
    def names_something(self) -> bool:
        """Whether the word is a name of its own: a place, a person, a company, a product's code."""
        return self.tag in {"ns", "nt", "nz", "nrt"} or is_name(self) or bool(_CODE.fullmatch(self.folded))

    @property
    def is_noun(self) -> bool:
        """Whether the word can be part of a noun phrase."""
        return self.tag[:1] in "nbajlsfi" or self.tag in {"vn", "eng", "x"} or bool(_CODE.fullmatch(self.folded))

    @property
    def tells(self) -> bool:
        """Whether the word says what a text is about, by itself."""
        content = self.tag[:1] in "nvajzbil" or self.tag == "eng" or self.names_something
        return content and self.folded not in _LIGHT and not _RELATIONAL.match(self.folded)


def words(text: str) -> list[Word]:
    """Return the words of a text, marks and blanks left out."""
    import rjieba

    folded = fold(text)
    found, at = [], 0
    for part, tag in rjieba.tag(folded):
        start = folded.find(part, at)
        if start < 0:
            continue
        at = start + len(part)
        if any(char.isalnum() for char in part):
            found.append(Word(text[start:at], part, tag, start, at))
    return found


def is_relational(text: str) -> bool:
    """Tell whether a noun or verb needs something that it belongs to."""
    return bool(_RELATIONAL.match(fold(text)))


def is_name(word: Word) -> bool:
    """Tell whether a word is a person's name; jieba calls other things names too."""
    return word.tag in {"nr", "nrfg"} and 2 <= len(word.folded) <= 4 and word.folded[0] in _SURNAMES


def person_in(text: str) -> str | None:
    """Return the first person's name in a text; a short text that looks like a name is one."""
    plain = text.strip(" 。.，,")
    if 2 <= len(plain) <= 3 and plain.isalpha() and fold(plain)[0] in _SURNAMES:
        return plain
    parts = words(text)
    for position, word in enumerate(parts):
        begin = word.start
        # jieba glues 由, 和 … to an unknown name.
        if word.tag == "nr" and word.folded[0] in "由和与及经向请找为" and word.folded[1:2] in _SURNAMES:
            begin += 1
        if word.tag in {"nr", "nrfg"} and fold(text[begin]) in _SURNAMES and word.end - begin <= 4:
            end = _name_end(parts, position, begin=begin)
            if end - begin > 1:
                return text[begin:end]
    return None


def _name_end(parts: list[Word], position: int, *, begin: int) -> int:
    """Return where a name ends: jieba cuts an unknown one in two."""
    word = parts[position]
    follower = parts[position + 1] if position + 1 < len(parts) else None
    if follower is None or follower.start != word.end or follower.tag[:1] in "pucdvy":
        return word.end
    return follower.end if follower.end - begin <= 3 else word.end


def asked_span(question: str) -> tuple[int, int] | None:
    """Return where a question asks: the span of its first interrogative, None where it has none."""
    found = ASKS.search(fold(question))
    return found.span() if found else None


def before_asking(question: str) -> str:
    """Return what stands before a question's first interrogative; all of it where there is none."""
    found = ASKS.search(fold(question))
    return question[: found.start("word")] if found else question


def statement(question: str, *, answer: str = "") -> str:
    """Return a question without its interrogative, or with `answer` in its place."""
    found = ASKS.search(fold(question))
    if found is None:
        return bare(question)
    after = bare(question[found.end() :])
    if answer:
        return question[: found.start("word")] + answer + after
    before = question[: found.start()]
    return before + after if after else re.sub(r"(?:(?:分别|一共)?[是有为占要叫的了])+$", "", before)


def bare(question: str) -> str:
    """Return a question without its final marks and particles."""
    return re.sub(r"[呢吗嗎啊吧]?[？?。.！!\s]*$", "", question.strip())


def topic(question: str) -> str:
    """Return what a question is about: what stands before its interrogative or, where that is nothing, after it."""
    span = asked_span(question)
    if span is None:
        return bare(question)
    before = _trimmed(question[: span[0]])
    return before if len(before) > 1 else _trimmed(bare(question[span[1] :]))


def holder(question: str) -> str:
    """Return the thing whose quality a question asks for: its topic without the relational nouns at the end."""
    about = topic(question)
    parts = words(about)
    # In 冷库的库容是多少, the capacity is asked for, of the cold store.
    if len(parts) > 2 and parts[-2].folded == "的" and not any(part.tag == "v" for part in parts):
        return about[: parts[-2].start]
    while len(parts) > 1 and is_relational(parts[-1].folded):
        about = _trimmed(about[: parts[-1].start])
        parts = words(about)
    return about


def noun_phrases(text: str) -> list[tuple[int, int]]:
    """Return the spans of the runs of nouns in a text."""
    runs: list[tuple[int, int]] = []
    for word in words(text):
        if not word.is_noun or word.folded in _LIGHT:
            continue
        if runs and runs[-1][1] == word.start:
            runs[-1] = (runs[-1][0], word.end)
        else:
            runs.append((word.start, word.end))
    return runs


def phrase_start(text: str, at: int) -> int:
    """Return where the noun phrase begins that holds the character `at`."""
    begin = at
    for word in reversed(words(text)):
        short = len(word.folded) == 1 and begin - word.end == 0 and begin == at
        if (
            word.start <= at
            and word.end >= begin
            and (short or ((word.is_noun or word.tag == "v") and word.tag != "f"))
        ):
            begin = word.start
        elif word.end <= begin:
            break
    return begin


def _trimmed(text: str) -> str:
    """Return a stretch of a question without the light words at its end and its beginning."""
    parts = words(text)
    while parts and (parts[-1].folded in _LIGHT or parts[-1].tag[:1] in "pducyr" or _short_verb(parts[-1])):
        parts.pop()
    while parts and (parts[0].folded in _LIGHT or parts[0].tag[:1] in "pucy"):
        parts.pop(0)
    return text[parts[0].start : parts[-1].end] if parts else ""


def _short_verb(word: Word) -> bool:
    return word.tag == "v" and (len(word.folded) == 1 or is_relational(word.folded))
