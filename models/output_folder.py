"""A folder that has its name only when it is complete: until then it is `<name>.partial`, beside it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from models.errors import BadModelFiles

_PLAN = ".plan"


class OutputFolder:
    """A context that gives the unfinished folder, and renames it at the end; an error leaves it unfinished.

    With `plan` (what the files will be made from), an unfinished folder of the same plan is gone on with; any other is
    emptied first. Raises BadModelFiles where the folder exists and is not empty, or another process writes it.
    """

    def __init__(self, out: Path, *, plan: str | None = None) -> None:
        self._out = out
        self._plan = plan
        self._partial = partial_folder(out)
        self._held = ExitStack()

    def __enter__(self) -> Path:
        with ExitStack() as held:
            held.enter_context(claimed(self._out))
            self._begin()
            self._held = held.pop_all()
        return self._partial

    def _begin(self) -> None:
        refuse_used(self._out)
        if self._partial.is_dir() and (self._plan is None or self._left_plan() != self._plan):
            shutil.rmtree(self._partial)
        self._partial.mkdir(parents=True, exist_ok=True)
        if self._plan is not None:
            (self._partial / _PLAN).write_text(self._plan, "utf-8")

    def _left_plan(self) -> str | None:
        path = self._partial / _PLAN
        return path.read_text("utf-8") if path.is_file() else None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._held:
            if kind is None:
                self._publish()
            elif self._plan is None:
                shutil.rmtree(self._partial, ignore_errors=True)

    def _publish(self) -> None:
        (self._partial / _PLAN).unlink(missing_ok=True)
        if self._out.is_dir():
            self._out.rmdir()
        self._partial.replace(self._out)
        _flush(self._out.parent)


@contextmanager
def claimed(out: Path) -> Iterator[None]:
    """Hold a file or folder while it is made, so that nobody else makes it too; one thread may hold it twice.

    Raises BadModelFiles at once where another process or thread holds it. A killed process holds nothing any more.
    """
    whole = out.resolve()
    new = [folder for folder in whole.parents if not folder.exists()]
    whole.parent.mkdir(parents=True, exist_ok=True)
    path = whole.with_name(f"{whole.name}.lock")
    lock = FileLock(path, timeout=0, is_singleton=True)
    try:
        lock.acquire()
    except Timeout as exc:
        raise BadModelFiles(
            f"{out} is being written by another process: wait until it has ended, or choose another name",
            path=str(out),
            cause="busy",
        ) from exc
    try:
        yield
    finally:
        # Windows deletes it with the release, and lets nobody delete it before.
        if lock.lock_counter == 1 and os.name == "posix":
            path.unlink(missing_ok=True)
        lock.release()
        # What was refused leaves no folders behind; one that is in use does not go.
        for folder in new:
            with suppress(OSError):
                folder.rmdir()


def partial_folder(out: Path) -> Path:
    """Return what a folder is called while it is not complete."""
    whole = out.resolve()
    return whole.with_name(f"{whole.name}.partial")


def refuse_used(out: Path) -> None:
    """Raise BadModelFiles where a folder to write exists and is not empty, or is a file."""
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise BadModelFiles(
            f"{out} exists already and is not overwritten: choose another folder, or delete it first",
            path=str(out),
            cause="exists",
        )


def _flush(folder: Path) -> None:
    """Write a folder's entries to the disk, where the system has a way to."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
