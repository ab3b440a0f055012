"""What was read is embedded and committed in groups, so that a kill costs a few seconds of work."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from ingest.embedders import Embedder
from ingest.errors import BadSetting
from ingest.library import documents
from ingest.library.contents import NewContent
from ingest.library.documents import Pointer
from ingest.library.store import Library
from ingest.library.vectors import Vectors
from ingest.types import Progress, SyncEvent

#: A group of files is committed when it has this many texts to embed: a few seconds of work on a laptop.
_GROUP_TEXTS = 192
#: Texts given to the embedder at once, so that progress shows every second or two.
_SLICE = 32
#: Embedded texts kept in one commit, so that a huge file is not embedded again from its start after a kill.
_KEEP = 512


_Key = tuple[bytes, str, str, int]  # a content's bytes, kind and recipe, and how many characters of it were read


@dataclass(slots=True)
class _Group:
    """Contents that wait to be embedded and committed together, and the events to tell then."""

    contents: dict[_Key, tuple[NewContent, list[Pointer]]] = field(default_factory=dict)
    events: list[SyncEvent] = field(default_factory=list)
    texts: int = 0


class Publisher:
    """Takes contents, and makes them searchable; `embedded` and `reused` count texts."""

    def __init__(self, library: Library, *, embedder: Embedder) -> None:
        self._library = library
        self._embedder = embedder
        self._group = _Group()
        self._published: dict[_Key, int] = {}
        self._early: set[bytes] = set()
        self.embedded = 0
        self.reused = 0

    def add(
        self, content: NewContent, pointers: Sequence[Pointer], *, events: Sequence[SyncEvent] = ()
    ) -> Iterator[SyncEvent]:
        """Let documents show a content from the next commit on, which happens now where the group is full.

        One that was published before, for an equal file elsewhere, is shown at once.
        """
        group = self._group
        key = (content.sha256, content.kind, content.recipe, len(content.text))
        texts = sum(map(len, content.children))
        if key in self._published:
            with self._library.catalog.transaction():
                for pointer in pointers:
                    documents.point(self._library.catalog, pointer, self._published[key], sha256=content.sha256)
            self.reused += texts
            yield from events
            return
        if key not in group.contents:
            group.contents[key] = (content, [])
            group.texts += texts
        group.contents[key][1].extend(pointers)
        group.events += events
        if group.texts >= _GROUP_TEXTS:
            yield from self.commit()

    def commit(self) -> Iterator[SyncEvent]:
        """Embed what has no vector yet, publish the group, and tell."""
        group, self._group = self._group, _Group()
        if not group.contents:
            return
        contents = list(group.contents.values())
        texts = {
            child.vector_key: child.embedded_text
            for content, _ in contents
            for children in content.children
            for child in children
        }
        for key in self._library.known_vectors(texts):
            del texts[key]
        vectors: dict[bytes, Vectors] = {}
        ordered = sorted(texts.items(), key=lambda item: len(item[1]))
        for start in range(0, len(ordered), _SLICE):
            piece = ordered[start : start + _SLICE]
            embedded = _usable(
                self._embedder.embed_passages([text for _, text in piece]), len(piece), by=self._embedder
            )
            vectors.update(zip([key for key, _ in piece], embedded, strict=True))
            if len(vectors) >= _KEEP:
                self._library.keep_vectors(vectors)
                vectors = {}
            yield Progress("embed", min(start + _SLICE, len(ordered)), len(ordered))
        numbers = self._library.publish(contents, vectors=vectors)
        self._published.update(zip(group.contents, numbers, strict=True))
        self.embedded += len(texts)
        keys = [child.vector_key for content, _ in contents for children in content.children for child in children]
        # A file's beginning, embedded a moment ago, is no text that was known before.
        self.reused += len(keys) - len(texts) - sum(key in self._early for key in keys)
        if any(content.is_beginning for content, _ in contents):
            self._early.update(texts)
        yield from group.events


def _usable(given: Vectors, count: int, *, by: Embedder) -> Vectors:
    """Return the vectors of `count` texts; BadSetting where one could not be compared, so that none of them is kept."""
    rows = np.asarray(given, np.float32)
    if rows.shape == (count, by.dimensions) and np.isfinite(rows).all() and rows.any(axis=1).all():
        return rows
    expected = f"an embedder that gives each text {by.dimensions} finite numbers, not only zeros; take another one"
    raise BadSetting(
        f"the embedder {by.name} gave vectors of the form {rows.shape} for {count} texts, or some that are no numbers; "
        f"expected {expected}",
        name="embedder",
        value=by.name,
        expected=expected,
    )
