"""What stands side by side on a PDF page: tables with and without lines, columns of text that are woven together."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from ingest.pdf.page import Page
from ingest.pdf.text import Char, Line, make_line

_SAME_BASELINE = 0.3  # ems
# A bullet or a number of a list, set apart from its text: no cell of a table.
_MARKER = re.compile(r"[•●○■□◆◇▪▶➢❖✓·\-–—*]|(?:\d{1,2}|[a-z])[.．、)）]|[（(](?:\d{1,2}|[a-z])[)）]|[①-⑳]")
_FEWEST_ROWS = 3  # of a table without lines
_FEWEST_CELLS = 3  # of one row alone
_MOST_FILLED = 0.75  # of its width; in a line of text with wide gaps, more is
_CELL_LINES = 5  # lines that one cell may take while its neighbours still belong to the same row
_WIDEST_CELL = 0.45  # of the page's width
_FEWEST_PAIRS = 3  # of lines that tell two columns of text
_TEXT_LETTERS = 12  # of a line in a column of text

Row = list[Line]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: its rows of cells, and the left edges of its columns."""

    rows: tuple[tuple[str, ...], ...]
    columns: tuple[float, ...]
    rest: str = ""  # text in the table's frame that lies in no cell


def items(page: Page) -> Iterator[Line | Grid]:
    """Yield the lines of a page that are in no table, and the tables where their first line stands.

    Text that runs across the page's direction comes last; no table without lines is looked for there.
    """
    rows: list[Row] = []
    told: set[int] = set()
    aside = []
    by_cell = _is_by_cell(page)
    for line in page.lines:
        number = next((number for number, table in enumerate(page.tables) if table.holds(line)), None)
        if number is not None:
            yield from _plain(rows)
            rows = []
            if number not in told:
                told.add(number)
                yield _ruled(page, number=number)
        elif line.is_aside or line.is_aslant:
            aside.append(line)
        elif row := _row_of(line, rows=rows, by_cell=by_cell):
            row[-1:] = [_side_by_side([row[-1], line])] if _MARKER.fullmatch(row[-1].text) else [row[-1], line]
        else:
            rows.append([line])
    yield from _plain(rows)
    yield from aside


def _ruled(page: Page, *, number: int) -> Grid:
    table = page.tables[number]
    cells, rest = table.filled(line for line in page.lines if table.holds(line))
    return Grid(cells, tuple(round(left) for left in table.columns), rest)


def _is_by_cell(page: Page) -> bool:
    """Tell whether tables without lines come cell by cell: from the end of one, again and again, up to the next."""
    jumps = 0
    for last, line in pairwise(page.lines):
        jumps += 0.5 * line.size < last.bottom - line.bottom < _CELL_LINES * 2 * line.size and _is_cell(line, page=page)
    return jumps >= _FEWEST_ROWS


def _is_cell(line: Line, *, page: Page) -> bool:
    return line.x1 - line.x0 < _WIDEST_CELL * page.width and not any(table.holds(line) for table in page.tables)


def _row_of(line: Line, *, rows: list[Row], by_cell: bool) -> Row | None:
    """Return the row that `line` goes on with: that of the last line, or of a cell of a few lines just before."""
    for row in rows[: -2 - _CELL_LINES * by_cell : -1]:
        if abs(line.bottom - row[-1].bottom) < _SAME_BASELINE * line.size and line.x0 > row[-1].x1:
            return row
    return None


def _plain(rows: list[Row]) -> Iterator[Line | Grid]:
    """Yield rows of pieces: a table where several rows have cells, two columns apart where they are woven together."""
    gutter = _gutter(rows)
    if gutter is not None:
        yield from (line for row in rows for line in row if line.x0 < gutter)
        yield from (line for row in rows for line in row if line.x0 >= gutter)
        return
    run: list[Row] = []
    for row in rows:
        if len(row) > 1 or (run and _is_wrapped_cell(row[0], above=run[-1])):
            run.append(row)
            continue
        yield from _table(run)
        run = []
        yield row[0]
    yield from _table(run)


def _gutter(rows: list[Row]) -> float | None:
    """Return where the right one of two columns begins whose lines come row by row, None where there are none."""
    pairs = [row for row in rows if len(row) == 2]
    if len(pairs) < _FEWEST_PAIRS or len(pairs) < 0.6 * len(rows):
        return None
    left, right = max(row[0].x1 for row in pairs), min(row[1].x0 for row in pairs)
    letters = sum(len(line.text) for row in pairs for line in row) / (2 * len(pairs))
    if left >= right or letters <= _TEXT_LETTERS:
        return None
    # Lines of text go to the right edge of their column, cells end anywhere.
    full = sum(left - row[0].x1 < 1.5 * row[0].size for row in pairs)
    return (left + right) / 2 if full >= 0.6 * len(pairs) else None


def _is_wrapped_cell(line: Line, *, above: Row) -> bool:
    starts = [cell.x0 for cell in above[1:]] if len(above) > 1 else [above[0].x0]
    near = line.bottom - above[0].bottom < 2.2 * line.size
    return near and any(abs(line.x0 - start) < line.size / 2 for start in starts)


def _table(run: list[Row]) -> Iterator[Line | Grid]:
    if sum(len(row) > 1 for row in run) < _FEWEST_ROWS and not any(_are_cells(row) for row in run):
        yield from (row[0] if len(row) == 1 else _side_by_side(row) for row in run)
        return
    columns = _column_edges(run)
    cells: list[list[str]] = []
    for row in run:
        numbers = [_column(line, columns=columns) for line in row]
        if len(row) > 1 or not cells:
            cells.append([""] * len(columns))
        for number, line in zip(numbers, row, strict=True):
            cells[-1][number] = (
                f"{cells[-1][number]} {line.text}".strip() if len(row) > 1 else cells[-1][number] + line.text
            )
    yield Grid(tuple(tuple(row) for row in cells), tuple(round(left) for left, _ in columns))


def _are_cells(row: Row) -> bool:
    """Tell a row of a table that goes on from the page before, or up to the next, from a title in letters set apart."""
    filled = sum(cell.x1 - cell.x0 for cell in row) / (row[-1].x1 - row[0].x0)
    words = sum(len(cell.text) > 1 for cell in row)
    return len(row) >= _FEWEST_CELLS and 2 * words > len(row) and filled < _MOST_FILLED


def _side_by_side(row: Row) -> Line:
    """Return pieces of one line as one line, a space between them: 第一章      总则."""
    chars: list[Char] = []
    for piece in row:
        start = next(number for number, char in enumerate(piece.chars) if not char.text.isspace())
        while chars and chars[-1].text.isspace():
            chars.pop()
        chars += [Char(" ", piece.x0, piece.x0, piece.bottom, piece.size)] if chars else []
        chars += piece.chars[start:]
    return make_line(chars, font=row[-1].font, is_bold=all(piece.is_bold for piece in row))


def _column_edges(run: list[Row]) -> list[tuple[float, float]]:
    """Return left and right edge of the columns: what overlaps is one column, in the rows with the most cells."""
    most = max(len(row) for row in run)
    columns: list[tuple[float, float]] = []
    for left, right in sorted((line.x0, line.x1) for row in run if len(row) == most for line in row):
        if columns and left < columns[-1][1]:
            columns[-1] = columns[-1][0], max(columns[-1][1], right)
        else:
            columns.append((left, right))
    return columns


def _column(line: Line, *, columns: list[tuple[float, float]]) -> int:
    overlaps = [min(line.x1, right) - max(line.x0, left) for left, right in columns]
    return max(range(len(columns)), key=lambda number: overlaps[number])
