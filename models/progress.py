"""How far long work has come."""

from collections.abc import Callable

#: Called with the stage ("hash", "merge" …), what of it is done, and all of it (mostly bytes).
Progress = Callable[[str, int, int], None]


def silent(stage: str, done: int, total: int) -> None:
    """Tell nobody."""
