"""Ctrl-C while lines are typed: it stops the step at hand, and does nothing between steps or pressed once too often."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stops_steps_only() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt in steps only, and once in each: stopping one is not stopped halfway."""
    before = signal.signal(signal.SIGINT, _pass)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def step() -> Iterator[None]:
    """Do what Ctrl-C may stop, among `stops_steps_only`."""
    signal.signal(signal.SIGINT, _raise_once)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, _pass)


def _raise_once(number: int, frame: FrameType | None) -> None:
    signal.signal(number, _pass)
    raise KeyboardInterrupt


def _pass(number: int, frame: FrameType | None) -> None:
    """Do nothing; unlike SIG_IGN this is not handed on to child processes."""
