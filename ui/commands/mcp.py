"""`wendang mcp`: search, ask and read as MCP tools."""

import click

from ui.options import define
from ui.text import t


@define("mcp")
def command() -> int:
    """Say that it is not there yet."""
    click.echo(t("not_built", what="wendang mcp"), err=True)
    return 1
