"""`wendang summarize`: what a document says, in short."""

import click

from ui.options import define
from ui.text import t


@define("summarize")
@click.argument("source")
@click.option(
    "--mode", type=click.Choice(["map_reduce", "refine"]), default="map_reduce", help=t("option.summary_mode")
)
def command(source: str, mode: str) -> int:
    """Say that it is not there yet."""
    click.echo(t("not_built", what="wendang summarize"), err=True)
    return 1
