import zipfile
from datetime import date

import pytest
from openpyxl import Workbook
from openpyxl.comments import Comment

from ingest.errors import Reason, UnreadableFile
from ingest.limits import Limits
from ingest.loaders import xlsx
from ingest.workspace import temporary_workspace


@pytest.fixture
def book():
    made = Workbook()
    made.active.title = "台账"
    return made


@pytest.fixture
def read(book, tmp_path):
    """Save the book, change its parts, and load it."""

    def read(changes=(), **limits):
        book.save(tmp_path / "a.xlsx")
        path = tmp_path / "b.xlsx"
        with zipfile.ZipFile(tmp_path / "a.xlsx") as source, zipfile.ZipFile(path, "w") as copy:
            for name in source.namelist():
                content = source.read(name)
                for part, old, new in changes:
                    content = content.replace(old, new) if part in name else content
                copy.writestr(name, content)
        with temporary_workspace(limits=Limits(**limits)) as workspace:
            (document,) = xlsx.load(path, workspace=workspace)
        return document

    return read


def fill(sheet, *rows, merged=()):
    for row in rows:
        sheet.append(row)
    for area in merged:
        sheet.merge_cells(area)


def headings(document):
    return [(heading["level"], heading["title"]) for heading in document.metadata["headings"]]


def test_each_sheet_is_a_heading_with_its_rows(book, read):
    fill(book.active, ["编号", "名称", "数量"], ["A1", "钢笔", 20], ["A2", "铅笔", 30.5])
    fill(book.create_sheet("二月"), ["编号", "名称", "数量"], ["B1", "毛笔", 3])
    document = read()
    assert document.page_content == (
        "台账\n\n编号 | 名称 | 数量\n编号：A1 | 名称：钢笔 | 数量：20\n编号：A2 | 名称：铅笔 | 数量：30.5"
        "\n\n二月\n\n编号 | 名称 | 数量\n编号：B1 | 名称：毛笔 | 数量：3"
    )
    assert headings(document) == [(1, "台账"), (1, "二月")]
    assert document.metadata["page"] is None


def test_values_are_shown_as_their_user_sees_them(book, read):
    values = [
        (0.15, "0%"),
        (1234.5, "¥#,##0.00"),
        (date(2024, 1, 5), 'yyyy"年"m"月"d"日"'),
        (True, "General"),
        ("#N/A", "@"),
    ]
    for number, (value, code) in enumerate(values, 1):
        book.active.cell(1, number, value).number_format = code
    assert read().page_content == "台账\n\n15% | ¥1,234.50 | 2024年1月5日 | TRUE | #N/A"


def test_a_date_in_a_format_that_chinese_excel_has_built_in_is_a_date(book, read):
    book.active["A1"] = 45292
    book.active["A1"].number_format = "0.000"
    styles = ("styles", b'formatCode="0.000"', b'formatCode="unused"')
    assert read([styles, ("styles", b'numFmtId="164" fontId', b'numFmtId="31" fontId')]).page_content.endswith(
        "2024年1月1日"
    )


def test_a_title_a_header_of_two_rows_and_notes_around_a_table(book, read):
    fill(
        book.active,
        ["2024年采购台账"],
        ["编制单位：某某公司", None, None, None, "单位：元"],
        ["部门", "一季度", None, "二季度"],
        [None, "数量", "金额", "数量", "金额"],
        ["研发部", 1, 10, 2, 20],
        [None, 3, 30, 4, 40],
        ["合计", 4, 40, 6, 60],
        ["制表：张三", None, "审核：李四"],
        merged=["A1:E1", "A2:D2", "A3:A4", "B3:C3", "D3:E3", "A5:A6"],
    )
    document = read()
    assert document.page_content.split("\n\n") == [
        "台账",
        "2024年采购台账",
        "编制单位：某某公司 | 单位：元",
        "部门 | 一季度 | 二季度\n部门 | 数量 | 金额 | 数量 | 金额\n"
        "部门：研发部 | 一季度/数量：1 | 一季度/金额：10 | 二季度/数量：2 | 二季度/金额：20\n"
        "部门：研发部 | 一季度/数量：3 | 一季度/金额：30 | 二季度/数量：4 | 二季度/金额：40\n"
        "合计 | 一季度/数量：4 | 一季度/金额：40 | 二季度/数量：6 | 二季度/金额：60\n"
        "制表：张三 | 审核：李四",
    ]
    assert headings(document) == [(1, "台账"), (2, "2024年采购台账")]


def test_tables_parted_by_empty_rows_have_headers_of_their_own(book, read):
    fill(
        book.active,
        ["姓名", "部门", "年龄"],
        ["张三", "研发", 30],
        [],
        ["李四", "市场", 28],
        [],
        ["期次", "比例"],
        ["第1期", 0.3],
    )
    assert read().page_content.split("\n\n")[1:] == [
        "姓名 | 部门 | 年龄\n姓名：张三 | 部门：研发 | 年龄：30",
        "姓名：李四 | 部门：市场 | 年龄：28",
        "期次 | 比例\n期次：第1期 | 比例：0.3",
    ]


