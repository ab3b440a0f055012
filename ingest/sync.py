"""One pass that makes the library equal to its folders, telling what it does as it goes.

What changed is told by fingerprints, then by content hashes; what is read ahead in child processes is cut and embedded
here, in groups that are committed whole. Wherever a pass is killed, the next one goes on from the last group.
"""

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from sqlite3 import Row

import numpy as np

from ingest.embedders import Embedder
from ingest.errors import Reason, UnreadableFile
from ingest.library import documents
from ingest.library.contents import NewContent, assemble, recipe
from ingest.library.documents import Pointer
from ingest.library.store import Library
from ingest.library.vectors import Vectors
from ingest.readahead import ReadFile, read_ahead
from ingest.scan import FoundFile, UnreadableFolder, digest, display_name, fingerprint, scan
from ingest.types import Added, Failed, Moved, Progress, Removed, Summary, SyncEvent, Unchanged, Updated

#: A group of files is committed when it has this many texts to embed: a few seconds of work on a laptop.
_GROUP_TEXTS = 192
#: Texts given to the embedder at once, so that progress shows every second or two.
_SLICE = 32
#: Embedded texts kept in one commit, so that a huge file is not embedded again from its start after a kill.
_KEEP = 512
# Reasons that may be gone though the file is the same: tried again at every pass.
_PASSING = {
    Reason.NOT_PERMITTED, Reason.CHANGED_WHILE_READING, Reason.VANISHED,
    Reason.CRASHED, Reason.TIMEOUT, Reason.OUT_OF_MEMORY,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Job:
    """A file to be read for a document."""

    file: FoundFile
    document: int
    source: str
    sha256: bytes
    known: bool


@dataclass(slots=True)
class _Group:
    """Contents that wait to be embedded and committed together."""

    contents: dict[tuple[bytes, str], tuple[NewContent, list[Pointer]]] = field(default_factory=dict)
    events: list[Added | Updated | Failed] = field(default_factory=list)
    texts: int = 0


class Sync:
    """A pass over some folders; iterate over `run()` once."""

    def __init__(
        self,
        library: Library,
        *,
        embedder: Embedder,
        exclude: Collection[Path] = (),
        force: bool = False,
        jobs: int = 1,
    ) -> None:
        """`exclude` are folders never walked; `force` reads every file again; `jobs` files are read at a time."""
        self._library = library
        self._catalog = library.catalog
        self._embedder = embedder
        self._recipe = recipe(embedder.name)
        self._exclude = exclude
        self._force = force
        self._jobs = jobs
        self._summary = Summary()
        self._gone: dict[int, str] = {}
        self._moves: dict[tuple[bytes, str], list[int]] = {}

    def run(self, folders: Sequence[Path]) -> Iterator[SyncEvent]:
        """Yield what happens to each file, and a Summary at the end."""
        started = time.monotonic()
        self._adopt_embedder()
        changed: list[tuple[int, FoundFile, int | None]] = []
        for folder in folders:
            for event in self._compare(folder, changed):
                yield self._count(event)
        jobs = []
        for folder_id, file, document in changed:
            outcome = self._settle(folder_id, file, document)
            if isinstance(outcome, _Job):
                jobs.append(outcome)
            elif outcome:
                yield self._count(outcome)
        for event in self._read(jobs):
            yield self._count(event)
        documents.remove(self._catalog, self._gone)
        for source in self._gone.values():
            yield self._count(Removed(source))
        self._library.collect()
        yield replace(self._summary, seconds=round(time.monotonic() - started, 3))

    def _adopt_embedder(self) -> None:
        """Where the vectors are another embedder's, let go of everything: two kinds cannot share an index."""
        made_with = self._catalog.setting("embedder")
        if made_with not in (None, self._embedder.name):
            documents.hide_all(self._catalog)
            self._library.collect()
            self._library.vectors.rebuild()
        if made_with != self._embedder.name:
            self._catalog.note("embedder", self._embedder.name)

    def _compare(self, folder: Path, changed: list[tuple[int, FoundFile, int | None]]) -> Iterator[SyncEvent]:
        """Tell unchanged files at once; note the others in `changed`, and the documents whose files are gone."""
        if not folder.is_dir():
            yield Failed(str(folder), Reason.VANISHED)
            return
        folder_id = documents.folder_id(self._catalog, folder)
        known = documents.of_folder(self._catalog, folder_id)
        for file in scan(folder, exclude=self._exclude):
            if isinstance(file, UnreadableFolder):
                known = {path: row for path, row in known.items() if not _is_below(path, file.relative)}
                yield Failed(display_name(file.relative), Reason.NOT_PERMITTED)
                continue
            row = known.pop(file.relative, None)
            same = row is not None and row["stat"] == file.fingerprint and not self._force
            if not same or row is None or self._outdated(row):
                changed.append((folder_id, file, row["id"] if row else None))
            elif row["reason"] in _PASSING:
                changed.append((folder_id, file, row["id"]))
            elif row["reason"]:
                yield Failed(row["source"], Reason(row["reason"]), documents.values_of(row))
            elif not row["forgotten"]:
                yield Unchanged(row["source"])
        for row in known.values():
            self._gone[row["id"]] = row["source"]
            if row["sha256"] and not row["forgotten"]:
                kind = Path(row["source"]).suffix.lower()
                self._moves.setdefault((row["sha256"], kind), []).append(row["id"])

    def _outdated(self, row: Row) -> bool:
        """Whether a document shows a content that was made another way, or nothing though it should."""
        if row["content_id"] is None:
            return not row["reason"] and not row["forgotten"]
        return bool(row["recipe"] != self._recipe)

    def _settle(self, folder: int, file: FoundFile, document: int | None) -> SyncEvent | _Job | None:
        """Return what became of a new or changed file, or the job of reading it."""
        try:
            sha256 = digest(file.path)
        except OSError as exc:
            return self._unreadable(folder, file, document, exc)
        row = self._catalog.row("SELECT * FROM documents WHERE id = ?", document) if document else None
        if row is None and (moved := self._moved(folder, file, sha256)):
            return moved
        with self._catalog.transaction():
            if row and row["sha256"] == sha256 and row["forgotten"]:
                documents.touch(self._catalog, Pointer(row["id"], file.fingerprint))
                return None
            content = self._catalog.row(
                "SELECT id FROM contents WHERE sha256 = ? AND kind = ? AND recipe = ? AND ready",
                sha256, file.kind, self._recipe,
            )  # fmt: skip
            id_, source = (row["id"], row["source"]) if row else documents.add(self._catalog, folder, file)
            if not content or self._force:
                return _Job(file, id_, source, sha256, known=bool(row and row["content_id"]))
            documents.point(self._catalog, Pointer(id_, file.fingerprint), content["id"], sha256=sha256)
        if row and row["content_id"] == content["id"]:
            return Unchanged(source)
        return self._event(source, content["id"], known=bool(row and row["content_id"]), seconds=0.0)

    def _unreadable(self, folder: int, file: FoundFile, document: int | None, error: OSError) -> SyncEvent | None:
        if isinstance(error, FileNotFoundError):
            return None  # gone since the walk: the next pass sees it
        with self._catalog.transaction():
            id_ = document or documents.add(self._catalog, folder, file)[0]
            pointer = Pointer(id_, file.fingerprint)
            documents.fail(self._catalog, pointer, Reason.NOT_PERMITTED, sha256=None, values={"cause": error.strerror})
            row = self._catalog.row("SELECT source FROM documents WHERE id = ?", id_)
        return Failed(row["source"] if row else str(file.path), Reason.NOT_PERMITTED, {"cause": error.strerror})

    def _moved(self, folder: int, file: FoundFile, sha256: bytes) -> Moved | None:
        """Give a new path the document of a gone one with the same bytes; nothing is read."""
        candidates = self._moves.get((sha256, file.kind))
        if not candidates:
            return None
        document = candidates.pop()
        before = self._gone.pop(document)
        with self._catalog.transaction():
            source = documents.move(self._catalog, document, folder=folder, file=file)
            row = self._catalog.row("SELECT content_id FROM documents WHERE id = ?", document)
            if row and row["content_id"]:
                self._library.retitle(row["content_id"], file.title)
        return Moved(source, moved_from=before)

    def _read(self, jobs: Sequence[_Job]) -> Iterator[SyncEvent]:
        """Read the files, each set of equal ones once, and commit them in groups."""
        equal: dict[tuple[bytes, str], list[_Job]] = {}
        for job in jobs:
            equal.setdefault((job.sha256, job.file.kind), []).append(job)
        by_path = {same[0].file.path: same for same in equal.values()}
        group = _Group()
        for number, result in enumerate(read_ahead(list(by_path), jobs=self._jobs)):
            same = by_path[result.path]
            yield Progress("read", number, len(by_path), same[0].source)
            for job in same:
                yield from self._take(job, result, group)
            if group.texts >= _GROUP_TEXTS:
                yield from self._commit(group)
                group = _Group()
        if group.contents:
            yield from self._commit(group)

    def _take(self, job: _Job, result: ReadFile, group: _Group) -> Iterator[Failed]:
        """Cut what was read and put it into the group; or note why it could not be read."""
        pointer = Pointer(job.document, job.file.fingerprint)
        try:
            if isinstance(result.outcome, UnreadableFile):
                raise result.outcome
            self._check_unchanged(job.file)
        except UnreadableFile as exc:
            with self._catalog.transaction():
                documents.fail(self._catalog, pointer, exc.reason, sha256=job.sha256, values=exc.values)
            yield Failed(job.source, exc.reason, dict(exc.values))
            return
        key = (job.sha256, job.file.kind)
        if key not in group.contents:
            content = assemble(
                result.outcome,
                sha256=job.sha256,
                kind=job.file.kind,
                embedder=self._embedder.name,
                title=job.file.title,
            )
            group.contents[key] = (content, [])
            group.texts += sum(map(len, content.children))
        content, pointers = group.contents[key]
        pointers.append(pointer)
        group.events += _told(job, content, seconds=result.seconds)

    def _check_unchanged(self, file: FoundFile) -> None:
        try:
            now = fingerprint(file.path)
        except FileNotFoundError as exc:
            raise UnreadableFile(Reason.VANISHED) from exc
        if now != file.fingerprint:
            raise UnreadableFile(Reason.CHANGED_WHILE_READING)

    def _commit(self, group: _Group) -> Iterator[SyncEvent]:
        """Embed what has no vector yet, publish the group, and tell."""
        texts: dict[bytes, str] = {}
        for content, _ in group.contents.values():
            for children in content.children:
                texts.update((child.vector_key, child.embedded_text) for child in children)
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
        self._library.publish(list(group.contents.values()), vectors=vectors)
        self._summary = replace(
            self._summary,
            embedded=self._summary.embedded + len(texts),
            reused=self._summary.reused + group.texts - len(texts),
        )
        yield from group.events

    def _event(self, source: str, content: int, *, known: bool, seconds: float) -> Added | Updated:
        """Return the event of a document that shows a content that was there already."""
        row = self._catalog.row(
            "SELECT characters, (SELECT count(*) FROM pages WHERE content_id = contents.id) AS pages,"
            " (SELECT count(*) FROM passages WHERE content_id = contents.id) AS passages,"
            " (SELECT count(*) FROM children JOIN passages ON passages.id = passage_id"
            "  WHERE content_id = contents.id) AS children FROM contents WHERE id = ?",
            content,
        )
        assert row is not None
        self._summary = replace(self._summary, reused=self._summary.reused + row["children"])
        kind = Updated if known else Added
        return kind(source, row["pages"], row["passages"], row["characters"], seconds)

    def _count(self, event: SyncEvent) -> SyncEvent:
        name = type(event).__name__.lower()
        if hasattr(self._summary, name):
            self._summary = replace(self._summary, **{name: getattr(self._summary, name) + 1})
        if isinstance(event, Added | Updated):
            self._summary = replace(self._summary, characters=self._summary.characters + event.characters)
        return event


def _is_below(path: bytes, folder: bytes) -> bool:
    return folder == b"." or path.startswith(folder + b"/")


def _told(job: _Job, content: NewContent, *, seconds: float) -> list[Added | Updated | Failed]:
    """Return the events of a file that was read: that it is there, and what of it is missing."""
    kind = Updated if job.known else Added
    event = kind(job.source, len(content.starts), len(content.chunks), len(content.text), round(seconds, 3))
    partial = [
        Failed(job.source, gap.reason, {**gap.values, "page": gap.page}, partial=True) for gap in content.gaps[:1]
    ]
    return [event, *partial]
