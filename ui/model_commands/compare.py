"""`wendang model compare`: not there yet."""

import click

from ui.options import define
from ui.text import t


@define("compare")
@click.argument("a")
@click.argument("b")
@click.option("--text", metavar="FILE")
def command(a: str, b: str, text: str | None) -> int:
    """Say that this is not built yet."""
    click.echo(t("not_built", what="wendang model compare"), err=True)
    return 1
