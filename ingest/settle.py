"""What becomes of a new or changed file: it may have moved, or show what another file has shown; else it is read."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from sqlite3 import Row

from ingest.abilities import abilities, is_current
from ingest.compare import Changed
from ingest.errors import UnreadableFile
from ingest.library import documents
from ingest.library.documents import Pointer
from ingest.library.store import Library
from ingest.scan import FoundFile, digest, unreadable
from ingest.types import Added, Failed, Moved, SyncEvent, Unchanged, Updated


@dataclass(frozen=True, slots=True)
class Job:
    """A file to be read for a document.

    `known` is whether the document shows something already; `opened` whether only the files inside are wanted; `depth`
    the number of containers around the file.
    """

    file: FoundFile
    folder: int
    document: int
    source: str
    sha256: bytes
    known: bool
    opened: bool = False
    depth: int = 0


class Settling:
    """Settles files one by one. `reused` counts the texts that came with contents that were there already."""

    def __init__(self, library: Library, *, recipe: str, gone: dict[int, Row], force: bool, most_bytes: int) -> None:
        """`gone` are the documents whose files are gone: those that turn up elsewhere are taken out of it."""
        self.reused = 0
        self._library = library
        self._catalog = library.catalog
        self._recipe = recipe
        self._gone = gone
        self._force = force
        self._most_bytes = most_bytes

    @cached_property
    def _moves(self) -> dict[tuple[bytes, str], list[Row]]:
        """The gone files by their bytes and suffix, once all folders have been looked at."""
        moves: dict[tuple[bytes, str], list[Row]] = {}
        for row in self._gone.values():
            if row["sha256"] and not row["forgotten"] and row["container"] is None:
                moves.setdefault((row["sha256"], Path(row["source"]).suffix.lower()), []).append(row)
        return moves

    def settle(self, changed: Changed, *, container: Job | None = None) -> Iterator[SyncEvent | Job]:
        """Yield what became of a new or changed file, or the job of reading it."""
        folder, file, row = changed.folder, changed.file, changed.row
        try:
            sha256 = digest(file.path, limit=self._most_bytes)
        except FileNotFoundError:
            return  # gone since the walk: the next pass sees it
        except UnreadableFile as exc:
            yield self.fail(changed, exc, container=container)
            return
        except OSError as exc:
            yield self.fail(changed, unreadable(exc), container=container)
            return
        if row is None and container is None and (moved := self._moved(folder, file, sha256)):
            yield moved
            return
        known = bool(row and row["content_id"])
        with self._catalog.transaction():
            if row and row["sha256"] == sha256 and row["forgotten"]:
                documents.touch(self._catalog, Pointer(row["id"], file.fingerprint))
                return
            content = self._content(sha256, file.kind)
            id_, source = self._document(changed, container=container)
            job = Job(file, folder, id_, source, sha256, known, depth=container.depth + 1 if container else 0)
            if content:
                documents.point(self._catalog, Pointer(id_, file.fingerprint), content["id"], sha256=sha256)
        if not content:
            yield job
            return
        if row and row["content_id"] == content["id"]:
            yield Unchanged(source)
        else:
            yield self._event(source, content["id"], known=known)
        if content["members"]:
            yield replace(job, opened=True)

    def _content(self, sha256: bytes, kind: str) -> Row | None:
        """Return the content that these bytes were made into, unless it would be made otherwise today."""
        if self._force:
            return None
        rows = self._catalog.rows(
            "SELECT * FROM contents WHERE sha256 = ? AND kind = ? AND recipe = ? AND ready ORDER BY id DESC",
            sha256, kind, self._recipe,
        )  # fmt: skip
        return next((row for row in rows if is_current(row["loader"], row["read_with"])), None)

    def _document(self, changed: Changed, *, container: Job | None) -> tuple[int, str]:
        if changed.row:
            return changed.row["id"], changed.row["source"]
        outer = container.document if container else None
        return documents.add(self._catalog, changed.folder, changed.file, container=outer)

    def fail(self, changed: Changed, error: UnreadableFile, *, container: Job | None) -> Failed:
        """Note why a file, or one inside of a container, was not even looked into, and tell; it is tried again."""
        with self._catalog.transaction():
            id_, source = self._document(changed, container=container)
            documents.fail(self._catalog, Pointer(id_, ""), error, sha256=None, read_with=abilities())
        return Failed(source, error.reason, dict(error.values))

    def _moved(self, folder: int, file: FoundFile, sha256: bytes) -> Moved | None:
        """Give a new path the document of a gone one with the same bytes; nothing is read."""
        candidates = self._moves.get((sha256, file.kind))
        if not candidates:
            return None
        row = candidates.pop()
        with self._catalog.transaction():
            source, inside = documents.move(self._catalog, row["id"], folder=folder, file=file)
            if row["content_id"]:
                self._library.retitle(row["content_id"], file.title)
        for document in (row["id"], *inside):
            self._gone.pop(document, None)
        return Moved(source, moved_from=row["source"])

    def _event(self, source: str, content: int, *, known: bool) -> Added | Updated:
        """Return the event of a document that shows a content that was there already."""
        row = self._catalog.row(
            "SELECT characters, (SELECT count(*) FROM pages WHERE content_id = contents.id) AS pages,"
            " (SELECT count(*) FROM passages WHERE content_id = contents.id) AS passages,"
            " (SELECT count(*) FROM children JOIN passages ON passages.id = passage_id"
            "  WHERE content_id = contents.id) AS children FROM contents WHERE id = ?",
            content,
        )
        assert row is not None
        self.reused += row["children"]
        kind = Updated if known else Added
        return kind(source, row["pages"], row["passages"], row["characters"], 0.0)
