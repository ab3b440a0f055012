"""`wendang ask`: an answer from the files, with the passages it rests on."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import click

from rag.types import Answer, Delta, Done, StreamEvent
from ui.options import define, opened, print_json, tell_if_model_is_made_first, wants_json
from ui.text import place, printable, t


@define("ask")
@click.argument("question")
@click.option("--top-k", type=click.IntRange(1, 100), help=t("option.top_k"))
@click.option("--source", "sources", multiple=True, metavar="GLOB", help=t("option.source"))
@click.option("--mode", type=click.Choice(["stuff", "refine"]), help=t("option.mode"))
@click.option("--model", metavar="NAME", help=t("option.model"))
@click.option("--detail", is_flag=True, help=t("option.detail"))
@click.option("--no-stream", is_flag=True, help=t("option.no_stream"))
def command(
    question: str,
    top_k: int | None,
    sources: tuple[str, ...],
    mode: str | None,
    model: str | None,
    detail: bool,
    no_stream: bool,
) -> int:
    """Print the answer as it is made, then its sources."""
    with opened(read_only=True, model=model) as library:
        tell_if_model_is_made_first(library)
        if not library.status():
            click.echo(t("empty_library"), err=True)
        events = library.stream(question, top_k=top_k, sources=sources, mode=mode, detail=detail)
        show(question, events, live=not (no_stream or wants_json()))
    return 0


def show(question: str, events: Iterator[StreamEvent], *, live: bool) -> Answer:
    """Print an answer as it is made (`live`) or when it is complete, then its sources; or all of it as JSON.

    Checking the citations may change the text; where it did, the checked text is printed too.
    """
    shown = ""
    for event in events:
        if isinstance(event, Delta) and live:
            click.echo(printable(event.text), nl=False)
            shown += event.text
        elif isinstance(event, Done):
            answer = event.answer
    if wants_json():
        print_json(as_record(question, answer))
        return answer
    click.echo("" if live else printable(answer.text))
    if live and shown.strip() != answer.text.strip():
        click.echo(t("checked", answer=answer.text))
    for citation in answer.citations:
        mark = "" if citation.verified else t("unverified")
        click.echo(f"\n[{citation.n}] {place(citation)}{mark}\n    {printable(citation.quote)}")
    for line in warnings(answer):
        click.echo(line, err=True)
    return answer


def warnings(answer: Answer) -> Iterator[str]:
    """Yield what a reader of the answer should know: what nothing bears out, and what was not read."""
    keys = {"sentence": "answer.unsupported", "number": "answer.made_up"}
    for part in answer.unsupported:
        yield t(keys[part.kind], text=printable(part.text))
    if answer.dropped:
        yield t("answer.dropped", count=answer.dropped)


def as_record(question: str, answer: Answer) -> dict[str, Any]:
    """Return an answer as `ask --json` prints it."""
    passages = []
    for n, passage in enumerate(answer.passages, 1):
        record = asdict(passage)
        passages.append({"n": n, **{name: record[name] for name in _PASSAGE}})
    return {
        "question": question,
        "answer": answer.text,
        "refused": answer.refused,
        "citations": [asdict(citation) for citation in answer.citations],
        "unsupported": [asdict(part) for part in answer.unsupported],
        "passages": passages,
        "dropped": answer.dropped,
        "model": answer.model,
        "family": answer.family,
        "usage": dict(answer.usage),
        "timings": {name: round(value, 4) for name, value in answer.timings.items()},
    }


_PASSAGE = ("source", "page", "start", "end", "heading", "text", "score", "also")
