import pytest
from heading_samples import SAMPLES

from ingest.chinese_number import chinese_number
from ingest.headings import find_headings, numbered


def outline(text):
    return [(heading.level, heading.title) for heading in find_headings(text)]


@pytest.mark.parametrize("name", SAMPLES)
def test_the_headings_of_an_office_document_are_found_and_nothing_else(name):
    marked = SAMPLES[name].strip("\n").split("\n")
    text = "\n".join(line.removeprefix("§") for line in marked)
    lines = [line[1:].strip() for line in marked if line.startswith("§")]
    found = [text[heading.start :].split("\n")[0].strip() for heading in find_headings(text)]
    assert found == lines


def test_chapters_sections_and_articles_are_nested():
    text = (
        "员工手册\n\n第一章 总则\n\n第一节 目的\n\n第一条 为了规范管理，制定本手册。\n"
        "第二条【适用范围】本手册适用于全体员工。\n\n"
        "第二章 休假\n\n第三条 年假\n员工每年享有年假。\n"
    )
    assert outline(text) == [
        (1, "员工手册"),
        (2, "第一章 总则"),
        (3, "第一节 目的"),
        (4, "第一条"),
        (4, "第二条 适用范围"),
        (2, "第二章 休假"),
        (4, "第三条 年假"),
    ]


def test_a_heading_starts_where_its_line_starts():
    text = "前面的话。\n\n  第二章 休假\n内容。"
    (heading,) = find_headings(text)
    assert text[heading.start :].startswith("第二章")


def test_numbered_lines_with_text_between_them_are_headings():
    text = "一、范围\n本办法适用于全公司。\n二、职责\n（一）人事部\n负责解释本办法。\n（二）财务部\n负责发放。\n"
    assert outline(text) == [(1, "一、范围"), (1, "二、职责"), (2, "（一）人事部"), (2, "（二）财务部")]


def test_numbered_lines_without_text_between_them_are_a_list():
    assert outline("需要带的材料如下。\n1. 身份证\n2. 学历证书\n3. 照片\n请按时到场。") == []


def test_a_table_of_contents_has_no_headings():
    assert outline("目录内容\n第一章 总则……………1\n第二章 休假……………5\n") == []


@pytest.mark.parametrize(
    "line",
    [
        "第三章规定的情形除外",
        "第五条第二款",
        "第十条和第十一条",
        "1.5倍工资",
        "2024年工作总结",
        "一、甲方应当付款；",
        "3.5亿元",
        "本合同一式两份。",
    ],
)
def test_references_amounts_and_sentences_are_no_headings(line):
    assert numbered(line) is None


def test_a_short_line_alone_above_a_paragraph_is_a_heading():
    paragraph = "这座城市位于河流的下游，人口约三十万，从前以纺织闻名，如今以大学和医院为人所知，每年春天有花展。"
    assert outline(f"第一章 城市\n\n河口镇\n\n{paragraph}\n") == [(1, "第一章 城市"), (2, "河口镇")]


def test_the_levels_of_a_notice_follow_its_numbering_below_its_title():
    text = SAMPLES["notice"].replace("§", "").strip("\n")
    assert outline(text) == [
        (1, "关于做好2024年清明节假期有关工作的通知"),
        (2, "一、放假时间"),
        (2, "二、工作要求"),
        (3, "（一）加强值班值守"),
        (3, "（二）抓好安全生产"),
        (4, "1.开展隐患排查"),
        (4, "2.落实防火责任"),
        (2, "三、其他事项"),
    ]


def test_a_number_without_neighbours_is_no_heading():
    assert outline("本次改造的要点。\n3.15 消费者权益日\n全体员工到场。\n7. 补充材料\n另行通知。") == []


def test_lines_that_only_begin_like_headings_are_none():
    assert find_headings("第一次记录正常\n第3条记录已写入\n" * 20_000) == []


def test_a_signature_and_a_date_are_no_headings():
    text = "双方各执一份，具有同等效力。\n\n甲方：某某公司\n\n2024年3月1日\n\n" + "补充说明的内容，" * 8 + "到此为止。"
    assert outline(text) == []


def test_whole_numbers_are_written_in_chinese():
    values = (1, 10, 12, 20, 101, 110, 1003, 10_000)
    assert [chinese_number(value) for value in values] == [
        "一", "十", "十二", "二十", "一百零一", "一百一十", "一千零三", "一万",
    ]  # fmt: skip
