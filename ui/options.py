"""The options that every command takes, before or after its name."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ui.help_page import Command as PageCommand
from ui.sources import completions
from ui.text import t

if TYPE_CHECKING:
    from rag import Engine

Command = TypeVar("Command", bound=click.Command)

_NAMES = ("home", "as_json", "lang", "debug")


top_k_option = click.option("--top-k", type=click.IntRange(1, 100), metavar="N", help=t("option.top_k"))
sources_option = click.option(
    "--source", "sources", multiple=True, metavar="GLOB", shell_complete=completions, help=t("option.source")
)
model_option = click.option("--model", metavar="NAME", help=t("option.model"))


def shared(command: Command) -> Command:
    """Add the shared options to a command or group; those given nearest to the end win."""
    command.params += [
        click.Option(
            ["--home"], type=click.Path(path_type=Path), help=t("option.home"), expose_value=False, callback=_keep
        ),
        click.Option(["--json", "as_json"], is_flag=True, help=t("option.json"), expose_value=False, callback=_keep),
        click.Option(
            ["--lang"], type=click.Choice(["zh", "en"]), help=t("option.lang"), expose_value=False, callback=_keep
        ),
        click.Option(["--debug"], is_flag=True, help=t("option.debug"), expose_value=False, callback=_keep),
    ]
    return command


def define(name: str, **attributes: Any) -> Callable[[Callable[..., Any]], click.Command]:  # noqa: ANN401
    """Return a decorator that makes a click command with its help text and the shared options."""

    def decorate(function: Callable[..., Any]) -> click.Command:
        made = click.command(
            name,
            cls=PageCommand,
            help=t(f"help.{name}"),
            short_help=t(f"short.{name}"),
            options_metavar=t("metavar.options"),
            **attributes,
        )
        return shared(made(function))

    return decorate


def _keep(ctx: click.Context, param: click.Parameter, value: object) -> None:
    kept = ctx.ensure_object(dict)
    if value not in (None, False):
        kept[param.name] = value


def wants_json() -> bool:
    """Whether --json was given."""
    return bool(click.get_current_context().ensure_object(dict).get("as_json"))


def home() -> Path:
    """Return the home asked for: --home, WENDANG_HOME, or `data` of the checkout."""
    return home_of(click.get_current_context())


def home_of(ctx: click.Context) -> Path:
    """Return the home asked for in a context."""
    import os

    given = ctx.ensure_object(dict).get("home") or os.environ.get("WENDANG_HOME")
    return Path(given).expanduser().absolute() if given else Path(__file__).resolve().parent.parent / "data"


def opened(*, read_only: bool = False, **settings: Any) -> "Engine":  # noqa: ANN401
    """Open the library of the home asked for."""
    from rag import open_library

    return open_library(home(), read_only=read_only, **settings)


def print_json(value: object, *, one_line: bool = False) -> None:
    """Print a value as JSON, not escaped; on one line, where it is one of several."""
    import json

    click.echo(json.dumps(value, ensure_ascii=False, indent=None if one_line else 2))


def tell_that_library_is_empty(engine: "Engine") -> None:
    """Say on stderr that there is nothing to look in yet, and where files go."""
    click.echo(t("empty_library", folder=str(engine.settings.documents)), err=True)


def tell_if_model_is_made_first(engine: "Engine") -> None:
    """Say on stderr that the first question takes longer, where the default model is yet to be made."""
    from rag.language_model import is_prepared

    if not is_prepared(engine.settings):
        click.echo(t("preparing_model"), err=True)
