"""One pass that makes the library equal to its folders, telling what it does as it goes.

What changed is told by fingerprints, then by content hashes; what is read ahead in child processes is cut and embedded
here, in groups that are committed whole. Wherever a pass is killed, the next one goes on from the last group.
"""

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ingest.abilities import abilities
from ingest.compare import Comparison
from ingest.embedders import Embedder
from ingest.errors import Reason, UnreadableFile
from ingest.library import documents
from ingest.library.contents import NewContent, assemble
from ingest.library.store import Library
from ingest.limits import Limits
from ingest.publish import Publisher
from ingest.readahead import ReadAhead, Reading, Task
from ingest.scan import FoundFile, fingerprint, unreadable
from ingest.settle import Job, Settling
from ingest.types import Added, Failed, Gap, Held, Progress, ReadPage, Removed, Summary, SyncEvent, Updated
from ingest.workspace import Member

#: A new file with more characters than this can be asked about before the rest of it is read.
_BEGINNING = 12_000
#: So many files gone at once, and more than half of all, are not taken out until that is confirmed.
_MANY_GONE = 5
# Reasons that speak of a whole file: nothing of its text is kept.
_WHOLLY = {Reason.BLANK, Reason.NO_TEXT_LAYER, Reason.GARBLED}
# Reasons that speak of one path: a copy of the file may be readable all the same.
_OF_ITS_PATH = {Reason.VANISHED, Reason.CHANGED_WHILE_READING, Reason.NOT_PERMITTED}


@dataclass(slots=True)
class _Parts:
    """What has come of a file so far, and why there is no more, where it broke off."""

    pages: list[ReadPage] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    broken: UnreadableFile | None = None


