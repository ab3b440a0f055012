"""`wendang model use`: which model answers."""

import click

from rag.settings import read_settings
from ui.model_files import choose
from ui.options import define, home, print_json, wants_json
from ui.text import t


@define("use")
@click.argument("model", metavar="NAME_OR_PATH")
@click.option("--family", metavar="NAME", help=t("option.family"))
def command(model: str, family: str | None) -> int:
    """Write the model into the settings of the home, once it is known to answer."""
    chosen = choose(model, family=family, settings=read_settings(home()))
    if wants_json():
        print_json({"model": chosen.name if chosen else "default", "family": chosen.family if chosen else None})
        return 0
    click.echo(t("model.default") if chosen is None else t("model.used", model=chosen.name, family=chosen.family))
    return 0
