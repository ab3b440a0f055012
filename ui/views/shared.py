"""What all tabs of the page share: one open library and the sync that may be running, until the server ends."""

import threading
from pathlib import Path

from ingest.errors import LibraryBusy
from rag import Engine, open_library
from ui.views.syncing import SyncJob

_opened: dict[Path, "Shared"] = {}
_opening = threading.Lock()


class Shared:
    """The library of a home, and its sync; `busy` says who owns the library where this process can only read."""

    def __init__(self, engine: Engine, *, busy: LibraryBusy | None = None) -> None:
        self.engine = engine
        self.busy = busy
        self.sync = SyncJob(engine)

    def own(self) -> bool:
        """Whether the library can be changed here; it is taken over as soon as its owner has let it go."""
        if self.busy:
            try:
                self.engine.own()
            except LibraryBusy as exc:
                self.busy = exc
            else:
                self.busy = None
        return self.busy is None

    def close(self) -> None:
        """End the sync, and let the library go."""
        self.sync.close()
        self.engine.close()


def shared_of(home: Path) -> Shared:
    """Return the one Shared of a home, opened at the first call: owned, or for reading where another process owns it.

    Raises LibraryDamaged, BadSetting.
    """
    with _opening:
        if home not in _opened:
            try:
                _opened[home] = Shared(open_library(home))
            except LibraryBusy as exc:
                _opened[home] = Shared(open_library(home, read_only=True), busy=exc)
        return _opened[home]


def close_all() -> None:
    """Close what is open; for the end of the process."""
    with _opening:
        while _opened:
            _opened.popitem()[1].close()
