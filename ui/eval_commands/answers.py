"""`wendang eval answers`: how well questions are answered, cited and refused."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evals.questions import read_questions
from rag.types import MODES
from ui.eval_options import (
    article_library,
    file_argument,
    keep_option,
    limit_option,
    print_scores,
    seed_option,
    tracked,
)
from ui.options import define
from ui.text import t

if TYPE_CHECKING:
    from evals.answers import Judged

#: Questions that are asked where no limit is given: some minutes' work for the default model.
_ANSWERS = 300


@define("answers")
@file_argument
@limit_option
@seed_option
@keep_option
@click.option("--mode", type=click.Choice(MODES), help=t("option.mode"))
@click.option("--model", metavar="NAME", help=t("option.model"))
@click.option("--top-k", type=click.IntRange(1, 100), help=t("option.top_k"))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help=t("option.out"))
def command(
    file: Path,
    limit: int | None,
    seed: int,
    keep: Path | None,
    out: Path | None,
    **settings: Any,  # noqa: ANN401
) -> int:
    """Print the scores of the answers."""
    from evals.answers import judge, plan, scores

    given = read_questions(file)
    planned = plan(given, limit=limit or _ANSWERS, seed=seed)
    articles = {article.source: article for article in planned.articles}
    with article_library(articles, keep=keep, **settings) as library:
        asked = (*planned.answerable, *planned.unanswerable)
        judged = [judge(question, library.ask(question.text)) for question in tracked(asked)]
        mode = library.settings.mode
    if out:
        _write(out, judged)
    print_scores(scores(judged, mode=mode))
    return 0


def _write(out: Path, judged: Iterable["Judged"]) -> None:
    from evals.answers import as_record

    lines = [json.dumps(as_record(one), ensure_ascii=False) + "\n" for one in judged if not one.right]
    out.write_text("".join(lines), "utf-8")
