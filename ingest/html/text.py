"""The text of parsed HTML: the cells of its tables, the lines of its cells.

Everything here walks a page step by step, not by recursion: pages nest thousands of elements deep.
"""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

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

Cells = list[str | None]


def one_line(text: str) -> str:
    """Return `text` on one line, runs of blanks as one space, none where a line of the source ends in Chinese."""
    return " ".join(_SOURCE_LINE_END.sub("", text).split())


def visible_text(element: "HtmlElement") -> str:
    """Return all text inside of an element without any blanks."""
    return "".join("".join(element.itertext()).split())


def line_of(element: "HtmlElement") -> str:
    """Return the text of an element on one line; words in bold or in links are not torn apart."""
    return " ".join(line for piece in _pieces(element) if (line := one_line(piece)))


def table_rows(table: "HtmlElement") -> list[list[str]]:
    """Return the rows of a table, its caption as the first one, rows without any text left out.

    A cell over several rows stands in each of them, so that every row can be understood alone; one over several
    columns stands once.
    """
    rows = [[line_of(caption)] for caption in table.iterchildren("caption")]
    rows += [[text for text in row if text is not None] for row in grid(table.iter("tr"))]
    return [row for row in rows if any(row)]


def grid(lines: "Iterable[HtmlElement]") -> list[Cells]:
    """Return the cells of table rows, each in its column: None where a cell on the left covers the column.

    A row that has no cell of its own is left out.
    """
    rows = []
    above: dict[int, tuple[int, str | None]] = {}  # column -> rows that the cell above still covers, its text
    for line in lines:
        row: Cells = []
        own = False
        for cell in line.iterchildren("td", "th"):
            own = True
            _fill(row, above=above)
            columns = min(_span(cell.get("colspan")), max(1, _MOST_COLUMNS - len(row)))
            covered = min(_span(cell.get("rowspan")), _MOST_ROWS)
            for text in [line_of(cell), *[None] * (columns - 1)]:
                if covered > 1 and len(row) < _MOST_COLUMNS:
                    above[len(row)] = (covered - 1, text)
                row.append(text)
        _fill(row, above=above)
        if own:
            rows.append(row)
    return rows


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


def _fill(row: Cells, *, above: dict[int, tuple[int, str | None]]) -> None:
    """Put the cells that reach down from the rows above into `row`, up to the next free column."""
    while len(row) in above:
        left, text = above.pop(len(row))
        if left > 1:
            above[len(row)] = (left - 1, text)
        row.append(text)


def _span(value: str | None) -> int:
    # Longer numbers are not looked at: a digit string of a megabyte takes seconds to convert.
    return int(value) if value and len(value) < 6 and value.isascii() and value.isdecimal() and int(value) else 1
