"""The server: where it listens, how it ends, what it logs."""

import asyncio
import errno
import ipaddress
import logging
import socket
import sys

import uvicorn

from ingest.errors import BadSetting
from ui.api.app import make_app
from ui.api.protocol import StrictProtocol
from ui.api.service import Service
from ui.text import printable

#: Seconds for replies to end after SIGTERM or Ctrl-C: they are told at once.
_ENDING_S = 3


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens. Raises BadSetting where that cannot be."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as exc:
        is_host = isinstance(exc, socket.gaierror) or exc.errno == errno.EADDRNOTAVAIL
        name, value = ("--host", host) if is_host else ("--port", port)
        raise BadSetting(
            f"{host} port {port} cannot be used ({exc.strerror}); give another with {name}",
            name=name,
            value=value,
            expected=exc.strerror,
            cause="host" if is_host else "port",
        ) from exc


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_key(key: str | None, *, host: str) -> None:
    """Raise BadSetting for a key that cannot be sent, and for none where other machines can ask."""
    if key is None and not is_loopback(host):
        raise BadSetting(
            f"--host {host} can be reached from other machines; set a key with WENDANG_API_KEY or --api-key",
            name="--host",
            value=host,
            cause="no_key",
        )
    if key is not None and not (key.isascii() and key.isprintable() and key.strip() == key and key):
        raise BadSetting(
            "the key cannot be sent in a header; use letters and digits",
            name="--api-key",
            value="***",
            cause="key_form",
        )


def serve(service: Service, *, listener: socket.socket, key: str | None, any_host: bool) -> None:
    """Serve until SIGTERM or Ctrl-C; running streams end with an error event, and the library is closed."""
    _log_to_stderr()
    config = uvicorn.Config(
        make_app(service, key=key, any_host=any_host),
        http=StrictProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_ENDING_S,
        h11_max_incomplete_event_size=32 * 1024,
    )
    with listener:
        _Server(config, closing=service.workshop.closing).run(sockets=[listener])


class _Server(uvicorn.Server):
    """uvicorn's server, which tells the replies that it ends."""

    def __init__(self, config: uvicorn.Config, *, closing: asyncio.Event) -> None:
        super().__init__(config)
        self._closing = closing

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the replies, then the server."""
        self._closing.set()
        await super().shutdown(sockets)


class _OneLine(logging.Formatter):
    """Log lines that no text from outside can forge: a second line is indented, control characters are escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return printable(super().format(record)).replace("\n", "\n    ")


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine("%(asctime)s %(levelname)s %(message)s"))
    for name, level in (("ui.api", logging.INFO), ("uvicorn.error", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
