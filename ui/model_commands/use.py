"""`wendang model use`: which model answers."""

import click

from rag.settings import read_settings
from ui.model_files import choose
from ui.options import define, home
from ui.text import t


@define("use")
@click.argument("model", metavar="NAME_OR_PATH")
@click.option("--family", metavar="NAME", help=t("option.family"))
def command(model: str, family: str | None) -> int:
    """Write the model into the settings of the home, once it is known to answer."""
    chosen = choose(model, family=family, settings=read_settings(home()))
    click.echo(t("model.default") if chosen is None else t("model.used", model=chosen.name, family=chosen.family))
    return 0
