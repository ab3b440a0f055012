"""Documents as users name them on the command line: sources, patterns of them, and files of synced folders."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class

if TYPE_CHECKING:
    from rag import Engine

_Function = TypeVar("_Function", bound=Callable[..., Any])


def named(library: "Engine", given: str) -> list[str]:
    """Return the documents that a word names: one, those that match a pattern, or those of a synced folder.

    A source comes before a pattern (`[2025]计划.docx` may be a name), and a path of a file may stand for its source.
    Raises NotInLibrary.
    """
    from ingest.errors import NotInLibrary
    from ingest.library.documents import chosen

    known = library.status()
    sources = [one.source for one in known]
    if given in sources:
        return [given]
    path = Path(given).expanduser().resolve()
    outer = [folder for folder in library.folders() if path.is_relative_to(folder)]
    for folder in outer:
        if (relative := path.relative_to(folder).as_posix()) in sources:
            return [relative]
    found = chosen(sources, [given])
    if not found:
        raise NotInLibrary(f"the library has no document {given!r}; `wendang status` lists them", source=given)
    return found


def one_named(library: "Engine", given: str) -> str:
    """Return the one document that a word names. Raises NotInLibrary, also where it names several."""
    from ingest.errors import NotInLibrary

    found = named(library, given)
    if len(found) > 1:
        raise NotInLibrary(
            f"{given!r} names {len(found)} documents ({', '.join(found[:3])} …); name one of them",
            source=given,
            cause="several",
            count=len(found),
            some=", ".join(found[:3]),
        )
    return found[0]


def to_remove(library: "Engine", given: Sequence[str]) -> list[str]:
    """Return what words on the command line name: synced folders, by their paths, and documents, each once.

    What is inside of an archive or a mail goes with it. Raises NotInLibrary.
    """
    synced = set(library.folders())
    whole = [word for word in given if Path(word).expanduser().resolve() in synced]
    single = sorted({source for word in given if word not in whole for source in named(library, word)})
    return whole + [one for one in single if not any(one.startswith(f"{outer}/") for outer in single)]


def source_argument(name: str = "source", **attributes: Any) -> Callable[[_Function], _Function]:  # noqa: ANN401
    """Return click's decorator for an argument that names documents; shells complete it."""
    return click.argument(name, shell_complete=completions, **attributes)


def completions(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Return the sources that begin with what was typed, for a shell."""
    from ui.options import home_of

    return [CompletionItem(source) for source in sources_of(home_of(ctx)) if source.startswith(incomplete)]


def sources_of(home: Path) -> Sequence[str]:
    """Return the sources of a home's library; none where it cannot be opened, since nothing may be said of it now."""
    from ingest.errors import WendangError
    from ingest.library.catalog import Catalog
    from ingest.library.documents import sources

    path = home / "library" / "catalog.sqlite3"
    if not path.exists():
        return ()
    try:
        catalog = Catalog(path, read_only=True)
    except WendangError:
        return ()
    try:
        return sources(catalog)
    finally:
        catalog.close()


@add_completion_class
class QuotingBash(BashComplete):
    """Bash's completion, with the characters escaped that bash would take for its own: names have spaces."""

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Return an item as click's script for bash reads it."""
        # Twice: once for the script's `read`, once for the line that is typed.
        escaped = re.sub(r"([^\w/.,:=@%+-])", r"\\\\\1", item.value)
        return f"{item.type},{escaped}"
