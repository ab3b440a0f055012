"""Files read in a child process: one that crashes, hangs or eats memory takes nothing else with it.

The child is this module run by a fresh interpreter (nothing of the parent's main program is run again, so it works from
a notebook or a script on stdin too). Requests and replies are frames on its stdin and stdout: eight bytes of length,
then JSON. Whatever libraries print goes to stderr, which the parent keeps for the message after a crash.
"""

import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from ingest.errors import Reason, UnreadableFile

if TYPE_CHECKING:
    from langchain_core.documents import Document

_Frame = dict[str, Any]  # one JSON object
_LENGTH = struct.Struct(">Q")
_MOST_OUTPUT = 512 * 1024**2  # bytes of one reply
_KILLED = -9  # by the kernel, where the machine runs out of memory; our own kill is told apart by its timer
_PACKAGE_ROOT = str(Path(__file__).resolve().parents[1])


class LoaderProcess:
    """A child process that reads one file after another, within limits of time, memory and output.

    It is started by the first `read`, and anew by the next one after a failure. Threads take turns.
    `memory_bytes` limits the child's address space, where the platform can (not on Windows).
    """

    def __init__(self, *, memory_bytes: int = 4 * 1024**3) -> None:
        self._memory_bytes = memory_bytes
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stderr: IO[bytes] | None = None
        self._killed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The child's process id, None while there is no child."""
        return self._process.pid if self._process else None

    def read(self, path: Path, *, name: str | None = None, timeout_s: float = 120.0) -> "list[Document]":
        """Read one file into Documents, one per page, as `ingest.loaders.load` does.

        Raises `UnreadableFile` with the loader's reason, or TIMEOUT, OUT_OF_MEMORY, TOO_LARGE or CRASHED.
        """
        from langchain_core.documents import Document

        with self._lock:
            reply = self._ask({"path": str(path), "name": name, "timeout_s": timeout_s}, timeout_s=timeout_s)
        if "reason" in reply:
            raise UnreadableFile(Reason(reply["reason"]), **reply["values"])
        return [Document(page_content=text, metadata=metadata) for text, metadata in reply["documents"]]

    def close(self) -> None:
        """End the child; a later `read` would start another."""
        with self._lock:
            self._end()

    def kill(self) -> None:
        """End the child at once, in the middle of a file too: that `read` fails, and so do later ones."""
        self._killed = True
        if process := self._process:
            process.kill()
        self.close()

    def _ask(self, request: _Frame, *, timeout_s: float) -> _Frame:
        process = self._running()
        expired = threading.Event()

        def give_up() -> None:
            expired.set()
            process.kill()

        timer = threading.Timer(timeout_s, give_up)
        timer.daemon = True
        timer.start()
        try:
            reply = _exchange(process, request)
        except (OSError, EOFError) as error:
            raise self._failure(timeout_s if expired.is_set() else None) from error
        except BaseException:  # Ctrl-C here: the reply to this request must not be taken for that to the next
            self._end()
            raise
        finally:
            timer.cancel()
        if reply.get("reason") == Reason.OUT_OF_MEMORY:
            self._end()  # memory that a failed load has left in pieces is not to be built on
        return reply

    def _running(self) -> subprocess.Popen[bytes]:
        if self._killed:
            raise UnreadableFile(Reason.CRASHED, cause="interrupted")
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed by _end()
            paths = [_PACKAGE_ROOT, os.environ.get("PYTHONPATH", "")]
            environment = {
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, paths)),
                # One thread each: the arenas of many would count against the limit of the address space.
                "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
            }
            # -P: a json.py in the user's current folder must not be imported.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "ingest.worker", str(self._memory_bytes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                env=environment,
            )
        return self._process

    def _failure(self, timeout_s: float | None) -> UnreadableFile:
        """Return the error for a child that has ended without a reply, and clear it away."""
        assert self._process and self._stderr
        status = self._process.wait()
        self._stderr.seek(0)
        words = self._stderr.read().decode("utf-8", "replace").strip().splitlines()
        self._end()
        if timeout_s is not None:
            return UnreadableFile(Reason.TIMEOUT, seconds=timeout_s)
        cause = words[-1] if words else ""
        if status == _KILLED or cause.startswith("MemoryError"):
            return UnreadableFile(Reason.OUT_OF_MEMORY)
        return UnreadableFile(Reason.CRASHED, status=status, cause=cause)

    def _end(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe:
                    _close_quietly(pipe)
            self._process = None
        if self._stderr:
            self._stderr.close()
            self._stderr = None


def _close_quietly(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except BrokenPipeError:  # bytes that a dead child did not take
        return


def _exchange(process: subprocess.Popen[bytes], request: _Frame) -> _Frame:
    assert process.stdin and process.stdout
    _send(process.stdin, request)
    return _receive(process.stdout)


def _send(pipe: IO[bytes], frame: _Frame) -> None:
    # ASCII escapes: a path may hold bytes that are no UTF-8 (lone surrogates in a str).
    body = json.dumps(frame).encode()
    if len(body) > _MOST_OUTPUT:
        body = json.dumps({"reason": Reason.TOO_LARGE, "values": {"size": len(body), "limit": _MOST_OUTPUT}}).encode()
    pipe.write(_LENGTH.pack(len(body)) + body)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> _Frame:
    """Return the next frame; raise EOFError where the other side has ended."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    length = _LENGTH.unpack(head)[0]
    body = pipe.read(length)
    if len(body) < length:
        raise EOFError
    frame: _Frame = json.loads(body)
    return frame


def _serve(requests: IO[bytes], replies: IO[bytes]) -> None:
    """Answer requests until the parent has gone.

    A thread waits for the next request at all times, so that the end of the parent is seen in the middle of a file.
    """
    pending: list[_Frame] = []
    arrived = threading.Semaphore(0)

    def listen() -> None:
        while True:
            try:
                pending.append(_receive(requests))
            except EOFError:
                os._exit(0)
            arrived.release()

    threading.Thread(target=listen, daemon=True).start()
    while arrived.acquire():
        request = pending.pop(0)
        _limit_cpu(request["timeout_s"])
        _send(replies, _answer(Path(request["path"]), name=request["name"]))


def _answer(path: Path, *, name: str | None) -> _Frame:
    from ingest import loaders

    try:
        documents = loaders.load(path, name=name)
    except UnreadableFile as error:
        return {"reason": error.reason, "values": error.values}
    except MemoryError:
        return {"reason": Reason.OUT_OF_MEMORY, "values": {}}
    return {"documents": [(document.page_content, document.metadata) for document in documents]}


def _limit_memory(size: int) -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (size, size))


def _limit_cpu(timeout_s: float) -> None:
    """Let the kernel end a child that spins on after its parent, with its timer, was killed."""
    if sys.platform != "win32":
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        most = int(used.ru_utime + used.ru_stime + 2 * timeout_s) + 2
        resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def main() -> None:
    """Serve the parent on stdin and stdout; the argument is the limit of memory in bytes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)  # what a library prints must not break the frames
    _limit_memory(int(sys.argv[1]))
    _serve(requests, replies)


if __name__ == "__main__":
    main()
