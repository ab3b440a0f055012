"""Runs of characters of an OFD page put together into lines, as those of PDF pages are.

A file gives its text in any order and in pieces of any size: each letter of a form may be an object of its own, and the
labels of a form lie in a template, apart from what was filled in.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from ingest.ofd.content import Run
from ingest.pdf.glyphs import GAP
from ingest.pdf.reading_order import Placed, in_order
from ingest.pdf.tables import Table
from ingest.pdf.text import Char, Line, make_line

_SAME_BASELINE = 0.35  # ems
_WIDE_GAP = 1.6  # ems between pieces: two columns
_GAP_IN_RUN = 6.0  # ems within one run: letters of a label that are spread out stay together
_GAP_AFTER_LABEL = 8.0  # ems from a label to its value
_WORD_GAP = 0.3  # ems between words
_OVERLAP = 0.7  # ems by which letters may overlap
_MOST_TO_ORDER = 1500  # lines; a page with more is a sheet of cells
_ROW = 0.5  # ems that the letters of one row may differ in height
_COLONS = ("：", ":")
_LABEL = re.compile(r"[^：:]{1,15}[：:]")
_ASCII_WORD = re.compile(r"[!-~]")


@dataclass(frozen=True, slots=True)
class _Piece:
    """Characters of one run on one baseline."""

    chars: tuple[Char, ...]
    run: Run
    x0: float
    x1: float
    bottom: float
    size: float


def quarters_of(runs: Iterable[Run]) -> int:
    """Return the quarter turns to the right that most text of a page is off level."""
    letters = Counter[int]()
    for run in runs:
        if run.quarters is not None:
            letters[run.quarters] += len(run.chars) - 1  # one character may stand in any direction
    return max(letters, key=lambda quarters: (letters[quarters], -quarters), default=0)


def page_lines(runs: Iterable[Run], *, quarters: int, width: float, height: float) -> tuple[list[Line], bool]:
    """Return the lines of a page that is turned to the left by `quarters`, and whether they are in reading order.

    `width` and `height` are those before it is turned, in points. Lines that are not in order come row by row.
    """
    found = [_turned(run, quarters=quarters, width=width, height=height) for run in _once(runs)]
    pieces = [piece for run in found if _is_level(run) for piece in _pieces(run)]
    is_in_order = _is_in_order(pieces)
    if not is_in_order:
        pieces = _by_row(pieces)
    aside = [_whole(run) for run in found if not _is_level(run)]
    return [*_joined(pieces), *aside], is_in_order


def ordered(lines: list[Line], *, tables: list[Table]) -> list[Line]:
    """Return lines that come row by row in the order of reading: columns one after the other, a table as a whole."""
    if len(lines) > _MOST_TO_ORDER:
        return lines
    inside: dict[int, list[Line]] = {}
    placed, aside = [], []
    for number, line in enumerate(lines):
        table = next((index for index, table in enumerate(tables, len(lines)) if table.holds(line)), None)
        if table is not None:
            inside.setdefault(table, []).append(line)
        elif line.is_aside or line.is_aslant:
            aside.append(line)
        else:
            placed.append(Placed(number, (line.x0, line.bottom - 0.9 * line.size, line.x1, line.bottom), line.size))
    for number, held in inside.items():
        placed.append(Placed(number, tables[number - len(lines)].box, held[0].size))
    numbers = [number for row in in_order(placed) for number in row]
    return [line for number in numbers for line in inside.get(number) or [lines[number]]] + aside


def turned(x: float, y: float, *, quarters: int, width: float, height: float) -> tuple[float, float]:
    """Return where a point lies once a page of this size is turned to the left so many times."""
    if quarters == 1:
        return y, width - x
    if quarters == 2:
        return width - x, height - y
    return (height - y, x) if quarters == 3 else (x, y)


def _once(runs: Iterable[Run]) -> Iterator[Run]:
    """Yield runs but those that are drawn again in the same place, for bold type or a shadow."""
    seen: set[tuple[str, int, int]] = set()
    for run in runs:
        first, text = run.chars[0], "".join(char.text for char in run.chars)
        places = {(text, round(first.x0) + right, round(first.bottom) + down) for right in (0, 1) for down in (0, 1)}
        if seen.isdisjoint(places):
            yield run
        seen.update(places)


def _turned(run: Run, *, quarters: int, width: float, height: float) -> Run:
    if not quarters:
        return run
    chars = []
    for char in run.chars:
        x, y = turned(char.x0, char.bottom, quarters=quarters, width=width, height=height)
        chars.append(replace(char, x0=x, x1=x + char.x1 - char.x0, bottom=y))
    return replace(run, chars=tuple(chars), quarters=None if run.quarters is None else (run.quarters - quarters) % 4)


def _is_level(run: Run) -> bool:
    return run.quarters == 0 or (run.quarters is not None and len(run.chars) == 1)


def _pieces(run: Run) -> Iterator[_Piece]:
    """Split a run where it goes to another line, or far to the side."""
    chars: list[Char] = []
    for char in run.chars:
        if chars:
            last, em = chars[-1], char.size
            is_apart = abs(char.bottom - last.bottom) > _SAME_BASELINE * em or char.x0 < last.x0 - _OVERLAP * em
            if is_apart or char.x0 - last.x1 > _GAP_IN_RUN * em:
                yield from _piece(chars, run)
                chars = []
        chars.append(char)
    yield from _piece(chars, run)


def _piece(chars: list[Char], run: Run) -> Iterator[_Piece]:
    if any(not char.text.isspace() for char in chars):
        size = max(char.size for char in chars)
        yield _Piece(tuple(chars), run, chars[0].x0, max(char.x1 for char in chars), chars[0].bottom, size)


def _is_in_order(pieces: list[_Piece]) -> bool:
    """Tell whether pieces come as they are read: downwards, with the few jumps that columns and footers take."""
    back = sum(_goes_back(above, below=below) for above, below in pairwise(pieces))
    lines = sum(
        1 for above, below in pairwise(pieces) if abs(above.bottom - below.bottom) > _SAME_BASELINE * below.size
    )
    template = [piece.bottom for piece in pieces if piece.run.in_template]
    page = [piece.bottom for piece in pieces if not piece.run.in_template]
    is_form = bool(page) and any(min(page) - 1 <= bottom <= max(page) + 1 for bottom in template)
    return not is_form and back <= max(1, lines / 15)


def _goes_back(above: _Piece, *, below: _Piece) -> bool:
    distance = below.bottom - above.bottom
    if abs(distance) <= _SAME_BASELINE * below.size:
        return below.x0 < above.x0
    return distance < 0


def _by_row(pieces: list[_Piece]) -> list[_Piece]:
    """Return pieces row by row from the top, those of a row from the left."""
    rows: list[list[_Piece]] = []
    for piece in sorted(pieces, key=lambda piece: piece.bottom):
        if rows and piece.bottom - rows[-1][0].bottom <= _ROW * max(piece.size, rows[-1][0].size):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [piece for row in rows for piece in sorted(row, key=lambda piece: piece.x0)]


def _joined(pieces: list[_Piece]) -> Iterator[Line]:
    line: list[_Piece] = []
    for piece in pieces:
        if line and not _goes_on(line, piece):
            yield _line(line)
            line = []
        line.append(piece)
    if line:
        yield _line(line)


def _goes_on(line: list[_Piece], piece: _Piece) -> bool:
    last = line[-1]
    em = min(piece.size, last.size)
    gap = (piece.x0 - last.x1) / em
    if abs(piece.bottom - last.bottom) > _ROW * em or gap < -_OVERLAP:
        return False
    if gap <= _WIDE_GAP:
        return True
    text = "".join(char.text for char in piece.chars)
    is_labelled = last.chars[-1].text in _COLONS and not _LABEL.match(text)
    return is_labelled and gap <= _GAP_AFTER_LABEL


def _line(pieces: list[_Piece]) -> Line:
    chars: list[Char] = []
    for piece in pieces:
        if chars:
            last, first = chars[-1], piece.chars[0]
            are_words = bool(_ASCII_WORD.match(last.text) and _ASCII_WORD.match(first.text))
            is_blank = first.x0 - last.x1 > (_WORD_GAP if are_words else 2 * _WORD_GAP) * first.size
            if is_blank and last.text not in _COLONS:
                chars.append(Char(GAP, last.x1, first.x0, last.bottom, last.size))
        chars += piece.chars
    runs = Counter[tuple[str, bool]]()
    for piece in pieces:
        runs[piece.run.font, piece.run.is_bold] += len(piece.chars)
    font, is_bold = runs.most_common(1)[0][0]
    return make_line(chars, font=font, is_bold=is_bold)


def _whole(run: Run) -> Line:
    is_aslant = run.quarters is None
    return make_line(list(run.chars), font=run.font, is_bold=run.is_bold, is_aside=not is_aslant, is_aslant=is_aslant)
