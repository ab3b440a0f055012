"""`wendang search`: the passages that a query is about, without a language model."""

from dataclasses import asdict
from typing import Any

import click

from ingest.types import Passage
from ui.options import define, opened, print_json, sources_option, tell_that_library_is_empty, top_k_option, wants_json
from ui.text import one_line, place, printable, t


@define("search")
@click.argument("query", help=t("argument.query"))
@top_k_option
@sources_option
@click.option("--leg", type=click.Choice(["hybrid", "dense", "keyword"]), default="hybrid", help=t("option.leg"))
def command(query: str, top_k: int | None, sources: tuple[str, ...], leg: Any) -> int:  # noqa: ANN401 - a Literal
    """Print the passages found, best first."""
    with opened(read_only=True) as library:
        found = library.search(query, top_k=top_k, sources=sources, leg=leg)
        if not found:
            if library.sources():
                click.echo(t("search.nothing"), err=True)
            else:
                tell_that_library_is_empty(library)
    if wants_json():
        print_json([as_record(passage, rank) for rank, passage in enumerate(found, 1)])
        return 0
    for rank, passage in enumerate(found, 1):
        heading = f"  {one_line(passage.heading)}" if passage.heading else ""
        click.secho(f"[{rank}] {place(passage)}{heading}  {passage.score:.2f}", fg="cyan")
        click.echo(f"{printable(passage.text)}\n")
    return 0


def as_record(passage: Passage, rank: int) -> dict[str, Any]:
    """Return a passage as `search --json` prints it."""
    record = asdict(passage)
    del record["id"]
    return {"rank": rank, **record}
