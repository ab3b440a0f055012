"""How far long work has come."""

from collections.abc import Callable

#: Called with the stage ("hash", "merge" …), what of it is done, and all of it (mostly bytes).
Progress = Callable[[str, int, int], None]


def silent(stage: str, done: int, total: int) -> None:
    """Tell nobody."""


def summed(progress: Progress, *, stage: str, total: int) -> Callable[[int], None]:
    """Return a function that is told each piece done, and tells `progress` their sum."""
    done = 0

    def told(count: int) -> None:
        """Add a piece."""
        nonlocal done
        done += count
        progress(stage, done, total)

    return told
