"""An answer on the terminal: as it is made, then with its sources and with what nothing bears out marked."""

import sys
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, cast

import click

from rag.types import Answer, Delta, Done, Found, Reading, StreamEvent, Waiting
from ui.text import place, printable, t

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

#: Lines of a terminal that the growing answer leaves free.
_LINES_FREE = 3
#: Nearest passages that are named beside a refusal.
_NEAREST = 3


def show(events: Iterator[StreamEvent], *, live: bool) -> Answer:
    """Print an answer as it is made (`live`) or when it is complete, then its sources; return it.

    On a terminal the growing answer is a picture on stderr, which the checked answer on stdout takes the place of; into
    a pipe go its pieces, and the checked text once more where checking has changed it.
    """
    # An iterator of the engine is a generator: closing it, after Ctrl-C too, stops the model.
    with closing(cast("Generator[StreamEvent]", events)):
        if live and _has_screen():
            answer = _pictured(events)
            _print_styled(answer)
        else:
            answer = _piped(events, live=live)
            _print_plain_sources(answer)
    for line in warnings(answer):
        click.echo(line, err=True)
    return answer


def finished(events: Iterator[StreamEvent]) -> Answer:
    """Return the answer at the end of a stream."""
    answer = Answer("")
    with closing(cast("Generator[StreamEvent]", events)):
        for event in events:
            if isinstance(event, Done):
                answer = event.answer
    return answer


def warnings(answer: Answer) -> Iterator[str]:
    """Yield what a reader of the answer should know: what nothing bears out, and what was not read or said."""
    keys = {"sentence": "answer.unsupported", "number": "answer.made_up"}
    for part in answer.unsupported:
        yield t(keys[part.kind], text=printable(part.text))
    if answer.cut:
        yield t("answer.cut")
    if answer.dropped:
        yield t("answer.dropped", count=answer.dropped)
    if answer.refused and answer.passages:
        nearest = dict.fromkeys(map(place, answer.passages))
        yield t("answer.nearest", places=t("comma").join(list(nearest)[:_NEAREST]))


def _has_screen() -> bool:
    """Whether both outputs are one terminal that can draw over what it shows."""
    from rich.console import Console

    console = Console(stderr=True)
    return sys.stdout.isatty() and console.is_terminal and not console.is_dumb_terminal


def _piped(events: Iterator[StreamEvent], *, live: bool) -> Answer:
    shown, answer = "", Answer("")
    for event in events:
        if isinstance(event, Delta) and live:
            click.echo(printable(event.text), nl=False)
            shown += event.text
        elif isinstance(event, Done):
            answer = event.answer
    click.echo("" if live else printable(answer.text))
    if live and shown.strip() != answer.text.strip():
        click.echo(t("checked", answer=answer.text))
    return answer


def _print_plain_sources(answer: Answer) -> None:
    for citation in answer.citations:
        mark = "" if citation.verified else t("unverified")
        click.echo(f"\n[{citation.n}] {place(citation)}{mark}\n    {printable(citation.quote)}")


def _pictured(events: Iterator[StreamEvent]) -> Answer:
    """Return the answer, drawn on stderr as it grows; what Ctrl-C stops stays on the screen."""
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True, highlight=False)
    shown, answer = "", None
    try:
        with Live(console=console, transient=True, refresh_per_second=8) as picture:
            for event in events:
                if isinstance(event, Delta):
                    shown += event.text
                    picture.update(_tail(printable(shown), console))
                elif isinstance(event, Done):
                    answer = event.answer
                elif not shown:
                    picture.update(_waiting(event), refresh=True)
    finally:
        if answer is None:
            click.echo(printable(shown))
    return answer or Answer("")


def _waiting(event: Found | Waiting | Reading) -> "Text":
    """Return what is said until the first word: what is read, and how much of it is."""
    from rich.text import Text

    if isinstance(event, Found):
        return Text(t("terminal.found", count=len(event.passages)), style="dim")
    if isinstance(event, Waiting):
        return Text(t("terminal.waiting", ahead=event.ahead), style="dim")
    return Text(t("terminal.reading", percent=100 * event.read // max(event.total, 1)), style="dim")


def _tail(text: str, console: "Console") -> "Text":
    """Return the last lines of a growing text, as many as the terminal has room for."""
    from rich.text import Text

    lines = Text(text).wrap(console, console.width)
    return Text("\n").join(lines[-max(console.height - _LINES_FREE, 1) :])


def _print_styled(answer: Answer) -> None:
    """Print an answer with its doubtful parts underlined, and its sources; no line is cut or broken."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    # One mark for each character that may drive the terminal: the places of doubtful parts stay what they are.
    inert = "".join(character if printable(character) == character else "\ufffd" for character in answer.text)
    text = Text(inert, style="yellow" if answer.refused else "")
    text.highlight_regex(r"\[\d+\]", "cyan")
    for part in answer.unsupported:
        text.stylize("underline yellow", part.start, part.end)
    console.print(text)
    for citation in answer.citations:
        mark = "" if citation.verified else t("unverified")
        console.print(Text(f"\n[{citation.n}] {place(citation)}", style="cyan") + Text(mark, style="yellow"))
        console.print(Text(f"    {printable(citation.quote)}", style="dim"))
