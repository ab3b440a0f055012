"""The sheets of a workbook as blocks: a heading for each sheet, its tables as rows, with their titles above them."""

import sys
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, groupby, islice, pairwise
from typing import NamedTuple

from ingest.blocks import Block
from ingest.errors import Reason
from ingest.tables.header import is_label
from ingest.tables.rows import Cell, column_names, layout_of, plain_line, row_line
from ingest.types import Gap

_HEAD = 20  # rows that the layout of a table is told by
_LONGEST_TITLE = 60  # characters; a longer line above a table is a note
_MOST_REPEATED = 100  # characters of a cell over several rows that each of them gets; a longer one stands once
_ENDS_LIKE_TEXT = "。；;，,：:、"


class Row(NamedTuple):
    """A row with its 0-based number, and its cells that are not empty, by column."""

    number: int
    cells: list[Cell]


@dataclass(slots=True)
class Sheet:
    """A sheet while it is read: `rows` are read as they are asked for, `notes` (comments, text boxes) after them."""

    name: str
    rows: Iterable[Row]
    notes: Iterable[str] = ()
    gaps: list[Gap] = field(default_factory=list)


class CellLimit:
    """Counts the cells of a workbook and ends its rows where there are too many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = 0
        self.gaps: list[Gap] = []

    def limited(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield the rows up to the limit; then one gap tells that there were more."""
        for row in rows:
            self._count += len(row.cells)
            if self._count > self._most:
                if not self.gaps:
                    values: dict[str, object] = {"limit": "cells", "value": self._count, "most": self._most}
                    self.gaps.append(Gap(Reason.TOO_LARGE, values=values))
                return
            yield row


def cell(text: str, column: int, *, columns: int = 1, rows: int = 1) -> Cell:
    """Return a cell with its line breaks and tabs made single spaces."""
    return Cell(" ".join(text.split()), column, columns, rows)


def workbook_blocks(sheets: Iterable[Sheet], *, limit: CellLimit, gaps: list[Gap]) -> Iterator[Block]:
    """Yield the blocks of a workbook, sheet by sheet; what could not be read is added to `gaps`.

    Hidden sheets, rows and columns are text like any other. A sheet without any text has no heading.
    """
    for sheet in sheets:
        body = _body(limit.limited(_filled(sheet.rows)))
        notes = (Block(note) for note in sheet.notes)
        content = chain(body, notes)
        first = next(content, None)
        if first is not None:
            yield Block(sheet.name, 1)
            yield first
            yield from content
        gaps.extend(sheet.gaps)
    gaps.extend(limit.gaps)


def _body(rows: Iterable[Row]) -> Iterator[Block]:
    """Yield titles and tables; an empty row ends a table, unless what follows it goes on in the same columns."""
    names: dict[int, str] = {}
    for _, region in groupby(_numbered_regions(rows), key=lambda pair: pair[0]):
        cells = (row.cells for _, row in region)
        head = list(islice(cells, _HEAD))
        borders = _borders(head)
        if not borders:
            names = yield from _table(head, cells, names=names)
            continue
        whole = [*head, *cells]
        for first, end in pairwise([0, *borders, sys.maxsize]):
            part = [inside for row in whole if (inside := [one for one in row if first <= one.column < end])]
            yield from _table(part[:_HEAD], iter(part[_HEAD:]), names={})
        names = {}


def _table(
    head: list[list[Cell]], others: Iterator[list[Cell]], *, names: dict[int, str]
) -> Generator[Block, None, dict[int, str]]:
    """Yield the titles and the rows of one table, and return the names of its columns; `names` are those before it."""
    goes_on = bool(names) and all(_fits(row, names=names) for row in head)
    layout = layout_of(head, likely=not goes_on)
    if layout.header or not goes_on:
        body = layout.above + layout.header
        yield from map(_above, head[: layout.above])
        names = column_names(head[layout.above : body])
        lines = [plain_line(row) for row in head[layout.above : body]]
    else:
        body, lines = 0, []
    lines += [row_line(row, names=names) for row in chain(head[body:], others)]
    if lines:
        yield Block("\n".join(lines))
    return names


def _borders(head: list[list[Cell]]) -> list[int]:
    """Return the first columns of the second and of further tables that stand side by side, none where it is one table.

    Between such tables columns are empty, and they do not fill the same rows: else each row is taken as a whole.
    """
    rows = [row for row in head if len(row) > 1]
    used = {column for row in rows for part in row for column in range(part.column, part.column + part.columns)}
    starts = sorted(column for column in used if column - 1 not in used)
    extents = set()
    for first, end in pairwise([*starts, sys.maxsize]):
        inside = [[part for part in row if first <= part.column < end] for row in rows]
        lines = [number for number, row in enumerate(inside) if row]
        top = inside[lines[0]]
        is_whole = lines[-1] - lines[0] + 1 == len(lines) > 1 and max(map(len, inside)) > 1
        if not is_whole or not all(is_label(part.text) for part in top):
            return []
        # A title above its own columns tells a table from the one beside it, even where both end in the same row.
        extents.add((lines[0], lines[-1], len(top) == 1))
    return starts[1:] if len(extents) > 1 else []


def _numbered_regions(rows: Iterable[Row]) -> Iterator[tuple[int, Row]]:
    """Yield each row with the number of its region; empty rows part the regions."""
    region = 0
    previous = -1
    for row in rows:
        if row.number > previous + 1:
            region += 1
        previous = row.number
        yield region, row


def _fits(row: list[Cell], *, names: dict[int, str]) -> bool:
    return len(row) > 1 and all(part.column in names for part in row)


def _above(row: list[Cell]) -> Block:
    """Return a row above a table: a title is a heading under the sheet's name, all else a paragraph."""
    line = plain_line(row)
    is_title = len(row) == 1 and len(line) <= _LONGEST_TITLE and not line.endswith(tuple(_ENDS_LIKE_TEXT))
    return Block(line, 2 if is_title and "：" not in line and ":" not in line else 0)


def _filled(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows with the cells that reach down into them from above, so that each can be understood alone."""
    reaching: dict[int, tuple[int, Cell]] = {}  # column -> last row that the cell covers, the cell
    for row in rows:
        if reaching:
            reaching = {column: (last, part) for column, (last, part) in reaching.items() if last >= row.number}
            taken = {part.column for part in row.cells}
            above = [part for column, (_, part) in reaching.items() if column not in taken]
            cells = sorted([*row.cells, *above], key=lambda part: part.column) if above and row.cells else row.cells
        else:
            cells = row.cells
        for part in row.cells:
            if part.rows > 1 and len(part.text) <= _MOST_REPEATED:
                reaching[part.column] = (row.number + part.rows - 1, part._replace(rows=1))
        yield Row(row.number, cells)
