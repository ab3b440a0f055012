"""What the sub-commands of `wendang eval` share: options, a library to ask, progress, and the table of scores."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from evals.questions import Article
from ui.options import home, opened, print_json, tell_that_library_is_empty, wants_json
from ui.text import t

if TYPE_CHECKING:
    from rag import Engine

T = TypeVar("T")

limit_option = click.option("--limit", type=click.IntRange(1), metavar="N", help=t("option.limit"))
seed_option = click.option("--seed", type=int, default=0, metavar="N", help=t("option.seed"))
keep_option = click.option("--keep", type=click.Path(path_type=Path), metavar="DIR", help=t("option.keep"))
file_argument = click.argument("file", type=click.Path(path_type=Path))


@contextmanager
def article_library(articles: Mapping[str, Article], *, keep: Path | None, **settings: Any) -> Iterator["Engine"]:  # noqa: ANN401
    """Open a library of the articles, or that of the home where the questions bring none."""
    from evals.corpus import library_of
    from ui.progress import SyncProgress

    if not articles:
        with opened(read_only=True, **settings) as library:
            if not library.status():
                tell_that_library_is_empty(library)
            yield library
        return
    with ExitStack() as stack:
        with SyncProgress() as progress:
            made = library_of(articles.values(), home=home(), keep=keep, on_event=progress.update, **settings)
            library = stack.enter_context(made)
        yield library


def tracked(questions: Iterable[T]) -> Iterable[T]:
    """Yield the questions under a bar on stderr, if that is a terminal."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(list(questions), t("progress.ask"), console=console, transient=True, disable=not console.is_terminal)


def print_scores(scores: Mapping[str, Any]) -> None:
    """Print scores, by name, as a table or as JSON."""
    from ui.tables import table

    if wants_json():
        print_json(scores)
        return
    rows = [(name, "–" if value is None else str(value)) for name, value in scores.items()]
    table(t("eval.columns").split("|"), rows)
