"""A GGUF model with its context, over llama.cpp's C functions; used in the child process only.

llama_cpp.Llama is not used: it compiles the template that a model file brings, reads a prompt without a way to stop,
and asks for the logits of a whole prompt where several tokens are proposed at a time.
"""

import ctypes
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ingest.frames import Frame

#: Tokens of a prompt that are read at a time. What is in the context is used again by whole pieces only: then a token
#: goes through the same arithmetic whatever was read before, and the same question gets the same answer to the bit.
PIECE = 64
#: Tokens proposed at a time, where the text so far goes on after the same words as before (prompt lookup: Saxena 2023).
DRAFT = 8
_NGRAMS = (3, 2)
_PENALISED = 64  # the last tokens, which the repetition penalty looks at
_WARNING, _ERROR = 3, 4  # levels of llama.cpp's log (ggml.h)
_ABORTED = 2  # what llama_decode gives after an abort


class Stopped(Exception):
    """The parent has asked for an end."""


class Unloadable(Exception):
    """llama.cpp refuses the file, for the reason that its log gives."""


class Model:
    """A model with its context: what it has read last is kept, for prompts that begin in the same way."""

    def __init__(self, *, path: str, n_ctx: int, gpu_layers: int, threads: int) -> None:
        import llama_cpp

        self.cpp = self._cpp = llama_cpp
        self._said: deque[str] = deque(maxlen=8)
        self._log = llama_cpp.llama_log_callback(self._hear)
        llama_cpp.llama_log_set(self._log, ctypes.c_void_p(0))
        given = llama_cpp.llama_model_default_params()
        given.n_gpu_layers = gpu_layers if gpu_layers >= 0 else 0x7FFFFFFF
        self._model = llama_cpp.llama_model_load_from_file(path.encode("utf-8", "surrogateescape"), given)
        if not self._model:
            raise Unloadable(self._reason())
        self._on_gpu = gpu_layers != 0
        self._context = self.new_context(n_ctx, threads=threads, batch=max(PIECE, DRAFT + 1))
        self._memory = llama_cpp.llama_get_memory(self._context)
        if not self._memory or not llama_cpp.llama_model_has_decoder(self._model):
            raise Unloadable("the model has no decoder: it cannot write")
        self._batch = llama_cpp.llama_batch_init(max(PIECE, DRAFT + 1), 0, 1)
        self._vocabulary = llama_cpp.llama_model_get_vocab(self._model)
        # llama.cpp's own list of ends holds padding too.
        self._ends = {llama_cpp.llama_vocab_eos(self._vocabulary), llama_cpp.llama_vocab_eot(self._vocabulary)}
        self._size = llama_cpp.llama_vocab_n_tokens(self._vocabulary)
        self.n_ctx = int(llama_cpp.llama_n_ctx(self._context))
        # The state of a recurrent model cannot be taken back to an earlier token.
        recurrent = llama_cpp.llama_model_is_recurrent(self._model) or llama_cpp.llama_model_is_hybrid(self._model)
        self.can_rewind = not recurrent
        self.ends: frozenset[int] = frozenset()
        self._held: list[int] = []
        self._whole = 0  # of the tokens held, how many were read as whole pieces
        self._is_wanted: Callable[[], bool] = lambda: True
        self._abort = llama_cpp.ggml_abort_callback(lambda _: not self._is_wanted())

    def facts(self) -> Frame:
        """Return what the parent wants to know of the model."""
        gpu = bool(self._cpp.llama_supports_gpu_offload())
        return {"n_ctx": self.n_ctx, "gpu": gpu, "can_rewind": self.can_rewind}

    def tokens(self, segments: list[tuple[str, bool]], *, begin: bool) -> list[int]:
        """Return the tokens of the pieces; control tokens are read only in those marked so."""
        begins = begin and self._cpp.llama_vocab_get_add_bos(self._vocabulary)
        ids = [int(self._cpp.llama_vocab_bos(self._vocabulary))] if begins else []
        for text, special in segments:
            body = text.encode("utf-8", "replace")
            room = len(body) + 8  # a token has a byte at least; some vocabularies begin with a blank of their own
            buffer = (self._cpp.llama_token * room)()
            count = self._cpp.llama_tokenize(self._vocabulary, body, len(body), buffer, room, False, special)
            ids += buffer[: max(count, 0)]
        return ids

    def piece(self, token: int) -> bytes:
        """Return the text of a token, which may be a part of a character; a control token has none."""
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            length = self._cpp.llama_token_to_piece(self._vocabulary, token, buffer, size, 0, False)
            if length >= 0:
                return buffer.raw[:length]
            size = -length

    def is_end(self, token: int) -> bool:
        """Whether a token ends an answer: one of `ends`, or the vocabulary's end of a text or of a turn."""
        return token in self.ends or token in self._ends

    def use_threads(self, *, write: int, read: int) -> None:
        """Set how many threads make tokens one by one, and how many read prompts."""
        self._cpp.llama_set_n_threads(self._context, write, read)

    def read(self, tokens: list[int], *, is_wanted: Callable[[], bool]) -> Iterator[int]:
        """Read a prompt; yield how many tokens of it are known, first those that were known before."""
        known = self._known(tokens)
        yield known
        with self.abortable(is_wanted):
            for start in range(known, len(tokens), PIECE):
                part = tokens[start : start + PIECE]
                self._decode(part, outputs=1 if start + PIECE >= len(tokens) else 0)
                self._whole = start + PIECE if len(part) == PIECE else self._whole
                yield start + len(part)

    @contextmanager
    def abortable(self, is_wanted: Callable[[], bool]) -> Iterator[None]:
        """Raise Stopped from what is computed in the block, as soon as it is no longer wanted; that is asked often."""
        self._is_wanted = is_wanted
        self._cpp.llama_set_abort_callback(self._context, self._abort, None)
        try:
            yield
        finally:
            self._cpp.llama_set_abort_callback(self._context, self._cpp.ggml_abort_callback(0), None)

    def write(self, first: int, *, limit: int, choose: Callable[[int], int], drafted: bool) -> Iterator[int]:
        """Yield the tokens of an answer that begins with `first`, its end left out; `choose` takes a row of logits."""
        token, made = first, 0
        while not self.is_end(token):
            yield token
            made += 1
            if made >= limit:
                return
            draft = self._draft(token, most=min(DRAFT, limit - made)) if drafted and self.can_rewind else []
            before = len(self._held)
            self._decode([token, *draft], outputs=1 + len(draft))
            token = choose(0)
            for row, proposed in enumerate(draft, 1):
                if token != proposed or self.is_end(token):
                    break
                yield token
                made += 1
                if made >= limit:
                    return
                token = choose(row)
            else:
                continue
            self._rewind(before + row)

    def logits(self, row: int) -> Any:  # noqa: ANN401 - numpy is not imported up here
        """Return the scores of what follows the row-th token of the last batch (-1: its last), to be read at once."""
        return self.logits_of(self._context, row)

    def logits_of(self, context: Any, row: int) -> Any:  # noqa: ANN401 - llama_cpp has no types
        """Return the same of any context of this model."""
        import numpy as np

        return np.ctypeslib.as_array(self._cpp.llama_get_logits_ith(context, row), (self._size,))

    @contextmanager
    def chooser(self, sampling: Frame) -> Iterator[Callable[[int], int]]:
        """Yield a function from a row, as of `logits`, to a token; the same seed draws the same tokens."""
        if sampling["temperature"] == 0 and sampling["repeat_penalty"] == 1:
            yield lambda row: int(self.logits(row).argmax())  # a third of the sampler's time
            return
        cpp = self._cpp
        steps = [cpp.llama_sampler_init_penalties(self._size, _PENALISED, sampling["repeat_penalty"], 0.0, 0.0)]
        if sampling["temperature"] == 0:
            steps.append(cpp.llama_sampler_init_greedy())
        else:
            steps.append(cpp.llama_sampler_init_top_k(sampling["top_k"]))
            steps.append(cpp.llama_sampler_init_top_p(sampling["top_p"], 1))
            steps.append(cpp.llama_sampler_init_temp(sampling["temperature"]))
            steps.append(cpp.llama_sampler_init_dist(sampling["seed"]))
        chain = cpp.llama_sampler_chain_init(cpp.llama_sampler_chain_default_params())
        for step in steps:
            cpp.llama_sampler_chain_add(chain, step)
        try:
            yield lambda row: int(cpp.llama_sampler_sample(chain, self._context, row))
        finally:
            cpp.llama_sampler_free(chain)

    def forget(self) -> None:
        """Empty the context."""
        self._cpp.llama_memory_clear(self._memory, True)
        self._held, self._whole = [], 0

    def seconds(self, count: int) -> float:
        """Return the time that a batch of `count` tokens takes; the context is empty afterwards."""
        started = time.perf_counter()
        self._decode([0] * count, outputs=count)
        spent = time.perf_counter() - started
        self.forget()
        return spent

    def new_context(self, n_ctx: int, *, threads: int, batch: int, texts: int = 1) -> Any:  # noqa: ANN401 - llama_cpp has no types
        """Return a context for `n_ctx` tokens, read `batch` at a time, of one text or several that share the room."""
        given = self._cpp.llama_context_default_params()
        given.n_ctx = n_ctx
        given.n_batch = given.n_ubatch = batch
        given.n_threads = given.n_threads_batch = threads
        if texts > 1:
            given.n_seq_max, given.kv_unified = texts, True
            given.n_outputs_max = texts  # scratch for the scores of a whole batch would be half a gigabyte
        if not self._on_gpu:
            # On a processor it rounds more, and adds up in an order that depends on the threads.
            given.flash_attn_type = self._cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
        context = self._cpp.llama_init_from_model(self._model, given)
        if not context:
            raise Unloadable(self._reason())
        return context

    def _known(self, tokens: list[int]) -> int:
        """Return how many tokens of a prompt need not be read, and take the context back to them."""
        most = min(self._whole, len(tokens) - 1)  # the last one is always read, for its logits
        common = next((at for at in range(most) if self._held[at] != tokens[at]), most)
        known = common // PIECE * PIECE
        if not known or not self.can_rewind:
            self.forget()
            return 0
        self._rewind(known)
        return known

    def _rewind(self, length: int) -> None:
        self._cpp.llama_memory_seq_rm(self._memory, 0, length, -1)
        del self._held[length:]
        self._whole = min(self._whole, length)

    def _draft(self, token: int, *, most: int) -> list[int]:
        """Return what followed the last words of the text where they stood before, latest first."""
        import numpy as np

        text = np.asarray([*self._held, token], dtype=np.int32)
        most = min(most, self.n_ctx - len(text))
        for length in _NGRAMS:
            tail = text[-length:]
            windows = np.lib.stride_tricks.sliding_window_view(text[:-1], length)
            places = np.flatnonzero((windows == tail).all(axis=1))
            if len(places):
                start = int(places[-1]) + length
                return [int(one) for one in text[start : start + most]]
        return []

    def _decode(self, tokens: list[int], *, outputs: int) -> None:
        """Put tokens behind what is held; the last `outputs` of them give logits."""
        batch, start = self._batch, len(self._held)
        batch.n_tokens = len(tokens)
        for at, token in enumerate(tokens):
            batch.token[at], batch.pos[at] = token, start + at
            batch.n_seq_id[at], batch.seq_id[at][0] = 1, 0
            batch.logits[at] = at >= len(tokens) - outputs
        status = self._cpp.llama_decode(self._context, batch)
        if status == _ABORTED:
            # What was computed of the batch is not known of; it is cut off.
            self._cpp.llama_memory_seq_rm(self._memory, 0, start, -1)
            raise Stopped
        if status:
            self.forget()
            raise RuntimeError(f"llama_decode gave {status}: {self._reason()}")
        self._held += tokens

    def _hear(self, level: int, text: bytes, _: object) -> None:
        """Keep what llama.cpp warns of, for the reason of a failure; stderr is left to what it says before an abort."""
        if level in (_WARNING, _ERROR):
            self._said.append(text.decode("utf-8", "replace").strip())

    def _reason(self) -> str:
        """Return the first of llama.cpp's last complaints: those behind it only say that therefore something failed."""
        return next((line.removeprefix("llama_model_load: ") for line in self._said), "it gives no reason")
