"""`wendang page`: the Streamlit page, for this machine only."""

import os
import socket
from pathlib import Path

import click

from ingest.errors import BadSetting, MissingExtra
from ui.options import define, home
from ui.text import t

_ADDRESS = "127.0.0.1"

# Nothing leaves the machine, nothing else on the network gets in, and no browser is opened. The allowed hosts keep a
# foreign site from reaching the page under a name that it points at 127.0.0.1 (DNS rebinding).
_STREAMLIT = {
    "server.address": _ADDRESS,
    "server.allowedHosts": _ADDRESS,
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "server.enableCORS": "true",
    "server.enableXsrfProtection": "true",
    "server.enableStaticServing": "false",
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "type",
    "client.showErrorLinks": "false",
    "logger.hideWelcomeMessage": "true",
}


@define("page")
@click.option(
    "--port", type=click.IntRange(1, 65535), metavar="N", default=8501, show_default=True, help=t("option.port")
)
def command(port: int) -> int:
    """Serve the page until Ctrl-C."""
    try:
        import streamlit  # noqa: F401 - where its parts are loaded already, it alone tells that it is missing
        from streamlit.web import cli
    except ImportError as exc:
        raise MissingExtra(what="wendang page", package="streamlit", extra="ui") from exc
    _check_free(port)
    _hand_on()
    click.echo(t("page.address", address=f"http://{_ADDRESS}:{port}"))
    from ui.views import shared, style

    flags = [part for name, value in {**_STREAMLIT, **style.THEME}.items() for part in (f"--{name}", value)]
    page = Path(__file__).resolve().parent.parent / "page.py"
    try:
        cli.main(["run", str(page), "--server.port", str(port), *flags], standalone_mode=False)
    finally:
        shared.close_all()
    return 0


def _check_free(port: int) -> None:
    """Raise BadSetting where the port is taken: Streamlit would only log it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_ADDRESS, port))
        except OSError as exc:
            raise BadSetting(
                f"port {port} cannot be used ({exc.strerror}); give another with --port",
                name="--port",
                value=port,
                expected=exc.strerror,
                cause="port",
            ) from exc


def _hand_on() -> None:
    """Let the page, which Streamlit runs as a script, know the home and the language."""
    os.environ["WENDANG_HOME"] = str(home().absolute())
    language = click.get_current_context().ensure_object(dict).get("lang")
    if language:
        os.environ["WENDANG_LANG"] = language
