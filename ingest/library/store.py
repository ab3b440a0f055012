"""A library opened for use: the record with its two indexes, kept equal to each other through any kill.

A new content becomes visible in three steps (the outbox pattern): its rows and vectors are committed, not yet ready;
the vector index is told; one transaction adds the keywords and points the documents at it. What no document points at
is taken out in the same order. A kill between any two steps leaves rows that no search can see, collected later.
"""

import contextlib
import os
import shutil
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import filelock
import numpy as np

from ingest.errors import LibraryBusy, LibraryDamaged, LibraryReadOnly
from ingest.library import documents
from ingest.library.catalog import Catalog
from ingest.library.contents import NewContent, keyword_rows, write_content
from ingest.library.documents import Pointer
from ingest.library.keywords import Keywords
from ingest.library.vectors import ChromaVectors, Vectors, as_matrix, scan

#: Vectors in memory at a time, on their way from the record to the index.
_BATCH = 4_000
_NUMBERED = " FROM children LEFT JOIN vectors ON key = vector_key WHERE children.id BETWEEN ? AND ?"
_UNFINISHED = "vectors_kept"  # the note that there may be vectors without a child
_DELETE_UNUSED = "DELETE FROM vectors WHERE NOT EXISTS (SELECT 1 FROM children WHERE vector_key = key)"
_ORPHANS = "SELECT id FROM contents WHERE id NOT IN (SELECT content_id FROM documents WHERE content_id NOT NULL)"


