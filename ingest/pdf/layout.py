"""Pages of a PDF as blocks, one after the other: what the next pages show is taken into account, no more of them."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

from ingest.blocks import Block
from ingest.pdf.headings import Headings, title_of
from ingest.pdf.outline import Outline
from ingest.pdf.page import Page
from ingest.pdf.paragraphs import Body, Paragraph, paragraphs
from ingest.pdf.rows import Grid
from ingest.pdf.running import RunningLines
from ingest.tables.header import names_columns
from ingest.tables.rows import table_text

_AHEAD = 16  # pages that are read before one is given, twice: for running lines, then for levels of headings
_HALF, _ALL = _AHEAD // 2 + 1, _AHEAD + 1  # weights of a recognised page: it waits for the next one, or for none
_SAME_COLUMN = 6.0  # points
_NOTE = 0.9  # size of a footnote to that of the text
_SNAP = 0.11  # share by which sizes measured in pictures may be off; neighbouring sizes in use differ by more
_BODY_FONT = 0.15  # share of the letters: a font of headings has less

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A page with its blocks in reading order, and the text that was left out, by what it is."""

    page: Page
    blocks: list[Block]
    left_out: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Parts:
    """A page without its running lines, taken apart."""

    page: Page
    paragraphs: list[Paragraph]
    body: Body
    left_out: dict[str, str]


def laid_out(pages: Iterable[Page], *, outline: Outline) -> Iterator[LaidOut]:
    """Yield pages as blocks: paragraphs, headings and tables in reading order, running lines left out."""
    running, letters, headings = RunningLines(), _Letters(), Headings(outline)

    def learn_lines(page: Page) -> None:
        running.learn(page)
        letters.learn(page)

    def learn_headings(parts: _Parts) -> None:
        headings.learn(parts.page, paragraphs=parts.paragraphs, body=parts.body)

    def in_paragraphs() -> Iterator[_Parts]:
        for read in _foreseen(
            map(letters.snapped, pages), learn=learn_lines, weight=lambda page: _weight(page, recognised=_HALF)
        ):
            page, left_out = running.without(read)
            body = letters.body()
            yield _Parts(page, list(paragraphs(page, body=body)), body, left_out)

    whole = _foreseen(in_paragraphs(), learn=learn_headings, weight=lambda parts: _weight(parts.page, recognised=_ALL))
    above: Grid | None = None
    for read_parts in whole:
        parts = _with_header(read_parts, above=above)
        above = _last_grid(parts)
        levels = headings.levels(parts.page, paragraphs=parts.paragraphs, body=parts.body)
        blocks = [_block(part, level) for part, level in zip(parts.paragraphs, levels, strict=True)]
        yield LaidOut(parts.page, blocks, parts.left_out)


def _with_header(parts: _Parts, *, above: Grid | None) -> _Parts:
    """Return a page that goes on with the table of the page before it, with the names of its columns on top."""
    first = parts.paragraphs[0].grid if parts.paragraphs else None
    if first is None or above is None or first.rows[0] == above.rows[0] or not _is_same_table(first, above):
        return parts
    goes_on = Paragraph("", grid=replace(first, rows=(above.rows[0], *first.rows)))
    return replace(parts, paragraphs=[goes_on, *parts.paragraphs[1:]])


def _last_grid(parts: _Parts) -> Grid | None:
    """Return the table at the end of a page, above its footnotes; None without names of columns."""
    for last in reversed(parts.paragraphs):
        if last.grid:
            return last.grid if names_columns(last.grid.rows) else None
        if any(line.size > _NOTE * parts.body.size for line in last.lines):
            break
    return None


def _is_same_table(grid: Grid, above: Grid) -> bool:
    columns = zip(grid.columns, above.columns, strict=False)
    return len(grid.columns) == len(above.columns) and all(abs(one - other) < _SAME_COLUMN for one, other in columns)


def _foreseen(
    items: Iterable[_Item], *, learn: Callable[[_Item], None], weight: Callable[[_Item], int]
) -> Iterator[_Item]:
    """Yield each item once it and those that follow weigh enough; `learn` has seen them all by then."""
    waiting: deque[_Item] = deque()
    weights = 0
    for item in items:
        learn(item)
        waiting.append(item)
        weights += weight(item)
        while weights > _AHEAD:
            first = waiting.popleft()
            weights -= weight(first)
            yield first
    yield from waiting


def _weight(page: Page, *, recognised: int) -> int:
    """Return what a page counts among those that are read ahead: recognising one takes seconds, reading it none."""
    return recognised if page.is_recognised else 1


def _block(paragraph: Paragraph, level: int) -> Block:
    if paragraph.grid is None:
        return Block(paragraph.text, level, title_of(paragraph.text) if level else None)
    return Block("\n".join(filter(None, [table_text(paragraph.grid.rows), paragraph.grid.rest])))


class _Letters:
    """Counts in which type the letters of a document are."""

    def __init__(self) -> None:
        self._sizes: Counter[float] = Counter()
        self._fonts: Counter[str] = Counter()
        self._bold = 0
        self._leadings: Counter[float] = Counter()

    def snapped(self, page: Page) -> Page:
        """Return a recognised page with its letters in the sizes that are known: they were measured in a picture."""
        if not page.is_recognised:
            return page
        return replace(page, lines=[replace(line, size=self._known(line.size)) for line in page.lines])

    def _known(self, size: float) -> float:
        near = [known for known in self._sizes if abs(known - size) < _SNAP * known]
        return max(near, key=self._sizes.__getitem__, default=size)

    def learn(self, page: Page) -> None:
        for line in page.lines:
            self._sizes[round(line.size * 2) / 2] += len(line.text)
            self._fonts[line.font] += len(line.text)
            self._bold += len(line.text) * line.is_bold
        for above, below in pairwise(page.lines):
            distance = (below.bottom - above.bottom) / below.size if below.size else 0.0
            if 0.8 < distance < 3:
                self._leadings[round(distance, 1)] += 1

    def body(self) -> Body:
        total = self._fonts.total()
        return Body(
            size=self._sizes.most_common(1)[0][0] if total else 0.0,
            fonts=frozenset(font for font, letters in self._fonts.items() if letters >= _BODY_FONT * total),
            is_bold=2 * self._bold > total,
            leading=self._leadings.most_common(1)[0][0] if self._leadings else 1.5,
        )
