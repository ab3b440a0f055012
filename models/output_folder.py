"""A folder that has its name only when it is complete: until then it is `<name>.partial`, beside it."""

import os
import shutil
from pathlib import Path
from types import TracebackType

from models.errors import BadModelFiles

_PLAN = ".plan"


class OutputFolder:
    """A context that gives the unfinished folder, and renames it at the end; an error leaves it unfinished.

    With `plan` (what the files will be made from), an unfinished folder of the same plan is gone on with; any other is
    emptied first. Raises BadModelFiles where the folder exists and is not empty.
    """

    def __init__(self, out: Path, *, plan: str | None = None) -> None:
        self._out = out
        self._plan = plan
        self._partial = partial_folder(out)

    def __enter__(self) -> Path:
        refuse_used(self._out)
        if self._partial.is_dir() and (self._plan is None or self._left_plan() != self._plan):
            shutil.rmtree(self._partial)
        self._partial.mkdir(parents=True, exist_ok=True)
        if self._plan is not None:
            (self._partial / _PLAN).write_text(self._plan, "utf-8")
        return self._partial

    def _left_plan(self) -> str | None:
        path = self._partial / _PLAN
        return path.read_text("utf-8") if path.is_file() else None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            if self._plan is None:
                shutil.rmtree(self._partial, ignore_errors=True)
            return
        (self._partial / _PLAN).unlink(missing_ok=True)
        if self._out.is_dir():
            self._out.rmdir()
        self._partial.replace(self._out)
        _flush(self._out.parent)


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
