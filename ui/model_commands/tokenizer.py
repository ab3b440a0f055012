"""`wendang model tokenizer`: not there yet."""

import click

from ui.options import define
from ui.text import t


@define("tokenizer")
@click.option("--base", required=True)
@click.option("--add", required=True)
@click.option("--out", required=True)
def command(base: str, add: str, out: str) -> int:
    """Say that this is not built yet."""
    click.echo(t("not_built", what="wendang model tokenizer"), err=True)
    return 1
