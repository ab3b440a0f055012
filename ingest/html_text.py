"""The text of parsed HTML: pieces between block elements, and the rows of tables.

Everything here walks a page step by step, not by recursion: pages nest thousands of elements deep.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "div", "dl", "dt", "footer",
    "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section", "table", "td", "th",
    "tr", "ul",
))  # fmt: skip
_MOST_SPAN = 1000  # columns or rows; a browser's own limit


def pieces(root: "HtmlElement") -> Iterator[tuple[str, str]]:
    """Yield the text between the borders of block elements, with the tag of the block that it stands in."""
    from lxml import etree

    parts: list[str] = []
    blocks = ["body"]
    for event, element in etree.iterwalk(root, events=("start", "end")):
        is_block = element.tag in _BLOCKS
        if is_block:
            yield "".join(parts), blocks[-1]
            parts = []
        if event == "start":
            if is_block:
                blocks.append(element.tag)
            parts.append(element.text or "")
        else:
            if is_block:
                blocks.pop()
            if element is not root:
                parts.append(element.tail or "")
    yield "".join(parts), "body"


def line_of(element: "HtmlElement") -> str:
    """Return the text of an element on one line; words in bold or in links are not torn apart."""
    return " ".join(" ".join(text.split()) for text, _ in pieces(element) if text.strip())


def table_rows(table: "HtmlElement") -> list[list[str]]:
    """Return the rows of a table, its caption as the first one, rows without any text left out.

    A cell over several rows stands in each of them, so that every row can be understood alone; one over several
    columns stands once.
    """
    rows = [[line_of(caption)] for caption in table.iterchildren("caption")]
    above: dict[int, tuple[int, str | None]] = {}  # column -> rows that the cell above still covers, its text
    for line in table.iter("tr"):
        row: list[str | None] = []
        for cell in line.iterchildren("td", "th"):
            _fill(row, above=above)
            columns, covered = _span(cell.get("colspan")), _span(cell.get("rowspan"))
            for text in [line_of(cell), *[None] * (columns - 1)]:
                if covered > 1:
                    above[len(row)] = (covered - 1, text)
                row.append(text)
        _fill(row, above=above)
        rows.append([text for text in row if text is not None])
    return [row for row in rows if any(row)]


def _fill(row: list[str | None], *, above: dict[int, tuple[int, str | None]]) -> None:
    """Put the cells that reach down from the rows above into `row`, up to the next free column."""
    while len(row) in above:
        left, text = above.pop(len(row))
        if left > 1:
            above[len(row)] = (left - 1, text)
        row.append(text)


def _span(value: str | None) -> int:
    return min(int(value), _MOST_SPAN) if value and value.isdecimal() and int(value) > 0 else 1
