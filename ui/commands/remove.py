"""`wendang remove`: forget documents until their files change."""

import click

from ui.options import define, opened, print_json, wants_json
from ui.text import t


@define("remove")
@click.argument("sources", nargs=-1, required=True)
def command(sources: tuple[str, ...]) -> int:
    """Forget the documents; their files are left alone."""
    with opened() as library:
        library.remove(sources)
    if wants_json():
        print_json({"removed": list(sources)})
    else:
        click.echo(t("removed", count=len(sources)))
    return 0
