"""Tables of a page as text, and those that are there for the layout made plain blocks."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.html.text import grid_rows, line_of, visible_text
from ingest.tables.grid import grid_text

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_NOT_IN_A_CELL = ("table", "h1", "h2", "h3", "h4")
_BLOCKS_OF_TEXT = ("p", "div", "ul", "ol", "dl", "blockquote")
_LONG_CELL = 500  # characters; with blocks of text inside, it is a part of a page


def settle_tables(root: "HtmlElement") -> None:
    """Leave each table of data as one element with its text, and none of those for the layout.

    A row that holds another table, headings or pages of text is layout; the rows around it may still be data.
    """
    for table in reversed(list(root.iter("table"))):  # innermost first
        before = visible_text(table)
        parts = [] if table.get("role") == "presentation" else list(_parts(table))
        # What stands between rows, where nothing may stand, would be lost: such a table is not taken apart.
        if parts and sum(len(visible) for _, visible in parts) >= len(before):
            table[:] = [part for part, _ in parts]
            table.text = None
        else:
            for part in table.iter("thead", "tbody", "tfoot", "tr", "td", "th", "caption"):
                part.tag = "div"
        table.tag = "div"


def _parts(table: "HtmlElement") -> "Iterator[tuple[HtmlElement, str]]":
    """Yield the captions, the runs of data rows and the rows of layout, each with the visible text that it holds."""
    for caption in list(table.iterchildren("caption")):
        yield _block("div", line_of(caption)), visible_text(caption)
    run: list[HtmlElement] = []
    for row in list(table.iter("tr")):
        if not _is_layout(row):
            run.append(row)
            continue
        if run:
            yield _counted(run)
            run = []
        visible = visible_text(row)
        yield _plain(row), visible
    if run:
        yield _counted(run)


def _counted(rows: "list[HtmlElement]") -> "tuple[HtmlElement, str]":
    visible = "".join(visible_text(cell) for row in rows for cell in row)
    return _data(rows), visible


def _is_layout(row: "HtmlElement") -> bool:
    if next(row.iterdescendants(*_NOT_IN_A_CELL), None) is not None:
        return True
    for cell in row.iterchildren("td", "th"):
        if next(cell.iter(*_BLOCKS_OF_TEXT), None) is not None and len(visible_text(cell)) > _LONG_CELL:
            return True
    return False


def _plain(row: "HtmlElement") -> "HtmlElement":
    for cell in row.iterchildren("td", "th"):
        cell.tag = "div"
    row.tag, row.tail = "div", None
    return row


def _data(lines: "list[HtmlElement]") -> "HtmlElement":
    rows = grid_rows(lines)
    if all(sum(bool(cell.text) for cell in row.cells) < 2 for row in rows):  # one column: paragraphs, not a table
        block = _block("div", None)
        block.extend([_plain(line) for line in lines])
        return block
    # Where only some cells are <th>, they name rows.
    return _block("table", grid_text(rows, guess=all(line.find("th") is None for line in lines)))


def _block(tag: str, text: str | None) -> "HtmlElement":
    from lxml import html as lxml_html

    block = lxml_html.Element(tag)
    block.text = text
    return block
