"""`wendang model quantize`: not there yet."""

import click

from ui.options import define
from ui.text import t


@define("quantize")
@click.argument("file")
@click.option("--out", required=True)
@click.option("--type", "kind", required=True, metavar="TYPE")
@click.option("--imatrix", metavar="TEXT")
def command(file: str, out: str, kind: str, imatrix: str | None) -> int:
    """Say that this is not built yet."""
    click.echo(t("not_built", what="wendang model quantize"), err=True)
    return 1
