import pytest

from ingest.tables.rows import Cell, layout_of, row_line, table_text


def rows(text):
    return [line.split("|") for line in text.split("\n")]


def test_each_row_names_its_values_and_the_header_stands_once():
    assert table_text(rows("工龄|天数|备注\n一年|5|\n十年|10|按月"), header=True) == (
        "工龄 | 天数 | 备注\n工龄：一年 | 天数：5\n工龄：十年 | 天数：10 | 备注：按月"
    )


def test_without_a_header_cells_are_joined_and_inner_empty_ones_keep_their_place():
    assert table_text(rows("签订日期||生效日期|2024-01-01|"), header=False) == "签订日期 |  | 生效日期 | 2024-01-01"


def test_blanks_in_a_cell_become_one_space_and_empty_rows_go():
    assert table_text([["第一\n  行", "甲"], ["", " "], ["乙", "丙"]], header=False) == "第一 行 | 甲\n乙 | 丙"


def test_a_row_of_another_width_is_not_tied_to_names_that_may_not_be_its_own():
    assert table_text(rows("部门|姓名|金额\n合计|300"), header=True) == "部门 | 姓名 | 金额\n合计 | 300"


def test_a_value_without_a_column_name_stands_alone():
    assert (
        table_text(rows("|一季度|二季度\n研发部|3|4"), header=True)
        == " | 一季度 | 二季度\n研发部 | 一季度：3 | 二季度：4"
    )


def test_one_column_is_plain_lines():
    assert table_text([["名称"], ["甲"], ["乙"]]) == "名称\n甲\n乙"
    assert table_text([]) == ""


def test_a_title_over_the_whole_table_stands_above_its_header():
    assert table_text(rows("2024年采购台账||\n编号|名称|数量\n1|钢笔|20")) == (
        "2024年采购台账\n编号 | 名称 | 数量\n编号：1 | 名称：钢笔 | 数量：20"
    )


def test_a_name_of_great_length_is_shortened_in_the_rows_only():
    name = "您对公司食堂的饭菜价格和服务质量是否满意，请在一到十之间打分，十分为非常满意，一分为很不满意"
    text = table_text([["工号", name], ["7", "9"]], header=True)
    assert text.split("\n") == [f"工号 | {name}", f"工号：7 | {name[:39]}…：9"]


@pytest.mark.parametrize(
    "table",
    [
        "编号|日期|条目|数量\nA1|2024-01-01|钢笔|3",
        "词条|问题|答案\n甲|乙是什么？|丙",
        "工龄|天数\n一年|五天\n十年|十天",
        "项目|金额\n营业收入|300\n净利润|20",
        "项目|2023年|2022年\n营业收入|300|200",
        "|一月|二月\n研发部|3|4",
        "型材|甲厂|乙厂\n圆钢|3.5|4\n方钢|3.6|5",
        "|2023年预算|2024年/计划\n研发部|3|4",
        "门店|1月销量|2月销量\n东店|30|40",
        "id,name,price".replace(",", "|") + "\n1|pen|3",
    ],
)
def test_a_first_row_that_names_columns_is_a_header(table):
    header = rows(table)[0]
    assert f"{header[-1]}：" in table_text(rows(table))


@pytest.mark.parametrize(
    "table",
    [
        "甲方|成都某公司\n乙方|北京某公司\n合同金额|100万元",
        "姓名|张三\n年龄|35\n工龄|8",
        "姓名|张三|性别|男\n出生日期|1990-01|民族|汉族\n联系电话|138|学历|本科",
        "张三|男|本科\n李四|女|硕士\n王五|男|博士",
        "1|2|3\n4|5|6",
        "第一期|30%|签约后支付\n第二期|70%|验收后支付",
        "本制度适用于全体员工。|自发布之日起施行。|由人事部解释。\n一|二|三",
        "北京|上海|广州\n故宫|外滩|小蛮腰",
        "编号|数量|金额",
    ],
)
def test_a_first_row_of_a_form_or_of_data_is_no_header(table):
    assert table_text(rows(table)).split("\n") == [" | ".join(row) for row in rows(table)]


def test_a_header_of_two_rows_gives_names_of_two_parts():
    head = [
        [Cell("部门", 0, rows=2), Cell("一季度", 1, columns=2)],
        [Cell("部门", 0), Cell("数量", 1), Cell("金额", 2)],
        [Cell("研发", 0), Cell("3", 1), Cell("45", 2)],
    ]
    layout = layout_of(head)
    assert (layout.above, layout.header) == (0, 2)


def test_times_and_addresses_are_values_of_their_columns():
    names = {0: "上班", 1: "下班", 2: "网址"}
    row = [Cell("8:30", 0), Cell("17:00", 1), Cell("https://a.example", 2)]
    assert row_line(row, names=names) == "上班：8:30 | 下班：17:00 | 网址：https://a.example"


def test_the_label_of_a_total_and_notes_below_a_table_have_no_column():
    names = {0: "编号", 1: "名称", 2: "数量"}
    assert row_line([Cell("合计", 0), Cell("20", 2)], names=names) == "合计 | 数量：20"
    assert row_line([Cell("备注：含税。", 0)], names=names) == "备注：含税。"
    assert row_line([Cell("制表：张三", 0), Cell("审核：李四", 2)], names=names) == "制表：张三 | 审核：李四"
    assert row_line([Cell("小组", 0, columns=2), Cell("5", 2)], names=names) == "小组 | 数量：5"
