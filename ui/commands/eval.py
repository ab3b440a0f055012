"""`wendang eval`: how good and how quick this installation is."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from evals.questions import Article, read_questions, sample, simplified
from ui.options import define, home, opened, print_json, shared, wants_json
from ui.text import t

if TYPE_CHECKING:
    from evals.answers import Judged
    from rag import Engine

T = TypeVar("T")

#: Questions that `answers` asks where no limit is given: some minutes' work for the default model.
_ANSWERS = 300
#: Files that `speed` syncs where no limit is given.
_FILES = 400

command = shared(click.Group("eval", help=t("help.eval"), short_help=t("short.eval")))
_limit = click.option("--limit", type=click.IntRange(1), metavar="N", help=t("option.limit"))
_seed = click.option("--seed", type=int, default=0, metavar="N", help=t("option.seed"))
_keep = click.option("--keep", type=click.Path(path_type=Path), metavar="DIR", help=t("option.keep"))
_file = click.argument("file", type=click.Path(path_type=Path))


@define("retrieval")
@_file
@_limit
@_seed
@_keep
@click.option("--leg", type=click.Choice(["hybrid", "dense", "keyword"]), default="hybrid", help=t("option.leg"))
@click.option("--simplify", is_flag=True, help=t("option.simplify"))
def retrieval(file: Path, limit: int | None, seed: int, keep: Path | None, leg: Any, simplify: bool) -> int:  # noqa: ANN401 - a Literal
    """Print the scores of the search."""
    from evals import followups
    from evals.retrieval import scores, search_all

    if followups.has_history(file):
        with opened(read_only=True) as library:
            asked = _tracked(followups.read_followups(file)[:limit])
            _print(followups.scores(followups.compare(library, asked, rewrite=library.standalone)))
        return 0
    given = read_questions(file)
    questions = sample(given.answerable, limit=limit, seed=seed)
    if simplify:
        questions = simplified(questions)
    with _library(given.articles, keep=keep) as library:
        _print(scores(search_all(library, _tracked(questions), articles=given.articles, leg=leg)))
    return 0


@define("answers")
@_file
@_limit
@_seed
@_keep
@click.option("--mode", type=click.Choice(["stuff", "refine"]), help=t("option.mode"))
@click.option("--model", metavar="NAME", help=t("option.model"))
@click.option("--top-k", type=click.IntRange(1, 100), help=t("option.top_k"))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help=t("option.out"))
def answers(
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
    with _library(articles, keep=keep, **settings) as library:
        asked = (*planned.answerable, *planned.unanswerable)
        judged = [judge(question, library.ask(question.text)) for question in _tracked(asked)]
        mode = library.settings.mode
    if out:
        _write(out, judged)
    _print(scores(judged, mode=mode))
    return 0


@define("speed")
@_limit
@_seed
def speed(limit: int | None, seed: int) -> int:
    """Print the speed of sync and of generation, beside that of what they stand on."""
    from evals.speed import measure_speed

    _print(measure_speed(home=home(), files=limit or _FILES, seed=seed))
    return 0


@define("choice")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@_limit
@_seed
def choice(folder: Path, limit: int | None, seed: int) -> int:
    """Say that this is not built yet."""
    click.echo(t("not_built", what="eval choice"), err=True)
    return 1


@contextmanager
def _library(articles: Mapping[str, Article], *, keep: Path | None, **settings: Any) -> Iterator["Engine"]:  # noqa: ANN401
    """Open a library of the articles, or that of the home where the questions bring none."""
    from evals.corpus import library_of
    from ui.progress import SyncProgress

    if not articles:
        with opened(read_only=True, **settings) as library:
            if not library.status():
                click.echo(t("empty_library"), err=True)
            yield library
        return
    with ExitStack() as stack:
        with SyncProgress() as progress:
            made = library_of(articles.values(), home=home(), keep=keep, on_event=progress.update, **settings)
            library = stack.enter_context(made)
        yield library


def _tracked(questions: Iterable[T]) -> Iterable[T]:
    """Yield the questions under a bar on stderr, if that is a terminal."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(list(questions), t("progress.ask"), console=console, transient=True, disable=not console.is_terminal)


def _write(out: Path, judged: Iterable["Judged"]) -> None:
    from evals.answers import as_record

    lines = [json.dumps(as_record(one), ensure_ascii=False) + "\n" for one in judged if not one.right]
    out.write_text("".join(lines), "utf-8")


def _print(scores: Mapping[str, Any]) -> None:
    from ui.tables import table

    if wants_json():
        print_json(scores)
        return
    rows = [(name, "–" if value is None else str(value)) for name, value in scores.items()]
    table(t("eval.columns").split("|"), rows)


for _made in (retrieval, answers, speed, choice):
    command.add_command(_made)
