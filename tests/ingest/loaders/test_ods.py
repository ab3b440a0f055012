import zipfile

import pytest

from ingest.errors import Reason, UnreadableFile
from ingest.limits import Limits
from ingest.loaders import ods
from ingest.workspace import temporary_workspace

URN = "urn:oasis:names:tc:opendocument:xmlns:"
NAMES = " ".join(f'xmlns:{name}="{URN}{name}:1.0"' for name in ("office", "table", "text"))


def cell(*lines, more="", inside=""):
    return (
        f"<table:table-cell {more}>{inside}{''.join(f'<text:p>{line}</text:p>' for line in lines)}</table:table-cell>"
    )


def row(*cells, more=""):
    made = "".join(part if part.startswith("<") else cell(part) if part else "<table:table-cell/>" for part in cells)
    return f"<table:table-row {more}>{made}</table:table-row>"


@pytest.fixture
def read(tmp_path):
    def read(*sheets, manifest="", **limits):
        body = "".join(f'<table:table table:name="{name}">{rows}</table:table>' for name, rows in sheets)
        content = f"<office:document-content {NAMES}><office:body>{body}</office:body></office:document-content>"
        with zipfile.ZipFile(tmp_path / "a.ods", "w") as archive:
            archive.writestr("content.xml", content)
            archive.writestr("META-INF/manifest.xml", f"<manifest>{manifest}</manifest>")
        with temporary_workspace(limits=Limits(**limits)) as workspace:
            (document,) = ods.load(tmp_path / "a.ods", workspace=workspace)
        return document

    return read


HEADER = row("编号", "名称", "数量")


def test_each_sheet_is_a_heading_with_its_rows_as_they_are_shown(read):
    document = read(
        ("台账", HEADER + row("A1", cell("钢<text:s/>笔", "蓝色"), "15%")), ("空表", row("")), ("二月", row("甲"))
    )
    assert document.page_content == "台账\n\n编号 | 名称 | 数量\n编号：A1 | 名称：钢 笔 蓝色 | 数量：15%\n\n二月\n\n甲"
    assert [heading["title"] for heading in document.metadata["headings"]] == ["台账", "二月"]


def test_repeated_empty_rows_and_cells_cost_nothing(read):
    empty = '<table:table-cell table:number-columns-repeated="16384"/>'
    rows = (
        HEADER + row("A1", "钢笔", "3") + row(empty, more='table:number-rows-repeated="1048573"') + row("注：", "含税")
    )
    assert read(("台账", rows)).page_content.endswith("编号：A1 | 名称：钢笔 | 数量：3\n\n注： | 含税")


def test_repeated_rows_of_text_are_counted_against_the_limit(read):
    document = read(("台账", HEADER + row("A1", "钢笔", "3", more='table:number-rows-repeated="1000000"')), cells=30)
    assert document.page_content.count("钢笔") == 9
    assert document.metadata["gaps"][0]["values"]["limit"] == "cells"


def test_merged_cells_reach_down_and_cover_columns(read):
    covered = "<table:covered-table-cell/>"
    rows = row("部门", "姓名", "年龄") + row(cell("研发", more='table:number-rows-spanned="2"'), "张三", "30")
    rows += row(covered, "李四", "28") + row(cell("平均", more='table:number-columns-spanned="2"'), covered, "29")
    assert read(("人员", rows)).page_content.endswith(
        "部门：研发 | 姓名：张三 | 年龄：30\n部门：研发 | 姓名：李四 | 年龄：28\n平均 | 年龄：29"
    )


def test_comments_stand_behind_their_sheet(read):
    note = "<office:annotation><text:p>请核实</text:p></office:annotation>"
    assert read(("台账", row("", cell("钢笔", inside=note)))).page_content == "台账\n\n钢笔\n\nB1：请核实"


def test_a_password_is_told_of(read):
    with pytest.raises(UnreadableFile) as caught:
        read(("台账", HEADER), manifest="<encryption-data/>")
    assert caught.value.reason is Reason.ENCRYPTED


def test_rows_before_a_break_are_kept(read):
    document = read(("台账", HEADER + row("A1", "钢笔", "3") + "<broken"))
    assert document.page_content.endswith("编号：A1 | 名称：钢笔 | 数量：3")
    assert [gap["reason"] for gap in document.metadata["gaps"]] == ["damaged"]
