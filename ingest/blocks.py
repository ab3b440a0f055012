"""Blocks of a page joined into the text that is stored, with its headings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from langchain_core.documents import Document

from ingest.decode import clean
from ingest.types import Gap


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading or table of a page; `level` is 1 or more for a heading, 0 for all else.

    `title` is the beginning of the text that is the heading, where what it heads stands in the same paragraph.
    """

    text: str
    level: int = 0
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading by the offset of its first character in the page's text; `level` 1 is the outermost."""

    start: int
    level: int
    title: str


def page_document(
    blocks: Iterable[Block],
    *,
    loader: str,
    page: int | None = None,
    encoding: str | None = None,
    gaps: Iterable[Gap] = (),
) -> Document:
    """Return the blocks as one Document, a blank line between them."""
    parts: list[str] = []
    headings: list[Heading] = []
    offset = 0
    for block in blocks:
        text = clean(block.text).strip()
        if not text:
            continue
        if block.level:
            headings.append(Heading(offset, block.level, block.title or " ".join(text.split())))
        parts.append(text)
        offset += len(text) + 2
    return text_document("\n\n".join(parts), loader=loader, headings=headings, page=page, encoding=encoding, gaps=gaps)


def text_document(
    text: str,
    *,
    loader: str,
    headings: Iterable[Heading] = (),
    page: int | None = None,
    encoding: str | None = None,
    gaps: Iterable[Gap] = (),
) -> Document:
    """Return `text`, already cleaned, as a Document with the metadata that every loader gives."""
    metadata: Mapping[str, object] = {
        "page": page,
        "loader": loader,
        "encoding": encoding,
        "headings": [{"start": h.start, "level": h.level, "title": h.title} for h in headings],
        "gaps": [{"reason": str(gap.reason), "page": gap.page, "values": dict(gap.values)} for gap in gaps],
    }
    return Document(page_content=text, metadata=dict(metadata))
