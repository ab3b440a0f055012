"""Many prompts with one beginning, read together by llama.cpp: only what follows each is wanted, not an answer.

The beginning is read once, and its state shared by all prompts (llama.cpp's sequences over one cache: nothing is
copied); what is behind it is read in full batches, whichever prompts the tokens belong to.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rag.llms._llama_model import Model, Stopped
from rag.llms._option_scores import common_length, log_shares, spellings
from rag.llms._pace import Pace

#: Tokens that are read at a time: twice as many take twice the memory for scratch, and are hardly quicker.
_BATCH = 128
#: Prompts in the context at a time: each token looks at the cells of all of them.
_TOGETHER = 8


def option_scores(
    model: Model,
    prompts: Sequence[list[int]],
    *,
    options: Sequence[str],
    alone: bool,
    pace: Pace,
    is_wanted: Callable[[], bool],
) -> Iterator[tuple[int, list[float]]]:
    """Yield each prompt's number, and the logs of the probabilities of its options.

    `alone` reads one prompt after another from its beginning on, for comparison. Raises Stopped where the parent no
    longer wants them, ValueError for an option that is no token.
    """
    spelled = [
        spellings(option, encode=lambda text: model.tokens([(text, False)], begin=False), piece=model.piece)
        for option in options
    ]
    shared = 0 if alone else common_length(prompts)
    together = 1 if alone else _TOGETHER
    with _opened(model, prompts, shared=shared, together=together, pace=pace) as cache:
        cache.read_shared(prompts[0][:shared], is_wanted=is_wanted)
        for number, logits in cache.read_behind([prompt[shared:] for prompt in prompts], is_wanted=is_wanted):
            yield number, log_shares(logits, spelled)


@contextmanager
def _opened(
    model: Model, prompts: Sequence[list[int]], *, shared: int, together: int, pace: Pace
) -> "Iterator[_Cache]":
    """Open a context of its own for the prompts: the one that answers keeps what it knows."""
    room = shared + together * (max(map(len, prompts)) - shared)
    context = model.new_context(room, threads=pace.threads, batch=_BATCH, texts=together + 1)
    cache = _Cache(model, context, together=together, pace=pace)
    try:
        yield cache
    finally:
        cache.free()


@dataclass(slots=True)
class _Text:
    """A prompt that is being read: its number, its place in the cache, and what is not read yet."""

    number: int
    place: int
    left: list[int]


class _Cache:
    """A context in which text 0 is what all prompts share; each prompt that is being read is a text from 1 on."""

    def __init__(self, model: Model, context: Any, *, together: int, pace: Pace) -> None:  # noqa: ANN401 - no types
        self._cpp, self._model, self._context, self._pace = model.cpp, model, context, pace
        self._memory = self._cpp.llama_get_memory(context)
        self._batch = self._cpp.llama_batch_init(_BATCH, 0, 1)
        self._free = list(range(together, 0, -1))
        self._shared = 0

    def free(self) -> None:
        """Give the memory back."""
        self._cpp.llama_batch_free(self._batch)
        self._cpp.llama_free(self._context)

    def read_shared(self, tokens: Sequence[int], *, is_wanted: Callable[[], bool]) -> None:
        """Read what all prompts begin with."""
        for start in range(0, len(tokens), _BATCH):
            self._batch.n_tokens = 0
            part = tokens[start : start + _BATCH]
            self._add(part, text=0, start=start, is_end=False)
            self._decode(is_wanted)
        self._shared = len(tokens)

    def read_behind(
        self, rests: Sequence[Sequence[int]], *, is_wanted: Callable[[], bool]
    ) -> Iterator[tuple[int, Any]]:
        """Read the prompts' own parts; yield each one's number and the scores of what follows it."""
        waiting = deque(enumerate(rests))
        current: _Text | None = None
        while waiting or current:
            self._batch.n_tokens, ended = 0, []
            while (room := _BATCH - self._batch.n_tokens) and (current or (waiting and self._free)):
                current = current or self._begun(*waiting.popleft())
                part, current.left = current.left[:room], current.left[room:]
                start = self._shared + len(rests[current.number]) - len(current.left) - len(part)
                self._add(part, text=current.place, start=start, is_end=not current.left)
                if not current.left:
                    ended.append((self._batch.n_tokens - 1, current))
                    current = None
            self._decode(is_wanted)
            for row, text in ended:
                yield text.number, self._model.logits_of(self._context, row).copy()
                self._cpp.llama_memory_seq_rm(self._memory, text.place, -1, -1)
                self._free.append(text.place)

    def _begun(self, number: int, rest: Sequence[int]) -> _Text:
        text = _Text(number, self._free.pop(), list(rest))
        if self._shared:
            self._cpp.llama_memory_seq_cp(self._memory, 0, text.place, -1, -1)
        return text

    def _add(self, tokens: Sequence[int], *, text: int, start: int, is_end: bool) -> None:
        """Put tokens of a text into the batch, the first at place `start` of it; its last one may want scores."""
        batch = self._batch
        for at, token in enumerate(tokens):
            row = batch.n_tokens
            batch.token[row], batch.pos[row] = token, start + at
            batch.n_seq_id[row], batch.seq_id[row][0] = 1, text
            batch.logits[row] = is_end and at == len(tokens) - 1
            batch.n_tokens = row + 1

    def _decode(self, is_wanted: Callable[[], bool]) -> None:
        if not is_wanted():
            raise Stopped
        started = time.perf_counter()
        if status := self._cpp.llama_decode(self._context, self._batch):
            raise RuntimeError(f"llama_decode gave {status}")
        if self._batch.n_tokens == _BATCH:
            self._pace.judge(_BATCH / (time.perf_counter() - started))
            self._cpp.llama_set_n_threads(self._context, self._pace.threads, self._pace.threads)
