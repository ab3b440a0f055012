"""The child process that runs a GGUF model, as its parent sees it: started, asked, and started anew after a death."""

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from ingest.frames import Frame
from rag.errors import ModelFailed, UnusableModel
from rag.llms._child_process import Child


class ModelProcess:
    """One model in a child process. Threads may share it; answers are made one after another, in the order of asking.

    The child starts with this object, and imports what it needs while the parent looks at the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._load: Frame = {}
        self._recheck: Callable[[], None] = lambda: None
        self._starting = threading.Lock()
        self._child: Child | None = Child()
        self._identity: tuple[int, ...] = ()
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The child's process id, None while there is no child."""
        return self._child.process.pid if self._child else None

    def begin(self, *, n_ctx: int, gpu_layers: int, threads: int, recheck: Callable[[], None]) -> None:
        """Let the child load the model, without waiting for it.

        `recheck` is called before the model is loaded again, where the child has died or the file has changed: it
        raises UnusableModel where that is another kind of model.
        """
        self._load = {"path": str(self._path), "n_ctx": n_ctx, "gpu_layers": gpu_layers, "threads": threads}
        self._recheck = recheck
        with self._starting, suppress(OSError):  # a child that is dead already is asked for the reason in `facts`
            self._identity = _identity(self._path)
            if self._child:
                self._child.loading = self._child.stream(load=self._load)

    @property
    def facts(self) -> Frame:
        """What the child says of the loaded model: `n_ctx`, `gpu`, `can_rewind`; it waits for the end of the loading.

        Raises UnusableModel with llama.cpp's own reason.
        """
        return self._running().facts

    def tokens(self, segments: Sequence[tuple[str, bool]], *, begin: bool) -> list[int]:
        """Return the tokens of a prompt's pieces, each with whether control tokens are read in it.

        `begin` puts the token before them that begins a text, where the vocabulary has one.
        """
        child = self._running()
        with self._failures(child):
            ids: list[int] = child.call(segments=list(segments), begin=begin)["tokens"]
        return ids

    def measure(self, counts: Sequence[int], *, within: float) -> dict[int, list[float]]:
        """Return for each count of threads the seconds of a batch of one token, and of one with a draft.

        `within`: seconds that the whole may take, about.
        """
        child = self._running()
        with self._failures(child):
            found = child.call(measure=list(counts), within=within)["seconds"]
        return {int(count): seconds for count, seconds in found.items()}

    def answer(self, **request: object) -> Generator[Frame]:
        """Yield the frames of one request, those of `Server._write` or `_score` in `rag.llms._llama_child`.

        Closing the generator stops the model. Raises ModelFailed.
        """
        child = self._running(current=True)
        with self._failures(child), closing(child.stream(**request)) as replies:
            for reply in replies:
                if "failed" in reply:
                    raise ModelFailed(
                        f"the model {self._name} stopped: {reply['failed']}; try a smaller n_ctx",
                        model=self._name,
                        cause="failed",
                        detail=reply["failed"],
                    )
                yield reply

    def close(self) -> None:
        """End the child, while it loads or answers too; nothing can be asked afterwards."""
        self._closed = True
        if child := self._child:  # before the lock, which is held while the child loads
            child.end()
        with self._starting:
            self._drop()

    @property
    def _name(self) -> str:
        return self._path.stem

    def _drop(self) -> None:
        if self._child:
            self._child.end()
            self._child = None

    def _running(self, *, current: bool = False) -> "Child":
        """Return a child with the model loaded; with `current`, from the file as it is now."""
        with self._starting:
            if self._closed:
                raise ModelFailed.closed(self._name)
            child = self._child
            if child and child.facts and (child.has_ended or (current and self._is_outdated())):
                self._drop()
            if self._child is None or not self._child.facts:
                if self._child is None:
                    self._recheck()
                    self._identity = _identity(self._path)
                    self._child = Child()
                self._wait_for(self._child)
            return self._child

    def _is_outdated(self) -> bool:
        """Whether the file is another one than was loaded; one that was deleted is still there for the child."""
        now = _identity(self._path)
        return bool(now) and now != self._identity

    def _wait_for(self, child: Child) -> None:
        """Let the child load the model, and keep what it says of it."""
        try:
            child.loading = child.loading or child.stream(load=self._load)
            reply = next(child.loading)
        except (EOFError, OSError) as exc:
            if self._closed:
                raise ModelFailed.closed(self._name) from exc
            cause, reason = child.death()
            self._drop()
            raise self._unusable(reason, cause=cause) from exc
        if "unusable" in reply:
            self._drop()
            raise self._unusable(reply["unusable"], cause="not_loaded")
        child.facts = reply["facts"]

    def _unusable(self, reason: str, *, cause: str) -> UnusableModel:
        return UnusableModel(
            f"llama.cpp cannot load {self._path}: {reason}; check the file with `wendang model verify`, or lower n_ctx",
            model=self._name,
            cause=cause,
            detail=reason,
            remedy="verify",
        )

    @contextmanager
    def _failures(self, child: "Child") -> Iterator[None]:
        """Turn the end of the child into an error that says why; the next request starts another one."""
        try:
            yield
        except (EOFError, OSError) as exc:
            if self._closed:
                raise ModelFailed.closed(self._name) from exc
            cause, reason = child.death()
            raise ModelFailed(
                f"the model {self._name} stopped: {reason}; ask again, it is loaded anew",
                model=self._name,
                cause=cause,
                detail=reason,
            ) from exc


def _identity(path: Path) -> tuple[int, ...]:
    """Return what tells a file from another one under the same path; nothing where there is none."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns
