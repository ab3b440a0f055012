"""Files read in a child process: one that crashes, hangs or eats memory takes nothing else with it.

The child is this module run by a fresh interpreter (nothing of the parent's main program is run again, so it works from
a notebook or a script on stdin too). Requests and replies are frames on its stdin and stdout: eight bytes of length,
then JSON. A request names a file; the replies are its pages and members, each as soon as it is read, then the end or
the reason why there is no more. Whatever libraries print goes to stderr, kept for the message after a crash.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Self

from ingest.errors import Reason, UnreadableFile
from ingest.frames import Frame, receive, send
from ingest.limits import Limits
from ingest.types import ReadPage
from ingest.workspace import Member, Workspace

_KILLED = -9  # by the kernel, where the machine runs out of memory; our own kill is told apart by its timer
_PACKAGE_ROOT = str(Path(__file__).resolve().parents[1])


class LoaderProcess:
    """A child process that reads one file after another, within limits of time, memory and output.

    It is started by the first `read`, and anew by the next one after a failure. Threads take turns.
    `limits.memory_bytes` limits the child's address space, where the platform can (not on Windows).
    """

    def __init__(self, *, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
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

    def read(self, path: Path, *, workspace: Workspace, name: str | None = None) -> Iterator[ReadPage | Member]:
        """Yield one file's pages (text and metadata each) and members, as `ingest.loaders.lazy_load` does.

        Raises `UnreadableFile` with the loader's reason, or TIMEOUT (after `limits.timeout_s` without a page),
        OUT_OF_MEMORY, TOO_LARGE or CRASHED. A file that is not read to its end ends the child.
        """
        request = {
            "path": str(path),
            "name": name,
            "scratch": str(workspace.scratch),
            "ocr_cache": str(workspace.ocr_cache) if workspace.ocr_cache else None,
            "limits": workspace.limits.model_dump(),
        }
        with self._lock:
            for reply in self._replies(request, timeout_s=workspace.limits.timeout_s):
                if "page" in reply:
                    text, metadata = reply["page"]
                    yield text, metadata
                elif "member" in reply:
                    yield _member(reply["member"])
                elif "reason" in reply:
                    raise UnreadableFile(Reason(reply["reason"]), **reply["values"])

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

    def _replies(self, request: Frame, *, timeout_s: float) -> Iterator[Frame]:
        """Send a request and yield its replies up to the last; the child is ended where that one does not come."""
        process = self._running()
        assert process.stdin and process.stdout
        expired = threading.Event()
        last = whole = False
        try:
            with _Watchdog(process, expired, seconds=timeout_s):
                send(process.stdin, request)
            while not last:
                with _Watchdog(process, expired, seconds=timeout_s):
                    reply = receive(process.stdout)
                last = "page" not in reply and "member" not in reply
                # Memory that a failed load has left in pieces is not to be built on.
                whole = last and reply.get("reason") != Reason.OUT_OF_MEMORY
                yield reply
        except (OSError, EOFError) as error:
            raise self._failure(timeout_s if expired.is_set() else None) from error
        finally:
            # Also where the caller goes no further: replies to this request must not be taken for those to the next.
            if not whole:
                self._end()

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
                [sys.executable, "-P", "-m", "ingest.worker", str(self._limits.memory_bytes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                env=environment,
            )
            if self._killed:  # meanwhile: `kill` may have seen no child yet
                self._end()
                raise UnreadableFile(Reason.CRASHED, cause="interrupted")
        return self._process

    def _failure(self, timeout_s: float | None) -> UnreadableFile:
        """Return the error for a child that has ended without a reply, and clear it away."""
        assert self._process and self._stderr
        status = self._process.wait()
        self._stderr.seek(0)
        words = self._stderr.read().decode("utf-8", "replace").strip().splitlines()
        self._end()
        if timeout_s is not None:
            return UnreadableFile(Reason.TIMEOUT, limit="timeout_s", value=timeout_s, most=timeout_s)
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


class _Watchdog:
    """Kills a process that has not answered at the end of the block's time."""

    def __init__(self, process: subprocess.Popen[bytes], expired: threading.Event, *, seconds: float) -> None:
        self._process = process
        self._expired = expired
        self._timer = threading.Timer(seconds, self._give_up)
        self._timer.daemon = True

    def _give_up(self) -> None:
        self._expired.set()
        self._process.kill()

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def _serve(requests: IO[bytes], replies: IO[bytes]) -> None:
    """Answer requests until the parent has gone.

    A thread waits for the next request at all times, so that the end of the parent is seen in the middle of a file.
    """
    pending: list[Frame] = []
    arrived = threading.Semaphore(0)

    def listen() -> None:
        while True:
            try:
                pending.append(receive(requests))
            except EOFError:
                os._exit(0)
            arrived.release()

    threading.Thread(target=listen, daemon=True).start()
    while arrived.acquire():
        _answer(pending.pop(0), replies)


def _answer(request: Frame, replies: IO[bytes]) -> None:
    """Send the pages and members of a file, then its end or the reason why there is no more."""
    from ingest import loaders

    limits = Limits(**request["limits"])
    cache = request["ocr_cache"]
    workspace = Workspace(Path(request["scratch"]), limits=limits, ocr_cache=Path(cache) if cache else None)
    sent = 0
    try:
        _limit_cpu(limits.timeout_s)
        for part in loaders.lazy_load(Path(request["path"]), workspace=workspace, name=request["name"]):
            if isinstance(part, Member):
                path = str(part.path) if part.path else None
                sent += send(replies, {"member": [part.name, path, part.reason, part.values]})
            else:
                sent += send(replies, {"page": [part.page_content, part.metadata]})
            if sent > limits.text_bytes:
                raise UnreadableFile(Reason.TOO_LARGE, limit="text_bytes", value=sent, most=limits.text_bytes)
            _limit_cpu(limits.timeout_s)
    except UnreadableFile as error:
        send(replies, {"reason": error.reason, "values": error.values})
    except MemoryError:
        send(replies, {"reason": Reason.OUT_OF_MEMORY, "values": {}})
    else:
        send(replies, {})


def _member(fields: list[Any]) -> Member:
    name, path, reason, values = fields
    return Member(name, Path(path) if path else None, Reason(reason) if reason else None, values)


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
