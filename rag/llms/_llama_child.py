"""llama.cpp in a process of its own: one that aborts, or is killed, takes no more with it than the answer it gave.

Run by `rag.llms._llama_process`. Requests and replies are frames on stdin and stdout (`ingest.frames`), each with the
request's `id`; the last reply to one has `done`. The first request loads the model. `segments` are the pieces of a
prompt, tokenised at once, also while an answer is made; `tokens` are answered one after another; `stop` ends the answer
to another request.
"""

import os
import queue
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from ingest.frames import Frame, receive, send
from rag.llms._llama_model import DRAFT, Model, Stopped, Unloadable
from rag.llms._llama_scores import option_scores
from rag.llms._pace import Pace


class Server:
    """Answers the requests of the parent, until it has gone."""

    def __init__(self, requests: IO[bytes], replies: IO[bytes]) -> None:
        self._requests, self._replies = requests, replies
        self._speaking = threading.Lock()
        self._waiting: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        self._stopped: set[int] = set()
        self._model: Model  # there before anything is asked of it

    def serve(self) -> None:
        """Load the model that the first request names, then answer; a failed load is the end."""
        first = receive(self._requests)
        threading.Thread(target=self._listen, daemon=True).start()
        try:
            model = self._model = Model(**first["load"])
        except (Unloadable, OSError, RuntimeError, ImportError) as exc:
            self._reply(first, unusable=str(exc), done=True)
            return
        self._reply(first, facts=model.facts(), done=True)
        while True:
            self._answer(self._waiting.get(), model)

    def _listen(self) -> None:
        """Take requests at all times: a stop counts at once, and so does the end of the parent, while loading too."""
        while True:
            try:
                request = receive(self._requests)
            except EOFError:
                os._exit(0)
            if "segments" in request:
                tokens = self._model.tokens(request["segments"], begin=request["begin"])
                self._reply(request, tokens=tokens, done=True)
            elif "stop" in request:
                self._stopped.add(request["stop"])
            else:
                self._waiting.put(request)

    def _answer(self, request: Frame, model: Model) -> None:
        try:
            if "measure" in request:
                found = _measured(model, request["measure"], within=request["within"])
                self._reply(request, seconds=found, done=True)
            elif "options" in request:
                self._score(request, model)
            else:
                self._write(request, model)
        except Stopped:
            self._reply(request, done=True)
        except (RuntimeError, ValueError, Unloadable) as exc:
            self._reply(request, failed=str(exc), done=True)
        finally:
            self._stopped.discard(request["id"])

    def _write(self, request: Frame, model: Model) -> None:
        """Read the prompt, then send the answer token by token, each as the bytes that it stands for.

        Between the two comes `begun`: how many tokens were known, how long the others took, and the lead of a refusal.
        """
        tokens, threads = request["tokens"], request["threads"]
        model.ends = frozenset(request["ends"])
        model.use_threads(write=threads["write"], read=threads["read"])
        reading = model.read(tokens, is_wanted=lambda: self._is_wanted(request))
        known = before = next(reading)
        started, pace = time.perf_counter(), Pace(threads["read"], usual=threads["usual"])
        self._reply(request, read=known)
        for read in reading:
            self._reply(request, read=read)
            now = pace.after(read - before)
            model.use_threads(write=min(threads["write"], now), read=now)
            before = read
        begun = time.perf_counter()
        with model.chooser(request["sampling"]) as choose:
            lead, first = _first(model, choose, **request["hesitation"])
            self._reply(request, begun={"known": known, "read_s": begun - started, "refusal_lead": lead})
            for token in model.write(first, choose=choose, limit=request["limit"], drafted=request["drafted"]):
                if not self._is_wanted(request):
                    raise Stopped
                piece = model.piece(token).decode("latin-1")
                self._reply(request, piece=piece, at=time.perf_counter() - begun)
        self._reply(request, done=True)

    def _score(self, request: Frame, model: Model) -> None:
        """Send for each prompt its number and how likely each option is to follow it."""
        threads = request["threads"]
        scored = option_scores(
            model,
            request["prompts"],
            options=request["options"],
            alone=request["alone"],
            pace=Pace(threads["read"], usual=threads["usual"]),
            is_wanted=lambda: self._is_wanted(request),
        )
        for number, logs in scored:
            self._reply(request, scored=number, logs=logs)
        self._reply(request, done=True)

    def _is_wanted(self, request: Frame) -> bool:
        return request["id"] not in self._stopped

    def _reply(self, request: Frame, **values: object) -> None:
        with self._speaking:
            send(self._replies, {"id": request["id"], **values})


def _first(model: Model, choose: Callable[[int], int], *, token: int, margin: float) -> tuple[float, int]:
    """Return how much likelier, in logits, a refusal is than any other beginning, and the token to begin with.

    `token` begins a refusal. Where it leads by less than the margin, the model is held to what it would say otherwise.
    """
    logits = model.logits(-1).copy()
    score, logits[token] = float(logits[token]), float("-inf")
    other = int(logits.argmax())
    lead = score - float(logits[other])
    first = choose(-1)
    if first == token and lead < margin and not model.is_end(other):
        return lead, other
    return lead, first


def _measured(model: Model, counts: list[int], *, within: float) -> dict[int, list[float]]:
    """Return, for each count of threads, the seconds that one token takes, and one with a draft behind it.

    Each count has its share of the time; one that does not get through it is left out.
    """
    found: dict[int, list[float]] = {}
    for count in counts:
        model.use_threads(write=count, read=count)
        end = time.perf_counter() + within / len(counts)
        with suppress(Stopped), model.abortable(lambda end=end: time.perf_counter() < end):  # type: ignore[misc]
            model.seconds(1)  # the first time is for reading the weights into memory, and for starting the threads
            found[count] = [model.seconds(1), model.seconds(1 + DRAFT)]
        model.forget()
    return found


def main() -> None:
    """Serve the parent on stdin and stdout."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)  # what a library prints must not break the frames
    with suppress(EOFError, BrokenPipeError):  # the parent has gone
        Server(requests, replies).serve()
    os._exit(0)  # not the usual end: a thread is still reading stdin
