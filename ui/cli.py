"""The command line: `wendang COMMAND`. Each command is a file of ui/commands with a click command named `command`."""

import contextlib
import io
import os
import signal
import sys

import click

from ingest.errors import WendangError
from models.errors import WorkshopError
from ui.text import error_text, set_language, t


def build() -> click.Group:
    """Return the program in the language that is set."""
    from ui.click_texts import translate_click
    from ui.groups import Group
    from ui.options import shared

    translate_click()
    group = Group(
        "wendang",
        package="ui.commands",
        help=t("help"),
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100, "color": _color()},
        callback=lambda **_: None,
    )
    group.params.append(
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_version,
            help=t("option.version"),
        )
    )
    return shared(group)


def main() -> None:
    """Run the program and end the process with its exit status (0, 1, 2 or 3; 130 after Ctrl-C)."""
    arguments = sys.argv[1:]
    _open_closed_streams()
    set_language(_asked_language(arguments))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        status = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of a pipe has left: what is still buffered must not fail again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except (KeyboardInterrupt, click.Abort):
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # pressed again, it ends what is left to do, without a traceback
        click.echo(t("interrupted"), err=True)
        status = 130
    except Exception as exc:
        # The last resort: one line for the user; the traceback is for --debug.
        if "--debug" in arguments:
            raise
        click.echo(t("unexpected", kind=type(exc).__name__, message=str(exc)), err=True)
        status = 1
    sys.exit(status)


def _show_version(ctx: click.Context, param: click.Parameter, asked: bool) -> None:
    from importlib import metadata

    if asked and not ctx.resilient_parsing:
        try:
            version = metadata.version("wendang")
        except metadata.PackageNotFoundError:
            version = t("version.unknown")
        click.echo(f"wendang {version}")
        ctx.exit()


def _open_closed_streams() -> None:
    """Put the null device where the caller closed a standard stream.

    The next file opened, such as a database, would take its number, and whatever a child process writes there.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:
                os.dup2(null, number)
                os.close(null)
            os.set_inheritable(number, True)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - kept to the end


def _color() -> bool | None:
    """Return False where the user or the terminal wants no colours, None where click is to find out."""
    return False if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" else None


def _run(arguments: list[str]) -> int:
    """Return the exit status of a command line; errors that users can mend become one line on stderr."""
    try:
        return int(build().main(args=arguments, prog_name="wendang", standalone_mode=False) or 0)
    except SystemExit:
        return 0  # so click ends where the reader of a pipe has left
    except click.exceptions.Exit as exc:
        return exc.exit_code
    except click.ClickException as exc:
        exc.show()
        return 2
    except (WendangError, WorkshopError) as exc:
        if "--debug" in arguments:
            raise
        click.echo(error_text(exc), err=True)
        return 1


def _asked_language(arguments: list[str]) -> str:
    """Return the language of `--lang`, or of WENDANG_LANG: texts are made before the arguments are parsed."""
    asked = os.environ.get("WENDANG_LANG", "")
    with contextlib.suppress(IndexError):
        for position, argument in enumerate(arguments):
            if argument.startswith("--lang"):
                asked = argument.partition("=")[2] or arguments[position + 1]
    return asked
