"""Progress of long work, on stderr and only on a terminal."""

import sys
from types import TracebackType
from typing import Self

from ingest.types import Progress, SyncEvent
from ui.text import t


class SyncProgress:
    """Three bars while a sync runs: files read, pages of the file at hand, texts embedded."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        console = Console(stderr=True)
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            redirect_stdout=sys.stdout.isatty(),
            disable=not console.is_terminal,
        )
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
