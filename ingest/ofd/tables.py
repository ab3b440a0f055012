"""Ruled tables of an OFD page, and forms: the rows of an invoice have no lines between them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from ingest.pdf.tables import Box, Table, edge, grids, table
from ingest.pdf.text import Char, Line

_AXIS = 1.0  # points that a level line may fall
_SAME_BASELINE = 0.6  # ems
_LONGEST_LABEL = 6  # letters below each other
_WHOLE = 0.9  # of a table's width: a frame across it
_FEWEST_COLUMNS = 3  # of rows that are told by their gaps
_ROOM = 2.0  # ems that a line leaves free whose text does not go on below
_UPRIGHT = re.compile("[\u2e80-\uffef]")
_LABEL = re.compile(r"[^：:]{1,15}[：:]")


class _Text(NamedTuple):
    """A line in a cell: its baseline, where it begins and ends, its size."""

    baseline: float
    x0: float
    x1: float
    size: float
    text: str


@dataclass(slots=True)
class _Cell:
    """A cell with its lines."""

    box: Box
    lines: list[_Text] = field(default_factory=list)

    @property
    def is_upright(self) -> bool:
        """Whether its letters stand below each other: a label for all rows beside it."""
        return all(_UPRIGHT.fullmatch(line.text) for line in self.lines)

    def add(self, chars: list[Char], *, baseline: float, size: float) -> None:
        """Note characters on a baseline, as a line or as a piece of one that is there."""
        x0, x1 = min(char.x0 for char in chars), max(char.x1 for char in chars)
        text = "".join(char.text for char in chars)
        last = self.lines[-1] if self.lines else None
        if last is None or not _is_same(last.baseline, baseline, em=size):
            self.lines.append(_Text(baseline, x0, x1, size, text))
            return
        joined = last.text + text if last.x0 <= x0 else text + last.text
        self.lines[-1] = _Text(last.baseline, min(last.x0, x0), max(last.x1, x1), last.size, joined)

    def goes_with_all(self, lines: list[_Text]) -> bool:
        """Tell whether its text belongs to all the rows beside it, whose lines are `lines`."""
        if self.is_upright and len(self.lines) > 1:  # 购买方, or a column of units
            letters = [line.text for line in self.lines]
            return len(letters) <= _LONGEST_LABEL and len(set(letters)) == len(letters)
        return any(not any(_is_same(own.baseline, line.baseline, em=line.size) for line in lines) for own in self.lines)

    def at(self, baseline: float) -> int | None:
        """Return the number of the line on a baseline."""
        found = (number for number, line in enumerate(self.lines) if _is_same(line.baseline, baseline, em=line.size))
        return next(found, None)

    def begins(self, number: int) -> bool:
        """Tell whether a line does not go on with the one above it, as the text of a full line does."""
        if number == 0:
            return True
        above = self.lines[number - 1]
        return self.box[2] - self.box[0] - (above.x1 - above.x0) > _ROOM * above.size


def ruled_tables(strokes: Iterable[Box], *, lines: list[Line]) -> list[Table]:
    """Return the tables that `strokes` draw, their rows cut where what `lines` write in them has rows of its own."""
    edges = (line for stroke in strokes if _is_straight(stroke) for line in edge(*stroke))
    return [_table(cells, lines=lines) for cells in grids(edges) if len(cells) > 1]


def _is_straight(stroke: Box) -> bool:
    return min(stroke[2] - stroke[0], stroke[3] - stroke[1]) <= _AXIS


def _table(boxes: list[Box], *, lines: list[Line]) -> Table:
    frame = table(boxes)
    held = [line for line in lines if not line.is_aslant and frame.holds(line)]
    rows: dict[tuple[int, int], list[Box]] = {}
    for box in boxes:
        rows.setdefault((round(box[1]), round(box[3])), []).append(box)
    cut: list[Box] = []
    left, _, right, _ = frame.box
    for row in rows.values():
        is_open = len(row) == 1 and row[0][2] - row[0][0] > _WHOLE * (right - left)
        cut += _cut(_filled(_columns(row[0], lines=held) if is_open else row, lines=held))
    return table(cut)


def _columns(frame: Box, *, lines: list[Line]) -> list[Box]:
    """Return the columns of the rows that stand in a frame without lines between them: items of an invoice, mostly."""
    left, top, right, bottom = frame
    rows: list[list[Line]] = []
    for line in sorted((line for line in lines if top <= _middle(line) <= bottom), key=lambda line: line.bottom):
        if rows and _is_same(rows[-1][0].bottom, line.bottom, em=line.size):
            rows[-1].append(line)
        else:
            rows.append([line])
    if sum(len(row) >= _FEWEST_COLUMNS for row in rows) < 2:
        return [frame]
    most = max(len(row) for row in rows)
    header = sorted(next(row for row in rows if len(row) == most), key=lambda line: line.x0)
    pieces = [line for row in rows for line in row]
    edges = [left, *(_between(one, other, pieces=pieces) for one, other in pairwise(header)), right]
    return [(start, top, end, bottom) for start, end in pairwise(edges)]


def _between(one: Line, other: Line, *, pieces: list[Line]) -> float:
    """Return where one column ends and the next begins: where the fewest texts are cut, near the middle."""
    first, last, middle = (one.x0 + one.x1) / 2, (other.x0 + other.x1) / 2, (one.x1 + other.x0) / 2
    candidates = {middle, *(x for line in pieces for x in (line.x0 - 1, line.x1 + 1) if first < x < last)}

    def cost(x: float) -> tuple[int, float]:
        across = (line for line in pieces if line.x0 < x < line.x1)
        sides = ([(char.x0 + char.x1) / 2 < x for char in line.chars if not char.text.isspace()] for line in across)
        return sum(any(side) and not all(side) for side in sides), abs(x - middle)

    return min(candidates, key=cost)


def _filled(boxes: list[Box], *, lines: list[Line]) -> list[_Cell]:
    cells = [_Cell(box) for box in boxes]
    for line in lines:
        _fill(cells, line)
    for cell in cells:
        cell.lines.sort()
    return cells


def _fill(cells: list[_Cell], line: Line) -> None:
    """Note a line in each of the cells that it runs through; the letters of an upright one are lines of their own."""
    parts = [(char,) for char in line.chars] if line.is_aside else [line.chars]
    for cell in cells:
        left, top, right, bottom = cell.box
        for part in parts:
            y = part[0].bottom - line.size / 3 if line.is_aside else _middle(line)
            chars = [char for char in part if not char.text.isspace() and left <= (char.x0 + char.x1) / 2 <= right]
            if chars and top <= y <= bottom:
                cell.add(chars, baseline=y + line.size / 3, size=line.size)


def _cut(row: list[_Cell]) -> list[Box]:
    """Return the cells of one ruled row, cut where a new row of its text begins.

    A cell whose text stands between the lines of the others stays whole, and so goes with all of them.
    """
    several = [cell for cell in row if len(cell.lines) > 1 and not cell.is_upright]
    lines = sorted(line for cell in several for line in cell.lines)
    cuts = [
        (above.baseline + below.baseline) / 2 - below.size / 3
        for above, below in pairwise(lines)
        if not _is_same(above.baseline, below.baseline, em=below.size) and _is_new_row(several, baseline=below.baseline)
    ]
    boxes = []
    for cell in row:
        left, top, right, bottom = cell.box
        edges = [top, bottom] if cell.goes_with_all(lines) else [top, *cuts, bottom]
        boxes += [(left, start, right, end) for start, end in pairwise(edges) if end > start]
    return boxes


def _is_new_row(cells: list[_Cell], *, baseline: float) -> bool:
    """Tell whether a new row begins on a baseline: with a label, or with texts that mostly do not go on from above."""
    found = [(cell, number) for cell in cells if (number := cell.at(baseline)) is not None]
    if any(_LABEL.match(cell.lines[0].text) and _LABEL.match(cell.lines[number].text) for cell, number in found):
        return True
    return len(found) > 1 and 2 * sum(cell.begins(number) for cell, number in found) > len(found)


def _middle(line: Line) -> float:
    return line.bottom - line.size / 3


def _is_same(one: float, other: float, *, em: float) -> bool:
    return abs(one - other) <= _SAME_BASELINE * em
