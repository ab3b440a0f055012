"""Read files in child processes, some ahead of the one that is being embedded."""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from ingest.errors import UnreadableFile
from ingest.worker import LoaderProcess

Pages = list[tuple[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file's pages (text and the loader's metadata each), or why it cannot be read; and the seconds it took."""

    path: Path
    outcome: Pages | UnreadableFile
    seconds: float


def read_ahead(paths: Sequence[Path], *, jobs: int) -> Iterator[ReadFile]:
    """Yield what each file holds, in the order given, reading up to `jobs` at a time and a few ahead."""
    if not paths:
        return
    idle: SimpleQueue[LoaderProcess] = SimpleQueue()
    workers = [LoaderProcess() for _ in range(min(jobs, len(paths)))]
    for worker in workers:
        idle.put(worker)

    def read(path: Path) -> ReadFile:
        worker = idle.get()
        started = time.monotonic()
        try:
            pages = [(page.page_content, page.metadata) for page in worker.read(path)]
            return ReadFile(path, pages, time.monotonic() - started)
        except UnreadableFile as exc:
            return ReadFile(path, exc, time.monotonic() - started)
        finally:
            idle.put(worker)

    executor = ThreadPoolExecutor(max_workers=len(workers), thread_name_prefix="read")
    ahead: deque[Future[ReadFile]] = deque()
    waiting = iter(paths)
    try:
        for path in waiting:
            ahead.append(executor.submit(read, path))
            if len(ahead) > 2 * len(workers):
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.kill()
