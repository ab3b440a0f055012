"""What all tabs of the page share: one open library."""

from dataclasses import dataclass
from pathlib import Path

from ingest.errors import LibraryBusy
from rag import Engine, open_library


@dataclass(frozen=True)
class Shared:
    """The library; `busy` says who owns it where this process can only read."""

    engine: Engine
    busy: LibraryBusy | None = None

    def close(self) -> None:
        """Let the library go."""
        self.engine.close()


def open_shared(home: Path) -> Shared:
    """Return the library of `home`: owned, or for reading where another process owns it."""
    try:
        return Shared(open_library(home))
    except LibraryBusy as exc:
        return Shared(open_library(home, read_only=True), busy=exc)
