"""Headings of a PDF: told from text by the outline, by type and by numbering, with the same levels all through."""

import re
from collections import Counter
from dataclasses import dataclass

from ingest.headings import LONGEST, Numbered, levels, numbered
from ingest.pdf.outline import Outline
from ingest.pdf.page import Page
from ingest.pdf.paragraphs import FIELD, LEADERS, Body, Paragraph

_ENDS_LIKE_TEXT = re.compile("[。！？!?；;，,、：:…]$")
_FILE_NUMBER = re.compile(r"[〔［\[（(]\s*\d{4}\s*[〕］\]）)]\s*第?\s*\d+\s*[号號]$")  # 国办发〔2024〕12号
_DATE = re.compile(r"[〇零一二三四五六七八九\d]{4}\s?年.{1,4}月(?:.{1,4}日)?$")
_HAS_CLAUSES = re.compile("[，。；;！？!?]")
_ENDS_A_CLAUSE = re.compile("[。；;，,、]$")
_LARGER = 1.12  # size of a heading to that of the body
_LONGEST_LARGE = 60  # characters of a heading in large type
_OUTER_KINDS = ("part", "chapter", "section", "article")


@dataclass(frozen=True, slots=True)
class _Look:
    """What makes a paragraph a heading, None where that says nothing: its size, its font or weight, its numbering.

    The first that says something decides on the level: larger type is further out than type that only stands out, and
    that is further out than numbering alone.
    """

    size: float | None = None
    is_styled: bool = False
    kind: str | None = None


class Headings:
    """Learns from paragraphs which looks headings have, and gives each its level, the same for the same look.

    The levels are settled when the first one is asked for: by then the pages that are read ahead have been seen.
    """

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._looks: Counter[_Look] = Counter()
        self._sizes: dict[float, int] = {}
        self._kinds: dict[str, int] = {}
        self._styled = 0
        self._outlined: dict[float, Counter[int]] = {}  # depths in the outline by size
        self._outermost = 1  # level of what the outline has at its root

    def learn(self, page: Page, *, paragraphs: list[Paragraph], body: Body) -> None:
        """Take the paragraphs of a page into account."""
        for number, paragraph in enumerate(paragraphs):
            depth = self._outline.depth(paragraph.text, page=page.number)
            if depth is None:
                self._looks[_look(paragraphs, number=number, page=page, body=body)] += 1
            elif paragraph.lines:
                self._outlined.setdefault(_size(paragraph), Counter())[depth] += 1

    def levels(self, page: Page, *, paragraphs: list[Paragraph], body: Body) -> list[int]:
        """Return the level of each paragraph of a page, 0 for what is no heading."""
        if not self._styled:
            self._settle()
        found = []
        for number, paragraph in enumerate(paragraphs):
            depth = self._outline.depth(paragraph.text, page=page.number)
            if depth is not None:
                found.append(depth + self._outermost)
            else:
                found.append(self._level(_look(paragraphs, number=number, page=page, body=body)))
        return found

    def _settle(self) -> None:
        self._sizes = self._size_levels()
        outlined = [depth + self._outermost for depths in self._outlined.values() for depth in depths]
        self._styled = max([0, *self._sizes.values(), *outlined]) + 1
        styled = {look.kind for look in self._looks if look.is_styled and look.kind}
        plain = {look.kind for look in self._looks if not look.size and not look.is_styled and look.kind}
        has_unnumbered = any(look.is_styled and not look.kind for look in self._looks)
        below = self._styled + (has_unnumbered and not styled)
        self._kinds = levels(styled | plain, outermost=below)

    def _size_levels(self) -> dict[float, int]:
        """Return the level of each larger size: its rank, or what the outline says of that size or smaller ones."""
        sizes = sorted({look.size for look in self._looks if look.size}, reverse=True)
        depths = {size: counts.most_common(1)[0][0] for size, counts in self._outlined.items()}
        if not depths:
            return {size: rank for rank, size in enumerate(sizes, start=1)}
        # The title of the document is in larger type than its chapters, and seldom in the outline.
        self._outermost = 1 + any(size > max(depths) for size in sizes)
        found = {}
        for size in sizes:
            smaller = [depth for known, depth in depths.items() if known <= size]
            depth = min(smaller, default=max(depths.values()) + 1)
            found[size] = 1 if size > max(depths) else depth + self._outermost
        return found

    def _level(self, look: _Look) -> int:
        if look.size:
            # A size that comes up late has the level of the next smaller one that is known.
            smaller = [rank for size, rank in self._sizes.items() if size <= look.size]
            return min(smaller, default=max(self._sizes.values(), default=1))
        if look.kind:
            return self._kinds.get(look.kind) or max([self._styled, *self._kinds.values()])
        return self._styled if look.is_styled else 0


def title_of(text: str) -> str | None:
    """Return the title that a paragraph begins with, 第十二条 of an article with its text; None if it is all title."""
    found = numbered(text)
    return found.title if found and found.kind == "article" and _ENDS_LIKE_TEXT.search(text) else None


def _look(paragraphs: list[Paragraph], *, number: int, page: Page, body: Body) -> _Look:
    paragraph = paragraphs[number]
    if not paragraph.lines or paragraph.lines[0].is_aslant:
        return _Look()
    if _is_large(paragraph, page=page, body=body):
        return _Look(size=_size(paragraph)) if not page.is_slide or _is_largest(paragraph, page=page) else _Look()
    is_styled = _is_styled(paragraph, body=body)
    around = [paragraphs[other].text for other in (number - 1, number + 1) if 0 <= other < len(paragraphs)]
    found = _numbered(paragraph, around=around)
    return _Look(is_styled=is_styled, kind=found.kind if found else None)


def _size(paragraph: Paragraph) -> float:
    return round(max(line.size for line in paragraph.lines) * 2) / 2


def _is_large(paragraph: Paragraph, *, page: Page, body: Body) -> bool:
    least = max(body.size, page.text_size) * _LARGER
    return (
        all(line.size >= least for line in paragraph.lines)
        and not _ENDS_A_CLAUSE.search(paragraph.text)
        and not _FILE_NUMBER.search(paragraph.text)
        and _is_title_like(paragraph.text, longest=_LONGEST_LARGE)
    )


def _is_largest(paragraph: Paragraph, *, page: Page) -> bool:
    return _size(paragraph) >= max(round(line.size * 2) / 2 for line in page.lines)


def _is_styled(paragraph: Paragraph, *, body: Body) -> bool:
    """Tell a heading in the body's size: all of it bold or in another font than the text. A field of a form is none."""
    text = paragraph.text
    return (
        all((line.is_bold and not body.is_bold) or line.font not in body.fonts for line in paragraph.lines)
        and all(line.size >= body.size * 0.95 for line in paragraph.lines)
        and not _ENDS_LIKE_TEXT.search(text)
        and not _FILE_NUMBER.search(text)
        and (numbered(text) is not None or not (_HAS_CLAUSES.search(text) or FIELD.match(text)))
        and _is_title_like(text, longest=LONGEST)
    )


def _is_title_like(text: str, *, longest: int) -> bool:
    letters = sum(char.isalpha() for char in text)
    return 2 <= len(text) <= longest and letters >= 2 and not LEADERS.search(text) and not _DATE.match(text)


def _numbered(paragraph: Paragraph, *, around: list[str]) -> Numbered | None:
    found = numbered(paragraph.text)
    if found is None or (found.kind != "article" and len(paragraph.lines) > 1):
        return None
    if found.kind in _OUTER_KINDS:
        return found
    neighbours = [numbered(text) for text in around if text]
    return None if any(other and other.kind == found.kind for other in neighbours) else found
