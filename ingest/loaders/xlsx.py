"""Excel workbooks since 2007: each sheet a heading, its rows with the names of their columns, numbers as shown.

Read straight from the XML, row by row: calamine and openpyxl know nothing of the formats that a Chinese Excel has built
in (a date in one of them comes out as 45292 in openpyxl, and calamine tells no formats at all), and openpyxl takes
three times as long. Format: ECMA-376 part 1, section 18.
"""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.documents import Document

from ingest.blocks import page_document
from ingest.errors import Reason, UnreadableFile
from ingest.office.ooxml import RELATIONS, choose_alternatives, main_part, part_xml, relations
from ingest.tables.number_format import BUILT_IN, GENERAL, shown
from ingest.tables.rows import Cell
from ingest.tables.sheets import CellLimit, Row, Sheet, cell, workbook_blocks
from ingest.types import Gap
from ingest.workspace import Workspace
from ingest.zip_package import Package, open_package

if TYPE_CHECKING:
    from lxml.etree import _Element

SUFFIXES = (".xlsx", ".xlsm", ".xltx", ".xltm")
VERSION = "1"

_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_MERGED = re.compile(
    rb"<(?:\w+:)?mergeCell\s[^>]{0,200}?\bref\s*=\s*[\"']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})[\"']"
)
_ROW_NUMBER = re.compile(r"[1-9]\d{0,6}")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")

_Spans = dict[tuple[int, int], tuple[int, int]]  # (row, column) of a merged area -> rows and columns that it covers


@dataclass(frozen=True, slots=True)
class _Styles:
    """What cells refer to: shared strings, number formats by style, and whether days count from 1904."""

    strings: Sequence[str]
    formats: Sequence[str]
    date1904: bool


def load(path: Path, *, workspace: Workspace) -> list[Document]:
    """Read a workbook into one Document: results of formulas, never the formulas; comments behind their sheet.

    A formula whose result was never calculated is a gap TEXT_LOST; `found` and `read` count cells there.
    """
    gaps: list[Gap] = []
    limits = workspace.limits
    with open_package(path, limits=limits) as package:
        blocks = list(workbook_blocks(_sheets(package, gaps=gaps), limit=CellLimit(limits.cells), gaps=gaps))
    return [page_document(blocks, loader="xlsx", gaps=gaps)]


def _sheets(package: Package, *, gaps: list[Gap]) -> Iterator[Sheet]:
    main = main_part(package, usual="xl/workbook.xml")
    workbook = part_xml(package, main)
    targets = relations(package, main)
    properties = workbook.find("{*}workbookPr")
    styles = _Styles(
        _shared_strings(package, main, gaps=gaps),
        _formats(package, main, gaps=gaps),
        date1904=properties is not None and properties.get("date1904") in ("1", "true"),
    )
    for element in workbook.iterfind("{*}sheets/{*}sheet"):
        relation = targets.get(element.get(RELATIONS + "id", ""))
        part = relation.target if relation else "none"
        is_chart = relation is not None and relation.kind != "worksheet"
        yield _sheet(package, part, name=element.get("name", ""), styles=None if is_chart else styles)


def _sheet(package: Package, part: str, *, name: str, styles: _Styles | None) -> Sheet:
    """Return a sheet of rows, or without `styles` one that is nothing but a chart."""
    sheet = Sheet(name, ())
    try:
        if styles:
            sheet.rows = _rows(package.read(part), styles=styles, sheet=sheet)
        sheet.notes = list(_notes(package, part))
    except UnreadableFile as error:
        sheet.gaps.append(Gap(error.reason, values={**error.values, "sheet": name}))
    return sheet


def _rows(content: bytes, *, styles: _Styles, sheet: Sheet) -> Iterator[Row]:
    """Yield the rows that hold text; what the sheet claims about its size is not asked."""
    from lxml import etree

    spans = _merged(content)
    counts = {"found": 0, "read": 0}
    number = -1
    try:
        for element in _elements(content, tag="row"):
            given = element.get("r", "")
            number = int(given) - 1 if _ROW_NUMBER.fullmatch(given) else number + 1
            cells = list(_cells(element, number=number, styles=styles, spans=spans, counts=counts))
            if cells:
                yield Row(number, cells)
    except etree.XMLSyntaxError as error:
        sheet.gaps.append(Gap(Reason.DAMAGED, values={"cause": str(error), "sheet": sheet.name}))
    if counts["read"] < counts["found"]:
        sheet.gaps.append(Gap(Reason.TEXT_LOST, values={**counts, "sheet": sheet.name}))


def _cells(row: "_Element", *, number: int, styles: _Styles, spans: _Spans, counts: dict[str, int]) -> Iterator[Cell]:
    """Yield the cells of a row that hold text; `counts` has how many hold something, and how many could be read."""
    column = -1
    for element in row:
        reference = element.get("r")
        column = _column(reference.rstrip("0123456789")) if reference else column + 1
        if not len(element):
            continue
        text = _text(element, styles=styles)
        counts["found"] += text is None or bool(text)
        if text and not text.isspace():
            counts["read"] += 1
            rows, columns = spans.get((number, column), (1, 1))
            yield cell(text, column, columns=columns, rows=rows)
        elif text:
            counts["read"] += 1


