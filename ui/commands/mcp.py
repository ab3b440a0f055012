"""`wendang mcp`: search, ask and read as MCP tools."""

import os
import signal
import sys
from pathlib import Path

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
    if _is_null(0) or _is_null(1):
        click.echo(t("mcp.no_client"), err=True)
        return 1
    if sys.stdin.isatty():
        click.echo(t("mcp.terminal"), err=True)
    # The thread that reads standard input cannot be woken, so Ctrl-C ends the process; nothing is written here.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with opened(read_only=True) as library:
        try:
            serve(library)
        except* (BrokenPipeError, ConnectionResetError):
            click.echo(t("mcp.client_left"), err=True)
    return 0


def _is_null(descriptor: int) -> bool:
    """Whether a descriptor is the null device, which nobody reads and writes: so is a stream that was closed."""
    return os.path.samestat(os.fstat(descriptor), Path(os.devnull).stat())
