"""A waiting line: one at a time, in the order of coming, and everybody sees how many are ahead."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class StillWaiting(Exception):
    """The time to wait is over, and the turn has not come."""


class Line:
    """A line for one thing. Threads may share it."""

    def __init__(self) -> None:
        self._places: list[object] = []
        self._moved = threading.Condition()

    def __len__(self) -> int:
        """Return how many there are, the one whose turn it is included."""
        return len(self._places)

    @contextmanager
    def place(self) -> Iterator[object]:
        """Stand in line for the length of the block; whose turn it is says `waiting`."""
        mine = object()
        with self._moved:
            self._places.append(mine)
        try:
            yield mine
        finally:
            with self._moved:
                self._places.remove(mine)
                self._moved.notify_all()

    def waiting(self, mine: object, *, timeout: float) -> Iterator[int]:
        """Yield how many are ahead, now and whenever that changes, until it is the turn of the place `mine`.

        Raises StillWaiting after `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while ahead := self._ahead(mine):
            yield ahead
            with self._moved:
                left = deadline - time.monotonic()
                if not self._moved.wait_for(lambda seen=ahead: self._ahead(mine) != seen, max(left, 0)):  # type: ignore[misc]
                    raise StillWaiting

    def _ahead(self, mine: object) -> int:
        with self._moved:
            return self._places.index(mine)
