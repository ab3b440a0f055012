"""`wendang ask`: an answer from the files, with the passages it rests on."""

import io
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from ingest.types import Passage
from rag.types import MODES, Answer
from ui.answer_display import finished, show
from ui.options import (
    define,
    model_option,
    opened,
    print_json,
    sources_option,
    tell_if_model_is_made_first,
    tell_that_library_is_empty,
    top_k_option,
    wants_json,
)
from ui.text import t


@define("ask")
@click.argument("question", required=False, help=t("argument.question"))
@top_k_option
@sources_option
@click.option("--mode", type=click.Choice(MODES), help=t("option.mode"))
@model_option
@click.option("--detail", is_flag=True, help=t("option.detail"))
@click.option("--no-stream", is_flag=True, help=t("option.no_stream"))
def command(
    question: str | None,
    top_k: int | None,
    sources: tuple[str, ...],
    mode: str | None,
    model: str | None,
    detail: bool,
    no_stream: bool,
) -> int:
    """Print the answer as it is made, then its sources; the status is 1 where there is nothing to ask."""
    question = _asked(question)
    with opened(read_only=True, model=model) as library:
        empty = not library.sources()
        if empty:
            tell_that_library_is_empty(library)
        else:
            tell_if_model_is_made_first(library)
        events = library.stream(
            question, top_k=top_k, sources=sources, mode=mode, detail=detail, progress=not wants_json()
        )
        if wants_json():
            print_json(as_record(question, finished(events)))
        elif not empty:
            show(events, live=not no_stream)
    return 1 if empty else 0


def _asked(question: str | None) -> str:
    """Return the question: that given, that typed on a terminal, or (`-`) that of standard input."""
    if question == "-":
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8-sig", errors="replace")
        return sys.stdin.read().strip()
    if question is None and sys.stdin.isatty():
        typed: str = click.prompt(t("terminal.prompt"), prompt_suffix="", err=True)
        return typed.strip()
    if question is None:
        raise click.MissingParameter(ctx=click.get_current_context(), param_hint="QUESTION", param_type="argument")
    return question


def as_record(question: str, answer: Answer) -> dict[str, Any]:
    """Return an answer as `ask --json` prints it."""
    return {
        "question": question,
        "answer": answer.text,
        "refused": answer.refused,
        "citations": [asdict(citation) for citation in answer.citations],
        "unsupported": [asdict(part) for part in answer.unsupported],
        "passages": passages_as_records(answer.passages),
        "dropped": answer.dropped,
        "cut": answer.cut,
        "model": answer.model,
        "family": answer.family,
        "usage": dict(answer.usage),
        "timings": {name: round(value, 4) for name, value in answer.timings.items()},
    }


def passages_as_records(passages: Sequence[Passage]) -> list[dict[str, Any]]:
    """Return the passages that were read, numbered as `ask --json` prints them."""
    records = []
    for n, passage in enumerate(passages, 1):
        record = asdict(passage)
        records.append({"n": n, **{name: record[name] for name in _PASSAGE}})
    return records


_PASSAGE = ("source", "page", "start", "end", "heading", "text", "score", "also")
