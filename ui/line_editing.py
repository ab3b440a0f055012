"""Lines that are typed on a terminal: editing, a history of their own, and completion with Tab."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import click

from ui import interrupts

_MOST_LINES = 1000


def typed_lines(history: Path, *, complete: Callable[[str], Iterable[str]]) -> Iterator[str]:
    """Yield what is typed until Ctrl-D; Ctrl-C drops the line at hand, and is for `interrupts.step` between the lines.

    The lines are kept in the file `history`. `complete` returns the whole lines that a beginning may become. Both need
    the system's readline; without it lines are typed as they are.
    """
    with interrupts.stops_steps_only(), _edited(history, complete=complete):
        while True:
            click.echo()
            try:
                with interrupts.step():
                    line = input("> ").strip()
            except EOFError:
                click.echo()
                return
            except KeyboardInterrupt:
                click.echo()
            else:
                yield line


@contextlib.contextmanager
def _edited(history: Path, *, complete: Callable[[str], Iterable[str]]) -> Iterator[None]:
    try:
        import readline
    except ImportError:
        yield
        return
    found: list[str] = []

    def candidate(line: str, number: int) -> str | None:
        if number == 0:
            found[:] = complete(line)
        return found[number] if number < len(found) else None

    readline.set_completer(candidate)
    readline.set_completer_delims("")  # what is completed is the whole line: names have spaces
    libedit = "libedit" in (readline.__doc__ or "")
    readline.parse_and_bind("bind ^I rl_complete" if libedit else "tab: complete")
    readline.clear_history()
    with contextlib.suppress(OSError):  # the first chat of this home
        readline.read_history_file(history)
    readline.set_history_length(_MOST_LINES)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # a home that cannot be written
            history.touch(mode=0o600)
            readline.write_history_file(history)
