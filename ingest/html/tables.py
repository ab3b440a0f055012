"""Tables of a page as text, and those that are there for the layout made plain blocks."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.html.text import Cells, grid, line_of, visible_text
from ingest.tables.rows import table_text

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


def _data(rows: "list[HtmlElement]") -> "HtmlElement":
    named = _header_rows(rows)
    cells = [row for row in grid(rows) if any(row)]
    if all(sum(bool(text) for text in row) < 2 for row in cells):  # one column: paragraphs, not a table
        block = _block("div", None)
        block.extend([_plain(row) for row in rows])
        return block
    if named > 1:
        cells = [_joined(cells[:named]), *cells[named:]]
    header = True if named else False if any(row.find("th") is not None for row in rows) else None
    return _block("table", table_text([[text or "" for text in row] for row in cells], header=header))


def _header_rows(rows: "list[HtmlElement]") -> int:
    """Return how many rows at the top name the columns: those in <thead>, or of <th> only."""
    count = 0
    for row in rows:
        cells = list(row.iterchildren("td", "th"))
        above = row.getparent()
        in_head = above is not None and above.tag == "thead"
        if not in_head and not (len(cells) > 1 and all(cell.tag == "th" for cell in cells)):
            break
        count += 1
    return count if count < len(rows) else min(count, 1)


def _joined(rows: list[Cells]) -> Cells:
    """Return one header for several: what stands over several columns is a part of the name of each."""
    filled = []
    for row in rows:
        line: list[str] = []
        for text in row:
            line.append((line[-1] if line else "") if text is None else text)
        filled.append(line)
    width = max(len(row) for row in filled)
    columns = [[row[index] for row in filled if index < len(row) and row[index]] for index in range(width)]
    return [" ".join(dict.fromkeys(column)) for column in columns]


def _block(tag: str, text: str | None) -> "HtmlElement":
    from lxml import html as lxml_html

    block = lxml_html.Element(tag)
    block.text = text
    return block
