"""HTTP/1.1 as uvicorn reads it with h11, made strict, and with an end to waiting for a client.

uvicorn has no deadline for a request's head, and none for a client that does not read. Its own replies are plain text.
"""

import asyncio
import re
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from ui.api.errors import ApiError
from ui.api.gate import RECEIVE_S
from ui.api.json_body import encoded

#: Connections at a time; the process has file descriptors for more.
_MOST = 500
#: Seconds for a client to take what it was sent.
WRITE_S = 15.0
_BARE_LINE_END = re.compile(rb"(?<!\r)\n")


class StrictProtocol(H11Protocol):
    """One connection."""

    _timer: asyncio.TimerHandle | None = None
    _head = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as H11Protocol has it
        """Begin; one connection too many ends at once."""
        super().connection_made(transport)
        if len(self.connections) > _MOST:
            transport.abort()
            return
        self._start(RECEIVE_S)

    def data_received(self, data: bytes) -> None:
        """Take bytes; a head must be complete in time, and end its lines as HTTP does."""
        if self.conn.their_state is h11.IDLE:
            if not self._head and self._timer is None:
                self._start(RECEIVE_S)
            self._head += data
            head, end, _ = self._head.partition(b"\r\n\r\n")
            if _BARE_LINE_END.search(head + end):
                self.conn.receive_data(data)
                self.send_400_response("bare line end")
                return
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._head = b""
            self._stop()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Give a client that does not read a while."""
        super().pause_writing()
        self._start(WRITE_S)

    def resume_writing(self) -> None:
        """Go on: the client has read."""
        self._stop()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that are not HTTP as any other error, and close."""
        self._stop()
        body = encoded(ApiError(400, "not_http", detail=msg).body)
        headers = [
            ("content-type", "application/json"),
            ("content-length", str(len(body))),
            ("connection", "close"),
        ]
        events: list[Any] = [h11.Response(status_code=400, headers=headers), h11.Data(body), h11.EndOfMessage()]
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            for event in events:
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _start(self, seconds: float) -> None:
        self._stop()
        self._timer = self.loop.call_later(seconds, self.transport.abort)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
