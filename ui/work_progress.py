"""One bar for long work that tells its stage, on stderr and only on a terminal."""

from types import TracebackType
from typing import Self

from ui.bars import bars
from ui.text import t


class WorkProgress:
    """A context that is called with a stage, what is done and all of it; a new stage starts the bar anew."""

    def __init__(self) -> None:
        from rich.progress import TaskProgressColumn, TimeRemainingColumn

        self._bars = bars(TaskProgressColumn(), TimeRemainingColumn())
        self._task = self._bars.add_task("", total=None, visible=False)

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Move the bar."""
        description = t(f"work.{stage}")
        self._bars.update(self._task, description=description, completed=done, total=total or None, visible=True)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()
