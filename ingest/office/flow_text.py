"""A document without pages made of pieces: lists kept together, its title above all headings, numbered ones found."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ingest.blocks import Block, Heading, page_document
from ingest.headings import find_headings
from ingest.office.look import Look, levels_by_look

KEPT = 0.99  # share of the visible characters that come out; where there are fewer, text was lost
_LONGEST_HEADING = 120  # characters; a whole paragraph in a heading's style is no heading
_LONGEST_ITEM = 200  # characters; longer items of a list are paragraphs with a number
_CLAUSE = re.compile("第.{1,7}[章节節条條编編篇]")  # of a contract or a law, whatever list its number comes from


@dataclass(frozen=True, slots=True)
class Piece:
    """A block, the list that it is an item of, whether it is the document's title, and how its characters look."""

    block: Block
    list_key: str | None = None
    is_title: bool = False
    look: Look | None = None


def flow_text(pieces: Iterable[Piece], *, loader: str) -> tuple[str, list[Heading]]:
    """Return the stored text of a document, and its headings: by their level, else by their look and their number."""
    pieces = list(pieces)
    if not any(piece.block.level for piece in pieces):
        pieces = _with_looks(pieces)
    outline = _Outline()
    draft = page_document(join_lists(outline.placed(piece) for piece in pieces), loader=loader)
    text = draft.page_content
    headings = [Heading(**heading) for heading in draft.metadata["headings"]]
    return text, headings if outline.has_headings else _with_numbered(text, titles=headings)


def visible_characters(texts: Iterable[str]) -> int:
    """Return how many characters there are that are no blanks."""
    return sum(len("".join(text.split())) for text in texts)


def _with_looks(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces with those that look like headings as titles: numbered ones are looked for below them."""
    levels = levels_by_look([(piece.block.text, piece.look) for piece in pieces])
    return [
        Piece(Block(piece.block.text, level), is_title=True) if level else piece
        for piece, level in zip(pieces, levels, strict=True)
    ]


class _Outline:
    """Puts the headings of a document that begins with a title one level below it."""

    def __init__(self) -> None:
        self.has_headings = False
        self._has_title = False

    def placed(self, piece: Piece) -> Piece:
        block = piece.block
        if not block.level or not block.text.strip():
            return piece
        if len(block.text) > _LONGEST_HEADING:
            return Piece(Block(block.text))
        if piece.is_title:
            self._has_title = self._has_title or not self.has_headings
            return piece
        self.has_headings = True
        return Piece(Block(block.text, block.level + 1)) if self._has_title else piece


def join_lists(pieces: Iterable[Piece]) -> Iterator[Block]:
    """Yield the blocks, items of a list that follow each other as lines of one."""
    items: list[str] = []
    current = None
    for piece in pieces:
        text = piece.block.text
        key = None if piece.block.level or len(text) > _LONGEST_ITEM or _CLAUSE.match(text) else piece.list_key
        if items and key != current:
            yield Block("\n".join(items))
            items = []
        current = key
        if key is None:
            yield piece.block
        else:
            items.append(text)
    if items:
        yield Block("\n".join(items))


def _with_numbered(text: str, *, titles: list[Heading]) -> list[Heading]:
    """Return the numbered headings of a text without styled ones, each below the title that it follows."""
    starts = [title.start for title in titles]
    found = [heading for heading in find_headings(text) if heading.start not in set(starts)]
    outermost = min((heading.level for heading in found), default=1)
    lower = []
    for heading in found:
        before = bisect_left(starts, heading.start)
        level = heading.level - outermost + 1 + (titles[before - 1].level if before else 0)
        lower.append(Heading(heading.start, level, heading.title))
    return sorted([*titles, *lower], key=lambda heading: heading.start)
