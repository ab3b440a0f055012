"""`wendang search`: the passages that a query is about, without a language model."""

from dataclasses import asdict
from typing import Any

import click

from ingest.types import Passage
from ui.options import define, opened, print_json, wants_json
from ui.text import place, printable, t


@define("search")
@click.argument("query")
@click.option("--top-k", type=click.IntRange(1, 100), help=t("option.top_k"))
@click.option("--source", "sources", multiple=True, metavar="GLOB", help=t("option.source"))
@click.option("--leg", type=click.Choice(["hybrid", "dense", "keyword"]), default="hybrid", help=t("option.leg"))
def command(query: str, top_k: int | None, sources: tuple[str, ...], leg: Any) -> int:  # noqa: ANN401 - a Literal
    """Print the passages found, best first."""
    with opened(read_only=True) as library:
        found = library.search(query, top_k=top_k, sources=sources, leg=leg)
        if wants_json():
            print_json([as_record(passage, rank) for rank, passage in enumerate(found, 1)])
        elif not found:
            click.echo(t("search.nothing") if library.status() else t("empty_library"), err=True)
        else:
            for rank, passage in enumerate(found, 1):
                click.echo(f"[{rank}] {place(passage)}  {passage.score:.2f}\n{printable(passage.text)}\n")
    return 0


def as_record(passage: Passage, rank: int) -> dict[str, Any]:
    """Return a passage as `search --json` prints it."""
    record = asdict(passage)
    del record["id"]
    return {"rank": rank, **record}
