"""The columns of text on a PDF page: between which edges the lines of a paragraph run."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from ingest.pdf.page import Page
from ingest.pdf.text import Line

_SAME_EDGE = 0.6  # ems
_FEWEST = 3  # lines that end at the same edge and make a column
_INDENT = 3.5  # ems by which lines of one column may begin further right
_SAME_SIZE = 0.2  # share by which the lines of a column may differ in size

Edges = tuple[float, float]


class Columns:
    """The left and right edge of the column that a line stands in.

    A column is where several lines end at the same right edge, and begin at the same left one or an indent after it;
    of two, the narrower is meant. Where there is none, the lines above and below tell.
    """

    def __init__(self, page: Page) -> None:
        lines = [line for line in page.lines if not any(table.holds(line) for table in page.tables)]
        self._lines = sorted(lines, key=lambda line: line.x1)
        self._rights = [line.x1 for line in self._lines]
        self._known: dict[tuple[float, float, float], Edges] = {}

    def edges(self, line: Line) -> Edges:
        """Return the left and right edge, in points."""
        span = line.x0, line.x1, line.size
        if span not in self._known:
            found = next(self._columns(line), None)
            self._known[span] = found or self._around(line)
        return self._known[span]

    def _columns(self, line: Line) -> Iterator[Edges]:
        """Yield the columns that hold the line, the one that ends first before the others."""
        near = _SAME_EDGE * line.size
        number = bisect_left(self._rights, line.x1 - near)
        while number < len(self._lines):
            end = bisect_right(self._rights, self._rights[number] + near)
            lefts = sorted(other.x0 for other in self._lines[number:end])
            starts = [left for left in _starts(lefts, width=_INDENT * line.size) if left <= line.x0 + near]
            if starts and self._ends_there(starts[-1], number=number, end=end, size=line.size):
                yield starts[-1], self._rights[end - 1]
            number += 1

    def _ends_there(self, left: float, *, number: int, end: int, size: float) -> bool:
        """Tell whether most lines that begin at `left` go no further: headings of one length are no column."""
        first, last = left - _SAME_EDGE * size, left + _INDENT * size
        beyond = sum(first <= other.x0 <= last for other in self._lines[end:])
        return beyond < end - number

    def _around(self, line: Line) -> Edges:
        # A line across both columns of a page must not make them one.
        widest = 1.6 * max(line.x1 - line.x0, 12 * line.size)
        same = [
            other
            for other in self._lines
            if other.x0 < line.x1
            and other.x1 > line.x0
            and other.x1 - other.x0 < widest
            and abs(other.size - line.size) <= _SAME_SIZE * line.size
        ]
        left = min((other.x0 for other in same), default=line.x0)
        return left, max((other.x1 for other in same), default=line.x1)


def _starts(lefts: list[float], *, width: float) -> list[float]:
    """Return the left edges at which, or an indent after which, enough lines begin."""
    starts: list[float] = []
    group: list[float] = []
    for left in [*lefts, float("inf")]:
        if group and left > group[0] + width:
            if len(group) >= _FEWEST:
                starts.append(group[0])
            group = []
        group.append(left)
    return starts
