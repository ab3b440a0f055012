"""`wendang model make`: base and LoRAs to a quantised model, with the error of each step."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ui.options import define, print_json, wants_json
from ui.tables import table
from ui.text import t
from ui.work_progress import WorkProgress

if TYPE_CHECKING:
    from models.make import Step


@define("make")
@click.option("--base", required=True, type=click.Path(path_type=Path), metavar="DIR", help=t("option.merge_base"))
@click.option(
    "--lora", required=True, multiple=True, type=click.Path(path_type=Path), metavar="DIR", help=t("option.merge_lora")
)
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help=t("option.make_out"))
@click.option("--type", "kind", default="q4_k_m", show_default=True, metavar="TYPE", help=t("option.quantize_type"))
@click.option("--imatrix", type=click.Path(path_type=Path), metavar="TEXT", help=t("option.imatrix"))
@click.option("--shard-by-shard", is_flag=True, help=t("option.merge_shard_by_shard"))
@click.option("--threads", type=click.IntRange(1, 256), default=2, show_default=True, help=t("option.threads"))
def command(base: Path, lora: tuple[Path, ...], out: Path, **recipe: Any) -> int:  # noqa: ANN401 - click's
    """Make the model, and print each step with its error."""
    from models.make import Recipe, make

    with WorkProgress() as progress:
        steps = make(
            base.expanduser(),
            loras=[folder.expanduser() for folder in lora],
            out=out.expanduser(),
            recipe=Recipe(**recipe),
            progress=progress,
        )
    if wants_json():
        print_json([_record(step) for step in steps])
        return 0
    table(t("make.columns").split("|"), [_row(step) for step in steps])
    click.echo(t("quantize.next", out=str(steps[-1].path)))
    return 0


def _record(step: "Step") -> dict[str, Any]:
    error = step.error.as_record() if step.error else None
    return {"step": step.name, "path": str(step.path), "bytes": step.size, "error": error}


def _row(step: "Step") -> tuple[str, ...]:
    error = step.error
    if error is None:
        return (step.name, f"{step.size / 1e6:.1f}", "", "", "", str(step.path))
    figures = (f"{error.kl_mean:.2g}", f"{error.same_top:.1%}", f"{error.logit_max:.3g}")
    return (step.name, f"{step.size / 1e6:.1f}", *figures, str(step.path))