class Library:
    """The record and its indexes in one folder. Threads may share it; one process at a time may write."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        """Open the library in `folder`, making it where there is none.

        Raises LibraryBusy where another process owns it and `read_only` is not set.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.read_only = read_only
        # Any thread may close what another one opened.
        self._lock = filelock.FileLock(folder / "lock", thread_local=False)
        self._changing = threading.RLock()
        self._vectors: ChromaVectors | None = None
        if not read_only:
            self._own()
        try:
            self.catalog = Catalog(folder / "catalog.sqlite3", read_only=read_only)
        except LibraryDamaged:
            self._lock.release()
            raise
        self.keywords = Keywords(self.catalog)
        if not self.keywords.usable:
            self._make_keywords()

    def _make_keywords(self) -> None:
        """Make the keyword index; a reader lets an owner do it (where there is one, it has just done so)."""
        if not self.read_only:
            self._rebuild_keywords()
            return
        with contextlib.suppress(LibraryBusy):
            Library(self.folder).close()

    def _own(self) -> None:
        owner = self.folder / "owner"
        try:
            self._lock.acquire(timeout=0)
        except filelock.Timeout as exc:
            who = owner.read_text("utf-8") if owner.exists() else "?"
            if who.split(" ")[0] == str(os.getpid()):
                raise LibraryBusy(
                    f"the library {self.folder} is already open in this process; close() the other object first, or "
                    "open this one with read_only=True",
                    owner=who,
                    cause="own",
                ) from exc
            raise LibraryBusy(
                f"the library {self.folder} is in use by process {who}; wait for it or stop it", owner=who
            ) from exc
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])
        written = self.folder / f"owner-{os.getpid()}"
        written.write_text(f"{os.getpid()} ({command})", "utf-8", errors="backslashreplace")
        written.replace(owner)
        # What a killed process had unpacked.
        shutil.rmtree(self.scratch, ignore_errors=True)

    @property
    def scratch(self) -> Path:
        """Where the owner may unpack files."""
        return self.folder / "scratch"

    @property
    def vectors(self) -> ChromaVectors:
        """The vector index, opened at first use; what a kill left behind is put right then."""
        if self.read_only:
            raise LibraryReadOnly("a library opened for reading has no vector index")
        with self._changing:
            if self._vectors is None:
                vectors = ChromaVectors(self.folder, catalog=self.catalog)
                self._collect(vectors)
                if not vectors.agrees():
                    vectors.rebuild()
                self._vectors = vectors
            return self._vectors

    def publish(
        self, new: Sequence[tuple[NewContent, Sequence[Pointer]]], *, vectors: Mapping[bytes, Vectors]
    ) -> list[int]:
        """Write contents and let documents show them, all at once for any search; return the contents' numbers.

        `vectors` has those of the children that the record does not have yet, by key (`known_vectors`).
        """
        with self._changing:
            return self._publish(new, vectors=vectors)

    def _publish(
        self, new: Sequence[tuple[NewContent, Sequence[Pointer]]], *, vectors: Mapping[bytes, Vectors]
    ) -> list[int]:
        index = self.vectors
        with self.catalog.transaction():
            self._write_vectors(vectors)
            content_ids = [write_content(self.catalog, content) for content, _ in new]
            # Numbers are given in a row, and nobody else writes: all from the first to the last are of these contents.
            first, last = self._children_of(content_ids)
            if self.catalog.row(f"SELECT 1{_NUMBERED} AND vector IS NULL", first, last):
                raise ValueError("a child without a vector: embed what known_vectors() did not name")
        while rows := self.catalog.rows(
            f"SELECT children.id, vector{_NUMBERED} ORDER BY children.id LIMIT {_BATCH}", first, last
        ):
            first = rows[-1][0] + 1
            index.add([row[0] for row in rows], as_matrix(row[1] for row in rows))
        with self.catalog.transaction():
            for (content, pointers), content_id in zip(new, content_ids, strict=True):
                self.keywords.add(keyword_rows(self.catalog, content_id))
                self.catalog.execute("UPDATE contents SET ready = 1 WHERE id = ?", content_id)
                for pointer in pointers:
                    documents.point(self.catalog, pointer, content_id, sha256=content.sha256)
        return content_ids

    def _children_of(self, content_ids: Sequence[int]) -> tuple[int, int]:
        """Return the first and the last number of the children of contents; an empty range where there are none."""
        row = self.catalog.row(
            "SELECT min(children.id), max(children.id) FROM children JOIN passages ON passages.id = passage_id"
            f" WHERE content_id IN ({','.join(map(str, content_ids))})"
        )
        return (row[0], row[1]) if row and row[0] is not None else (1, 0)

    def keep_vectors(self, vectors: Mapping[bytes, Vectors]) -> None:
        """Write vectors of a content that is not all embedded yet; should the sync be killed, they are not made again.

        Those that come to no use are taken out by `collect(unfinished=True)`.
        """
        with self.catalog.transaction():
            self._write_vectors(vectors)
            self.catalog.note(_UNFINISHED, "1")

    def _write_vectors(self, vectors: Mapping[bytes, Vectors]) -> None:
        with self.catalog.transaction():
            self.catalog.execute_many(
                "INSERT OR IGNORE INTO vectors VALUES (?, ?)",
                [(key, vector.astype(np.float32).tobytes()) for key, vector in vectors.items()],
            )

    def retitle(self, content_id: int, title: str) -> None:
        """Give a content the name of its file, which keyword search knows it by."""
        with self.catalog.transaction():
            self.keywords.remove(keyword_rows(self.catalog, content_id))
            self.catalog.execute("UPDATE contents SET title = ? WHERE id = ?", title, content_id)
            self.keywords.add(keyword_rows(self.catalog, content_id))

    def collect(self, *, unfinished: bool = False) -> None:
        """Take out the contents that no document points at any more.

        With `unfinished`, at the end of a whole pass, also the vectors that were kept for contents that never came.
        """
        with self._changing:
            if self.catalog.row(_ORPHANS):
                self._collect(self.vectors)
            if unfinished and self.catalog.setting(_UNFINISHED) == "1":
                with self.catalog.transaction():
                    self.catalog.execute(_DELETE_UNUSED)
                    self.catalog.note(_UNFINISHED, "0")

    def _collect(self, vectors: ChromaVectors) -> None:
        children = self.catalog.rows(
            "SELECT children.id, vector_key FROM children JOIN passages ON passages.id = passage_id"
            f" WHERE content_id IN ({_ORPHANS})"
        )
        vectors.remove([row[0] for row in children])
        with self.catalog.transaction():
            for row in self.catalog.rows(f"{_ORPHANS} AND ready = 1"):
                self.keywords.remove(keyword_rows(self.catalog, row["id"]))
            self.catalog.execute(f"DELETE FROM contents WHERE id IN ({_ORPHANS})")
            self.catalog.execute_many(
                "DELETE FROM vectors WHERE key = ? AND NOT EXISTS (SELECT 1 FROM children WHERE vector_key = key)",
                [(key,) for key in {row[1] for row in children}],
            )

    def nearest(
        self, question: Vectors, *, limit: int, contents: Sequence[int] | None = None
    ) -> list[tuple[int, float]]:
        """Return up to `limit` (child id, cosine) pairs, best first."""
        if self.read_only or contents is not None:
            return scan(self.catalog, question, limit=limit, contents=contents)
        return self.vectors.nearest(question, limit=limit)

    def known_vectors(self, keys: Iterable[bytes]) -> set[bytes]:
        """Return those of the keys whose vectors the record has, and keeps until they are used."""
        with self._changing:
            # What a kill left behind goes now: later, it would take vectors along that were counted on here.
            self._collect(self.vectors)
        return {key for key in keys if self.catalog.row("SELECT 1 FROM vectors WHERE key = ?", key)}

    def rebuild(self) -> None:
        """Make both indexes anew from the record, without what nothing refers to; nothing is read or embedded."""
        with self._changing:
            self.collect()
            self.catalog.execute(_DELETE_UNUSED)
            self._rebuild_keywords()
            self.vectors.rebuild()

    def _rebuild_keywords(self) -> None:
        with self.catalog.transaction():
            self.keywords.create()
            for row in self.catalog.rows("SELECT id FROM contents WHERE ready = 1"):
                self.keywords.add(keyword_rows(self.catalog, row["id"]))

    def close(self) -> None:
        """Close the files and let another process own the library."""
        if self._vectors is not None:
            self._vectors.close()
            self._vectors = None
        self.catalog.close()
        self._lock.release()
