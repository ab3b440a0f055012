"""What becomes of a new or changed file: it may have moved, or show what another file has shown; else it is read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from pathlib import Path, PurePosixPath
from sqlite3 import Row

from ingest.abilities import abilities, is_current
from ingest.compare import Changed, Comparison, missing
from ingest.errors import Reason, UnreadableFile
from ingest.library import documents
from ingest.library.contents import recipe
from ingest.library.documents import Pointer
from ingest.library.store import Library
from ingest.limits import Limits
from ingest.scan import FoundFile, digest, fingerprint, unreadable
from ingest.types import Added, Failed, Moved, SyncEvent, Unchanged, Updated
from ingest.workspace import Member


@dataclass(frozen=True, slots=True)
class Job:
    """A file to be read for a document.

    `known` is whether the document shows something already, more than a beginning; `opened` whether only the files
    inside are wanted; `depth` the number of containers around the file.
    """

    file: FoundFile
    folder: int
    document: int
    source: str
    sha256: bytes
    known: bool
    opened: bool = False
    depth: int = 0

    @property
    def pointer(self) -> Pointer:
        """What lets the document show a content of this file."""
        return Pointer(self.document, self.file.fingerprint)


class Settling:
    """Settles files one by one. `reused` counts the texts that came with contents that were there already.

    `dropped` are the documents whose files are no longer inside of their containers; they stay until the pass ends.
    """

    def __init__(
        self, library: Library, comparison: Comparison, *, embedder: str, limits: Limits, force: bool = False
    ) -> None:
        """Documents in `comparison.gone` whose files turn up elsewhere are taken out of it."""
        self.reused = 0
        self.dropped: dict[int, Row] = {}
        self._library = library
        self._catalog = library.catalog
        self._comparison = comparison
        self._gone = comparison.gone
        self._recipe = recipe(embedder)
        self._closed = recipe(embedder, unread=Reason.NESTED_TOO_DEEPLY)
        self._beginning = recipe(embedder, unread=Reason.STILL_READING)
        self._limits = limits
        self._force = force

    @cached_property
    def _moves(self) -> dict[tuple[bytes, str], list[Row]]:
        """The gone files by their bytes and suffix, once all folders have been looked at."""
        moves: dict[tuple[bytes, str], list[Row]] = {}
        for row in self._gone.values():
            shown = row["content_id"] or row["reason"]
            if row["sha256"] and shown and not row["forgotten"] and row["container"] is None:
                moves.setdefault((row["sha256"], Path(row["source"]).suffix.lower()), []).append(row)
        return moves

    def settle(self, changed: Changed, *, container: Job | None = None) -> Iterator[SyncEvent | Job]:
        """Yield what became of a new or changed file, or the job of reading it."""
        try:
            sha256 = digest(changed.file.path, limit=self._limits.file_bytes)
        except FileNotFoundError:
            return  # gone since the walk: the next pass sees it
        except UnreadableFile as exc:
            yield self.fail(changed, exc, container=container)
            return
        except OSError as exc:
            yield self.fail(changed, unreadable(exc), container=container)
            return
        if changed.row is None and container is None and (gone := self._gone_twin(sha256, changed.file.kind)):
            yield from self._move(gone, changed, sha256=sha256)
        else:
            yield from self._show(changed, sha256=sha256, container=container)

    def settle_inside(self, container: Job, members: Sequence[Member], *, whole: bool) -> Iterator[SyncEvent | Job]:
        """Yield what became of each file inside of another one; they are documents of their own, below its path.

        `whole` is whether these are all: then those that were there before, and are not among them, are dropped.
        """
        rows = documents.members_of(self._catalog, container.document)
        names = _apart([member.name for member in members])
        paths = [container.file.relative + b"/" + name.encode("utf-8", "surrogateescape") for name in names]
        if whole:
            for path in rows.keys() - set(paths):
                self._drop(rows[path])
        for member, path in zip(members, paths, strict=True):
            row = rows.get(path) or documents.at_path(self._catalog, container.folder, path)
            if member.path is None or member.reason is not None:
                nowhere = FoundFile(container.file.path, path, container.file.fingerprint)
                refused = UnreadableFile(member.reason or Reason.DAMAGED, **member.values)
                yield self.fail(Changed(container.folder, nowhere, row), refused, container=container)
            else:
                file = FoundFile(member.path, path, fingerprint(member.path))
                yield from self.settle(Changed(container.folder, file, row), container=container)

    def _drop(self, row: Row) -> None:
        inside = documents.inside_of(self._catalog, row["id"])
        self.dropped.update({part["id"]: part for part in (row, *inside)})

    def fail(self, changed: Changed, error: UnreadableFile, *, container: Job | None) -> Failed:
        """Note why a file, or one inside of a container, was not even looked into, and tell; it is tried again."""
        noted = abilities(self._limits)
        with self._catalog.transaction():
            id_, source = self._document(changed, container=container)
            documents.fail(self._catalog, Pointer(id_, ""), error, sha256=None, read_with=noted)
        return Failed(source, error.reason, dict(error.values))

    def _gone_twin(self, sha256: bytes, kind: str) -> Row | None:
        """Return a gone file with these bytes, None where there is none."""
        candidates = self._moves.get((sha256, kind), [])
        while candidates:
            row = candidates.pop()
            if row["id"] in self._gone:
                return row
        return None

    def _move(self, gone: Row, changed: Changed, *, sha256: bytes) -> Iterator[SyncEvent | Job]:
        """Give a gone file's document, and what is inside of it, the new path of its bytes; nothing is read.

        Where something of it was to be read anyway, that is done now.
        """
        folder, file = changed.folder, changed.file
        inside = documents.inside_of(self._catalog, gone["id"])
        due = any(map(self._comparison.is_due, (gone, *inside)))
        with self._catalog.transaction():
            source = self._put_at(folder, file.relative, gone, stat=file.fingerprint)
            for part in inside:
                path = file.relative + part["path"].removeprefix(gone["path"])
                self._put_at(folder, path, part, stat=part["stat"])
            if gone["content_id"]:
                self._library.retitle(gone["content_id"], file.title)
        yield Moved(source, moved_from=gone["source"])
        if due:
            now = replace(changed, row=documents.at_path(self._catalog, folder, file.relative))
            outcomes = self._show(now, sha256=sha256, container=None)
            yield from (outcome for outcome in outcomes if not isinstance(outcome, Unchanged))

    def _put_at(self, folder: int, path: bytes, row: Row, *, stat: str) -> str:
        """Move a document that is not gone after all; one that was at the path, inside of what is gone, makes room."""
        self._gone.pop(row["id"], None)
        if taken := documents.at_path(self._catalog, folder, path):
            for part in (taken, *documents.inside_of(self._catalog, taken["id"])):
                self._gone.pop(part["id"], None)
            documents.remove(self._catalog, [taken["id"]])
        return documents.move(self._catalog, row["id"], folder=folder, path=path, fingerprint=stat)

    def _show(self, changed: Changed, *, sha256: bytes, container: Job | None) -> Iterator[SyncEvent | Job]:
        """Let a document show the content that its bytes were made into; where there is none, it is to be read."""
        file, row, depth = changed.file, changed.row, container.depth + 1 if container else 0
        with self._catalog.transaction():
            document, source = self._document(changed, container=container)
            if row and row["sha256"] == sha256 and row["forgotten"]:
                documents.touch(self._catalog, Pointer(document, file.fingerprint))
                return
            content = self._content(sha256, file.kind, depth=depth)
            if content:
                documents.point(self._catalog, Pointer(document, file.fingerprint), content["id"], sha256=sha256)
        known = bool(row and row["content_id"] and row["recipe"] != self._beginning)
        job = Job(file, changed.folder, document, source, sha256, known, depth=depth)
        if not content:
            yield job
            return
        if row and row["content_id"] == content["id"]:
            yield Unchanged(source)
        else:
            yield self._event(job, content)
        if now := documents.at_path(self._catalog, changed.folder, file.relative):
            yield from missing(now)
        if content["members"] or documents.members_of(self._catalog, document):
            yield replace(job, known=True, opened=True)

    def _content(self, sha256: bytes, kind: str, *, depth: int) -> Row | None:
        """Return the content that these bytes were made into, unless it would be made otherwise today."""
        if self._force:
            return None
        closed = depth >= self._limits.depth
        for row in self._catalog.rows(
            "SELECT * FROM contents WHERE sha256 = ? AND kind = ? AND ready ORDER BY id DESC", sha256, kind
        ):
            fitting = row["recipe"] == self._recipe and not (closed and row["members"])
            fitting = fitting or (closed and row["recipe"] == self._closed)
            if fitting and is_current(row["loader"], row["read_with"], limits=self._limits):
                return row
        return None

    def _document(self, changed: Changed, *, container: Job | None) -> tuple[int, str]:
        """Return the number and the source of a file's document.

        A document is its path: one that was inside of an archive goes on where the archive has become a folder.
        """
        outer = container.document if container else None
        row = changed.row
        if row is None:
            return documents.add(self._catalog, changed.folder, changed.file, container=outer)
        if row["container"] != outer:
            documents.put_inside(self._catalog, row["id"], container=outer)
            for part in (row, *documents.inside_of(self._catalog, row["id"])):
                self._gone.pop(part["id"], None)
                self.dropped.pop(part["id"], None)
        return row["id"], row["source"]

    def _event(self, job: Job, content: Row) -> Added | Updated:
        """Return the event of a document that shows a content that was there already."""
        count, id_ = self._catalog.number, content["id"]
        self.reused += count(
            "SELECT count(*) FROM children JOIN passages ON passages.id = passage_id WHERE content_id = ?", id_
        )
        pages = count("SELECT count(*) FROM pages WHERE content_id = ?", id_)
        passages = count("SELECT count(*) FROM passages WHERE content_id = ?", id_)
        return (Updated if job.known else Added)(job.source, pages, passages, content["characters"], 0.0)


def _apart(names: Sequence[str]) -> list[str]:
    """Return the names of files in a container so that none is below another one.

    An archive may hold both `b.zip` and `b.zip/x.txt`, but what is inside of the former is at the latter's path.
    """
    taken = set(names)
    apart = []
    for name in names:
        above = next((str(path) for path in reversed(PurePosixPath(name).parents) if str(path) in taken), None)
        if above is not None:
            below = name.removeprefix(above)
            name = next(other for n in count(2) if (other := f"{above} ({n}){below}") not in taken)
            taken.add(name)
        apart.append(name)
    return apart
