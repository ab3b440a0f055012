"""The articles of a question set as a library of their own, made for one evaluation."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from evals.questions import Article
from ingest.errors import BadSetting
from ingest.types import SyncEvent
from rag.engine import Engine
from rag.settings import read_settings

#: Marks a folder that an evaluation made, and whose documents it may replace.
_MARK = "wendang-evaluation"


@contextmanager
def library_of(
    articles: Iterable[Article],
    *,
    home: Path,
    keep: Path | None = None,
    on_event: Callable[[SyncEvent], None] = lambda event: None,
    **settings: Any,  # noqa: ANN401 - any setting's type
) -> Iterator[Engine]:
    """Open a library that holds exactly the articles, one text file each, under the settings and models of `home`.

    It lies in a temporary folder or, for another run to use, in `keep`: a new folder, or one that was kept before
    (BadSetting otherwise). `on_event` is told how the sync goes. `settings` go before those of `home`.
    """
    asked = read_settings(home, **settings)
    with nullcontext(str(_kept(keep))) if keep else tempfile.TemporaryDirectory(prefix="wendang-eval-") as folder:
        used = asked.model_copy(update={"home": Path(folder), "models_dir": asked.models})
        used.documents.mkdir(exist_ok=True)
        listed = list(articles)
        _write(listed, folder=used.documents)
        with Engine(used) as engine:
            for event in engine.sync():
                on_event(event)
            for article in listed:
                assert engine.text(article.source).text == article.text, "offsets count in the article's own text"
            yield engine


def _kept(folder: Path) -> Path:
    """Return a folder that an evaluation may fill; nothing of the user's is ever replaced."""
    folder = folder.expanduser().absolute()
    if folder.exists() and not (folder / _MARK).exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadSetting(
            f"{folder} was not made by an evaluation; give a new folder to --keep",
            name="--keep",
            value=str(folder),
            expected="a new folder",
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()
    return folder


def _write(articles: Iterable[Article], *, folder: Path) -> None:
    """Make the folder hold the articles and nothing else; a file that is right already keeps its time."""
    wanted = {article.source: article.text.encode() for article in articles}
    for path in folder.iterdir():
        if path.name not in wanted:
            path.unlink()
    for name, content in wanted.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
