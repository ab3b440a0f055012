"""What every request passes before a route sees it: who asks, in which form, how much, and how long it may take."""

import asyncio
import hmac
import logging
import time
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.api.errors import ApiError
from ui.api.json_body import encoded
from ui.text import one_line

_LOG = logging.getLogger(__name__)

UPLOAD = "/v1/library/files"
#: Without a key: whether the server is there.
_OPEN = "/healthz"
_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})

_MIB = 1024**2
#: Bytes of a body of JSON, and of one with files.
JSON_BYTES = 8 * _MIB
UPLOAD_BYTES = 512 * _MIB
#: Headers of a request, and their bytes together.
_MOST_HEADERS, _HEADER_BYTES = 100, 16 * 1024
#: Seconds for a request to arrive; a large one has more, as long as this many bytes come in each.
RECEIVE_S, _RATE = 15.0, 256 * 1024
#: Seconds for which a body that is not wanted is still taken, so that the client gets to read the reply.
_LINGER_S = 5.0


class Gate:
    """The checks, as ASGI middleware. `key` is needed where there is one; `any_host` is for other than loopback."""

    def __init__(self, app: ASGIApp, *, key: str | None, any_host: bool) -> None:
        self._app = app
        self._key = key
        self._any_host = any_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer why not; either way it leaves one line in the log, without its query."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.monotonic()
        exchange = _Exchange(receive, send, most=UPLOAD_BYTES if scope["path"] == UPLOAD else JSON_BYTES)
        try:
            try:
                self._check(scope)
            except ApiError as exc:
                await exchange.refuse(exc)
            else:
                await self._app(scope, exchange.receive, exchange.send)
        finally:
            path = one_line(scope["path"])[:200]
            seconds = time.monotonic() - started
            _LOG.info("%s %s %s %.3f s", scope["method"], path, exchange.status or "gone", seconds)

    def _check(self, scope: Scope) -> None:
        """Raise ApiError for a request that goes no further."""
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        _check_framing(scope, headers)
        self._check_origin(headers)
        if self._key is not None and scope["path"] != _OPEN:
            _check_key(headers.get("authorization", []), key=self._key)
        if scope["method"] in ("POST", "PUT", "PATCH"):
            _check_form(scope["path"], headers)

    def _check_origin(self, headers: Mapping[str, list[str]]) -> None:
        """Refuse what a foreign page makes a browser ask, under its own name or under one that it points here."""
        host = headers.get("host", [""])[0]
        name = urlsplit(f"//{host}").hostname if _is_plain(host) else None
        if name is None or not (self._any_host or name in _LOOPBACK_NAMES):
            raise ApiError(403, "host", host=host[:200])
        for origin in headers.get("origin", []):
            if origin.lower() not in (f"http://{host}".lower(), f"https://{host}".lower()):
                raise ApiError(403, "origin", origin=origin[:200])
        if "cross-site" in headers.get("sec-fetch-site", []):
            raise ApiError(403, "origin", origin="cross-site")


class _Exchange:
    """One request and its reply: counts and times what comes in, and lingers where a reply comes before its end."""

    def __init__(self, receive: Receive, send: Send, *, most: int) -> None:
        self._receive = receive
        self._send = send
        self._most = most
        self._read = 0
        self._started = time.monotonic()
        self._has_all = False
        self.status = 0

    async def receive(self) -> Message:
        """Return what comes next. Raises ApiError 408 for a body that takes too long, 413 for too large a one."""
        if self._has_all:
            return await self._receive()
        deadline = self._started + RECEIVE_S + self._read / _RATE
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                message = await self._receive()
        except TimeoutError as exc:
            raise ApiError(408, "slow", seconds=int(RECEIVE_S)) from exc
        self._note(message)
        if self._read > self._most:
            raise ApiError(413, "too_large", most=self._most // _MIB)
        return message

    async def send(self, message: Message) -> None:
        """Send a part of the reply; the last part waits for what the client is still sending."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message.get("headers", []), (b"x-content-type-options", b"nosniff")]}
        elif not message.get("more_body") and not self._has_all:
            await self._send({**message, "more_body": True})
            await self._linger()
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)

    async def refuse(self, error: ApiError) -> None:
        """Answer with an error."""
        body = encoded(error.body)
        headers = [(name.lower().encode(), value.encode()) for name, value in (error.headers or {}).items()]
        headers += [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        if error.status_code in (400, 431):  # nobody knows what the rest of the bytes means
            headers.append((b"connection", b"close"))
        await self.send({"type": "http.response.start", "status": error.status_code, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})

    async def _linger(self) -> None:
        try:
            async with asyncio.timeout(_LINGER_S):
                while not self._has_all:
                    self._note(await self._receive())
        except TimeoutError:
            pass  # the connection is closed under what still comes

    def _note(self, message: Message) -> None:
        if message["type"] == "http.request":
            self._read += len(message.get("body", b""))
        self._has_all = not message.get("more_body", False)


def _check_framing(scope: Scope, headers: Mapping[str, list[str]]) -> None:
    """Refuse what two readers of the same bytes could understand in two ways, and heads that are too long."""
    if "transfer-encoding" in headers and "content-length" in headers:
        raise ApiError(400, "smuggling")
    count = len(scope["headers"])
    size = sum(len(name) + len(value) for name, value in scope["headers"])
    if count > _MOST_HEADERS or size + len(scope["raw_path"]) + len(scope["query_string"]) > _HEADER_BYTES:
        raise ApiError(431, "headers", most=_HEADER_BYTES // 1024)


def _check_key(given: Collection[str], *, key: str) -> None:
    scheme, _, token = next(iter(given), "").partition(" ")
    is_right = hmac.compare_digest(token.strip().encode("latin-1"), key.encode())
    if len(given) != 1 or scheme.lower() != "bearer" or not is_right:
        raise ApiError(401, "key")


def _check_form(path: str, headers: Mapping[str, list[str]]) -> None:
    """Refuse bodies of another type than is read: a browser sends the others without asking first."""
    if "content-encoding" in headers:
        raise ApiError(415, "compressed")
    length = headers.get("content-length", ["0"])[0]
    kind = headers.get("content-type", [""])[0].partition(";")[0].strip().lower()
    has_body = "transfer-encoding" in headers or length != "0"
    wanted = "multipart/form-data" if path == UPLOAD else "application/json"
    if (has_body or kind) and kind != wanted:
        raise ApiError(415, "content_type", wanted=wanted, given=kind[:100])
    if int(length) > (most := UPLOAD_BYTES if path == UPLOAD else JSON_BYTES):
        raise ApiError(413, "too_large", most=most // _MIB)


def _is_plain(host: str) -> bool:
    """Whether a Host header is nothing but a name and a port."""
    return bool(host) and all(char.isalnum() or char in ".-:[]_" for char in host) and host.isascii()
