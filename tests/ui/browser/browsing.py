"""What drives the page in the browser tests: a real server process, and a tab that settles and is watched."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request, WebSocket, expect

ROOT = Path(__file__).resolve().parents[3]
#: Milliseconds that a busy machine may take for a step.
PATIENCE = 60_000
_RUN = "from ui.cli import main; main()"


class Server:
    """A `wendang page` process of a home; it can be stopped and started again on the same port."""

    #: What is served, and where it says that it is well.
    face, health = "page", "/_stcore/health"

    def __init__(self, home: Path, *, models: Path, log: Path, settings: dict[str, str] | None = None) -> None:
        self.home = home
        self.log = log
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("WENDANG_", "STREAMLIT_"))},
            "PYTHONPATH": str(ROOT),
            "WENDANG_MODELS_DIR": str(models),
            **(settings or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where the server is."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the process, and wait until it answers."""
        command = [sys.executable, "-c", _RUN, "--home", str(self.home), self.face, "--port", str(self.port)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE / 1000
        while not self._answers():
            assert self._process.poll() is None, self.log.read_text("utf-8", "replace")
            assert time.monotonic() < deadline, f"nothing at {self.address}"
            # A process that starts reports to nobody: it is asked until it answers.
            time.sleep(0.05)

    def stop(self) -> None:
        """End the process as Ctrl-C does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.address + self.health, timeout=5) as reply:
                return b"ok" in reply.read()
        except urllib.error.URLError:
            return False


class Api(Server):
    """A `wendang api` process of a home."""

    face, health = "api", "/healthz"


class Watch:
    """What a tab asked for and complained about; `check` fails where anything went out, or broke."""

    def __init__(self, page: Page) -> None:
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self._tolerated: tuple[str, ...] = ()
        page.on("request", self._note_request)
        page.on("websocket", self._note_socket)
        page.on("console", self._note_console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def tolerate(self, *parts: str) -> None:
        """Let console messages with one of these words in them pass: a test that stops the server makes some."""
        self._tolerated += parts

    def check(self) -> None:
        """Every request went to this machine, and the browser reported no error."""
        outside = [url for url in self.asked if not _is_local(url)]
        assert not outside, f"requests to the outside: {outside}"
        heard = [text for text in self.complaints if not any(part in text for part in self._tolerated)]
        assert not heard, f"the browser complained: {heard}"

    def _note_request(self, request: Request) -> None:
        self.asked.append(request.url)

    def _note_socket(self, opened: WebSocket) -> None:
        self.asked.append(opened.url)

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")


def settle(page: Page) -> Page:
    """Wait until the page is connected and no script of it runs; a click or a key counts from when it is done."""
    # What was just clicked or typed is on its way to the server only when the browser has come to draw again.
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-connection-state", "CONNECTED", timeout=PATIENCE)
    expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE)
    return page


def _is_local(url: str) -> bool:
    return urlsplit(url).scheme in ("data", "blob", "about") or urlsplit(url).hostname == "127.0.0.1"
