"""Tables of office documents: rows that are cut up differently put into common columns, headers into one row."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import NamedTuple


class GridCell(NamedTuple):
    """A cell: its text, the column of the table's grid that it begins in, and how many it covers."""

    text: str
    column: int
    columns: int = 1


@dataclass(slots=True)
class GridRow:
    """A row of a table; a cell over several rows is in each of them, so that every row can be understood alone."""

    is_header: bool = False
    cells: list[GridCell] = field(default_factory=list)

    @property
    def width(self) -> int:
        """How many columns of the grid its cells cover, with those before the first one."""
        return self.cells[-1].column + self.cells[-1].columns if self.cells else 0

    def add(self, text: str, *, columns: int = 1) -> None:
        """Put a cell behind the last one."""
        self.cells.append(GridCell(text, self.width, columns))

    def at(self, column: int) -> str:
        """Return the text of the cell that covers a column of the grid."""
        return next((cell.text for cell in self.cells if 0 <= column - cell.column < cell.columns), "")


def grid_texts(rows: Sequence[GridRow]) -> tuple[list[list[str]], bool | None]:
    """Return the rows for `table_text`, and whether the first one names the columns (None: the file does not say).

    Header rows above each other become one: 费用 above 单价 and 总价 gives 费用/单价 and 费用/总价. A cell over several
    columns stands in the first of them. The columns are those of the last header row, or of most rows; a row that has
    other ones keeps its cells together.
    """
    rows = [row for row in rows if any(cell.text for cell in row.cells)]
    headers = list(takewhile(lambda row: row.is_header, rows))
    titles = list(takewhile(lambda row: len(row.cells) == 1, headers))
    names = headers[len(titles) :] if len(headers) < len(rows) else []
    starts = _starts(names[-1]) if names else _usual_starts(rows)
    if not names:
        return [_aligned(row, starts) for row in rows], None
    joined = ["/".join(dict.fromkeys(filter(None, (row.at(column) for row in names)))) for column in starts]
    texts = [_aligned(row, starts) for row in rows]
    return [*texts[: len(titles)], joined, *texts[len(headers) :]], True


def _starts(row: GridRow) -> tuple[int, ...]:
    return tuple(cell.column for cell in row.cells)


def _usual_starts(rows: Sequence[GridRow]) -> tuple[int, ...]:
    usual = Counter(_starts(row) for row in rows if len(row.cells) > 1).most_common(1)
    return usual[0][0] if usual else ()


def _aligned(row: GridRow, starts: tuple[int, ...]) -> list[str]:
    texts = [cell.text for cell in row.cells]
    # As many cells, but their borders were moved a little: the same columns.
    if len(texts) == len(starts) or len(texts) == 1:
        return texts
    places = {column: index for index, column in enumerate(starts)}
    if not all(cell.column in places for cell in row.cells):
        return [" | ".join(filter(None, texts))]
    aligned = [""] * len(starts)
    for cell in row.cells:
        aligned[places[cell.column]] = cell.text
    return aligned
