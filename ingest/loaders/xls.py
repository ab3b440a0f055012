"""Excel workbooks before 2007, and those of WPS (.et): read by xlrd, numbers as their formats show them."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.documents import Document

from ingest.blocks import page_document
from ingest.errors import Reason, UnreadableFile
from ingest.tables.number_format import BUILT_IN, GENERAL, shown
from ingest.tables.rows import Cell
from ingest.tables.sheets import CellLimit, Row, Sheet, cell, workbook_blocks
from ingest.types import Gap
from ingest.workspace import Workspace

if TYPE_CHECKING:
    from xlrd.book import Book
    from xlrd.sheet import Sheet as XlrdSheet

SUFFIXES = (".xls", ".xlt", ".et", ".ett")
VERSION = "1"

_NUMBER, _DATE, _BOOLEAN, _ERROR = 2, 3, 4, 5  # xlrd's kinds of cells; all others hold text or nothing
_FIRST_OF_ITS_OWN = 164  # numbers of formats below are built in


def load(path: Path, *, workspace: Workspace) -> list[Document]:
    """Read a workbook into one Document, with the results of its formulas; comments stand behind their sheet."""
    import xlrd

    gaps: list[Gap] = []
    faults = (xlrd.XLRDError, xlrd.compdoc.CompDocError, struct.error, AssertionError, IndexError, KeyError, TypeError,
              ValueError, OverflowError, AttributeError, RecursionError)  # fmt: skip
    try:
        book = _opened(path)
        sheets = (_sheet(book, index) for index in range(book.nsheets))
        blocks = list(workbook_blocks(sheets, limit=CellLimit(workspace.limits.cells), gaps=gaps))
    except faults as error:  # all that xlrd says to a damaged file
        reason = Reason.ENCRYPTED if "encrypted" in str(error).lower() else Reason.DAMAGED
        raise UnreadableFile(reason, cause=str(error)) from error
    return [page_document(blocks, loader="xls", gaps=gaps)]


def _opened(path: Path) -> "Book":
    import xlrd

    with open(os.devnull, "w") as quiet:  # noqa: PTH123 - xlrd writes warnings to its stdout by default
        book = xlrd.open_workbook(str(path), logfile=quiet, formatting_info=True, ragged_rows=True)
        if book.biff_version < 80 and not book.codepage:
            # Before Excel 97 texts are in the system's own encoding; files that do not tell it are Chinese here.
            book = xlrd.open_workbook(
                str(path), logfile=quiet, formatting_info=True, ragged_rows=True, encoding_override="gb18030"
            )
    return book


def _sheet(book: "Book", index: int) -> Sheet:
    source = book.sheet_by_index(index)
    return Sheet(source.name, _rows(book, source), _notes(source))


def _rows(book: "Book", sheet: "XlrdSheet") -> Iterator[Row]:
    spans = {(top, left): (bottom - top, right - left) for top, bottom, left, right in sheet.merged_cells}
    codes = [_code(book, style.format_key) for style in book.xf_list]
    for number in range(sheet.nrows):
        cells: list[Cell] = []
        for column in range(sheet.row_len(number)):
            text = _text(book, sheet, number, column, codes=codes)
            if text and not text.isspace():
                rows, columns = spans.get((number, column), (1, 1))
                cells.append(cell(text, column, columns=columns, rows=rows))
        if cells:
            yield Row(number, cells)


def _code(book: "Book", key: int) -> str:
    if key < _FIRST_OF_ITS_OWN and key in BUILT_IN:
        return BUILT_IN[key]
    return book.format_map[key].format_str if key in book.format_map else GENERAL


def _text(book: "Book", sheet: "XlrdSheet", row: int, column: int, *, codes: list[str]) -> str:
    import xlrd

    kind, value = sheet.cell_type(row, column), sheet.cell_value(row, column)
    if kind in (_NUMBER, _DATE):
        style = sheet.cell_xf_index(row, column)
        return shown(value, codes[style] if style < len(codes) else GENERAL, date1904=bool(book.datemode))
    if kind == _BOOLEAN:
        return "TRUE" if value else "FALSE"
    if kind == _ERROR:
        return str(xlrd.error_text_from_code.get(value, "#N/A"))
    return str(value)


def _notes(sheet: "XlrdSheet") -> Iterator[str]:
    from xlrd import cellname

    for (row, column), note in sorted(sheet.cell_note_map.items()):
        if note.text.strip():
            yield f"{cellname(row, column)}：{' '.join(note.text.split())}"
