"""A bounded waiting line: a few at once, the others in the order of coming, and no more than so many."""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ui.api.errors import ApiError

#: Seconds: the least and the most that a client is told to wait.
_SOONEST, _LATEST = 1, 60


class Turns:
    """The turns of one kind of work: `at_once` at a time, at most `waiting` more."""

    def __init__(self, *, at_once: int, waiting: int) -> None:
        self._at_once = at_once
        self._most = at_once + waiting
        self._turns = asyncio.Semaphore(at_once)  # serves in the order of coming
        self._count = 0
        self._usual_s = 1.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn and keep it for the length of the block. Raises ApiError 429 where the line is full."""
        if self._count >= self._most:
            raise ApiError(429, "busy", retry_after=self._retry_after(), waiting=self._count)
        self._count += 1
        try:
            async with self._turns:
                begun = time.monotonic()
                try:
                    yield
                finally:
                    self._usual_s += 0.2 * (time.monotonic() - begun - self._usual_s)
        finally:
            self._count -= 1

    def _retry_after(self) -> int:
        """Return the seconds until about a quarter of the line is served."""
        seconds = self._usual_s * self._count / self._at_once / 4
        return min(max(math.ceil(seconds), _SOONEST), _LATEST)
