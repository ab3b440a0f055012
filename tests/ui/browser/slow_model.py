"""A language model that says what a test tells it to, when the test tells it: a server as OpenAI's."""

import json
import queue
import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

_END = None
_TICK_S = 0.02


class SlowModel:
    """`settings` make a page ask it; `say` lets it say a piece, `end` ends the answer; `left` is set when nobody
    listens any more."""

    def __init__(self) -> None:
        self.pieces: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.asked: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.left = threading.Event()
        self._idle = threading.Condition()
        self._answering = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.model = self

    @property
    def settings(self) -> dict[str, str]:
        options = {"base_url": f"http://127.0.0.1:{self._server.server_port}/v1"}
        return {
            "WENDANG_BACKEND": "openai",
            "WENDANG_MODEL": "slow",
            "WENDANG_BACKEND_OPTIONS": json.dumps(options),
        }

    def say(self, text: str) -> None:
        self.pieces.put(text)

    def end(self) -> None:
        self.pieces.put(_END)

    def forget(self) -> None:
        """Let all answers under way come to their end, and whatever a test has left to be said be forgotten."""
        with self._idle:
            while self._answering:
                self.end()
                self._idle.wait(_TICK_S)
        for left in (self.pieces, self.asked):
            while not left.empty():
                left.get()
        self.left.clear()

    @contextmanager
    def answer(self) -> Iterator[None]:
        """Count an answer that is under way."""
        with self._idle:
            self._answering += 1
        try:
            yield
        finally:
            with self._idle:
                self._answering -= 1
                self._idle.notify_all()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": _TICK_S}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: ThreadingHTTPServer

    def do_POST(self) -> None:
        model: SlowModel = self.server.model
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        model.asked.put(asked["messages"][-1]["content"])
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            with model.answer():
                while (piece := self._next(model)) is not _END:
                    self._send({"delta": {"role": "assistant", "content": piece}, "index": 0})
                self._send({"delta": {}, "index": 0, "finish_reason": "stop"})
                self.wfile.write(b"data: [DONE]\n\n")
        except (BrokenPipeError, ConnectionResetError):
            model.left.set()

    def _next(self, model: SlowModel) -> str | None:
        """Return the next piece to say, and notice where the other side has hung up meanwhile."""
        while True:
            try:
                return model.pieces.get(timeout=_TICK_S)
            except queue.Empty:
                if select.select([self.connection], [], [], 0)[0]:
                    raise ConnectionResetError from None

    def _send(self, choice: dict[str, object]) -> None:
        line = {"id": "1", "object": "chat.completion.chunk", "model": "slow", "choices": [choice]}
        self.wfile.write(f"data: {json.dumps(line)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        pass
