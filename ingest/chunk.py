"""Cut a text into passages (what is read and cited) and their children (what is embedded).

Both are verbatim slices that end at sentence ends. The children's cuts are content-defined: within a window of allowed
sizes the best kind of boundary wins, and among equals the one with the greatest hash. So an edit moves only the cuts
beside it, and everything further on keeps its text and its vector (a greedy packer would shift every cut to the end of
the section). Passages are made of whole children: a paragraph each, where it is of a fitting size.
"""

import math
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from hashlib import blake2b
from itertools import pairwise

#: Changes whenever the same text would be cut differently, so that libraries are cut again at their next sync.
VERSION = "2"

# A sentence ends after its final punctuation with the closing marks that belong to it, or at the end of a line.
_SENTENCE_END = re.compile(r"(?:[。！？!?；;…]+|(?<=[A-Za-z])\.(?=\s))[”’」』）)\]】》\"']*\s*|\n\s*")
_CLAUSE_END = re.compile(r"[，、,：:\s]+")
# A row of a table (`ingest.tables`): whole where it fits, else cut between its cells, not between a name and its value.
_ROW = re.compile(r"^[^\n]* \| [^\n]*$", re.MULTILINE)
_CELL_END = re.compile(r" \| |[，,]+")
_FINAL = tuple("。！？!?；;…”’」』.")
_INTRODUCES = ("：", ":")


class Boundary(IntEnum):
    """How good a place to cut the end of a sentence is."""

    NEVER = 0
    CLAUSE = 1
    SENTENCE = 2
    PARAGRAPH = 3
    SECTION = 4


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading line: where it starts in the text, its level (1 is outermost) and its title."""

    start: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage: its span in the text, the path of headings above it, and the spans of its children."""

    start: int
    end: int
    heading: str | None
    children: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Sizes:
    """Least and greatest sizes, in Chinese characters (`measure`), of the children and of the passages."""

    child: tuple[int, int] = (90, 230)
    passage: tuple[int, int] = (150, 480)


@dataclass(frozen=True, slots=True)
class _Unit:
    """A run of text that is not cut further; `size` as `measure`, `boundary` the kind of place that its end is."""

    start: int
    end: int
    size: float
    boundary: Boundary
    hash: bytes


def measure(text: str) -> float:
    """Return the size of `text` in Chinese characters' worth of tokens.

    An ASCII character weighs 0.35: the embedder's vocabulary has 0.76 tokens for a Chinese character and about 0.27
    for an English letter.
    """
    ascii_count = len(text.encode("ascii", "ignore"))
    return len(text) - 0.65 * ascii_count


def chunk(text: str, *, headings: Sequence[Heading] = (), sizes: Sizes | None = None) -> list[Chunk]:
    """Return the passages of `text` in order; only blank text lies outside of them.

    A passage keeps to its section, except that neighbouring sections too small to stand alone are joined.
    """
    limits = sizes or Sizes()
    units = list(_units(text, headings=headings, longest=limits.child[1]))
    children = [_merge(group) for group in _pack(units, window=limits.child)]
    paths = HeadingPaths(headings)
    chunks = []
    for group in _passages(children, window=limits.passage):
        spans = tuple(span for child in group if (span := _trim(text, child.start, child.end)))
        if spans:
            start, end = spans[0][0], spans[-1][1]
            chunks.append(Chunk(start=start, end=end, heading=paths.above(text, start), children=spans))
    return chunks


def _units(text: str, *, headings: Sequence[Heading], longest: int) -> Iterator[_Unit]:
    """Yield sentences (clauses of those that are too long), contiguous from the first character to the last."""
    titles = {heading.start: heading.title for heading in headings}
    ends = sorted(_sentence_ends(text, longest=longest) | set(titles) - {0} | {len(text)})
    start = 0
    for end in ends:
        if end > start:
            boundary = _boundary(text, start, end, next_is_heading=end in titles, title=titles.get(start))
            yield from _split_long(text, start, end, boundary=boundary, longest=longest)
            start = end


def _sentence_ends(text: str, *, longest: int) -> set[int]:
    """Return where sentences and lines end; the sentences inside a row that fits are not told apart."""
    ends = {match.end() for match in _SENTENCE_END.finditer(text)}
    for row in _ROW.finditer(text) if " | " in text else ():
        if measure(row.group()) <= longest:
            ends.difference_update(range(row.start() + 1, row.end()))
    return ends


def _boundary(text: str, start: int, end: int, *, next_is_heading: bool, title: str | None) -> Boundary:
    line = text[start:end]
    if title is not None and _is_heading_line(line, title) and end < len(text):
        return Boundary.NEVER  # a heading line stays with what it heads
    if next_is_heading or end == len(text):
        return Boundary.SECTION
    body = line.rstrip()
    if body.endswith(_INTRODUCES):
        return Boundary.NEVER  # 包括：stays with the list that it introduces
    if line.count("\n", len(body)) >= 2 or ("\n" in line and body.endswith(_FINAL)):
        return Boundary.PARAGRAPH
    return Boundary.SENTENCE


def _split_long(text: str, start: int, end: int, *, boundary: Boundary, longest: int) -> Iterator[_Unit]:
    """Yield the sentence as it is, or its clauses, or equal pieces where there is no punctuation."""
    size = measure(text[start:end])
    if size <= longest:
        yield _unit(text, start, end, size=size, boundary=boundary)
        return
    pattern = _CELL_END if " | " in text[start:end] else _CLAUSE_END
    ends = [match.end() for match in pattern.finditer(text, start, end)]
    for clause_end in [*ends, end]:
        while start < clause_end:
            piece_end = min(clause_end, start + longest)
            at_end = piece_end == end
            yield _unit(text, start, piece_end, boundary=boundary if at_end else Boundary.CLAUSE)
            start = piece_end


