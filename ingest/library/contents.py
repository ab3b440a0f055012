"""A content in the record: the pages, passages and children that one file's bytes were made into."""

import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise

from ingest.abilities import read_with
from ingest.chunk import VERSION, Chunk, Heading, HeadingPaths, chunk
from ingest.errors import Reason
from ingest.library.catalog import Catalog
from ingest.limits import Limits
from ingest.types import Gap, ReadPage

_BLOCK = 2_000  # passages in memory at a time
# Contents that lack something for another reason than what is in their bytes.
_INCOMPLETE: dict[Reason | None, str] = {
    Reason.STILL_READING: "/beginning",
    Reason.NESTED_TOO_DEEPLY: "/closed",
}
#: Between two pages of the stored text.
PAGE_BREAK = "\n\n"


@dataclass(frozen=True, slots=True)
class Child:
    """A part of a passage: its span in the stored text, what is embedded for it, and the key of that text's vector."""

    start: int
    end: int
    embedded_text: str
    vector_key: bytes


@dataclass(frozen=True, slots=True)
class NewContent:
    """One file's bytes, read and cut, ready to be written.

    `starts` are the offsets of the pages in `text`; `paged` says whether the format has page numbers. `left_out` has
    each page's numbers of characters that are no content (running headers, …). `members` is how many files are
    inside; `read_with` what they were read with (`ingest.abilities`).
    """

    sha256: bytes
    kind: str
    recipe: str
    loader: str
    encoding: str | None
    title: str
    text: str
    starts: tuple[int, ...]
    paged: bool
    headings: tuple[Heading, ...]
    left_out: tuple[dict[str, int], ...]
    gaps: tuple[Gap, ...]
    members: int
    read_with: str
    chunks: tuple[Chunk, ...]
    children: tuple[tuple[Child, ...], ...]

    @property
    def is_beginning(self) -> bool:
        """Whether the rest of the file is still being read."""
        return any(gap.reason is Reason.STILL_READING for gap in self.gaps)


def recipe(embedder: str, *, unread: Reason | None = None) -> str:
    """Return the name of a way to make passages and vectors; contents made by another are made again.

    The beginning of a file, and a container too deep inside of others to be opened, go by another name than the whole.
    """
    return f"{embedder}/cut-{VERSION}{_INCOMPLETE.get(unread, '')}"


def assemble(
    pages: Sequence[ReadPage],
    *,
    sha256: bytes,
    kind: str,
    embedder: str,
    title: str,
    members: int = 0,
    unread: Gap | None = None,
    limits: Limits | None = None,
) -> NewContent:
    """Join a file's pages (text and loader's metadata each) into one stored text, and cut it.

    `unread` is why its rest, or what is inside of it, is missing, where it is; `limits` are those it was read within. A
    vector's key is the hash of the embedder's name and the embedded text.
    """
    text = PAGE_BREAK.join(page for page, _ in pages)
    starts, headings = [0], []
    for page, metadata in pages:
        at = starts[-1]
        headings += [Heading(at + h["start"], h["level"], h["title"]) for h in metadata.get("headings", ())]
        starts.append(at + len(page) + len(PAGE_BREAK))
    chunks = chunk(text, headings=headings)
    first = pages[0][1]
    gaps = [*_gaps(pages), *([unread] if unread else [])]
    return NewContent(
        sha256=sha256,
        kind=kind,
        recipe=recipe(embedder, unread=unread.reason if unread else None),
        loader=first["loader"],
        encoding=first.get("encoding"),
        title=title,
        text=text,
        starts=tuple(starts[:-1]),
        paged=first.get("page") is not None,
        headings=tuple(headings),
        left_out=tuple(metadata.get("left_out", {}) for _, metadata in pages),
        gaps=tuple(gaps),
        members=members,
        read_with=read_with(first["loader"], [gap.reason for gap in gaps], limits=limits or Limits()),
        chunks=tuple(chunks),
        children=tuple(tuple(_children(text, piece, embedder=embedder)) for piece in chunks),
    )


def _gaps(pages: Sequence[ReadPage]) -> Iterator[Gap]:
    for _, metadata in pages:
        for gap in metadata.get("gaps", ()):
            yield Gap(Reason(gap["reason"]), gap.get("page"), dict(gap.get("values", {})))


