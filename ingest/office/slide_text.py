"""Text of shapes in PowerPoint files: paragraphs with their automatic numbers, and tables."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.office.drawings import A
from ingest.office.list_numbers import list_number
from ingest.tables.grid import GridRow, grid_text

if TYPE_CHECKING:
    from lxml.etree import _Element

_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_TAGS = (A + "t", A + "br", _M + "t")
_SHORT = 40  # characters; shorter paragraphs after each other are lines of a list
# How automatic numbers are called here (ST_TextAutonumberScheme, ECMA-376 20.1.10.61): the beginning of the name says
# which number, its end what stands around it.
_NUMBERS = (
    ("alphaLc", "lowerLetter"), ("alphaUc", "upperLetter"), ("romanLc", "lowerRoman"), ("romanUc", "upperRoman"),
    ("arabicDb", "decimalFullWidth"), ("arabic", "decimal"), ("circleNum", "decimalEnclosedCircle"),
    ("ea1ChsPeriod", "chineseCounting"), ("ea1", "chineseCounting"),
)  # fmt: skip
_AROUND = (("ParenBoth", "({})"), ("ParenR", "{})"), ("Period", "{}."), ("Minus", "{}-"))


def frame_paragraphs(frame: "_Element") -> Iterator[str]:
    """Yield the paragraphs of a text body that have text, with their automatic numbers."""
    counts: dict[int, tuple[str, int]] = {}
    for paragraph in frame.iterchildren(A + "p"):
        text = _paragraph(paragraph)
        properties = paragraph.find(A + "pPr")
        numbering = None if properties is None else properties.find(A + "buAutoNum")
        level = _whole("0" if properties is None else properties.get("lvl", "0"))
        if not text:
            continue
        counts = {known: count for known, count in counts.items() if known <= level}
        if numbering is None or properties is None:
            counts.pop(level, None)
            yield text
            continue
        scheme, start = numbering.get("type", "arabicPeriod"), _whole(numbering.get("startAt", "1"))
        known, last = counts.get(level, (scheme, start - 1))
        number = last + 1 if known == scheme else start
        counts[level] = (scheme, number)
        yield f"{_numbered(number, scheme)} {text}"


def joined_lines(paragraphs: Iterator[str]) -> Iterator[str]:
    """Yield the paragraphs of one shape; short ones that follow each other, a list, as lines of one."""
    lines: list[str] = []
    for text in paragraphs:
        if lines and not (len(text) <= _SHORT and len(lines[-1]) <= _SHORT):
            yield "\n".join(lines)
            lines = []
        lines.append(text)
    if lines:
        yield "\n".join(lines)


def slide_table(table: "_Element") -> str:
    """Return a table as stored text; a cell over several rows stands in each of them."""
    rows: list[GridRow] = []
    for line in table.iterchildren(A + "tr"):
        row = GridRow()
        for cell in line.iterchildren(A + "tc"):
            if row.cells and _is(cell, "hMerge"):
                row.cells[-1] = row.cells[-1]._replace(columns=row.cells[-1].columns + 1)
            else:
                row.add(_cell(cell, above=rows[-1].at(row.width) if rows else ""))
        rows.append(row)
    return grid_text(rows)


def _cell(cell: "_Element", *, above: str) -> str:
    if _is(cell, "vMerge"):
        return above
    body = cell.find(A + "txBody")
    return "" if body is None else " ".join(frame_paragraphs(body))


def _is(element: "_Element", name: str) -> bool:
    return element.get(name) in ("1", "true")


def _paragraph(paragraph: "_Element") -> str:
    parts = []
    for element in paragraph.iter(*_TAGS):
        is_number = element.getparent().get("type") == "slidenum"
        parts.append("\n" if element.tag == A + "br" else "" if is_number else element.text or "")
    return "".join(parts).replace("\v", "\n").strip()


def _numbered(number: int, scheme: str) -> str:
    kind = next((kind for name, kind in _NUMBERS if scheme.startswith(name)), "decimal")
    around = next((form for name, form in _AROUND if scheme.endswith(name)), "{}")
    return around.format(list_number(number, kind))


def _whole(value: str) -> int:
    return int(value) if value.isdecimal() and len(value) < 6 else 1
