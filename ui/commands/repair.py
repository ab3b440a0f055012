"""`wendang repair`: make the derived indexes anew from the record."""

import click

from ui.options import define, opened, print_json, wants_json
from ui.text import t


@define("repair")
def command() -> int:
    """Rebuild the keyword and vector indexes."""
    with opened() as library:
        library.repair()
        passages = sum(document.passages for document in library.status())
    if wants_json():
        print_json({"repaired": True, "passages": passages})
    else:
        click.echo(t("repaired", count=passages))
    return 0
