"""What was read is embedded and committed in groups, so that a kill costs a few seconds of work."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from ingest.embedders import Embedder
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


@dataclass(slots=True)
class _Group:
    """Contents that wait to be embedded and committed together, and the events to tell then."""

    contents: dict[tuple[bytes, str], tuple[NewContent, list[Pointer]]] = field(default_factory=dict)
    events: list[SyncEvent] = field(default_factory=list)
    texts: int = 0


class Publisher:
    """Takes contents, and makes them searchable; `embedded` and `reused` count texts."""

    def __init__(self, library: Library, *, embedder: Embedder) -> None:
        self._library = library
        self._embedder = embedder
        self._group = _Group()
        self.embedded = 0
        self.reused = 0

    def add(self, content: NewContent, pointer: Pointer, *, events: list[SyncEvent]) -> Iterator[SyncEvent]:
        """Let a document show a content from the next commit on, which happens now where the group is full."""
        group = self._group
        key = (content.sha256, content.kind)
        if key not in group.contents:
            group.contents[key] = (content, [])
            group.texts += sum(map(len, content.children))
        group.contents[key][1].append(pointer)
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
            embedded = self._embedder.embed_passages([text for _, text in piece])
            vectors.update(zip([key for key, _ in piece], np.asarray(embedded), strict=True))
            if len(vectors) >= _KEEP:
                self._library.keep_vectors(vectors)
                vectors = {}
            yield Progress("embed", min(start + _SLICE, len(ordered)), len(ordered))
        self._library.publish(contents, vectors=vectors)
        self.embedded += len(texts)
        self.reused += group.texts - len(texts)
        yield from group.events
