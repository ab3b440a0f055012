"""`wendang text`: a document's stored text, as citations count it."""

import click

from ui.options import define, opened, print_json, wants_json
from ui.sources import one_named, source_argument
from ui.text import printable, t


@define("text")
@source_argument(help=t("argument.source"))
@click.option("--page", type=click.IntRange(1), metavar="N", help=t("option.page"))
def command(source: str, page: int | None) -> int:
    """Print the stored text of a document, or of one page."""
    with opened(read_only=True) as library:
        stored = library.text(one_named(library, source), page=page)
    if wants_json():
        print_json(
            {
                "source": stored.source,
                "text": stored.text,
                "pages": [{"page": p.page, "start": p.start, "end": p.end, "heading": p.heading} for p in stored.pages],
                "encoding": stored.encoding,
                "loader": stored.loader,
            }
        )
    else:
        click.echo(printable(stored.text))
    return 0
