"""The library on disk as this process has it open: for reading or as its owner, for one change at a time."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.errors import LibraryBusy, LibraryReadOnly
from ingest.library.store import Library


class Opened:
    """One library. Threads may share it; a forked process may not."""

    def __init__(self, folder: Path, *, read_only: bool) -> None:
        self._process = os.getpid()
        self._folder = folder
        self._owning = threading.Lock()
        self._changing = threading.Lock()
        self._library = Library(folder, read_only=read_only)

    @property
    def is_here(self) -> bool:
        """Whether this is the process that opened it."""
        return os.getpid() == self._process

    @property
    def library(self) -> Library:
        """The library itself. Raises LibraryBusy in a process that was forked after the opening."""
        if not self.is_here:
            raise LibraryBusy(
                f"this library was opened by process {self._process}, before the fork; open it anew in this process",
                owner=str(self._process),
                cause="forked",
            )
        return self._library

    def own(self) -> None:
        """Become the owner. Raises LibraryBusy while another process is."""
        with self._owning:
            if self.library.read_only:
                # Searches under way go on with what they began with.
                self._library = Library(self._folder)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Let one sync, removal or repair at a time change it. Raises LibraryReadOnly, LibraryBusy."""
        if self.library.read_only:
            raise LibraryReadOnly("this library is open for reading; open it without read_only to change it")
        if not self._changing.acquire(blocking=False):
            owner = f"{os.getpid()}"
            raise LibraryBusy(f"the library is being changed by this process ({owner}); wait for it", owner=owner)
        try:
            yield
        finally:
            self._changing.release()

    def close(self) -> None:
        """Let another process own it."""
        self._library.close()
