"""What was recognised in a picture as a page of placed lines and tables, in the form that a page of a PDF has."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median, median_low

from ingest.ocr.engine import Reading, Recognised
from ingest.ocr.rules import outside, tables
from ingest.ocr.text import tidy
from ingest.pdf.page import Page
from ingest.pdf.reading_order import Placed, gutter, in_order
from ingest.pdf.text import Char, Line

_LOWEST_SCORE = 0.5  # below, what was recognised is more often wrong than right
_LOWEST_OF_ONE = 0.8  # the same, of a single character: specks are taken for some
_MOST_SLANT = 4.0  # degrees; beyond, a piece belongs to a seal or a watermark
_WIDE_GAP = 1.6  # ems between two characters: they stand in different columns or cells
_BLANK = 0.6  # the same: a blank between them
_SAME_START = 0.35  # ems between the left edges of the cells of a column
_FEWEST_CELLS = 2  # that begin below each other
_FEWEST_IN_ROW = 3  # cells whose sizes are compared
_GUTTER_GAP = 0.6  # ems, where the gutter between two columns is
_INK = 0.92  # ems that a line of Chinese is high, without the white around it
_FEWEST_STEPS = 4  # between Chinese characters, that tell their size
_BASELINE = 0.38  # ems from the middle of a line down to its baseline
_SAME_SIZE = 1.09  # sizes closer than that are one, measured twice
_NEAR_SIZE = 1.18  # how far the size of a few characters may be measured amiss
_DOT = re.compile("[·•](?=\\S)")
_ENDS_SENTENCE = re.compile("[。；，！？]$")
_ENDS_OPEN = re.compile("[\u3400-\u9fff]$")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A picture laid out as a page, and how many characters it seems to have and how many of them could be told."""

    page: Page
    found: int
    told: int


def sheet(reading: Reading, *, number: int, scale: float | None) -> Sheet:
    """Return a reading as page `number`; `scale` is points per pixel, None to make running text of a usual size."""
    pieces = [piece for piece in reading.pieces if not _is_aslant(piece)]
    kept = [piece for piece in pieces if _is_legible(piece)]
    scale = scale or _usual_scale(kept)
    lines = _one_size_each([line for piece in kept for line in _lines(piece, scale=scale)])
    page = Page(number, reading.width * scale, reading.height * scale)
    page = replace(
        page, lines=_ordered(lines), tables=tables(outside(reading.rules, [piece.box for piece in kept]), scale=scale)
    )
    return Sheet(page, *(sum(len(piece.text) for piece in some) for some in (pieces, kept)))


def _is_aslant(piece: Recognised) -> bool:
    return abs(piece.slant) > _MOST_SLANT and len(piece.text) < 4


def _is_legible(piece: Recognised) -> bool:
    return piece.score >= (_LOWEST_SCORE if len(piece.text.strip()) > 1 else _LOWEST_OF_ONE)


def _usual_scale(pieces: Sequence[Recognised]) -> float:
    sizes = [_size(piece) for piece in pieces for _ in piece.text]
    return 10.5 / median(sizes) if sizes else 1.0


def _lines(piece: Recognised, *, scale: float) -> Iterator[Line]:
    """Yield a piece as lines: more than one where characters stand far apart."""
    chars = list(_chars(piece, scale=scale))
    first = 0
    for number, (char, after) in enumerate(pairwise(chars), start=1):
        if after.x0 - char.x1 > _WIDE_GAP * char.size:
            yield _line(chars[first:number])
            first = number
    if chars:
        yield _line(chars[first:])


def _chars(piece: Recognised, *, scale: float) -> Iterator[Char]:
    """Yield the characters that can be seen, as they would be typed; a blank goes with the one before it."""
    left, top, right, bottom = (edge * scale for edge in piece.box)
    size = _size(piece) * scale
    baseline = (top + bottom) / 2 + _BASELINE * size
    centres = iter([left + centre * (right - left) for centre in piece.centres if centre >= 0])
    # Tidying changes blanks and the width of marks, never how many characters can be seen.
    for text in re.findall(r"\S\s?", tidy(piece.text)):
        half = size / 2 if text >= "\u2e80" else size / 4
        centre = next(centres)
        yield Char(text, max(left, centre - half), min(right, centre + half), baseline, size)


def _line(chars: Sequence[Char]) -> Line:
    spaced = [
        replace(char, text=char.text + " ") if _has_blank(char, after) else char for char, after in pairwise(chars)
    ]
    spaced.append(replace(chars[-1], text=chars[-1].text.rstrip()))
    first, last = spaced[0], spaced[-1]
    return Line(tuple(spaced), "".join(char.text for char in spaced), first.x0, last.x1, last.bottom, last.size)


def _has_blank(char: Char, after: Char) -> bool:
    """Tell whether two Chinese characters stand so far apart that a blank was typed: 第一章 总则."""
    return _is_letter(char.text) and _is_letter(after.text) and after.x0 - char.x1 > _BLANK * char.size


