"""`wendang model show`: what a model's file says about itself."""

import click

from rag.settings import read_settings
from ui.model_files import described, model_file
from ui.options import define, home, print_json, wants_json
from ui.text import t


@define("show")
@click.argument("name")
def command(name: str) -> int:
    """Print what a model's file says about itself; an unusable one is shown with its reason."""
    record = described(model_file(name, read_settings(home())))
    if wants_json():
        print_json(record)
    else:
        for key, value in record.items():
            if value is not None:
                click.echo(f"{t(f'model.{key}')}: {value}")
    return 0
