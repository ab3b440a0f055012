"""`wendang remove`: forget documents until their files change."""

import click

from ui.options import define, opened, print_json, wants_json
from ui.sources import source_argument, to_remove
from ui.text import t


@define("remove")
@source_argument("sources", nargs=-1, required=True, metavar="SOURCE...", help=t("argument.sources"))
def command(sources: tuple[str, ...]) -> int:
    """Forget the documents and tell which; their files are left alone. Nothing is forgotten where one is not known."""
    with opened() as library:
        before = {one.source for one in library.status()}
        library.remove(to_remove(library, sources))
        gone = sorted(before.difference(one.source for one in library.status()))
    if wants_json():
        print_json({"removed": gone})
        return 0
    for source in gone:
        click.echo(t("sync.removed", source=source))
    click.echo(t("removed", count=len(gone)))
    return 0
