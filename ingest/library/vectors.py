"""The dense index: nearest children of a question's vector, by cosine.

Two ways, one answer. `ChromaVectors` is the index of the process that owns the library: approximate, quick at any size.
`scan` reads the vectors from the record: exact, always fresh, no index needed. It serves processes that only read (a
second Chroma on the same folder would miss new vectors), and searches narrowed to some documents (at 100,000 vectors
Chroma's filter costs 240 ms, comparing with all of them 16).
"""

import logging
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from ingest.library.catalog import Catalog

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

logger = logging.getLogger(__name__)

Vectors = npt.NDArray[np.float32]

#: Rows read at a time: 20,000 vectors of 384 dimensions are 31 MB.
_BLOCK = 20_000
_BATCH = 2_000
_PROBES = 16
#: A vector's cosine distance from itself is below this in any float32 arithmetic.
_SAME = 1e-3


def as_matrix(blobs: Iterable[bytes]) -> Vectors:
    """Return the vectors that the record holds as bytes, one a row."""
    stored = list(blobs)
    return np.frombuffer(b"".join(stored), dtype=np.float32).reshape(len(stored), -1)


_VISIBLE = (
    " FROM children JOIN passages ON passages.id = children.passage_id"
    " JOIN vectors ON vectors.key = children.vector_key"
    " WHERE passages.content_id IN (SELECT content_id FROM documents WHERE content_id IS NOT NULL)"
)


def scan(
    catalog: Catalog, question: Vectors, *, limit: int, contents: Sequence[int] | None = None
) -> list[tuple[int, float]]:
    """Return up to `limit` (child id, cosine) pairs of visible children, best first, by comparing with every vector."""
    among = "" if contents is None else f" AND passages.content_id IN ({','.join(map(str, contents))})"
    best: list[tuple[int, float]] = []
    after = 0
    while True:
        rows = catalog.rows(
            f"SELECT children.id, vectors.vector{_VISIBLE}{among} AND children.id > ? ORDER BY children.id LIMIT ?",
            after,
            _BLOCK,
        )
        if not rows:
            return best
        after = rows[-1][0]
        matrix = as_matrix(row[1] for row in rows)
        scores = matrix @ question
        top = np.argsort(-scores, kind="stable")[:limit]
        best = sorted([*best, *((rows[i][0], float(scores[i])) for i in top)], key=lambda pair: -pair[1])[:limit]


class ChromaVectors:
    """A Chroma collection of child ids and vectors, derived from the record and replaceable at any time.

    It lies in a folder named `chroma-N`; a rebuilt one gets a new folder, and the record names it when it is whole.
    (Chroma keeps state by path for the life of the process: a folder that was damaged cannot be used again in it.)
    """

    def __init__(self, parent: Path, *, catalog: Catalog) -> None:
        """Open the index that the record names, if it can be opened; `agrees` tells whether it can be used."""
        self._parent = parent
        self._catalog = catalog
        self._close_client: Callable[[], None] | None = None
        self._collection: Collection | None = None
        name = catalog.setting("vectors")
        if name and (parent / name).is_dir():
            self._connect(parent / name)

    def rebuild(self) -> None:
        """Fill a new index from the record, then let go of the old one."""
        total = self._catalog.number("SELECT count(*) FROM children")
        if total:
            logger.info("building the vector index: %d vectors", total)
        let_go = self._close_client
        folder = self._parent / f"chroma-{time.time_ns()}"
        collection, self._close_client = _create(folder)
        after = 0
        while rows := self._catalog.rows(
            "SELECT children.id, vector FROM children JOIN vectors ON key = vector_key"
            " WHERE children.id > ? ORDER BY children.id LIMIT ?",
            after,
            _BATCH,
        ):
            after = rows[-1][0]
            _upsert(collection, [row[0] for row in rows], as_matrix(row[1] for row in rows))
        self._collection = collection
        self._catalog.note("vectors", folder.name)
        if let_go is not None:
            let_go()
        for other in self._parent.glob("chroma-*"):
            if other != folder:
                shutil.rmtree(other, ignore_errors=True)

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        """Add children's vectors, or replace them."""
        _upsert(self._opened, ids, vectors)

    def remove(self, ids: Sequence[int]) -> None:
        """Take children out; ids that are not there are no error, nor is an index that is to be rebuilt."""
        if self._collection is None:
            return
        for start in range(0, len(ids), _BATCH):
            self._collection.delete(ids=[str(id_) for id_ in ids[start : start + _BATCH]])

    def nearest(self, question: Vectors, *, limit: int) -> list[tuple[int, float]]:
        """Return up to `limit` (child id, cosine) pairs, best first; some may not be visible."""
        found = self._opened.query(query_embeddings=question[None, :], n_results=limit, include=["distances"])
        distances = found["distances"] or [[]]
        return [(int(id_), 1.0 - float(d)) for id_, d in zip(found["ids"][0], distances[0], strict=True)]

    def close(self) -> None:
        """Let Chroma's files go."""
        self._collection = None
        if self._close_client is not None:
            self._close_client()
            self._close_client = None

    @property
    def _opened(self) -> "Collection":
        if self._collection is None:
            raise RuntimeError("the vector index is closed")
        return self._collection

    def _connect(self, folder: Path) -> None:
        """Open the collection in `folder`; one that Chroma cannot open (by whatever of its errors) stays closed."""
        from chromadb.errors import ChromaError

        try:
            client = _client(folder)
            self._collection = client.get_collection("children", embedding_function=None)
            self._close_client = client.close
        except (ChromaError, ValueError, OSError) as exc:
            logger.warning("the vector index cannot be opened: %s", exc)

    def agrees(self) -> bool:
        """Whether the index has as many vectors as the record, and finds some of them by themselves."""
        from chromadb.errors import ChromaError

        if self._collection is None:
            return False
        expected = self._catalog.number("SELECT count(*) FROM children")
        step = max(1, expected // _PROBES)
        probes = self._catalog.rows(
            "SELECT vector FROM children JOIN vectors ON key = vector_key WHERE children.id % ? = 0 LIMIT ?",
            step,
            _PROBES,
        )
        try:
            if self._collection.count() != expected:
                return False
            if not probes:
                return True
            vectors = as_matrix(row[0] for row in probes)
            found = self._collection.query(query_embeddings=vectors, n_results=1, include=["distances"])
        except ChromaError as exc:
            logger.warning("the vector index is damaged: %s", exc)
            return False
        distances = found["distances"] or []
        return len(distances) == len(probes) and all(row and row[0] < _SAME for row in distances)


def _client(folder: Path) -> "Client":
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False, allow_reset=False)
    return cast("Client", chromadb.PersistentClient(path=str(folder), settings=settings))


def _create(folder: Path) -> "tuple[Collection, Callable[[], None]]":
    """Return a new collection in `folder`, and what lets its files go."""
    client = _client(folder)
    cosine: Any = {"hnsw": {"space": "cosine"}}
    collection = client.create_collection("children", embedding_function=None, configuration=cosine)
    return collection, client.close


def _upsert(collection: "Collection", ids: Sequence[int], vectors: Vectors) -> None:
    for start in range(0, len(ids), _BATCH):
        batch = slice(start, start + _BATCH)
        collection.upsert(ids=[str(id_) for id_ in ids[batch]], embeddings=vectors[batch])