def test_tables_side_by_side_are_read_one_after_the_other(book, read):
    fill(
        book.active,
        ["一、人员情况", None, None, "城市", "邮编"],
        ["部门", "人数", None, "北京", 100000],
        ["研发部", 12, None, "上海", 200000],
        ["市场部", 8],
    )
    document = read()
    assert document.page_content == (
        "台账\n\n一、人员情况\n\n部门 | 人数\n部门：研发部 | 人数：12\n部门：市场部 | 人数：8"
        "\n\n城市 | 邮编\n北京 | 100000\n上海 | 200000"
    )
    assert headings(document) == [(1, "台账"), (2, "一、人员情况")]


def test_an_empty_column_inside_a_table_does_not_tear_its_rows(book, read):
    fill(book.active, ["姓名", "部门", None, "奖金", "日期"], ["张三", "研发", None, 300, "5月"], ["李四", "市场"])
    fill(book.active, ["王五", "行政", None, 200, "6月"])
    assert "姓名：张三 | 部门：研发 | 奖金：300 | 日期：5月\n姓名：李四 | 部门：市场\n" in read().page_content


def test_who_made_a_table_is_not_tied_to_its_columns(book, read):
    fill(
        book.active,
        ["编号", "名称", "数量", "单价"],
        ["A1", "钢笔", 20, 3],
        [],
        ["制表人：李四", "审核：王五", "3月5日"],
    )
    assert read().page_content.endswith("制表人：李四 | 审核：王五 | 3月5日")


def test_a_form_has_no_header(book, read):
    fill(
        book.active,
        ["姓名", "张三", "性别", "男"],
        ["出生日期", "1990-01", "民族", "汉族"],
        ["电话", None, "学历", "本科"],
    )
    assert (
        read().page_content
        == "台账\n\n姓名 | 张三 | 性别 | 男\n出生日期 | 1990-01 | 民族 | 汉族\n电话 |  | 学历 | 本科"
    )


def test_hidden_sheets_and_comments_are_text(book, read):
    book.active["B2"] = "钢笔"
    book.active["B2"].comment = Comment("请核实\n供应商", "张三")
    hidden = book.create_sheet("隐藏")
    hidden.sheet_state = "veryHidden"
    hidden["C3"] = "内容"
    book.create_sheet("空表")
    assert read().page_content == "台账\n\n钢笔\n\nB2：请核实 供应商\n\n隐藏\n\n内容"


def test_formulas_are_their_results_and_one_without_is_told_of(book, read):
    fill(book.active, ["项目", "金额"], ["甲", "=1+2"], ["乙", "=2+3"])
    document = read(
        [("sheet1", b"<f>1+2</f><v></v>", b"<f>1+2</f><v>3</v>"), ("sheet1", b"<f>1+2</f><v/>", b"<f>1+2</f><v>3</v>")]
    )
    assert document.page_content == "台账\n\n项目 | 金额\n项目：甲 | 金额：3\n项目：乙"
    assert [(gap["reason"], gap["values"]) for gap in document.metadata["gaps"]] == [
        ("text_lost", {"found": 6, "read": 5, "sheet": "台账"})
    ]


def test_a_sheet_that_lies_about_its_size_is_read_at_its_own(book, read):
    book.active["A1"] = "左上"
    book.active["XFD1048576"] = "右下"
    assert read().page_content == "台账\n\n左上\n\n右下"


def test_cells_beyond_the_limit_are_told_of(book, read):
    fill(book.active, ["编号", "名称"], *([number, "钢笔"] for number in range(100)))
    document = read(cells=50)
    assert document.page_content.count("钢笔") == 24
    assert document.metadata["gaps"][0]["values"] == {"limit": "cells", "value": 52, "most": 50}


def test_rows_before_a_break_in_a_sheet_are_kept(book, read):
    fill(book.active, ["编号", "名称"], [1, "钢笔"], [2, "铅笔"])
    document = read([("sheet1", b'<row r="3"', b"<row <")])
    assert document.page_content == "台账\n\n编号 | 名称\n编号：1 | 名称：钢笔"
    assert [gap["reason"] for gap in document.metadata["gaps"]] == ["damaged"]


def test_a_sheet_that_is_missing_leaves_a_gap_and_the_others(book, read):
    fill(book.active, ["编号", "名称"], [1, "钢笔"])
    book.create_sheet("二月")["A1"] = "在"
    document = read([("workbook.xml.rels", b"sheet1.xml", b"sheet9.xml")])
    assert document.page_content == "二月\n\n在"
    assert [gap["values"]["sheet"] for gap in document.metadata["gaps"]] == ["台账"]


def test_entities_are_not_resolved(book, read):
    book.active["A1"] = "甲"
    text = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet'
    document = read([("sheet1", b"<worksheet", text), ("sheet1", b"<v>0</v>", b"<v>&e;</v>")])
    assert "root" not in document.page_content


def test_texts_in_the_dialect_and_the_escapes_of_other_programs_are_read(book, read):
    fill(book.active, ["编号", "名称"], ["一_x000D_", "钢笔"])
    strict = (
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    )
    assert read([("xl/", *strict)]).page_content == "台账\n\n编号 | 名称\n编号：一 | 名称：钢笔"


def test_a_file_that_is_no_zip_is_damaged(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 no zip")
    with temporary_workspace() as workspace, pytest.raises(UnreadableFile) as caught:
        xlsx.load(tmp_path / "a.xlsx", workspace=workspace)
    assert caught.value.reason is Reason.DAMAGED
