"""Workbooks in the record format of Excel 97, written record by record: [MS-XLS] 2.4."""

import struct

import pytest
from aspose.email_foss import cfb

from ingest.errors import Reason, UnreadableFile
from ingest.loaders import xls
from ingest.workspace import temporary_workspace


def record(kind, *parts):
    data = b"".join(parts)
    return struct.pack("<HH", kind, len(data)) + data


def wide(text, count="<H"):
    return struct.pack(count, len(text)) + b"\1" + text.encode("utf-16-le")


def number(row, column, value, style=0):
    return record(0x203, struct.pack("<HHHd", row, column, style, value))


def label(row, column, text):
    return record(0x204, struct.pack("<HHH", row, column, 0), wide(text))


def sheet(*cells, merged=()):
    areas = record(0xE5, struct.pack("<H", len(merged)), *(struct.pack("<4H", *area) for area in merged))
    return record(0x809, struct.pack("<HHHH", 0x600, 0x10, 0, 0), bytes(8)) + b"".join(cells) + areas + record(0x0A)


def book(sheets, *, formats=()):
    """Return the stream of a workbook; `formats` are numbers of built-in formats or codes, by the style's number."""
    own = [code for code in formats if isinstance(code, str)]
    head = record(0x809, struct.pack("<HHHH", 0x600, 5, 0, 0), bytes(8)) + record(0x42, struct.pack("<H", 1200))
    head += record(0x31, struct.pack("<5HBBBB", 200, 0, 0x7FFF, 400, 0, 0, 0, 0, 0), wide("宋体", "<B")) * 5
    head += b"".join(record(0x41E, struct.pack("<H", 164 + place), wide(code)) for place, code in enumerate(own))
    for code in (0, *formats):
        key = 164 + own.index(code) if isinstance(code, str) else code
        head += record(0xE0, struct.pack("<HHH", 0, key, 0), bytes(14))
    places = b"".join(record(0x85, bytes(6), wide(name, "<B")) for name in sheets)
    position = len(head) + len(places) + 4
    bounds = b""
    for name, content in sheets.items():
        bounds += record(0x85, struct.pack("<IH", position, 0), wide(name, "<B"))
        position += len(content)
    return head + bounds + record(0x0A) + b"".join(sheets.values())


@pytest.fixture
def read(tmp_path):
    def read(stream):
        root = cfb.CFBStorage("Root Entry")
        root.add_stream(cfb.CFBStream("Workbook", stream.ljust(4096, b"\0")))
        cfb.CFBWriter.write_file(cfb.CFBDocument(root=root), tmp_path / "a.xls")
        with temporary_workspace() as workspace:
            (document,) = xls.load(tmp_path / "a.xls", workspace=workspace)
        return document

    return read


def test_sheets_rows_and_numbers_as_they_are_shown(read):
    cells = [label(0, 0, "日期"), label(0, 1, "名称"), label(0, 2, "比例"), label(0, 3, "金额")]
    cells += [number(1, 0, 45292, 1), label(1, 1, "钢笔"), number(1, 2, 0.15, 2), number(1, 3, 1234.5, 3)]
    cells += [record(0x205, struct.pack("<HHHBB", 2, 1, 0, 1, 0)), record(0x205, struct.pack("<HHHBB", 2, 3, 0, 7, 1))]
    document = read(book({"台账": sheet(*cells), "空表": sheet()}, formats=(31, 9, "¥#,##0.00")))
    assert document.page_content == (
        "台账\n\n日期 | 名称 | 比例 | 金额\n"
        "日期：2024年1月1日 | 名称：钢笔 | 比例：15% | 金额：¥1,234.50\n名称：TRUE | 金额：#DIV/0!"
    )
    assert document.metadata["headings"] == [{"start": 0, "level": 1, "title": "台账"}]


def test_a_merged_cell_stands_in_each_of_its_rows(read):
    cells = [label(0, 0, "部门"), label(0, 1, "姓名"), label(1, 0, "研发"), label(1, 1, "张三"), label(2, 1, "李四")]
    document = read(book({"人员": sheet(*cells, merged=[(1, 2, 0, 0)])}))
    assert document.page_content.endswith("部门：研发 | 姓名：张三\n部门：研发 | 姓名：李四")


def test_a_password_is_told_of(read):
    stream = book({"表": sheet(label(0, 0, "甲"))})
    protected = stream[:20] + record(0x2F, struct.pack("<HHH", 0, 1, 1)) + stream[20:]
    with pytest.raises(UnreadableFile) as caught:
        read(protected)
    assert caught.value.reason is Reason.ENCRYPTED


@pytest.mark.parametrize("damage", [slice(0, 100), slice(0, 0)])
def test_a_damaged_workbook_is_told_of(read, damage):
    with pytest.raises(UnreadableFile) as caught:
        read(book({"表": sheet(label(0, 0, "甲"))})[damage])
    assert caught.value.reason is Reason.DAMAGED
