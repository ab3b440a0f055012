"""`wendang eval retrieval`: how well the search finds."""

from pathlib import Path
from typing import Any

import click

from evals.questions import read_questions, sample, simplified
from ui.eval_options import (
    article_library,
    file_argument,
    keep_option,
    limit_option,
    print_scores,
    seed_option,
    tracked,
)
from ui.options import define, opened
from ui.text import t


@define("retrieval")
@file_argument
@limit_option
@seed_option
@keep_option
@click.option("--leg", type=click.Choice(["hybrid", "dense", "keyword"]), default="hybrid", help=t("option.leg"))
@click.option("--simplify", is_flag=True, help=t("option.simplify"))
def command(file: Path, limit: int | None, seed: int, keep: Path | None, leg: Any, simplify: bool) -> int:  # noqa: ANN401 - a Literal
    """Print the scores of the search."""
    from evals import followups
    from evals.retrieval import scores, search_all

    if followups.has_history(file):
        with opened(read_only=True) as library:
            asked = tracked(followups.read_followups(file)[:limit])
            print_scores(followups.scores(followups.compare(library, asked, rewrite=library.standalone)))
        return 0
    given = read_questions(file)
    questions = sample(given.answerable, limit=limit, seed=seed)
    if simplify:
        questions = simplified(questions)
    with article_library(given.articles, keep=keep) as library:
        print_scores(scores(search_all(library, tracked(questions), articles=given.articles, leg=leg)))
    return 0
