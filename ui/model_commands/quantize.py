"""`wendang model quantize`: a GGUF file in fewer bits."""

from pathlib import Path

import click

from ui.options import define, print_json, wants_json
from ui.text import t
from ui.work_progress import WorkProgress


@define("quantize")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.gguf")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FILE.gguf", help=t("option.out_gguf"))
@click.option("--type", "kind", required=True, metavar="TYPE", help=t("option.quantize_type"))
@click.option("--imatrix", type=click.Path(path_type=Path), metavar="TEXT", help=t("option.imatrix"))
@click.option("--threads", type=click.IntRange(1, 256), default=2, show_default=True, help=t("option.threads"))
def command(file: Path, out: Path, kind: str, imatrix: Path | None, threads: int) -> int:
    """Quantise, and print the sizes before and after."""
    from models.quantize import quantize

    with WorkProgress() as progress:
        made = quantize(
            file.expanduser(), out=out.expanduser(), kind=kind, imatrix=imatrix, threads=threads, progress=progress
        )
    if wants_json():
        print_json(
            {
                "out": str(made.path),
                "type": kind,
                "bytes": made.size,
                "predicted": made.predicted,
                "bytes_before": made.before,
                "tensors": dict(made.types),
            }
        )
        return 0
    sizes = {"before": f"{made.before / 1e6:.1f}", "after": f"{made.size / 1e6:.1f}"}
    click.echo(t("quantize.done", out=str(made.path), **sizes))
    click.echo(t("quantize.next", out=str(made.path)))
    return 0
