"""Read files in child processes, page by page, some ahead of the one that is being embedded."""

import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Self

from ingest.errors import Reason, UnreadableFile
from ingest.limits import Limits
from ingest.types import ReadPage
from ingest.worker import LoaderProcess
from ingest.workspace import Member, Workspace

_MOST_AHEAD = 32 * 1024**2  # bytes of the files that are read before their turn


@dataclass(frozen=True, slots=True)
class Task:
    """A file to be read, and the name that it is known by (where `path` is a copy under another one)."""

    path: Path
    name: str


class Reading:
    """A file that is being read: iterate over its pages and members once, waiting for each.

    Iterating raises UnreadableFile where the file, or the rest of it, cannot be read. The members' bytes lie in a
    folder that `close` removes.
    """

    def __init__(self, task: Task, *, scratch: Path, size: int) -> None:
        self.task = task
        self.size = size
        self.seconds = 0.0  # of reading, known when it has ended
        self.scratch = scratch
        self._parts: SimpleQueue[ReadPage | Member | UnreadableFile | None] = SimpleQueue()

    def __iter__(self) -> Iterator[ReadPage | Member]:
        while (part := self._parts.get()) is not None:
            if isinstance(part, UnreadableFile):
                raise part
            yield part

    def fill(self, process: LoaderProcess, *, limits: Limits, ocr_cache: Path | None) -> None:
        """Read the file; what it holds is handed over page by page."""
        started = time.monotonic()
        workspace = Workspace(self.scratch, limits=limits, ocr_cache=ocr_cache)
        end: UnreadableFile | None = UnreadableFile(Reason.CRASHED, cause="the reading thread ended")
        try:
            self.scratch.mkdir()
            for part in process.read(self.task.path, workspace=workspace, name=self.task.name):
                self._parts.put(part)
            end = None
        except UnreadableFile as exc:
            end = exc
        except OSError as exc:  # no room for the scratch folder, no process to be had
            end = UnreadableFile(Reason.CRASHED, cause=str(exc))
        finally:
            self.seconds = time.monotonic() - started
            self._parts.put(end)

    def close(self) -> None:
        """Remove the folder of the file's members."""
        rmtree(self.scratch, ignore_errors=True)


class ReadAhead:
    """Child processes that read files for one sync. A `with` block ends them, in the middle of a file too."""

    def __init__(self, *, jobs: int, scratch: Path, limits: Limits, ocr_cache: Path | None = None) -> None:
        """`jobs` files are read at a time; `scratch` is where folders for what is unpacked are made."""
        scratch.mkdir(parents=True, exist_ok=True)
        self._scratch = TemporaryDirectory(dir=scratch, ignore_cleanup_errors=True)
        self._limits = limits
        self._ocr_cache = ocr_cache
        self._workers = [LoaderProcess(limits=limits) for _ in range(jobs)]
        self._idle: SimpleQueue[LoaderProcess] = SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._executor = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="read")
        self._numbers = count()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.kill()
        self._executor.shutdown()
        self._scratch.cleanup()

    def read(self, tasks: Iterable[Task]) -> Iterator[Reading]:
        """Yield each file as a Reading, in the order given; a few more are read meanwhile, if they are small."""
        ahead: deque[Reading] = deque()
        for task in tasks:
            reading = Reading(task, scratch=self._next_scratch(), size=_size(task.path))
            self._executor.submit(self._run, reading)
            ahead.append(reading)
            while len(ahead) > 2 * len(self._workers) or sum(other.size for other in ahead) > _MOST_AHEAD:
                yield ahead.popleft()
                if not ahead:
                    break
        yield from ahead

    def _run(self, reading: Reading) -> None:
        worker = self._idle.get()
        try:
            reading.fill(worker, limits=self._limits, ocr_cache=self._ocr_cache)
        finally:
            self._idle.put(worker)

    def _next_scratch(self) -> Path:
        return Path(self._scratch.name) / str(next(self._numbers))


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:  # reading it will tell why
        return 0
