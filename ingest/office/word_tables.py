"""The rows of a Word table: merged cells, header rows, tables inside of cells."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ingest.office.word_styles import W, is_on
from ingest.tables.grid import GridRow

if TYPE_CHECKING:
    from lxml.etree import _Element

_MOST_COLUMNS = 63  # of a Word table


def is_frame(table: "_Element") -> bool:
    """Whether a table has but one column: a box around text, which is read as text."""
    return all(len(list(row.iterchildren(W + "tc"))) <= 1 for row in table.iterchildren(W + "tr"))


def read_rows(table: "_Element", read_cell: "Callable[[_Element], str]") -> "Iterator[tuple[GridRow, list[_Element]]]":
    """Yield the rows, and the tables inside of each; `read_cell` gives the text of a cell without them."""
    above: dict[int, str] = {}
    for element in table.iterchildren(W + "tr"):
        properties = element.find(W + "trPr")
        row = GridRow(is_header=properties is not None and is_on(properties.find(W + "tblHeader")))
        if before := _number(properties, "gridBefore"):
            row.add("", columns=before)
        nested: list[_Element] = []
        for cell in element.iterchildren(W + "tc"):
            _read_cell(cell, row, above=above, read_cell=read_cell)
            nested += cell.iterchildren(W + "tbl")
        yield row, nested


def _read_cell(
    cell: "_Element", row: GridRow, *, above: dict[int, str], read_cell: "Callable[[_Element], str]"
) -> None:
    properties = cell.find(W + "tcPr")
    columns = max(1, _number(properties, "gridSpan"))
    if row.cells and _continues(properties, "hMerge"):
        row.cells[-1] = row.cells[-1]._replace(columns=row.cells[-1].columns + columns)
        return
    column = row.width
    text = above.get(column, "") if _continues(properties, "vMerge") else read_cell(cell)
    above[column] = text
    row.add(text, columns=columns)


def _continues(properties: "_Element | None", name: str) -> bool:
    """Whether a cell belongs to the one above (vMerge) or to the left (hMerge)."""
    merge = None if properties is None else properties.find(W + name)
    return merge is not None and merge.get(W + "val", "continue") != "restart"


def _number(properties: "_Element | None", name: str) -> int:
    element = None if properties is None else properties.find(W + name)
    value = "" if element is None else element.get(W + "val", "")
    return min(int(value), _MOST_COLUMNS) if value.isdecimal() else 0
