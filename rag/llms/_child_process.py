"""One run of the child process that has the model: started, asked, ended, and why it died."""

import itertools
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Generator
from contextlib import closing, suppress
from pathlib import Path
from typing import IO

from ingest.frames import Frame, receive, send

_PACKAGE_ROOT = str(Path(__file__).resolve().parents[2])
# The child's `rag` is left empty: what it imports takes half a second, and the child needs none of it.
_START = """
import sys, types
sys.modules["rag"] = types.ModuleType("rag")
sys.modules["rag"].__path__ = [sys.argv[1]]
from rag.llms._llama_child import main
main()
"""
_STDERR_LINES = 6
#: Seconds for a child whose output has ended to end itself.
_DYING_S = 5.0


class Child:
    """One run of `rag.llms._llama_child`; it ends with this object, or with this process."""

    def __init__(self) -> None:
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed by _clear
        paths = [_PACKAGE_ROOT, os.environ.get("PYTHONPATH", "")]
        # -P: a json.py in the user's current folder must not be imported.
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, str(Path(_PACKAGE_ROOT) / "rag")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        )
        self.facts: Frame = {}
        self.loading: Generator[Frame] | None = None
        self._numbers = itertools.count(1)
        self._mail = _Mail()
        self._sending = threading.Lock()
        assert self.process.stdout
        # The thread must not hold this object: it would never end.
        listener = threading.Thread(target=self._mail.sort, args=(self.process.stdout,), daemon=True)
        listener.start()
        self.end = weakref.finalize(self, _clear, self.process, listener, self._stderr, self._sending)

    @property
    def has_ended(self) -> bool:
        """Whether the child is no more."""
        return self.process.poll() is not None

    def call(self, **request: object) -> Frame:
        """Return the one reply to a request. Raises EOFError or OSError where the child dies."""
        with closing(self.stream(**request)) as replies:
            return next(replies)

    def stream(self, **request: object) -> Generator[Frame]:
        """Send a request, and return its replies up to the last; closing the generator takes the request back."""
        number = next(self._numbers)
        box = self._mail.open(number)
        self._send({"id": number, **request})
        return self._replies(number, box)

    def _replies(self, number: int, box: "_Box") -> Generator[Frame]:
        is_over = False
        try:
            while not is_over:
                reply = box.take()
                is_over = "done" in reply
                yield reply
        except EOFError:
            is_over = True
            raise
        finally:
            self._mail.close(number)
            if not is_over:
                with suppress(OSError):  # it has died meanwhile, or was ended
                    self._send({"id": number, "stop": number})

    def death(self) -> tuple[str, str]:
        """Return why the child has ended by itself, as a code and in words; what is left of it is cleared away."""
        try:
            status = self.process.wait(timeout=_DYING_S)
        except subprocess.TimeoutExpired:  # its output is closed, it hangs
            self.process.kill()
            status = self.process.wait()
        self._stderr.seek(0)
        lines = self._stderr.read().decode("utf-8", "replace").strip().splitlines()
        self.end()
        return _explained(status, " | ".join(line.strip() for line in lines[-_STDERR_LINES:]))

    def _send(self, frame: Frame) -> None:
        assert self.process.stdin
        with self._sending:
            if self.process.stdin.closed:
                raise BrokenPipeError
            send(self.process.stdin, frame)


class _Box:
    """The replies to one request, as they come."""

    def __init__(self) -> None:
        self._frames: queue.SimpleQueue[Frame | None] = queue.SimpleQueue()

    def put(self, frame: Frame | None) -> None:
        """Add a reply; None says that there will be no more."""
        self._frames.put(frame)

    def take(self) -> Frame:
        """Wait for the next reply. Raises EOFError where the child has ended."""
        frame = self._frames.get()
        if frame is None:
            raise EOFError
        return frame


class _Mail:
    """Sorts the child's replies by the requests that they belong to."""

    def __init__(self) -> None:
        self._boxes: dict[int, _Box] = {}
        self._lock = threading.Lock()
        self._ended = False

    def open(self, number: int) -> _Box:
        """Return the box for the replies to a request."""
        with self._lock:
            box = self._boxes[number] = _Box()
            if self._ended:
                box.put(None)
        return box

    def close(self, number: int) -> None:
        """Throw away what still comes to a request."""
        with self._lock:
            self._boxes.pop(number, None)

    def sort(self, pipe: IO[bytes]) -> None:
        """Take replies from the child until it ends."""
        with suppress(EOFError, OSError, ValueError):  # ValueError: half a frame, or the pipe was closed here
            while True:
                frame = receive(pipe)
                if box := self._boxes.get(frame["id"]):
                    box.put(frame)
        with self._lock:
            self._ended = True
            for box in self._boxes.values():
                box.put(None)


def _clear(
    process: "subprocess.Popen[bytes]", listener: threading.Thread, stderr: IO[bytes], sending: threading.Lock
) -> None:
    process.kill()
    process.wait()
    if listener is not threading.current_thread():  # the garbage collector may call from any thread
        listener.join()
    for pipe in (process.stdin, process.stdout):
        with sending, suppress(BrokenPipeError):  # bytes that the child did not take
            if pipe:
                pipe.close()
    stderr.close()


def _explained(status: int, said: str) -> tuple[str, str]:
    """Return a code and words for the end of a child; `said` is the end of what it wrote to stderr."""
    if status == -signal.SIGKILL:
        return (
            "out_of_memory",
            "it was killed, as the system does when memory runs out; lower n_ctx or take a smaller one",
        )
    if status == -signal.SIGILL:
        return "wrong_processor", (
            "llama.cpp was compiled for another processor; compile it here: "
            "pip install --force-reinstall --no-cache-dir --no-binary llama-cpp-python llama-cpp-python"
        )
    name = signal.Signals(-status).name if status < 0 else f"exit status {status}"
    return "crashed", f"{name}: {said}" if said else name
