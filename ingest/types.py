"""The plain data that crosses from ingestion to the rest of the program."""

from dataclasses import dataclass, field, replace
from typing import Any

from ingest.errors import Reason

#: A page as it comes from a loader: a Document's text and metadata.
ReadPage = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Passage:
    """One verbatim slice of a document: `stored_text[start:end] == text`.

    `id` is the record's number for the slice; `source` the path relative to its synced folder, `/`-joined; `also` the
    other paths that hold the same bytes. `page` is 1-based, None where the format has none. `start` and `end` count
    Unicode characters in the document's stored text. `heading` is the path of headings above the slice, outermost
    first, joined by " > ". `score` only orders the passages of one search; the ranks are 1-based positions of the best
    matching part in each leg, None where that leg did not find it. `relevance` compares across searches: see
    `rag.refusal`; None where it is not known.
    """

    id: int
    source: str
    page: int | None
    start: int
    end: int
    heading: str | None
    text: str
    score: float = 0.0
    dense_rank: int | None = None
    keyword_rank: int | None = None
    also: tuple[str, ...] = ()
    relevance: float | None = None

    def _repr_html_(self) -> str:
        from ingest.notebook import block, passage_html

        return block([passage_html(self)])


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of a file that was not read, and why."""

    reason: Reason
    page: int | None = None
    values: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Added:
    """A file that is new in the library."""

    source: str
    pages: int
    passages: int
    characters: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Updated:
    """A file whose content changed."""

    source: str
    pages: int
    passages: int
    characters: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Moved:
    """A file that was renamed or moved; nothing was read or embedded again."""

    source: str
    moved_from: str


@dataclass(frozen=True, slots=True)
class Removed:
    """A file that is gone from its folder, and so from the library."""

    source: str


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A file that is as the library knows it."""

    source: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A file that could not be read (wholly, or in part where `partial`); the others go on."""

    source: str
    reason: Reason
    values: dict[str, object] = field(default_factory=dict)
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """So many files are gone at once that their removal waits to be confirmed: the drive may not be there."""

    removed: int
    known: int


@dataclass(frozen=True, slots=True)
class Polling:
    """Changes of the watched folders are looked for from time to time, since the system does not report them."""

    cause: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync is: `stage` is "read" (of files), "page" (of the file `source`) or "embed" (of texts).

    `total` is 0 where it is not known.
    """

    stage: str
    done: int
    total: int
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """The last event of a sync. `embedded` texts went through the embedder; `reused` had a vector already.

    `held` files are gone, but stay until their removal is confirmed.
    """

    added: int = 0
    updated: int = 0
    moved: int = 0
    removed: int = 0
    unchanged: int = 0
    failed: int = 0
    held: int = 0
    embedded: int = 0
    reused: int = 0
    characters: int = 0
    seconds: float = 0.0

    def after(self, event: "SyncEvent") -> "Summary":
        """Return the summary with one more event counted."""
        if isinstance(event, Held):
            return replace(self, held=event.removed)
        counter = type(event).__name__.lower()
        if not hasattr(self, counter):
            return self
        characters = event.characters if isinstance(event, Added | Updated) else 0
        return replace(self, **{counter: getattr(self, counter) + 1}, characters=self.characters + characters)


SyncEvent = Added | Updated | Moved | Removed | Unchanged | Failed | Held | Polling | Progress | Summary
