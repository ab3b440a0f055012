"""`wendang ask`: an answer from the files, with the passages it rests on."""

from dataclasses import asdict
from typing import Any

import click

from rag.types import Answer, Delta, Done
from ui.options import define, opened, print_json, tell_if_model_is_made_first, wants_json
from ui.text import place, t


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
        for event in library.stream(question, top_k=top_k, sources=sources, mode=mode, detail=detail):
            if isinstance(event, Delta) and not (wants_json() or no_stream):
                click.echo(event.text, nl=False)
            elif isinstance(event, Done):
                show(question, event.answer, streamed=not no_stream)
    return 0


def show(question: str, answer: Answer, *, streamed: bool) -> None:
    """Print an answer as JSON, or its text (unless it was streamed) and its sources."""
    if wants_json():
        print_json(as_record(question, answer))
        return
    click.echo("" if streamed else answer.text)
    for citation in answer.citations:
        mark = "" if citation.verified else t("unverified")
        click.echo(f"\n[{citation.n}] {place(citation)}{mark}\n    {citation.quote}")


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
        "passages": passages,
        "model": answer.model,
        "family": answer.family,
        "usage": dict(answer.usage),
        "timings": {name: round(value, 4) for name, value in answer.timings.items()},
    }


_PASSAGE = ("source", "page", "start", "end", "heading", "text", "score", "also")
