"""`wendang model verify`: not there yet."""

import click

from ui.options import define
from ui.text import t


@define("verify")
@click.argument("path")
@click.option("--kind", type=click.Choice(["base", "lora", "tokenizer", "merged"]))
def command(path: str, kind: str | None) -> int:
    """Say that this is not built yet."""
    click.echo(t("not_built", what="wendang model verify"), err=True)
    return 1