class Sync:
    """A pass over some folders; iterate over `run()` once."""

    def __init__(
        self,
        library: Library,
        *,
        embedder: Embedder,
        exclude: Collection[Path] = (),
        ignore: Sequence[str] = (),
        force: bool = False,
        remove_many: bool = False,
        jobs: int = 1,
        limits: Limits | None = None,
    ) -> None:
        """`exclude` are folders never walked, `ignore` patterns of names passed over; `force` reads every file again.

        `jobs` files are read at a time. `remove_many` lets go of more than half of the files where these are gone.
        """
        self._library = library
        self._catalog = library.catalog
        self._embedder = embedder
        self._remove_many = remove_many
        self._jobs = jobs
        self._limits = limits or Limits()
        self._publisher = Publisher(library, embedder=embedder)
        self._comparison = Comparison(
            self._catalog,
            embedder=embedder.name,
            limits=self._limits,
            exclude=exclude,
            ignore=ignore,
            force=force,
        )
        self._settling = Settling(library, self._comparison, embedder=embedder.name, limits=self._limits, force=force)
        self._opened: list[int] = []
        self._summary = Summary()

    def run(self, folders: Sequence[Path]) -> Iterator[SyncEvent]:
        """Yield what happens to each file, and a Summary at the end."""
        started = time.monotonic()
        for event in self._events(folders):
            self._summary = self._summary.after(event)
            yield event
        yield replace(
            self._summary,
            embedded=self._publisher.embedded,
            reused=self._settling.reused + self._publisher.reused,
            seconds=round(time.monotonic() - started, 3),
        )

    def _events(self, folders: Sequence[Path]) -> Iterator[SyncEvent]:
        self._adopt_embedder()
        for folder in folders:
            yield from self._comparison.look(folder)
        jobs: list[Job] = []
        for changed in self._comparison.changed:
            yield from _sorted_out(self._settling.settle(changed), jobs)
        with ReadAhead(
            jobs=self._jobs,
            scratch=self._library.scratch,
            limits=self._limits,
            ocr_cache=self._library.folder / "ocr",
        ) as reader:
            yield from self._read(jobs, reader)
        yield from self._publisher.commit()
        yield from self._remove()
        self._library.collect(unfinished=True)

    def _adopt_embedder(self) -> None:
        """Where the vectors are another embedder's, let go of everything: two kinds cannot share an index."""
        made_with = self._catalog.setting("embedder")
        if made_with not in (None, self._embedder.name):
            documents.hide_all(self._catalog)
            self._library.collect()
            self._library.vectors.rebuild()
        if made_with != self._embedder.name:
            self._catalog.note("embedder", self._embedder.name)

    def _read(self, jobs: Sequence[Job], reader: ReadAhead) -> Iterator[SyncEvent]:
        """Read the files, each set of equal ones once, and what is inside of them."""
        equal: dict[tuple[bytes, str], list[Job]] = {}
        for job in jobs:
            equal.setdefault((job.sha256, job.file.kind), []).append(job)
        by_path = {same[0].file.path: same for same in equal.values()}
        tasks = [Task(path, same[0].file.name) for path, same in by_path.items()]
        for number, reading in enumerate(reader.read(tasks)):
            same = by_path[reading.task.path]
            yield Progress("read", number, len(tasks), same[0].source)
            yield from self._take(same, reading, reader)
            reading.close()
        if tasks:
            yield Progress("read", len(tasks), len(tasks))

    def _take(self, same: list[Job], reading: Reading, reader: ReadAhead) -> Iterator[SyncEvent]:
        """Take in a file for the documents that show it; what was read before it broke off is kept."""
        parts = _Parts()
        try:
            yield from self._gather(same, reading, parts)
            self._check_unchanged(same[0].file)
        except UnreadableFile as exc:
            parts.broken = exc
        broken = parts.broken
        if broken and broken.reason in _OF_ITS_PATH:
            yield self._fail(same[0], broken)
            yield from self._read(same[1:], reader)
            return
        if broken and (broken.reason in _WHOLLY or not any(text.strip() for text, _ in parts.pages)):
            for job in same:
                yield self._fail(job, broken)
        elif parts.pages:
            yield from self._publish(same, parts, seconds=reading.seconds)
        for number, job in enumerate(same):
            if number and parts.members:  # what is inside of the first copy is known by now
                yield from self._publisher.commit()
            yield from self._open(job, parts, reader)

    def _gather(self, same: list[Job], reading: Reading, parts: _Parts) -> Iterator[SyncEvent]:
        """Collect the pages and members of a file; a long new one can be asked about before its end is read."""
        characters, enough = 0, _BEGINNING
        for part in reading:
            if isinstance(part, Member):
                parts.members.append(part)
                continue
            if characters >= enough and not any(job.known for job in same):
                enough = 2 * characters
                yield from self._publish_beginning(same, parts.pages)
            parts.pages.append(part)
            characters += len(part[0])
            yield Progress("page", len(parts.pages), part[1].get("pages", 0), same[0].source)

    def _publish_beginning(self, same: list[Job], pages: list[ReadPage]) -> Iterator[SyncEvent]:
        content = self._assembled(same[0], pages, unread=Gap(Reason.STILL_READING))
        yield from self._publisher.add(content, [job.pointer for job in same])
        yield from self._publisher.commit()

    def _publish(self, same: list[Job], parts: _Parts, *, seconds: float) -> Iterator[SyncEvent]:
        unread, members = None, len(parts.members)
        if parts.broken:
            unread = Gap(parts.broken.reason, _next_page(parts.pages), parts.broken.values)
        elif members and self._is_closed(same[0]):
            values: dict[str, object] = {"limit": "depth", "value": same[0].depth + 1, "most": self._limits.depth}
            unread, members = Gap(Reason.NESTED_TOO_DEEPLY, None, values), 0
        shown = [job for job in same if not job.opened]
        if not shown:
            return
        content = self._assembled(shown[0], parts.pages, unread=unread, members=members)
        events = [event for job in shown for event in _told(job, content, seconds=seconds)]
        yield from self._publisher.add(content, [job.pointer for job in shown], events=events)

    def _assembled(self, job: Job, pages: list[ReadPage], *, unread: Gap | None, members: int = 0) -> NewContent:
        return assemble(
            pages,
            sha256=job.sha256,
            kind=job.file.kind,
            embedder=self._embedder.name,
            title=job.file.title,
            members=members,
            unread=unread,
            limits=self._limits,
        )

    def _is_closed(self, job: Job) -> bool:
        """Whether a file is so deep inside of others that what is inside of it is left."""
        return job.depth >= self._limits.depth

    def _open(self, job: Job, parts: _Parts, reader: ReadAhead) -> Iterator[SyncEvent]:
        """Take in what is inside of a file, and note that all of it is there."""
        members = [] if self._is_closed(job) else parts.members
        if not members and not documents.members_of(self._catalog, job.document):
            return
        jobs: list[Job] = []
        yield from _sorted_out(self._settling.settle_inside(job, members, whole=not parts.broken), jobs)
        yield from self._read(jobs, reader)
        if parts.broken and job.opened:  # some of its files are missing: the next pass tries again
            yield Failed(job.source, parts.broken.reason, dict(parts.broken.values), partial=True)
        else:
            self._opened.append(job.document)

    def _fail(self, job: Job, error: UnreadableFile) -> Failed:
        noted = abilities(self._limits)
        with self._catalog.transaction():
            if not job.known:  # its beginning may have been shown
                documents.hide(self._catalog, job.document)
            documents.fail(self._catalog, job.pointer, error, sha256=job.sha256, read_with=noted)
        return Failed(job.source, error.reason, dict(error.values))

    def _check_unchanged(self, file: FoundFile) -> None:
        try:
            now = fingerprint(file.path)
        except FileNotFoundError as exc:
            raise UnreadableFile(Reason.VANISHED) from exc
        except OSError as exc:
            raise unreadable(exc) from exc
        if now != file.fingerprint:
            raise UnreadableFile(Reason.CHANGED_WHILE_READING)

    def _remove(self) -> Iterator[SyncEvent]:
        """Let go of what is gone, unless so much is gone at once that the folder itself may be missing."""
        gone = self._comparison.gone
        files = sum(row["container"] is None for row in gone.values())
        if files >= _MANY_GONE and 2 * files > self._comparison.known and not self._remove_many:
            yield Held(files, self._comparison.known)
            gone = {}
        gone = {**gone, **self._settling.dropped}
        with self._catalog.transaction():
            documents.remove(self._catalog, gone)
            documents.mark_opened(self._catalog, self._opened)
        for row in gone.values():
            if row["content_id"] or row["reason"]:
                yield Removed(row["source"])


def _sorted_out(outcomes: Iterable[SyncEvent | Job], jobs: list[Job]) -> Iterator[SyncEvent]:
    """Yield the events; put the jobs into the list."""
    for outcome in outcomes:
        if isinstance(outcome, Job):
            jobs.append(outcome)
        else:
            yield outcome


def _next_page(pages: Sequence[ReadPage]) -> int | None:
    """Return the number of the page after the last one that was read, None where there are no pages."""
    last = pages[-1][1].get("page")
    return last + 1 if last else None


def _told(job: Job, content: NewContent, *, seconds: float) -> list[SyncEvent]:
    """Return the events of a file that was read: that it is there, and what of it is missing."""
    kind = Updated if job.known else Added
    event = kind(job.source, len(content.starts), len(content.chunks), len(content.text), round(seconds, 3))
    partial = [
        Failed(job.source, gap.reason, {**gap.values, "page": gap.page}, partial=True) for gap in content.gaps[:1]
    ]
    return [event, *partial]
