"""Real HTTP servers on this machine that speak the hubs' protocols, and misbehave where a test asks them to.

with hub_server() as hub:
    hub.files["model.gguf"] = b"..."     # kept in LFS: the hub redirects to the storage, another origin
    hub.small["config.json"] = b"{}"     # kept in git: the hub itself sends it
"""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

COMMIT = "c0ffee" * 6 + "beef"


@dataclass
class Hub:
    """What a hub has, and how it behaves. `requests` are (path, headers) of what was asked of it."""

    name: str = "hfl/tiny-gguf"
    files: dict[str, bytes] = field(default_factory=dict)
    small: dict[str, bytes] = field(default_factory=dict)
    storage: str = ""
    url: str = ""
    renamed: dict[str, str] = field(default_factory=dict)
    # What is sent instead of a file, and how many times a file is cut or stalls after how many bytes.
    lies: dict[str, bytes] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    stalls: list[int] = field(default_factory=list)
    ranges: bool = True
    # (status, X-Error-Code) of every answer, where set; the token that it wants.
    refusal: tuple[int, str] | None = None
    token: str | None = None
    gates_files: bool = False
    silent: bool = False
    page: bytes | None = None
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def content(self, name: str) -> bytes | None:
        """Return what is sent for a file."""
        return self.lies.get(name, {**self.files, **self.small}.get(name))

    def listing(self) -> dict[str, object]:
        """Return Hugging Face's listing."""
        large = [
            {
                "rfilename": name,
                "size": len(content),
                "blobId": "0" * 40,
                "lfs": {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134},
            }
            for name, content in self.files.items()
        ]
        small = [
            {"rfilename": name, "size": len(content), "blobId": _blob(content)} for name, content in self.small.items()
        ]
        return {"_id": "1", "id": self.name, "modelId": self.name, "sha": COMMIT, "siblings": large + small}

    def modelscope(self) -> dict[str, object]:
        """Return ModelScope's listing."""
        entries = [
            {"Path": name, "Size": len(content), "Sha256": hashlib.sha256(content).hexdigest(), "Type": "blob"}
            for name, content in {**self.files, **self.small}.items()
        ]
        return {
            "Code": 200,
            "Success": True,
            "Data": {"Files": [*entries, {"Path": "logs", "Size": 0, "Type": "tree"}]},
        }


def _blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub
    is_storage = False

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        hub, path = self.hub, unquote(urlsplit(self.path).path)
        kept = [
            *hub.requests,
            (
                ("storage:" if self.is_storage else "") + self.path,
                {key.title(): value for key, value in self.headers.items()},
            ),
        ]
        hub.requests[:] = kept
        if hub.silent:
            hub.over.wait()
            return
        if self.is_storage:
            self._send_file(path.removeprefix("/lfs/"))
            return
        if hub.page is not None:
            self._answer(200, hub.page)
            return
        if hub.refusal:
            key = "X-Error-Message" if " " in hub.refusal[1] else "X-Error-Code"
            self._answer(hub.refusal[0], b"{}", {key: hub.refusal[1]} if hub.refusal[1] else {})
            return
        listed = hub.gates_files and path.startswith("/api/")
        if hub.token and not listed and self.headers.get("Authorization") != f"Bearer {hub.token}":
            self._answer(401, b"{}", {"X-Error-Code": "GatedRepo"})
            return
        self._route(path)

    def _route(self, path: str) -> None:
        hub = self.hub
        for old, new in hub.renamed.items():
            if f"/{old}" in path:
                self._answer(307, b"", {"Location": self.path.replace(old, new)})
                return
        if re.fullmatch(rf"/api/models/{hub.name}(/revision/[^/]+)?", path):
            self._answer(200, json.dumps(hub.listing()).encode())
        elif path == f"/api/v1/models/{hub.name}/repo/files":
            self._answer(200, json.dumps(hub.modelscope()).encode())
        elif path == f"/api/v1/models/{hub.name}/repo":
            self._send_file(parse_qs(urlsplit(self.path).query)["FilePath"][0])
        elif found := re.fullmatch(rf"/{hub.name}/resolve/{COMMIT}/(.+)", path):
            if found[1] in hub.files:
                self._answer(302, b"", {"Location": f"{hub.storage}/lfs/{found[1]}"})
            else:
                self._send_file(found[1])
        else:
            self._answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    def _send_file(self, name: str) -> None:
        hub = self.hub
        content = hub.content(name)
        if content is None:
            self._answer(404, b"", {"X-Error-Code": "EntryNotFound"})
            return
        begin = 0
        if hub.ranges and (asked := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))):
            begin = int(asked[1])
        body = content[begin:]
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(body)))
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        if hub.cuts or hub.stalls:
            stops = hub.stalls if hub.stalls else hub.cuts
            stall, length = bool(hub.stalls), stops.pop(0)
            self.wfile.write(body[:length])
            self.wfile.flush()
            if stall:
                hub.over.wait()
            self.close_connection = True
            return
        self.wfile.write(body)

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that leaves in the middle is what some tests are about."""


@contextmanager
def hub_server(hub: Hub | None = None) -> Iterator[Hub]:
    """Yield a hub that answers on this machine, its storage on another port."""
    hub = hub or Hub()
    servers = []
    try:
        for is_storage in (True, False):
            handler = type("Handler", (_Handler,), {"hub": hub, "is_storage": is_storage})
            server = _Server(("127.0.0.1", 0), handler)
            servers.append(server)
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
            address = f"http://127.0.0.1:{server.server_address[1]}"
            if is_storage:
                hub.storage = address
            else:
                hub.url = address
        yield hub
    finally:
        hub.over.set()
        for server in servers:
            server.shutdown()
            server.server_close()
