"""`wendang api`: the OpenAI-compatible HTTP API."""

import signal
import sys

import click

from ingest.errors import MissingExtra
from ui.options import define, home, tell_if_model_is_made_first
from ui.text import error_text, t

#: Requests that wait for their turn.
_WAITING = 64


@define("api")
@click.option(
    "--port", type=click.IntRange(1, 65535), metavar="N", default=19327, show_default=True, help=t("option.port")
)
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help=t("option.host"))
@click.option("--api-key", metavar="KEY", envvar="WENDANG_API_KEY", help=t("option.api_key"))
@click.option(
    "--queue", type=click.IntRange(0, 10_000), metavar="N", default=_WAITING, show_default=True, help=t("option.queue")
)
def command(port: int, host: str, api_key: str | None, queue: int) -> int:
    """Serve until Ctrl-C or SIGTERM."""
    try:
        from ui.api import server
        from ui.api.service import Service, opened
    except ModuleNotFoundError as exc:
        if exc.name not in ("fastapi", "uvicorn", "starlette", "h11", "python_multipart", "fastapi_offline"):
            raise
        raise MissingExtra(what="wendang api", package=str(exc.name), extra="api") from exc
    server.check_key(api_key, host=host)
    listener = server.listening(host, port)
    with listener:
        engine, busy = opened(str(home()))
        if busy:
            click.echo(f"{error_text(busy)}\n{t('api.read_only')}", err=True)
        tell_if_model_is_made_first(engine)
        shown = f"[{host}]" if ":" in host else host
        click.echo(t("api.address", address=f"http://{shown}:{port}"))
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # what uvicorn calls when it has ended
        service = Service(engine, waiting=queue)
        server.serve(service, listener=listener, key=api_key, any_host=not server.is_loopback(host))
    return 0
