"""A tiny model for each backend, by the backend's name: `Opener`s that the conformance test goes through.

A new backend gets a function here that is called like its file.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from tiny_folder import merged_proto, write_folder
from tiny_gguf import write_tiny_model

from ingest.errors import WendangError
from rag import llms

#: What makes a tiny model in a folder, and yields what `rag.llms.load` needs for it.
Opener = Callable[[Path], Iterator[dict]]

CHATML = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
_ROLES = {"user": HumanMessage, "assistant": AIMessage, "system": SystemMessage}


@contextmanager
def llama_cpp(folder):
    yield {"model": str(write_tiny_model(folder / "tiny-chat.gguf", template=CHATML)), "threads": 1}


@contextmanager
def transformers(folder):
    path = write_folder(folder / "tiny-alpaca", merged_proto())
    yield {"model": str(path), "family": "alpaca", "device": "cpu", "dtype": "float32", "threads": 1}


@contextmanager
def openai(folder):
    """A server on the loopback, with the tiny model of llama.cpp behind it."""
    with llama_cpp(folder) as given:
        chat = llms.load("llama_cpp", queue_timeout=60, **given)
    made = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    made.chat = chat
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield {"model": "tiny", "base_url": f"http://127.0.0.1:{made.server_port}/v1", "n_ctx": 512}
    finally:
        made.shutdown()
        made.server_close()
        thread.join()
        chat.close()


class _Server(BaseHTTPRequestHandler):
    """Speaks OpenAI's form of chat completions as local servers do, and refuses a field that it does not know."""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        messages = [_ROLES[one["role"]](_text(one["content"])) for one in asked.pop("messages")]
        streamed = asked.pop("stream", False)
        penalties = {asked.pop(name, None) for name in ("repeat_penalty", "repetition_penalty")} - {None}
        for name in ("model", "stream_options"):
            asked.pop(name, None)
        settings = {
            name: asked.pop(name)
            for name in ("temperature", "top_p", "top_k", "seed", "max_tokens", "stop")
            if name in asked
        }
        if asked:
            self._json(400, {"error": {"message": f"unknown: {sorted(asked)}", "type": "x", "code": None}})
            return
        stop = settings.pop("stop", None)
        if penalties:
            settings["repeat_penalty"] = penalties.pop()
        chunks = self.server.chat.stream(messages, stop=[stop] if isinstance(stop, str) else stop, **settings)
        try:
            first = next(chunks)
        except WendangError as exc:
            self._json(400, {"error": {"message": str(exc), "type": "x", "code": None}})
            return
        if streamed:
            self._stream(first, chunks)
        else:
            self._whole(first, chunks)

    def _whole(self, first, chunks):
        for chunk in chunks:
            first += chunk
        message = {"role": "assistant", "content": first.text}
        choice = {"index": 0, "finish_reason": first.response_metadata["finish_reason"], "message": message}
        self._json(
            200, {"id": "1", "object": "chat.completion", "model": "tiny", "choices": [choice], "usage": _usage(first)}
        )

    def _stream(self, first, chunks):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            self._event([{"index": 0, "delta": {"role": "assistant", "content": first.text}}])
            for chunk in chunks:
                self._event([{"index": 0, "delta": {"content": chunk.text}}])
                first += chunk
            self._event([{"index": 0, "delta": {}, "finish_reason": first.response_metadata["finish_reason"]}])
            self._event([], usage=_usage(first))
            self.wfile.write(b"data: [DONE]\n\n")
        except ConnectionError:  # the client has left
            chunks.close()

    def _event(self, choices, **more):
        line = {"id": "1", "object": "chat.completion.chunk", "model": "tiny", "choices": choices, **more}
        self.wfile.write(f"data: {json.dumps(line)}\n\n".encode())

    def _json(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def _text(content):
    return content if isinstance(content, str) else "".join(part["text"] for part in content or [])


def _usage(message):
    used = message.usage_metadata
    return {
        "prompt_tokens": used["input_tokens"],
        "completion_tokens": used["output_tokens"],
        "total_tokens": used["total_tokens"],
    }
