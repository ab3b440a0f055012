"""One document as a whole, as the library has it: its passages in order, and the vectors of their parts."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ingest.library import report
from ingest.library.store import Library
from ingest.library.vectors import Vectors, as_matrix
from ingest.types import Passage

_END = re.compile(r"[。！？!?；;…]+[”’」』）)]*|\n+")
#: A line of at least so many characters that ends without a mark goes on in the next one: a PDF breaks lines.
_WRAPPED = 18


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a passage that has a vector; `passage` is the passage's place in the document's list."""

    passage: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class WholeDocument:
    """A document: `characters` counts its stored text, `pages` are the numbers of those that its passages touch."""

    source: str
    characters: int
    pages: tuple[int, ...]
    passages: tuple[Passage, ...]
    parts: tuple[Part, ...]
    vectors: Vectors


def whole_document(library: Library, source: str) -> WholeDocument:
    """Return a document with all of its passages and vectors. Raises NotInLibrary."""
    stored = report.stored_text(library.catalog, source)
    passages = tuple(report.document_passages(library.catalog, source))
    place = {passage.id: n for n, passage in enumerate(passages)}
    children = library.catalog.rows(
        "SELECT passage_id, children.start, children.end, vector FROM children"
        " JOIN passages ON passages.id = passage_id JOIN documents USING (content_id)"
        " JOIN vectors ON vectors.key = vector_key WHERE source = ? ORDER BY children.start, children.id",
        source,
    )
    touched = [
        page.page
        for page in stored.pages
        if page.page is not None and any(p.start < page.end and p.end > page.start for p in passages)
    ]
    return WholeDocument(
        source=source,
        characters=len(stored.text),
        pages=tuple(touched),
        passages=passages,
        parts=tuple(Part(place[row["passage_id"]], row["start"], row["end"]) for row in children),
        vectors=as_matrix(row["vector"] for row in children) if children else np.empty((0, 0), np.float32),
    )


def sections(passages: Sequence[Passage]) -> list[str]:
    """Return the section of each passage: its heading at the outermost level where the document has several."""
    paths = [tuple((passage.heading or "").split(" > ")) for passage in passages]
    for depth in range(1, max(map(len, paths), default=0) + 1):
        named = [" > ".join(path[:depth]) for path in paths]
        if len({name for name in named if name}) > 1:
            # What stands before the first section has only the document's title.
            return named
    return [" > ".join(path) for path in paths]


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of the sentences of a text, without outer blanks; a line that a PDF broke goes on."""
    start = 0
    for match in _END.finditer(text):
        if match.group() == "\n" and _goes_on(text, match.start()):
            continue
        yield from _span(text, start, match.end())
        start = match.end()
    yield from _span(text, start, len(text))


def _goes_on(text: str, at: int) -> bool:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return len(line) >= _WRAPPED and line[-1:].isalnum() and text[at + 1 : at + 2].isalnum() and " | " not in line


def _span(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    said = text[start:end].strip()
    if said:
        begin = text.index(said, start)
        yield begin, begin + len(said)
