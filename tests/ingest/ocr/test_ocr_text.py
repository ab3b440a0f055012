import pytest

from ingest.ocr.text import tidy


@pytest.mark.parametrize(
    ("recognised", "typed"),
    [
        ("第三条 员工 年假,由部门安排", "第三条员工年假，由部门安排"),
        ("金额为3,500.00元", "金额为3,500.00元"),
        ("上午9:30至12:00", "上午9:30至12:00"),
        ("甲方:示例公司", "甲方：示例公司"),
        ("是否同意?", "是否同意？"),
        ("使用 Chrome 浏览器", "使用 Chrome 浏览器"),
        ("本办法(试行)自发布之日起施行.", "本办法（试行）自发布之日起施行。"),
        ("本办法（试行)", "本办法（试行）"),
        ("函数f(x)的值", "函数f(x)的值"),
        ("版本1.5", "版本1.5"),
        ("●设备清单", "• 设备清单"),
        ("Hello, world (1)", "Hello, world (1)"),
    ],
)
def test_a_recognised_line_becomes_what_was_typed(recognised, typed):
    assert tidy(recognised) == typed


def test_tidying_never_changes_how_many_characters_can_be_seen():
    line = "● 甲方(盖章):  示例 公司,  电话:010-1234 , 共 (3) 页."
    assert len("".join(tidy(line).split())) == len("".join(line.split()))
