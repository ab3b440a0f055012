"""`wendang eval prompts`: what a model says to prompts by category, and what another one thinks of it."""

import json
from collections.abc import Iterable
from contextlib import closing, nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ui.eval_options import file_argument, tracked
from ui.options import define, home, model_option, print_json, wants_json
from ui.text import t

if TYPE_CHECKING:
    from evals.prompt_set import CategoryPrompt, Output


@define("prompts")
@file_argument
@click.option("--limit", type=click.IntRange(1), metavar="N", help=t("option.prompts_limit"))
@model_option
@click.option("--judge", metavar="MODEL", help=t("option.judge"))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help=t("option.prompts_out"))
def command(file: Path, limit: int | None, model: str | None, judge: str | None, out: Path | None) -> int:
    """Print the points by category; without a judge, how many prompts were answered."""
    from evals.prompt_set import read_prompts, scores

    prompts = _first(read_prompts(file), limit=limit)
    outputs = _answered(prompts, model=model)
    if judge:
        outputs = _judged(outputs, judge=judge)
    if out:
        _write(out, outputs)
    found = {"judge": judge, **scores(outputs)}
    if wants_json():
        print_json({**found, "outputs": [asdict(one) for one in outputs]})
        return 0
    _show(found, outputs)
    return 0


def _first(prompts: "Iterable[CategoryPrompt]", *, limit: int | None) -> "list[CategoryPrompt]":
    """Return the first prompts of each category."""
    counts: dict[str, int] = {}
    kept = []
    for prompt in prompts:
        counts[prompt.category] = counts.get(prompt.category, 0) + 1
        if limit is None or counts[prompt.category] <= limit:
            kept.append(prompt)
    return kept


def _answered(prompts: "Iterable[CategoryPrompt]", *, model: str | None) -> "list[Output]":
    from evals.prompt_set import Output

    with _opened(model) as asked:
        return [Output(prompt, _said(asked, prompt.text)) for prompt in tracked(prompts)]


def _judged(outputs: "Iterable[Output]", *, judge: str) -> "list[Output]":
    from evals.prompt_set import rating
    from rag.prompts import judging

    with _opened(judge) as asked:
        said = [(one, _said(asked, judging(one.prompt.text, [one.said]))) for one in tracked(outputs)]
    return [replace(one, judged=text, rating=rating(text)) for one, text in said]


def _said(model: Any, text: str) -> str:  # noqa: ANN401 - a chat model
    from langchain_core.messages import HumanMessage

    said: str = model.invoke([HumanMessage(text)]).text
    return said.strip()


def _opened(name: str | None) -> Any:  # noqa: ANN401 - a context manager of a chat model
    from rag.language_model import load_model
    from rag.settings import read_settings

    chosen = read_settings(home())
    model = load_model(
        name or chosen.model,
        models_dir=chosen.models,
        backend=chosen.backend,
        family=chosen.family,
        options=chosen.backend_options,
    )
    return closing(model) if hasattr(model, "close") else nullcontext(model)


def _write(out: Path, outputs: "Iterable[Output]") -> None:
    """Write the outputs, each with the instruction for a judge, who may be asked elsewhere."""
    from rag.prompts import judging

    records = [{**asdict(one), "judging": judging(one.prompt.text, [one.said])} for one in outputs]
    out.write_text(json.dumps(records, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _show(found: dict[str, Any], outputs: "Iterable[Output]") -> None:
    from ui.tables import table

    counts: dict[str, int] = {}
    for one in outputs:
        counts[one.prompt.category] = counts.get(one.prompt.category, 0) + 1
    points = {**found["categories"], t("choice.all"): found["average"]}
    counts[t("choice.all")] = found["prompts"]
    rows = [(name, str(counts[name]), "–" if value is None else f"{value:.1f}") for name, value in points.items()]
    table(t("prompts.columns").split("|"), rows)
    if found["judge"]:
        click.echo(t("prompts.not_gpt4", judge=found["judge"], unrated=found["unrated"]))
