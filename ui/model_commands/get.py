"""`wendang model get`: not there yet."""

import click

from ui.options import define
from ui.text import t


@define("get")
@click.argument("name")
def command(name: str) -> int:
    """Say that this is not built yet."""
    click.echo(t("not_built", what="wendang model get"), err=True)
    return 1
