"""`wendang model train`: continued pre-training and instruction tuning, as a TOML file says."""

import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from ui.options import define, print_json, wants_json
from ui.text import t

if TYPE_CHECKING:
    from models.training.recipe import Recipe
    from models.training.train import Trained


@define("train")
@click.argument("settings", required=False, metavar=t("metavar.train_file"), type=click.Path(path_type=Path))
@click.option("--new", "kind", type=click.Choice(["pretrain", "tune"]), help=t("option.train_new"))
def command(settings: Path | None, kind: str | None) -> int:
    """Train, and print what came of it and what to do next."""
    from models.training.recipe import read_recipe
    from models.training.train import train

    if kind:
        click.echo(_settings(kind))
        return 0
    if settings is None:
        raise click.UsageError(t("train.file_or_new"))
    recipe = read_recipe(settings.expanduser())
    with _TrainingProgress() as progress:
        made = train(recipe, progress=progress, told=progress.told)
    if wants_json():
        print_json(asdict(made) | {"folder": str(made.folder)})
    else:
        _show(made, recipe)
    return 0


def _show(made: "Trained", recipe: "Recipe") -> None:
    first, last = (f"{loss:.3f}" for loss in made.losses)
    if made.resumed_at:
        click.echo(t("train.resumed", step=made.resumed_at))
    click.echo(t("train.done", steps=made.steps, examples=made.examples, held_out=made.held_out,
                 out=str(made.folder), first=first, last=last))  # fmt: skip
    if made.perplexities:
        before, after = (f"{perplexity:.4g}" for perplexity in made.perplexities)
        click.echo(t("train.perplexity", before=before, after=after))
    if made.left_out:
        click.echo(t("train.left_out", records="; ".join(made.left_out)), err=True)
    click.echo(t("train.next", base=str(recipe.base), out=str(made.folder)))


def _settings(kind: str) -> str:
    """Return a file of settings to begin with; what it does not say has the same defaults."""
    base, tokenizer, data, out = t(f"train.names_{kind}").split("|")
    return t(
        "train.settings", kind=kind, base=base, tokenizer=tokenizer, data=data, out=out,
        about=t(f"train.about_{kind}"), learning_rate="2e-4" if kind == "pretrain" else "1e-4",
        block=t("train.about_block"), batch=t("train.about_batch"), save=t("train.about_save"),
        checkpointing=t("train.about_checkpointing"),
    )  # fmt: skip


class _TrainingProgress:
    """One bar for reading and training, on stderr and only on a terminal; it shows the last loss."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        console = Console(stderr=True)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            redirect_stdout=sys.stdout.isatty(),
            disable=not console.is_terminal,
        )
        self._task = self._bars.add_task("", total=None, visible=False)
        self._loss = ""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Move the bar."""
        steps = f" {done}/{total}{self._loss}" if stage == "train" else ""
        self._bars.update(
            self._task, description=t(f"work.{stage}") + steps, completed=done, total=total or None, visible=True
        )

    def told(self, facts: Mapping[str, float]) -> None:
        """Note a loss."""
        if "loss" in facts:
            self._loss = "  " + t("train.loss", loss=f"{facts['loss']:.3f}")

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()
