"""The sync of a home, in a thread of its own: views start it, look at it and cancel it; no click elsewhere ends it."""

import logging
import threading
import time
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from ingest.errors import WendangError
from ingest.types import Progress, Summary, SyncEvent, Unchanged
from rag import Engine

_logger = logging.getLogger(__name__)

#: Events that are kept of one run, the newest.
_KEPT = 200


@dataclass(frozen=True, slots=True)
class SyncState:
    """A run as it is now, or as it ended.

    `number` counts runs, 0 before the first. `stages` has the last Progress of each stage; `events` the newest events
    first, without those of Progress; `counted` what they amount to, the Summary itself once the run is done. `error` is
    what ended the run early.
    """

    number: int = 0
    running: bool = False
    cancelled: bool = False
    seconds: float = 0.0
    stages: dict[str, Progress] = field(default_factory=dict)
    events: tuple[SyncEvent, ...] = ()
    counted: Summary = field(default_factory=Summary)
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class _Wish:
    folders: tuple[Path, ...] = ()
    force: bool = False
    remove_many: bool = False


class SyncJob:
    """The one sync of an Engine. All methods may be called from any thread, and none of them waits for the sync."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._waiting: list[_Wish] = []
        self._state = SyncState()
        self._events: deque[SyncEvent] = deque(maxlen=_KEPT)
        self._began = 0.0
        self._stop = threading.Event()

    def start(self, folders: Sequence[Path] = (), *, force: bool = False, remove_many: bool = False) -> None:
        """Sync the folders (all known ones, if none is given); after the run that is under way, where there is one."""
        wish = _Wish(tuple(folders), force, remove_many)
        with self._lock:
            if not self._state.running:
                self._begin()
                self._thread = threading.Thread(target=self._work, args=(wish,), name="sync", daemon=True)
                self._thread.start()
            elif wish not in self._waiting:
                self._waiting.append(wish)

    def cancel(self) -> None:
        """End the run at its next step; what it has committed stays, and the next run goes on from there."""
        with self._lock:
            self._waiting.clear()
            if self._state.running:
                self._stop.set()
                self._state = replace(self._state, cancelled=True)

    def state(self) -> SyncState:
        """Return how the run is going."""
        with self._lock:
            seconds = time.monotonic() - self._began if self._state.running else self._state.seconds
            return replace(
                self._state, seconds=seconds, stages=dict(self._state.stages), events=tuple(reversed(self._events))
            )

    def close(self) -> None:
        """Cancel, and wait for the end."""
        self.cancel()
        if self._thread is not None:
            self._thread.join()

    def _begin(self) -> None:
        self._stop.clear()
        self._events.clear()
        self._began = time.monotonic()
        self._state = SyncState(number=self._state.number + 1, running=True)

    def _work(self, wish: _Wish) -> None:
        while True:
            error = self._run(wish)
            with self._lock:
                seconds = time.monotonic() - self._began
                self._state = replace(self._state, running=False, seconds=seconds, error=error, stages={})
                if not self._waiting:
                    return
                wish = self._waiting.pop(0)
                self._begin()

    def _run(self, wish: _Wish) -> Exception | None:
        """Go through a sync; return what ended it early, None where nothing did."""
        try:
            if self._stop.is_set():
                return None
            stream = self._engine.sync(wish.folders, force=wish.force, remove_many=wish.remove_many)
            with closing(cast("Generator[SyncEvent, None, None]", stream)) as events:
                for event in events:
                    self._note(event)
                    if self._stop.is_set():
                        break
        except WendangError as exc:
            return exc
        except Exception as exc:  # the last resort: a thread's error would be seen by nobody
            _logger.exception("the sync broke off")
            return exc
        return None

    def _note(self, event: SyncEvent) -> None:
        with self._lock:
            if isinstance(event, Progress):
                self._state.stages[event.stage] = event
                return
            counted = event if isinstance(event, Summary) else self._state.counted.after(event)
            self._state = replace(self._state, counted=counted)
            if not isinstance(event, Unchanged | Summary):
                self._events.append(event)
