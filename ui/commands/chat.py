"""`wendang chat`: several questions in the terminal, each answered from the files."""

import click

from ingest.errors import WendangError
from rag.types import Answer
from ui.commands.ask import show
from ui.options import define, opened, tell_if_model_is_made_first, wants_json
from ui.text import error_text, place, printable, t


@define("chat")
@click.option("--model", metavar="NAME", help=t("option.model"))
def command(model: str | None) -> int:
    """Answer until /quit or the end of the input."""
    history: list[tuple[str, str]] = []
    last: Answer | None = None
    click.echo(t("chat.hello"))
    with opened(read_only=True, model=model) as library:
        tell_if_model_is_made_first(library)
        while (question := _next_question()) is not None:
            if question == "/new":
                history, last = [], None
            elif question == "/sources":
                for n, passage in enumerate(last.passages if last else (), 1):
                    click.echo(f"[{n}] {place(passage)}\n{printable(passage.text)}\n")
            elif question.startswith("/"):
                click.echo(t("chat.hello"))
            elif question:
                try:
                    last = show(question, library.stream(question, history=history), live=not wants_json())
                except WendangError as exc:
                    click.echo(error_text(exc), err=True)
                else:
                    history.append((question, last.text))
    return 0


def _next_question() -> str | None:
    """Return the next line, or None at /quit and at the end of the input."""
    try:
        line = input("\n> ").strip()
    except EOFError:
        return None
    return None if line == "/quit" else line
