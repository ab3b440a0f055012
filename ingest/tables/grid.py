"""Tables of documents and pages: rows that are cut up differently put into common columns, headers into one row."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import NamedTuple, TypeVar

from ingest.tables.header import is_label, names_columns
from ingest.tables.rows import table_text

_Nested = TypeVar("_Nested")
_MOST_HEADER = 3  # rows of a header that the file does not mark as one


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


def grid_text(rows: Sequence[GridRow], *, guess: bool = True) -> str:
    """Return a table as stored text; where the file marks no header, `guess` says whether to look for one.

    Header rows above each other become one: 费用 above 单价 and 总价 gives 费用/单价 and 费用/总价. A cell over several
    columns stands in the first of them. The columns are those of the last header row, or of most rows; a row that has
    other ones keeps its cells together.
    """
    rows = [row for row in rows if any(cell.text for cell in row.cells)]
    titles = list(takewhile(lambda row: len(row.cells) == 1, rows))
    body = rows[len(titles) :]
    if not body:
        return "\n".join(row.cells[0].text for row in titles)
    marked = sum(1 for _ in takewhile(lambda row: row.is_header, body))
    header = True if 0 < marked < len(body) else None if guess else False
    texts = _aligned_rows(body, header=marked if header else 0)
    if header is None and (stacked := _stacked(body)) > 1:
        guessed = _aligned_rows(body, header=stacked)
        if names_columns(guessed):
            texts, header = guessed, True
    return "\n".join([*(row.cells[0].text for row in titles), table_text(texts, header=header)])


def split_at_nested(
    rows: Iterable[tuple[GridRow, list[_Nested]]],
) -> Iterator[tuple[list[GridRow], list[_Nested]]]:
    """Yield the rows of a table up to each one that holds other tables, and those; the header begins every run."""
    headers: list[GridRow] = []
    run: list[GridRow] = []
    told = False
    for row, nested in rows:
        (headers if row.is_header and not run else run).append(row)
        if nested:
            yield [*headers, *run], nested
            run, told = [], True
    if run or not told:
        yield [*headers, *run], []


def _stacked(rows: Sequence[GridRow]) -> int:
    """Return how many rows at the top look like one header: names over several columns, with names below them."""
    count = 1
    while count < min(_MOST_HEADER, len(rows) - 1):
        upper, lower = rows[count - 1 : count + 1]
        parts_names = any(cell.columns > 1 for cell in upper.cells) and len(lower.cells) > len(upper.cells) > 1
        if not parts_names or not all(is_label(cell.text) for cell in lower.cells if cell.text):
            break
        count += 1
    return count


def _aligned_rows(rows: Sequence[GridRow], *, header: int) -> list[list[str]]:
    """Return the texts of all rows by common columns, the first `header` of them as one."""
    if not header:
        starts = _usual_starts(rows)
        return [_aligned(row, starts) for row in rows]
    names = rows[:header]
    starts = _starts(names[-1])
    joined = ["/".join(dict.fromkeys(filter(None, (row.at(column) for row in names)))) for column in starts]
    return [joined, *(_aligned(row, starts) for row in rows[header:])]


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
