"""The text of a PDF page as lines of placed characters.

Positions are in points from the upper left corner of the page as it is read: its rotation and crop box are taken into
account, and a page whose text runs upwards, downwards or in columns from right to left is turned until it reads from
left to right.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ingest.pdf.glyphs import GAP, Glyph, Ink, glyph_lines
from ingest.pdf.placing import Placing

_WIDE = "[\u1100-\u11ff\u2e80-\uffef]"
_GAP_IN_TEXT = re.compile(f"(?<={_WIDE}){GAP}+(?={_WIDE})")
_WIDE_GAP = 1.6  # in ems: two columns of text or of a table
_DOWNWARDS = 3  # quarter turns that make columns from right to left read as lines


@dataclass(frozen=True, slots=True)
class Char:
    """A character with its left and right edge, baseline and font size. A gap is `GAP`."""

    text: str
    x0: float
    x1: float
    bottom: float
    size: float


@dataclass(frozen=True, slots=True)
class Line:
    """Characters on one baseline with no wide gap between them; `font` names the font of most of them.

    `is_aside` tells of text that runs across the page's reading direction, `is_aslant` of text at an angle, such as
    watermarks; `is_invisible` of the text layer that a program laid under a scan.
    """

    chars: tuple[Char, ...]
    text: str
    x0: float
    x1: float
    bottom: float
    size: float
    font: str = ""
    is_bold: bool = False
    is_aside: bool = False
    is_aslant: bool = False
    is_invisible: bool = False

    @property
    def top(self) -> float:
        """The upper edge, by the size of the font."""
        return self.bottom - self.size


def page_lines(textpage: Any) -> tuple[list[Line], Placing]:  # noqa: ANN401 - pypdfium2 has no types
    """Return a page's lines in the order of the file, split where a wide gap is, and their placing.

    `textpage` is what pypdfium2 calls the text of a page.
    """
    placing = Placing(textpage.page)
    runs = [run for glyphs in glyph_lines(textpage) for run in _runs(glyphs, placing=placing)]
    letters = Counter[int]()
    for glyphs, quarters in runs:
        if quarters is not None:
            letters[quarters] += len(glyphs) - 1  # a single character may stand in any direction
    most = max(letters, key=lambda quarters: (letters[quarters], -quarters), default=0)
    placing = placing.turned(most)
    lines = [line for glyphs, quarters in runs for line in _lines(glyphs, quarters, most, placing)]
    if most == _DOWNWARDS:  # pdfium gives such columns in any order
        lines.sort(key=lambda line: (round(line.bottom), line.x0))
    return lines, placing


def _runs(glyphs: list[Glyph], *, placing: Placing) -> Iterator[tuple[list[Glyph], int | None]]:
    """Split a line where its direction changes: quarter turns that make it read from left to right, None if aslant."""
    run: list[Glyph] = []
    current: int | None = 0
    for glyph in glyphs:
        if glyph.is_blank:
            run.append(glyph)
            continue
        quarters = placing.quarters(glyph.ink.across, glyph.ink.up)
        if quarters != current and not all(before.is_blank for before in run):
            yield run, _DOWNWARDS if current == 0 and _is_column(run, placing=placing) else current
            run = []
        current = quarters
        run.append(glyph)
    yield run, _DOWNWARDS if current == 0 and _is_column(run, placing=placing) else current


def _is_column(glyphs: list[Glyph], *, placing: Placing) -> bool:
    """Tell whether upright characters stand below each other."""
    visible = [glyph for glyph in glyphs if not glyph.is_blank]
    if len(visible) > 2 and abs(placing(visible[0].x, visible[0].y)[1] - placing(visible[2].x, visible[2].y)[1]) < 1:
        return False  # as most lines are
    points = [placing(glyph.x, glyph.y) for glyph in visible]
    size = glyphs[0].ink.size
    steps = [abs(x1 - x0) < 0.3 * size and 0.5 * size < y1 - y0 < 3 * size for (x0, y0), (x1, y1) in pairwise(points)]
    return bool(steps) and sum(steps) >= 0.8 * len(steps)


def _lines(glyphs: list[Glyph], quarters: int | None, most: int, placing: Placing) -> Iterator[Line]:
    is_straight = quarters == most or len(glyphs) == 1
    placed = [(_char(glyph, placing=placing), glyph.ink) for glyph in glyphs]
    for piece in _pieces(placed) if is_straight else [placed]:
        inks = Counter(ink for char, ink in piece if char.text >= "\u2e80") or Counter(ink for _, ink in piece)
        ink = inks.most_common(1)[0][0]
        yield make_line(
            [char for char, _ in piece],
            font=ink.font,
            is_bold=ink.is_bold,
            is_aside=not is_straight and quarters is not None,
            is_aslant=not is_straight and quarters is None,
            is_invisible=ink.is_invisible,
        )


def _char(glyph: Glyph, *, placing: Placing) -> Char:
    left, right = placing.span(*glyph.box)
    return Char(glyph.text, left, right, placing.down(glyph.x, glyph.y), glyph.ink.size)


def _pieces(placed: list[tuple[Char, Ink]]) -> Iterator[list[tuple[Char, Ink]]]:
    """Split a line where the next character stands far to the right, or on another baseline."""
    piece: list[tuple[Char, Ink]] = []
    last: Char | None = None
    for char, ink in placed:
        if not char.text.isspace():
            em = max(char.size, last.size) if last else 0.0
            if last and (char.x0 - last.x1 > _WIDE_GAP * em or abs(char.bottom - last.bottom) > em):
                yield piece
                piece = []
            last = char
        piece.append((char, ink))
    if last:
        yield piece


def make_line(chars: list[Char], **marks: Any) -> Line:  # noqa: ANN401 - the fields of Line that are not measured
    """Return characters of one baseline as a line; at least one of them is visible."""
    visible = [char for char in chars if not char.text.isspace()]
    return Line(
        chars=tuple(chars),
        text=chars_text(chars),
        x0=min(char.x0 for char in visible),
        x1=max(char.x1 for char in visible),
        bottom=sorted(char.bottom for char in visible)[len(visible) // 2],
        size=sorted(char.size for char in visible)[len(visible) // 2],
        **marks,
    )


def chars_text(chars: list[Char] | tuple[Char, ...]) -> str:
    """Return characters as text: a gap between two Chinese characters is only spacing, any other gap is a space."""
    text = "".join(char.text for char in chars)
    return _GAP_IN_TEXT.sub("", text).replace(GAP, " ").strip()
