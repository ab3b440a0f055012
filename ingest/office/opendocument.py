"""What OpenDocument texts, presentations and spreadsheets have in common: opening them, text, tables, charts.

The format is OASIS OpenDocument 1.3, part 3; LibreOffice, WPS and Microsoft Office write it.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.errors import Reason, UnreadableFile
from ingest.office.drawings import is_description
from ingest.office.flow_text import visible_characters
from ingest.office.ooxml import part_xml
from ingest.tables.grid import GridRow
from ingest.zip_package import Package

if TYPE_CHECKING:
    from lxml.etree import _Element

_URN = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
OFFICE, STYLE, TEXT, TABLE, DRAW = (_URN % name for name in ("office", "style", "text", "table", "drawing"))
PRESENTATION, CHART, SVG = _URN % "presentation", _URN % "chart", _URN % "svg-compatible"
XLINK = "{http://www.w3.org/1999/xlink}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_MANIFEST = _URN % "manifest"

_MOST_REPEATED = 1000  # times that a row or a cell is taken; programs fill the rest of a sheet so
_MOST_SPACES = 100
_SHAPES = (
    "text-box", "object", "custom-shape", "rect", "line", "polyline", "polygon", "regular-polygon", "path", "circle",
    "ellipse", "connector", "caption", "measure",
)  # fmt: skip
# What stands inside of a paragraph's elements, but beside its text.
_ASIDE = (TEXT + "note", OFFICE + "annotation", TABLE + "table", *(DRAW + name for name in _SHAPES))
# Text that is no content, by what it is counted as; "" is for what never was text.
_LEFT_OUT = {
    TEXT + "ruby-text": "phonetic", TEXT + "hidden-text": "hidden", TEXT + "hidden-paragraph": "hidden",
    TEXT + "tracked-changes": "deleted", TEXT + "page-number": "page_numbers", OFFICE + "forms": "", SVG + "title": "",
    OFFICE + "event-listeners": "", OFFICE + "scripts": "", OFFICE + "binary-data": "", SVG + "desc": "",
    TEXT + "note-citation": "", _DC + "creator": "", _DC + "date": "", TEXT + "date-string": "",
    _URN % "meta" + "date-string": "", TEXT + "sequence-decls": "",
}  # fmt: skip


@dataclass(slots=True)
class Line:
    """A paragraph's text, and what hangs on it, in order: notes, comments, text boxes, tables, objects."""

    text: str = ""
    aside: "list[_Element]" = field(default_factory=list)
    descriptions: list[str] = field(default_factory=list)


def content(package: Package, name: str = "content.xml") -> "_Element":
    """Return the root of a part of an OpenDocument file; ENCRYPTED where a password was set."""
    manifest = "META-INF/manifest.xml"
    if manifest in package.names:
        root = part_xml(package, manifest)
        if next(root.iter(_MANIFEST + "encryption-data"), None) is not None:
            raise UnreadableFile(Reason.ENCRYPTED)
    return part_xml(package, name)


def left_out_as(tag: object) -> str | None:
    """Return what an element's text is counted as where it is no content, "" where it never was; None for content."""
    return _LEFT_OUT.get(tag) if isinstance(tag, str) else ""


def content_characters(root: "_Element") -> int:
    """Return how many visible characters an element holds, without what never was text."""
    from lxml import etree

    no_text = [tag for tag, what in _LEFT_OUT.items() if not what]
    texts = []
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        if event == "end":
            texts.append(element.tail or "")
        elif not isinstance(element.tag, str) or element.tag in no_text:
            walk.skip_subtree()
        else:
            texts.append(element.text or "")
    return visible_characters(texts)


