"""Fewer threads while others work: two that wait for each other on a busy machine read slower than one."""

import time


class Pace:
    """How many threads read the next piece of a prompt; it is begun when the first piece is."""

    def __init__(self, threads: int, *, usual: float | None) -> None:
        """`usual` is the tokens a second that a quiet machine reads, None where that is not known."""
        self.threads = threads
        self._usual = usual
        self._before: tuple[int, float] | None = None
        self._is_settled = threads == 1
        self._started = time.perf_counter()

    def after(self, tokens: int) -> int:
        """Return the threads for the next piece, given that the last one had so many tokens.

        Where reading has taken more than twice the usual time, half of the threads are tried for one piece, and kept
        if they were quicker.
        """
        now = time.perf_counter()
        self.judge(tokens / (now - self._started))
        self._started = now
        return self.threads

    def judge(self, rate: float) -> None:
        """Choose by the tokens a second of the last piece."""
        if self._is_settled:
            return
        if self._before is None:
            if self._usual is None or rate < self._usual / 2:
                self._before = self.threads, rate
                self.threads //= 2
            return
        self._is_settled = True
        threads, slower = self._before
        if rate < slower:
            self.threads = threads
