"""Tables: on a terminal as wide as Chinese characters need, elsewhere a row a line with tabs between the cells."""

import sys
from collections.abc import Sequence

import click

from ui.text import one_line


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their columns. Nothing is cut, and what users named is never read as markup.

    On a terminal long cells go on below, and columns without a value are left out.
    """
    plain = [[one_line(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in [columns, *plain]:
            click.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    used = [number for number in range(len(columns)) if any(row[number] for row in plain)]
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for number in used:
        drawn.add_column(columns[number], overflow="fold")
    for row in plain:
        drawn.add_row(*(Text(row[number]) for number in used))
    Console().print(drawn)