def read_line(paragraph: "_Element", *, out: Counter[str], hidden: frozenset[str] = frozenset()) -> Line:
    """Return a paragraph's text; `out` counts what was left out, `hidden` names the styles of text not shown."""
    from lxml import etree

    line = Line()
    parts: list[str] = []
    walk = etree.iterwalk(paragraph, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        if event == "end":
            parts.append(element.tail or "" if element is not paragraph else "")
        elif not isinstance(tag, str):
            walk.skip_subtree()
        elif tag in _ASIDE:
            line.aside.append(element)
            walk.skip_subtree()
        elif tag == SVG + "desc":
            line.descriptions += [text for text in ["".join(element.itertext()).strip()] if is_description(text)]
            walk.skip_subtree()
        elif tag in _LEFT_OUT or (tag == TEXT + "span" and element.get(TEXT + "style-name") in hidden):
            if what := _LEFT_OUT.get(tag, "hidden"):
                out[what] += visible_characters(element.itertext())
            walk.skip_subtree()
        else:
            parts.append(_text(element))
    line.text = _stripped("".join(parts))
    return line


def read_rows(table: "_Element", read_cell: "Callable[[_Element], str]") -> "Iterator[tuple[GridRow, list[_Element]]]":
    """Yield a table's rows with the tables inside of each; what is repeated is taken 1000 times at most."""
    covered: dict[int, tuple[int, str]] = {}  # column -> rows that the cell above still covers, its text
    for element in _rows(table):
        row = GridRow(is_header=any(True for _ in element.iterancestors(TABLE + "table-header-rows")))
        nested: list[_Element] = []
        for cell in element.iterchildren(TABLE + "table-cell", TABLE + "covered-table-cell"):
            _read_cell(cell, row, covered=covered, read_cell=read_cell)
            nested += cell.iterchildren(TABLE + "table")
        while row.cells and not row.cells[-1].text:
            row.cells.pop()
        times = number(element, TABLE + "number-rows-repeated", most=_MOST_REPEATED) if row.cells else 1
        for _ in range(times):
            yield row, nested
            nested = []


def number(element: "_Element", name: str, *, most: int) -> int:
    """Return a count that an attribute gives, 1 where it is missing or is none."""
    value = element.get(name, "")
    return min(int(value), most) if value.isdecimal() and len(value) < 10 and int(value) > 0 else 1


def _rows(table: "_Element") -> "Iterator[_Element]":
    """Yield the rows of a table, through the groups that they may be in, not those of tables inside of cells."""
    groups = ("table-header-rows", "table-rows", "table-row-group")
    stack = [table.iterchildren("*")]
    while stack:
        element = next(stack[-1], None)
        if element is None:
            stack.pop()
        elif element.tag == TABLE + "table-row":
            yield element
        elif element.tag in (TABLE + name for name in groups):
            stack.append(element.iterchildren("*"))


def _read_cell(
    cell: "_Element", row: GridRow, *, covered: dict[int, tuple[int, str]], read_cell: "Callable[[_Element], str]"
) -> None:
    times = number(cell, TABLE + "number-columns-repeated", most=_MOST_REPEATED)
    for _ in range(times):
        column = row.width
        if cell.tag == TABLE + "covered-table-cell":
            rows_left, text = covered.pop(column, (0, ""))
            if rows_left > 1:
                covered[column] = (rows_left - 1, text)
            if rows_left:
                row.add(text)
            elif row.cells:
                row.cells[-1] = row.cells[-1]._replace(columns=row.cells[-1].columns + 1)
            continue
        text = read_cell(cell)
        covered.pop(column, None)
        if (rows := number(cell, TABLE + "number-rows-spanned", most=_MOST_REPEATED)) > 1:
            covered[column] = (rows - 1, text)
        row.add(text)


def _text(element: "_Element") -> str:
    """Return the text that an element begins with, or stands for."""
    if element.tag == TEXT + "s":
        return " " * number(element, TEXT + "c", most=_MOST_SPACES)
    if element.tag == TEXT + "tab":
        return "\t"
    if element.tag == TEXT + "line-break":
        return "\n"
    return " ".join((element.text or "").split("\n"))


def _stripped(text: str) -> str:
    return "\n".join(line.strip() for line in text.split("\n")).strip()
