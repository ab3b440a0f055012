"""`wendang model merge`: LoRAs merged into a base model, in order."""

from pathlib import Path
from typing import Any

import click

from ui.options import define, print_json, wants_json
from ui.text import t
from ui.work_progress import WorkProgress


@define("merge")
@click.option("--base", required=True, type=click.Path(path_type=Path), metavar="DIR", help=t("option.merge_base"))
@click.option("--lora", multiple=True, type=click.Path(path_type=Path), metavar="DIR", help=t("option.merge_lora"))
@click.option("--no-lora", is_flag=True, help=t("option.merge_no_lora"))
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help=t("option.out_folder"))
@click.option("--format", "form", type=click.Choice(["huggingface", "pth"]), default="huggingface",
              help=t("option.merge_format"))  # fmt: skip
@click.option("--shard-by-shard", is_flag=True, help=t("option.merge_shard_by_shard"))
@click.option("--parts", type=click.IntRange(min=1), help=t("option.merge_parts"))
@click.option("--force", is_flag=True, help=t("option.merge_force"))
def command(base: Path, lora: tuple[Path, ...], no_lora: bool, out: Path, form: Any, **options: Any) -> int:  # noqa: ANN401 - click's
    """Merge, and print what was written and what to do next."""
    from models.merge import Options, merge

    if bool(lora) == no_lora:
        raise click.UsageError(t("merge.lora_or_not"))
    chosen = Options(format=form, **options)
    with WorkProgress() as progress:
        made = merge(
            base.expanduser(),
            loras=[folder.expanduser() for folder in lora],
            out=out.expanduser(),
            options=chosen,
            progress=progress,
        )
    if wants_json():
        print_json(
            {
                "out": str(made.folder),
                "format": form,
                "loras": list(made.loras),
                "vocabulary": made.vocabulary,
                "tokenizer": str(made.tokenizer) if made.tokenizer else None,
                "files": dict(made.files),
            }
        )
        return 0
    click.echo(t("merge.done", count=len(made.loras), out=str(made.folder), vocabulary=made.vocabulary))
    for name, sha256 in made.files.items():
        click.echo(f"  {sha256}  {name}")
    if made.tokenizer is None:
        click.echo(t("merge.no_tokenizer"), err=True)
    if form == "huggingface":
        click.echo(t("merge.next", out=str(made.folder)))
    return 0
