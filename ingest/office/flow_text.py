"""A document without pages made of pieces: lists kept together, its title above all headings, numbered ones found."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ingest.blocks import Block, Heading, page_document
from ingest.headings import find_headings

KEPT = 0.99  # share of the visible characters that come out; where there are fewer, text was lost
_LONGEST_HEADING = 120  # characters; a whole paragraph in a heading's style is no heading
_LONGEST_ITEM = 200  # characters; longer items of a list are paragraphs with a number


@dataclass(frozen=True, slots=True)
class Piece:
    """A block, the list that it is an item of, and whether it is the document's title."""

    block: Block
    list_key: str | None = None
    is_title: bool = False


def flow_text(pieces: Iterable[Piece], *, loader: str) -> tuple[str, list[Heading]]:
    """Return the stored text of a document, and its headings: those with a level, else those with a number."""
    outline = _Outline()
    draft = page_document(joined(outline.placed(piece) for piece in pieces), loader=loader)
    text = draft.page_content
    headings = [Heading(**heading) for heading in draft.metadata["headings"]]
    return text, headings if outline.has_headings else _with_numbered(text, titles=headings)


def visible_characters(texts: Iterable[str]) -> int:
    """Return how many characters there are that are no blanks."""
    return sum(len("".join(text.split())) for text in texts)


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


def joined(pieces: Iterable[Piece]) -> Iterator[Block]:
    """Yield the blocks, items of a list that follow each other as lines of one."""
    items: list[str] = []
    current = None
    for piece in pieces:
        key = None if piece.block.level or len(piece.block.text) > _LONGEST_ITEM else piece.list_key
        if items and key != current:
            yield Block("\n".join(items))
            items = []
        current = key
        if key is None:
            yield piece.block
        else:
            items.append(piece.block.text)
    if items:
        yield Block("\n".join(items))


def _with_numbered(text: str, *, titles: list[Heading]) -> list[Heading]:
    """Return the numbered headings of a text without styled ones, below its titles."""
    known = {title.start for title in titles}
    found = [heading for heading in find_headings(text) if heading.start not in known]
    deeper = int(bool(titles) and any(heading.level == 1 for heading in found))
    lower = [Heading(heading.start, heading.level + deeper, heading.title) for heading in found]
    return sorted([*titles, *lower], key=lambda heading: heading.start)
