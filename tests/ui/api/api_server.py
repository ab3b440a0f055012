"""A real `wendang api` in a process of its own, and bytes to and from it."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ADDRESS = "127.0.0.1"
#: Seconds for what must happen; only a failure takes so long.
PATIENCE = 300


def free_port():
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return probe.getsockname()[1]


def wait_for(condition, *, what):
    """Return what the condition returns, once that is true."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(0.02)
    return found


class ApiServer:
    """`patch` is Python that runs in the process first; `settings` go into its environment."""

    def __init__(self, home, *, models, options=(), patch="", host=ADDRESS, **settings):
        self.host = host
        self.log = home.parent / f"{home.name}-{free_port()}.log"
        self._command = [sys.executable, "-c", f"{patch}\nfrom ui.cli import main; main()", "api", *options]
        paths = {"PYTHONPATH": str(ROOT), "WENDANG_HOME": str(home), "WENDANG_MODELS_DIR": str(models)}
        self._env = {**os.environ, **paths, **settings}
        self.use_port(free_port())

    def use_port(self, port):
        self.port = port

    @property
    def url(self):
        return f"http://{ADDRESS}:{self.port}"

    @property
    def said(self):
        return self.log.read_text("utf-8")

    def start(self):
        self._begin()
        wait_for(self._is_up, what="the server answers")
        return self

    def run(self):
        """Return the exit status of a server that cannot start."""
        self._begin()
        return self.process.wait(timeout=PATIENCE)

    def _begin(self):
        with self.log.open("wb") as log:
            command = [*self._command, "--port", str(self.port)]
            self.process = subprocess.Popen(command, env=self._env, stdout=log, stderr=log, cwd=self.log.parent)

    def _is_up(self):
        assert self.process.poll() is None, self.said
        with contextlib.suppress(OSError):
            return self.ask("GET", "/healthz")[0] == 200

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE)

    def ask(self, method, path, body=None, *, timeout=PATIENCE, **headers):
        """Return (status, reply) of one request; the reply is parsed where it is JSON."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        with contextlib.closing(connection):
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            if isinstance(body, dict | list):
                body, named = json.dumps(body).encode(), {"Content-Type": "application/json", **named}
            connection.request(method, path, body, named)
            reply = connection.getresponse()
            self.headers = reply.headers
            content = reply.read()
            is_json = reply.headers.get_content_type() == "application/json"
            return reply.status, json.loads(content) if is_json else content

    def chat(self, content="年假有几天", **fields):
        body = {"messages": [{"role": "user", "content": content}], **fields}
        return self.ask("POST", "/v1/chat/completions", body)

    def raw(self, *pieces):
        """Return all bytes that come back for bytes, until the server closes."""
        with self.connected() as wire:
            for piece in pieces:
                wire.sendall(piece)
            return read_all(wire)

    def connected(self):
        return socket.create_connection((self.host, self.port), timeout=PATIENCE)

    def open_stream(self, **fields):
        """Return a connection on which the first chunk of a streamed answer (or an error) has come, and what came."""
        body = {"messages": [{"role": "user", "content": "年假"}], "stream": True, **fields}
        wire = self.connected()
        wire.sendall(request("/v1/chat/completions", body))
        came = b""
        while b"chat.completion.chunk" not in came and b'"error"' not in came and (more := wire.recv(4096)):
            came += more
        return wire, came

    def model_children(self):
        """Return the process ids of the model's child processes."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        pids = [int(pid) for path in children.parent.parent.glob("*/children") for pid in path.read_text().split()]
        return [pid for pid in pids if "_llama_child" in _command_line(pid)]


def request(path, body, *extra):
    content = json.dumps(body).encode()
    lines = [f"POST {path} HTTP/1.1", f"Host: {ADDRESS}", "Content-Type: application/json", *extra]
    return "\r\n".join([*lines, f"Content-Length: {len(content)}", "", ""]).encode() + content


def read_all(wire):
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := wire.recv(65536):
            received += piece
    return received


def _command_line(pid):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""