def _size(piece: Recognised) -> float:
    """Return the size of the characters: the distance of Chinese ones, or what the height of the print tells."""
    left, top, right, bottom = piece.box
    by_height = min(piece.ink / _INK, 0.9 * (bottom - top))
    steps = [
        (after - before) * (right - left)
        for (char, before), (below, after) in pairwise(zip(piece.text, piece.centres, strict=True))
        if _is_letter(char) and _is_letter(below)
    ]
    if len(steps) < _FEWEST_STEPS:
        return by_height
    usual = [step for step in steps if step < 1.4 * median(steps)]  # the others are blanks
    return min(sum(usual) / len(usual), 1.3 * by_height)


def _is_letter(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff"


def _one_size_each(lines: list[Line]) -> list[Line]:
    """Return the lines with one size for those that were measured almost alike, in half points."""
    groups: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.size):
        if groups and line.size < _SAME_SIZE * _middle(groups[-1]):
            groups[-1].append(line)
        else:
            groups.append([line])
    sizes = {line.size: max(0.5, round(_middle(group) * 2) / 2) for group in groups for line in group}
    body = sizes[_middle(lines)] if lines else 0.0
    return [replace(line, size=body if _ends_text(line, size=body) else sizes[line.size]) for line in lines]


def _ends_text(line: Line, *, size: float) -> bool:
    """Tell the end of a paragraph, too short to be measured well, from a heading: it ends like a sentence."""
    return bool(_ENDS_SENTENCE.search(line.text)) and 1 / _NEAR_SIZE < line.size / size < _NEAR_SIZE


def _middle(group: Sequence[Line]) -> float:
    """Return the size of the line that holds the middle one of all characters in order of size."""
    return median_low(line.size for line in group for _ in range(min(40, len(line.text))))


def _ordered(lines: list[Line]) -> list[Line]:
    """Return lines in the order of reading, those side by side on one baseline."""
    starts = sorted(line.x0 for line in lines)
    lines = [part for line in lines for part in _cells(line, starts=starts)]
    between = gutter(_placed(lines))
    if between is not None:
        lines = [part for line in lines for part in _parted(line, x=between)]
    ordered: list[Line] = []
    for row in in_order(_placed(lines)):
        baseline = median(lines[number].bottom for number in row)
        sizes = [lines[number].size for number in row]
        for number in row:
            # The few characters of a cell are measured badly: those of its row tell.
            size = median_low(sizes) if len(row) >= _FEWEST_IN_ROW else lines[number].size
            line = replace(lines[number], bottom=baseline, size=size)
            ordered.append(_with_bullet(line) if _is_item(line, after=ordered[-1:]) else line)
    return ordered


def _placed(lines: Sequence[Line]) -> list[Placed]:
    """Return the lines for ordering; boxes as high as the characters, so that those of neighbours do not meet."""
    return [
        Placed(number, (line.x0, line.bottom - 0.9 * line.size, line.x1, line.bottom + 0.1 * line.size), line.size)
        for number, line in enumerate(lines)
    ]


def _cells(line: Line, *, starts: Sequence[float]) -> Iterator[Line]:
    """Yield a line that was read across cells as its cells: after a blank, where other lines begin too."""
    first = 0
    for number, (char, after) in enumerate(pairwise(line.chars), start=1):
        if after.x0 - char.x1 > _BLANK * line.size:
            near = _SAME_START * line.size
            if bisect_right(starts, after.x0 + near) - bisect_left(starts, after.x0 - near) >= _FEWEST_CELLS:
                yield replace(_line(line.chars[first:number]), size=line.size)
                first = number
    yield replace(_line(line.chars[first:]), size=line.size) if first else line


def _parted(line: Line, *, x: float) -> list[Line]:
    """Return a line that was read across the gutter at `x` as two, where a blank in it says so."""
    if not line.x0 < x < line.x1:
        return [line]
    gaps = [
        (after.x0 - char.x1, number)
        for number, (char, after) in enumerate(pairwise(line.chars), start=1)
        if char.x1 < x + line.size and after.x0 > x - line.size
    ]
    gap, number = max(gaps, default=(0.0, 0))
    if gap <= _GUTTER_GAP * line.size:
        return [line]
    return [replace(_line(chars), size=line.size) for chars in (line.chars[:number], line.chars[number:])]


def _is_item(line: Line, *, after: Sequence[Line]) -> bool:
    """Tell the bullet of a list from the dot of a name that a line happens to begin with."""
    if not _DOT.match(line.text):
        return False
    return not (after and after[0].size == line.size and _ENDS_OPEN.search(after[0].text) and after[0].text[0] != "•")


def _with_bullet(line: Line) -> Line:
    bullet = replace(line.chars[0], text="• ")
    return replace(line, chars=(bullet, *line.chars[1:]), text=f"• {line.text[1:]}")
