"""`wendang api`: the OpenAI-compatible HTTP API."""

import click

from ui.options import define
from ui.text import t


@define("api")
@click.option("--port", type=click.IntRange(1, 65535), default=19327, show_default=True, help=t("option.port"))
@click.option("--host", default="127.0.0.1", show_default=True, help=t("option.host"))
@click.option("--api-key", envvar="WENDANG_API_KEY", help=t("option.api_key"))
def command(port: int, host: str, api_key: str | None) -> int:
    """Say that it is not there yet."""
    click.echo(t("not_built", what="wendang api"), err=True)
    return 1