def _unit(text: str, start: int, end: int, *, boundary: Boundary, size: float | None = None) -> _Unit:
    piece = text[start:end]
    digest = blake2b(piece.strip().encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return _Unit(start, end, measure(piece) if size is None else size, boundary, digest)


def _merge(group: Sequence[_Unit]) -> _Unit:
    last = group[-1]
    return _Unit(group[0].start, last.end, _size(group), last.boundary, last.hash)


def _pack(units: Sequence[_Unit], *, window: tuple[int, int]) -> Iterator[list[_Unit]]:
    """Yield consecutive groups of units, their sizes within `window` where the text allows it."""
    joined = _joined_sections(units, tiny=window[0] / 2)
    start = 0
    while start < len(units):
        end = _best_end(units, start, window=window, joined=joined)
        yield list(units[start:end])
        start = end


def _best_end(units: Sequence[_Unit], start: int, *, window: tuple[int, int], joined: set[int]) -> int:
    """Return where the group that begins at `start` ends: the section's end, else the best boundary in the window."""
    least, most = window
    size = 0.0
    fitting = start + 1
    best: tuple[tuple[Boundary, bytes], int] | None = None
    for index in range(start, len(units)):
        unit = units[index]
        size += unit.size
        glued = index > start and units[index - 1].boundary is Boundary.NEVER
        if size > most and index > start and not glued:
            break
        boundary = Boundary.PARAGRAPH if index in joined else unit.boundary
        if boundary is Boundary.SECTION:
            return index + 1
        if boundary is Boundary.NEVER:
            continue
        fitting = index + 1
        rank = (boundary, unit.hash)
        enough = least / 2 if boundary is Boundary.PARAGRAPH else least
        if size >= enough and (best is None or rank > best[0]):
            best = (rank, index + 1)
    return best[1] if best else fitting


def _passages(children: Sequence[_Unit], *, window: tuple[int, int]) -> Iterator[list[_Unit]]:
    """Yield the children of each passage: a paragraph, several small ones, or an even part of a large one."""
    least, most = window
    joined = _joined_sections(children, tiny=least / 2)
    group: list[_Unit] = []
    paragraph: list[_Unit] = []
    for index, child in enumerate(children):
        paragraph.append(child)
        if child.boundary < Boundary.PARAGRAPH:
            continue
        if group and _size(group) + _size(paragraph) > most:
            yield from _even_parts(group, most=most)
            group = []
        group += paragraph
        paragraph = []
        ends_section = child.boundary is Boundary.SECTION and index not in joined
        if ends_section or _size(group) >= least:
            yield from _even_parts(group, most=most)
            group = []
    if group:
        yield from _even_parts(group, most=most)


def _even_parts(group: list[_Unit], *, most: int) -> Iterator[list[_Unit]]:
    """Yield the group, or where it is larger than `most` parts of about the same size."""
    whole = _size(group)
    target = whole / math.ceil(whole / most)
    part: list[_Unit] = []
    size = 0.0
    for unit in group:
        # A part ends where it comes nearest to its share.
        if part and (size + unit.size / 2 > target or size + unit.size > most):
            yield part
            part, size = [], 0.0
        part.append(unit)
        size += unit.size
    yield part


def _size(group: Sequence[_Unit]) -> float:
    return sum(unit.size for unit in group)


def _joined_sections(units: Sequence[_Unit], *, tiny: float) -> set[int]:
    """Return the section ends that are no barrier: those between two sections smaller than `tiny`."""
    ends: list[tuple[int, float]] = []
    size = 0.0
    for index, unit in enumerate(units):
        size += unit.size
        if unit.boundary is Boundary.SECTION:
            ends.append((index, size))
            size = 0.0
    return {index for (index, size), (_, following) in pairwise(ends) if size < tiny and following < tiny}


class HeadingPaths:
    """The path of headings above any offset of a text."""

    def __init__(self, headings: Sequence[Heading]) -> None:
        self._headings = sorted(headings, key=lambda heading: heading.start)
        self._starts = [heading.start for heading in self._headings]
        self._paths: list[str] = []
        above: list[Heading] = []
        for heading in self._headings:
            above = [*(outer for outer in above if outer.level < heading.level), heading]
            self._paths.append(" > ".join(outer.title for outer in above))

    def at(self, offset: int) -> str | None:
        """Return the titles from the outermost to the innermost, joined by " > ", or None above the first heading."""
        index = bisect_right(self._starts, offset) - 1
        return self._paths[index] if index >= 0 else None

    def above(self, text: str, offset: int) -> str | None:
        """Return the path above the first text after `offset` that is no heading line."""
        index = bisect_right(self._starts, offset) - 1
        while 0 <= index < len(self._starts) - 1:
            line = text[max(offset, self._starts[index]) : self._starts[index + 1]]
            if self._starts[index] < offset or not _is_heading_line(line, self._headings[index].title):
                break
            index += 1
        return self._paths[index] if index >= 0 else None


def _is_heading_line(line: str, title: str) -> bool:
    """Whether a line is the heading alone, not a heading that its text follows in the same line."""
    return len(line.strip()) <= len(title) + 4


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the span without the blanks at its ends, or None where there is nothing else."""
    piece = text[start:end]
    stripped = piece.strip()
    if not stripped:
        return None
    start += len(piece) - len(piece.lstrip())
    return start, start + len(stripped)
