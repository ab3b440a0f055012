"""The text of parsed HTML: the cells of its tables, the lines of its cells.

Everything here walks a page step by step, not by recursion: pages nest thousands of elements deep.
"""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ingest.tables.grid import GridCell, GridRow

if TYPE_CHECKING:
    from lxml.html import HtmlElement

BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details", "dialog", "dir",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "frameset", "h1", "h2", "h3", "h4", "h5",
    "h6", "header", "hgroup", "hr", "legend", "li", "listing", "main", "menu", "nav", "noembed", "noframes", "noscript",
    "ol", "p", "plaintext", "pre", "search", "section", "summary", "table", "tbody", "td", "template", "textarea",
    "tfoot", "th", "thead", "tr", "ul", "xmp",
))  # fmt: skip
_MOST_ROWS = 1000  # that a cell may reach down; a browser's own limit is 65534
_MOST_COLUMNS = 256  # of a row, the covered ones counted
_IDEOGRAPHIC = "[\u2e80-\u303f\u3041-\u9fff\uf900-\ufaff\uff01-\uffee\U00020000-\U0003ffff]"
# A source line that ends inside a sentence: a blank stands there for Latin words only.
_SOURCE_LINE_END = re.compile(f"(?<={_IDEOGRAPHIC})[ \\t]*\\n\\s*(?={_IDEOGRAPHIC})")


def one_line(text: str) -> str:
    """Return `text` on one line, runs of blanks as one space, none where a line of the source ends in Chinese."""
    return " ".join(_SOURCE_LINE_END.sub("", text).split())


def visible_text(element: "HtmlElement") -> str:
    """Return all text inside of an element without any blanks."""
    return "".join("".join(element.itertext()).split())


def line_of(element: "HtmlElement") -> str:
    """Return the text of an element on one line; words in bold or in links are not torn apart."""
    return " ".join(line for piece in _pieces(element) if (line := one_line(piece)))


def grid_rows(lines: "Iterable[HtmlElement]") -> list[GridRow]:
    """Return table rows with their cells in columns; one without a cell of its own is left out.

    A cell over several rows stands in each of them. Rows in <thead>, or with text in <th> only, are marked as header.
    """
    rows = []
    above: dict[int, tuple[int, GridCell]] = {}  # column -> rows that the cell above still covers, the cell
    for line in lines:
        cells = list(line.iterchildren("td", "th"))
        row = GridRow(is_header=_names_columns(line, cells))
        for cell in cells:
            _fill(row, above=above)
            columns = min(_span(cell.get("colspan")), max(1, _MOST_COLUMNS - row.width))
            covered = min(_span(cell.get("rowspan")), _MOST_ROWS)
            row.add(line_of(cell), columns=columns)
            if covered > 1 and row.width <= _MOST_COLUMNS:
                above[row.cells[-1].column] = (covered - 1, row.cells[-1])
        _fill(row, above=above)
        if cells:
            rows.append(row)
    return rows


def _names_columns(line: "HtmlElement", cells: "list[HtmlElement]") -> bool:
    around = line.getparent()
    in_head = around is not None and around.tag == "thead"
    # The corner of a table with names on both sides is often an empty <td>.
    is_named = all(cell.tag == "th" or not visible_text(cell) for cell in cells)
    return in_head or (is_named and sum(cell.tag == "th" for cell in cells) > 1)


def _pieces(root: "HtmlElement") -> Iterator[str]:
    """Yield the text between the borders of block elements."""
    from lxml import etree

    parts: list[str] = []
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if element.tag in BLOCKS:
            yield "".join(parts)
            parts = []
        if event == "start":
            parts.append(element.text or "")
        elif element is not root:
            parts.append(element.tail or "")
    yield "".join(parts)


def _fill(row: GridRow, *, above: dict[int, tuple[int, GridCell]]) -> None:
    """Put the cells that reach down from the rows above into `row`, up to the next free column."""
    while row.width in above:
        left, cell = above.pop(row.width)
        if left > 1:
            above[row.width] = (left - 1, cell)
        row.add(cell.text, columns=cell.columns)


def _span(value: str | None) -> int:
    # Longer numbers are not looked at: a digit string of a megabyte takes seconds to convert.
    return int(value) if value and len(value) < 6 and value.isascii() and value.isdecimal() and int(value) else 1
