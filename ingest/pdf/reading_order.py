"""The order in which the lines of a picture are read: columns one after the other, tables row by row."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

Box = tuple[float, float, float, float]  # left, top, right, bottom

_FEWEST_LINES = 3  # of a column
_LEAST_SHARE = 0.1  # of the text on either side of a gutter
_MOST_CROSSING = 0.45  # of the text that may run across a gutter: a title, a table
_LONG = 7.0  # ems; lines of running text, on the average
_FULL_SHARE = 0.35  # of the lines of running text that reach the end of their column
_BESIDE = 0.5  # of the lines of a column that have something beside them
_ALIGNED = 0.5  # of the lines of a column that share a baseline with the other one, where the lines are short


@dataclass(frozen=True, slots=True)
class Placed:
    """A line or a table by its number, with its edges and the size of its characters."""

    number: int
    box: Box
    size: float

    @property
    def middle(self) -> float:
        """Its height on the page."""
        return (self.box[1] + self.box[3]) / 2

    @property
    def width(self) -> float:
        """From its left to its right edge."""
        return self.box[2] - self.box[0]


def in_order(items: Sequence[Placed]) -> list[list[int]]:
    """Return the numbers of the items row by row, in the order of reading."""
    between = gutter(items)
    if between is None:
        return [[item.number for item in row] for row in _rows(items)]
    ordered: list[list[int]] = []
    left: list[Placed] = []
    right: list[Placed] = []
    for item in sorted(items, key=lambda item: item.middle):
        if item.box[2] <= between:
            left.append(item)
        elif item.box[0] >= between:
            right.append(item)
        else:
            ordered += in_order(left) + in_order(right) + [[item.number]]
            left, right = [], []
    return ordered + in_order(left) + in_order(right)


def _rows(items: Iterable[Placed]) -> list[list[Placed]]:
    rows: list[list[Placed]] = []
    for item in sorted(items, key=lambda item: item.middle):
        if rows and abs(item.middle - median(other.middle for other in rows[-1])) < 0.5 * min(
            item.size, *(other.size for other in rows[-1])
        ):
            rows[-1].append(item)
        else:
            rows.append([item])
    return [sorted(row, key=lambda item: item.box[0]) for row in rows]


def gutter(items: Sequence[Placed]) -> float | None:
    """Return where the blank between two columns lies, None where there are none."""
    if len(items) < 2 * _FEWEST_LINES:
        return None
    whole = sum(item.width * item.size for item in items)
    best: tuple[float, float] | None = None
    for x in _candidates(items):
        left = [item for item in items if item.box[2] <= x]
        right = [item for item in items if item.box[0] >= x]
        areas = [sum(item.width * item.size for item in side) for side in (left, right)]
        crossing = 1 - sum(areas) / whole
        if min(areas) < _LEAST_SHARE * whole or crossing > _MOST_CROSSING or (best and crossing >= best[0]):
            continue
        if _are_columns(left, right):
            best = crossing, x
    return best[1] if best else None


def _candidates(items: Sequence[Placed]) -> list[float]:
    """Return the middles of the blanks beside which lines end on the left and begin on the right."""
    size = median(item.size for item in items)
    ends = sorted({round(item.box[2] / size * 2) / 2 * size for item in items})
    starts = sorted(item.box[0] for item in items)
    found = set()
    for end in ends:
        start = next((start for start in starts if start >= end), None)
        if start is not None and start - end < 12 * size:
            found.add((start + end) / 2)
    return sorted(found)


def _are_columns(left: list[Placed], right: list[Placed]) -> bool:
    if min(len(left), len(right)) < _FEWEST_LINES:
        return False
    shorter, longer = sorted((left, right), key=len)
    covered = _covered(longer)
    if sum(_meets(item, covered) for item in shorter) < _BESIDE * len(shorter):
        return False
    if _is_running_text(left) and _is_running_text(right):
        return True
    middles = sorted(item.middle for item in longer)
    aligned = 0
    for item in shorter:
        at = bisect_left(middles, item.middle - 0.3 * item.size)
        aligned += at < len(middles) and middles[at] < item.middle + 0.3 * item.size
    return aligned < _ALIGNED * len(shorter)


def _covered(items: Sequence[Placed]) -> list[tuple[float, float]]:
    """Return the stretches of the page's height that items take, from top to bottom, without overlaps."""
    stretches: list[tuple[float, float]] = []
    for item in sorted(items, key=lambda item: item.box[1]):
        if stretches and item.box[1] <= stretches[-1][1]:
            stretches[-1] = stretches[-1][0], max(stretches[-1][1], item.box[3])
        else:
            stretches.append((item.box[1], item.box[3]))
    return stretches


def _meets(item: Placed, stretches: Sequence[tuple[float, float]]) -> bool:
    at = bisect_left(stretches, item.box[1], key=lambda stretch: stretch[1])
    return at < len(stretches) and stretches[at][0] < item.box[3]


def _is_running_text(column: list[Placed]) -> bool:
    """Tell lines of text from cells of a table: long ones, most of which reach the end of the column."""
    size = median(item.size for item in column)
    rows = _rows(column)
    ends = sorted(row[-1].box[2] for row in rows)
    end = ends[int(0.9 * (len(ends) - 1))]
    full = sum(row[-1].box[2] > end - 2.5 * size for row in rows)
    length = sum(item.width for item in column) / len(column) / size
    return length > _LONG and full >= _FULL_SHARE * len(rows)
