"""`wendang model merge`: not there yet."""

import click

from ui.options import define
from ui.text import t


@define("merge")
@click.option("--base", required=True)
@click.option("--lora", required=True, multiple=True, metavar="DIR")
@click.option("--out", required=True)
@click.option("--format", "form", type=click.Choice(["huggingface", "pth"]), default="huggingface")
@click.option("--shard-by-shard", is_flag=True)
def command(base: str, lora: tuple[str, ...], out: str, form: str, shard_by_shard: bool) -> int:
    """Say that this is not built yet."""
    click.echo(t("not_built", what="wendang model merge"), err=True)
    return 1
