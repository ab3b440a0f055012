"""`wendang mcp`: search, ask and read as MCP tools."""

import signal
import sys

import click

from ingest.errors import MissingExtra
from ui.options import define, opened
from ui.text import t


@define("mcp")
def command() -> int:
    """Serve the tools on standard input and output until the client leaves."""
    try:
        from ui.mcp_server import serve
    except ModuleNotFoundError as exc:
        if (exc.name or "").partition(".")[0] not in ("mcp", "mcp_types"):
            raise
        raise MissingExtra(what="wendang mcp", package="mcp", extra="mcp") from exc
    if sys.stdin.isatty():
        click.echo(t("mcp.terminal"), err=True)
    # The thread that reads standard input cannot be woken, so Ctrl-C ends the process; nothing is written here.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with opened(read_only=True) as library:
        serve(library)
    return 0
