"""Progress of long work, on stderr and only on a terminal."""

from types import TracebackType
from typing import Self

from ingest.types import Progress, SyncEvent
from ui.bars import bars
from ui.text import t


class SyncProgress:
    """Three bars while a sync runs: files read, pages of the file at hand, texts embedded."""

    def __init__(self) -> None:
        from rich.progress import MofNCompleteColumn, TimeElapsedColumn

        self._bars = bars(MofNCompleteColumn(), TimeElapsedColumn())
        self._tasks = {
            stage: self._bars.add_task(t(f"progress.{stage}"), total=None, visible=False)
            for stage in ("read", "page", "embed")
        }

    def update(self, event: SyncEvent) -> None:
        """Move the bar that an event is about."""
        if isinstance(event, Progress):
            total = event.total or None
            self._bars.update(self._tasks[event.stage], completed=event.done, total=total, visible=event.total != 1)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()
