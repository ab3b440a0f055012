"""OpenDocument spreadsheets: each cell with the text that its program last showed for it.

Format: OpenDocument 1.3 part 3, section 9.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.documents import Document

from ingest.blocks import page_document
from ingest.errors import Reason, UnreadableFile
from ingest.tables.rows import Cell
from ingest.tables.sheets import CellLimit, Row, Sheet, cell, workbook_blocks
from ingest.types import Gap
from ingest.workspace import Workspace
from ingest.zip_package import open_package

if TYPE_CHECKING:
    from lxml.etree import _Element

    _Events = Iterator[tuple[str, _Element]]

SUFFIXES = (".ods", ".ots")
VERSION = "1"

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_ANNOTATION = _OFFICE + "annotation"
_MANIFEST = "META-INF/manifest.xml"
_MOST = 2**20  # rows of a sheet, and more than its columns


def load(path: Path, *, workspace: Workspace) -> list[Document]:
    """Read a spreadsheet into one Document; comments and shapes stand behind their sheet."""
    gaps: list[Gap] = []
    with open_package(path, limits=workspace.limits) as package:
        if _MANIFEST in package.names and b"encryption-data" in package.read(_MANIFEST):
            raise UnreadableFile(Reason.ENCRYPTED)
        content = package.read("content.xml")
    limit = CellLimit(workspace.limits.cells)
    blocks = list(workbook_blocks(_sheets(content, gaps=gaps), limit=limit, gaps=gaps))
    return [page_document(blocks, loader="ods", gaps=gaps)]


def _sheets(content: bytes, *, gaps: list[Gap]) -> Iterator[Sheet]:
    events = _events(content, gaps=gaps)
    for event, element in events:
        if event == "start" and element.tag == _TABLE + "table":
            notes: list[str] = []  # grows while the rows are read
            yield Sheet(element.get(_TABLE + "name", ""), _rows(events, notes=notes), notes)


def _events(content: bytes, *, gaps: list[Gap]) -> "_Events":
    """Yield the starts and ends of sheets, rows and groups of shapes; a file that breaks off ends them with a gap."""
    from lxml import etree

    tags = (_TABLE + "table", _TABLE + "table-row", _TABLE + "shapes")
    events = ("start", "end")
    source = io.BytesIO(content)
    try:
        yield from etree.iterparse(
            source, events=events, tag=tags, resolve_entities=False, no_network=True, huge_tree=True
        )
    except etree.XMLSyntaxError as error:
        gaps.append(Gap(Reason.DAMAGED, values={"cause": str(error)}))


def _rows(events: "_Events", *, notes: list[str]) -> Iterator[Row]:
    """Yield the rows up to the end of the sheet; a row that stands for several is given as often."""
    number = 0
    for event, element in events:
        if event == "start":
            continue
        if element.tag == _TABLE + "table":
            element.clear()
            return
        if element.tag == _TABLE + "shapes":
            notes += [text for shape in element if (text := _shown(shape))]
            continue
        cells = list(_cells(element, number=number, notes=notes))
        repeated = _count(element, "number-rows-repeated")
        for offset in range(repeated if cells else 0):
            yield Row(number + offset, cells)
        number += repeated
        element.clear()
        while element.getprevious() is not None and element.getprevious().tag == element.tag:
            del element.getparent()[element.getparent().index(element) - 1]


def _cells(row: "_Element", *, number: int, notes: list[str]) -> Iterator[Cell]:
    column = 0
    for element in row.iterchildren(_TABLE + "table-cell", _TABLE + "covered-table-cell"):
        repeated = _count(element, "number-columns-repeated")
        if len(element) and element.tag == _TABLE + "table-cell":
            for annotation in element.iterfind(_ANNOTATION):
                notes.append(f"{_letters(column)}{number + 1}：{_shown(annotation)}")
                element.remove(annotation)
            text = _shown(element)
            for offset in range(repeated if text else 0):
                rows, columns = _count(element, "number-rows-spanned"), _count(element, "number-columns-spanned")
                yield cell(text, column + offset, columns=columns, rows=rows)
        column += repeated


def _shown(element: "_Element") -> str:
    """Return the paragraphs inside an element on one line."""
    lines = []
    for paragraph in element.iter(_TEXT + "p", _TEXT + "h"):
        for blank in list(paragraph.iter(_TEXT + "s", _TEXT + "tab", _TEXT + "line-break")):
            blank.text = " "
        lines.append("".join(paragraph.itertext()))
    return " ".join(" ".join(lines).split())


def _count(element: "_Element", name: str) -> int:
    value = element.get(_TABLE + name, "1")
    return min(max(1, int(value)), _MOST) if value.isdecimal() and len(value) < 10 else 1


def _letters(column: int) -> str:
    """Return the name of a 0-based column: A, Z, AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