def _children(text: str, piece: Chunk, *, embedder: str) -> list[Child]:
    """Return the children of a passage; what is embedded carries the passage's headings before the child's own text."""
    children = []
    for start, end in piece.children:
        body = text[start:end]
        embedded = f"{piece.heading}\n{body}" if piece.heading and not body.startswith(_last(piece.heading)) else body
        key = blake2b(f"{embedder}\0{embedded}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
        children.append(Child(start, end, embedded, key))
    return children


def _last(heading: str) -> str:
    return heading.rsplit(" > ", 1)[-1]


def write_content(catalog: Catalog, content: NewContent) -> int:
    """Write the rows of a content (not yet ready) and return its id; the vectors of its children must be there."""
    text, covered = content.text, _Coverage(content)
    content_id = catalog.execute(
        "INSERT INTO contents (sha256, kind, recipe, loader, encoding, title, paged, characters, indexed, read_with,"
        " members) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        content.sha256,
        content.kind,
        content.recipe,
        content.loader,
        content.encoding,
        content.title,
        content.paged,
        len(text),
        covered.between(0, len(text)),
        content.read_with,
        content.members,
    )
    _write_pages(catalog, content_id, content, covered)
    catalog.execute_many(
        "INSERT INTO gaps VALUES (?, ?, ?, ?)",
        [(content_id, gap.reason, gap.page, json.dumps(gap.values, ensure_ascii=False)) for gap in content.gaps],
    )
    _write_passages(catalog, content_id, content)
    return content_id


def _write_pages(catalog: Catalog, content_id: int, content: NewContent, covered: "_Coverage") -> None:
    paths, text = HeadingPaths(content.headings), content.text
    ends = [*content.starts[1:], len(text)]
    rows = []
    for number, (start, end, out) in enumerate(zip(content.starts, ends, content.left_out, strict=True), 1):
        counted = covered.between(start, end)
        rows.append((content_id, number, start, end, counted, paths.at(start), text[start:end], json.dumps(out)))
    catalog.execute_many("INSERT INTO pages VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _write_passages(catalog: Catalog, content_id: int, content: NewContent) -> None:
    for piece, children in zip(content.chunks, content.children, strict=True):
        passage_id = catalog.execute(
            "INSERT INTO passages (content_id, start, end, page, heading, text) VALUES (?, ?, ?, ?, ?, ?)",
            content_id,
            piece.start,
            piece.end,
            page_at(content.starts, piece.start) if content.paged else None,
            piece.heading,
            content.text[piece.start : piece.end],
        )
        catalog.execute_many(
            "INSERT INTO children (passage_id, start, end, vector_key) VALUES (?, ?, ?, ?)",
            [(passage_id, child.start, child.end, child.vector_key) for child in children],
        )


def page_at(starts: Sequence[int], offset: int) -> int:
    """Return the 1-based number of the page that holds an offset, given where the pages start."""
    return bisect_right(starts, offset)


def keyword_rows(catalog: Catalog, content_id: int) -> Iterator[tuple[int, str]]:
    """Yield what the keyword index holds of a content: (passage id, title, headings and text)."""
    after = -1
    while rows := catalog.rows(
        "SELECT passages.id, title, heading, text, start FROM passages JOIN contents ON contents.id = content_id"
        " WHERE content_id = ? AND start > ? ORDER BY start LIMIT ?",
        content_id,
        after,
        _BLOCK,
    ):
        after = rows[-1]["start"]
        for row in rows:
            yield row["id"], "\n".join(filter(None, (row["title"], row["heading"], row["text"])))


class _Coverage:
    """How many characters of a content lie in passages; the blanks between two passages count as covered."""

    def __init__(self, content: NewContent) -> None:
        self._lost: list[tuple[int, int]] = []
        edges = [0, *(edge for piece in content.chunks for edge in (piece.start, piece.end)), len(content.text)]
        for start, end in list(pairwise(edges))[::2]:
            if content.text[start:end].strip():
                self._lost.append((start, end))

    def between(self, start: int, end: int) -> int:
        """Return the covered characters from `start` to `end`."""
        lost = sum(max(0, min(end, to) - max(start, at)) for at, to in self._lost)
        return end - start - lost