def _text(element: "_Element", *, styles: _Styles) -> str | None:
    """Return a cell's value as it is shown, None for a formula without a result and for a text that is missing."""
    kind = str(element.get("t", "n"))
    parts = {part.tag.rpartition("}")[2]: part for part in element}
    if kind == "inlineStr":
        return _string(parts["is"]) if "is" in parts else ""
    value = str(parts["v"].text or "") if "v" in parts else ""
    if not value:
        return None if kind != "str" and "f" in parts else ""
    if kind == "s":
        return _at(styles.strings, value)
    if kind == "b":
        return "TRUE" if value.strip() in ("1", "true") else "FALSE"
    if kind != "n":
        return _unescaped(value)
    code = _at(styles.formats, element.get("s", "0")) or GENERAL
    if code == GENERAL and value.isdecimal():
        return value
    try:
        return shown(float(value), code, date1904=styles.date1904)
    except ValueError:  # no number after all
        return value


def _at(items: Sequence[str], index: str) -> str | None:
    return items[int(index)] if index.isdecimal() and len(index) < 10 and int(index) < len(items) else None


def _merged(content: bytes) -> _Spans:
    """Return the merged areas of a sheet; they stand behind its rows, and are needed with them."""
    spans: _Spans = {}
    for first_column, first_row, last_column, last_row in _MERGED.findall(content):
        left, top = _column(first_column.decode()), int(first_row) - 1
        rows, columns = int(last_row) - top, _column(last_column.decode()) - left + 1
        if rows > 0 and columns > 0:
            spans[top, left] = (rows, columns)
    return spans


@lru_cache(maxsize=20_000)
def _column(letters: str) -> int:
    """Return the 0-based number of a column: A is 0, AA is 26."""
    number = 0
    for letter in letters[:4]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return max(0, number - 1)


def _shared_strings(package: Package, main: str, *, gaps: list[Gap]) -> list[str]:
    from lxml import etree

    part = _related(package, main, kind="sharedStrings")
    if part is None:
        return []
    strings: list[str] = []
    try:
        strings.extend(map(_string, _elements(package.read(part), tag="si")))
    except etree.XMLSyntaxError as error:
        gaps.append(Gap(Reason.DAMAGED, values={"cause": str(error), "part": part}))
    return strings


def _elements(content: bytes, *, tag: str) -> "Iterator[_Element]":
    """Yield the elements of a name; each is gone when the next one is asked for."""
    from lxml import etree

    for _, element in etree.iterparse(
        io.BytesIO(content),
        tag="{*}" + tag,
        resolve_entities=False,
        no_network=True,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    ):
        yield element
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def _formats(package: Package, main: str, *, gaps: list[Gap]) -> list[str]:
    """Return the code of the number format of each cell style."""
    part = _related(package, main, kind="styles")
    if part is None:
        return []
    try:
        root = part_xml(package, part)
    except UnreadableFile as error:  # without it numbers are shown as they are stored, dates as days
        gaps.append(Gap(error.reason, values={**error.values, "part": part}))
        return []
    own = {item.get("numFmtId"): item.get("formatCode", GENERAL) for item in root.iterfind("{*}numFmts/{*}numFmt")}
    known = {str(number): code for number, code in BUILT_IN.items()}
    # A file's own word for a built-in number is the one of the country that it was made in.
    codes = {**own, **known}
    return [codes.get(style.get("numFmtId", "0"), GENERAL) for style in root.iterfind("{*}cellXfs/{*}xf")]


def _string(item: "_Element") -> str:
    """Return a text with its formatted parts joined, without the reading aids for Japanese and Chinese."""
    parts = (part for part in item.iter("{*}t") if not part.getparent().tag.endswith("}rPh"))
    return _unescaped("".join(part.text or "" for part in parts))


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), text) if "_x" in text else text


def _notes(package: Package, sheet: str) -> Iterator[str]:
    """Yield the comments of a sheet with their cells, then the texts of its shapes and charts."""
    # Newer comments come with an older form for older programs, which says so at length.
    kind = "threadedComment" if _related(package, sheet, kind="threadedComment") else "comments"
    comments = _related(package, sheet, kind=kind)
    if comments:
        for comment in part_xml(package, comments).iter("{*}comment", "{*}threadedComment"):
            text = "".join(part.text or "" for part in comment.iter("{*}t", "{*}text") if len(part) == 0)
            if text.strip():
                yield f"{comment.get('ref', '')}：{' '.join(_unescaped(text).split())}"
    drawing = _related(package, sheet, kind="drawing")
    if drawing:
        for part in [drawing, *_all_related(package, drawing, kind="chart")]:
            root = part_xml(package, part)
            choose_alternatives(root)
            for paragraph in root.iter(_DRAWING + "p"):
                yield "".join(run.text or "" for run in paragraph.iter(_DRAWING + "t"))


def _related(package: Package, part: str, *, kind: str) -> str | None:
    """Return the part of a kind that `part` refers to, None where it has none."""
    return next(iter(_all_related(package, part, kind=kind)), None)


def _all_related(package: Package, part: str, *, kind: str) -> list[str]:
    found = (relation for relation in relations(package, part).values() if relation.kind == kind)
    return [relation.target for relation in found if not relation.external and relation.target in package.names]
