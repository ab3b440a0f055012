"""`wendang eval choice`: not there yet."""

from pathlib import Path

import click

from ui.eval_options import limit_option, seed_option
from ui.options import define
from ui.text import t


@define("choice")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@limit_option
@seed_option
def command(folder: Path, limit: int | None, seed: int) -> int:
    """Say that this is not built yet."""
    click.echo(t("not_built", what="eval choice"), err=True)
    return 1
