"""`wendang summarize`: what a document says, in short, and where it says so."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from rag.types import Delta
from ui.options import define, model_option, opened, print_json, tell_if_model_is_made_first, wants_json
from ui.sources import one_named, source_argument
from ui.text import place, printable, ranges, t

if TYPE_CHECKING:
    from rag.summarize import Summary, SummaryEvent


@define("summarize")
@source_argument(help=t("argument.source"))
@click.option(
    "--mode", type=click.Choice(["map_reduce", "refine"]), default="map_reduce", help=t("option.summary_mode")
)
@model_option
def command(source: str, mode: str, model: str | None) -> int:
    """Print the summary of a document, then where its sentences stand."""
    with opened(read_only=True, model=model) as library:
        source = one_named(library, source)
        tell_if_model_is_made_first(library)
        show(library.summarize(source, mode=mode))
    return 0


def show(events: "Iterator[SummaryEvent]") -> None:
    """Print a summary when it is complete (its sources are marked then), or as JSON; on a terminal, show progress."""
    from rich.console import Console
    from rich.progress import Progress

    from rag.summarize import Reading, Summarized

    console = Console(stderr=True)
    written = 0
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(t("progress.summary"), total=None)
        for event in events:
            if isinstance(event, Reading):
                bars.update(task, completed=event.done, total=event.total)
            elif isinstance(event, Delta):
                written += len(event.text)
                bars.update(task, description=t("progress.summary_text", characters=written))
            elif isinstance(event, Summarized):
                summary = event.summary
    if wants_json():
        print_json(as_record(summary))
    else:
        _print(summary)


def _print(summary: "Summary") -> None:
    extract = summary.mode == "extractive"
    if extract:
        click.echo(t("summary.extractive"), err=True)
    click.echo(printable(summary.text) + "\n")
    for citation in summary.citations:
        # The sentences of an extract are their own quotes.
        quote = "" if extract else f"\n    {printable(citation.quote)}"
        click.echo(f"[{citation.n}] {place(citation)}{quote}")
    click.echo(
        t(
            "summary.covered",
            read=summary.characters,
            characters=summary.document_characters,
            pieces=summary.pieces,
            pages=t("summary.pages", pages=ranges(summary.pages)) if summary.pages else "",
        ),
        err=True,
    )
    if summary.silent:
        click.echo(t("summary.silent", silent=summary.silent), err=True)


def as_record(summary: "Summary") -> dict[str, Any]:
    """Return a summary as `summarize --json` prints it."""
    return {
        "source": summary.source,
        "summary": summary.text,
        "mode": summary.mode,
        "pieces": summary.pieces,
        "silent_pieces": summary.silent,
        "pages": list(summary.pages),
        "characters": summary.characters,
        "document_characters": summary.document_characters,
        "citations": [asdict(citation) for citation in summary.citations],
        "model": summary.model,
        "family": summary.family,
    }
