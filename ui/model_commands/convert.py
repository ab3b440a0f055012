"""`wendang model convert`: not there yet."""

import click

from ui.options import define
from ui.text import t


@define("convert")
@click.argument("folder", metavar="DIR")
@click.option("--out", required=True)
@click.option("--type", "kind", type=click.Choice(["f32", "f16", "bf16"]), default="f16")
def command(folder: str, out: str, kind: str) -> int:
    """Say that this is not built yet."""
    click.echo(t("not_built", what="wendang model convert"), err=True)
    return 1
