"""`wendang model compare`: how far one model is from another."""

from pathlib import Path

import click

from ui.options import define, print_json, wants_json
from ui.text import t
from ui.work_progress import WorkProgress


@define("compare")
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@click.option("--text", type=click.Path(path_type=Path), metavar="FILE", help=t("option.compare_text"))
@click.option("--threads", type=click.IntRange(1, 256), default=2, show_default=True, help=t("option.threads"))
def command(a: Path, b: Path, text: Path | None, threads: int) -> int:
    """Print what sets the second model apart from the first."""
    from models.compare import compare
    from models.text_file import read_text
    from ui.comparison import show

    read = read_text(text.expanduser()) if text else None
    with WorkProgress() as progress:
        found = compare(a.expanduser(), b.expanduser(), text=read, threads=threads, progress=progress)
    if wants_json():
        print_json({"a": str(a), "b": str(b), **found.as_record()})
    else:
        show(found)
    return 0
