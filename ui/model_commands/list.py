"""`wendang model list`: the models of this machine."""

import click

from rag.settings import read_settings
from ui.model_files import listed
from ui.options import define, home, print_json, wants_json


@define("list")
def command() -> int:
    """Print the default and what lies in the models folder; one that cannot answer has its reason."""
    records = list(listed(read_settings(home())))
    if wants_json():
        print_json(records)
    else:
        for record in records:
            mark = "*" if record["chosen"] else " "
            click.echo(f"{mark} {record['name']}  {record['family'] or '-'}  {record['reason'] or ''}".rstrip())
    return 0
