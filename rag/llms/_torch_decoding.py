"""Tokens of a transformers model: read, and written one by one."""

import math
from collections.abc import Collection, Generator
from typing import TYPE_CHECKING, Any

from rag.families import Sampling
from rag.llms._kept_states import kept_states
from rag.types import Reading

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

#: Tokens of a prompt that are read at a time. Only whole pieces are used again: then each token goes through the same
#: arithmetic whatever was read before, and the same question gets the same answer to the bit.
_PIECE = 128
#: Tokens of the answer that the penalty on repetition looks at; llama.cpp's figure.
_PENALISED = 64


class Decoder:
    """A loaded model with the state of the text that it read last; one generation at a time.

    What a prompt has in common with that text is not read again.
    """

    def __init__(self, model: Any, *, n_ctx: int) -> None:  # noqa: ANN401 - transformers has no types here
        self._model = model
        self._states = kept_states(n_ctx)
        self._read: list[int] = []
        self._pieces = 0  # tokens of `_read` that were read in whole pieces
        self._logits: Any = None  # behind `_read`: one float32 a token

    def shared(self, prompt: list[int]) -> int:
        """Return how many tokens of a prompt need not be read again; its last one always is."""
        return _shared(self._read[: self._pieces], prompt[:-1]) // _PIECE * _PIECE

    def read(self, prompt: list[int]) -> Generator[Reading]:
        """Read a prompt, and yield how far that is. Raises RuntimeError where torch gives up."""
        start = self.shared(prompt)
        self._forget(len(self._read) - start)
        for at in range(start, len(prompt), _PIECE):
            self._read_on(prompt[at : at + _PIECE])
            self._pieces = len(self._read) // _PIECE * _PIECE
            yield Reading(len(self._read), len(prompt))

    def logits(self) -> "npt.NDArray[np.float32]":
        """Return the scores of what follows the text that was read."""
        scores: npt.NDArray[np.float32] = self._logits.cpu().numpy()
        return scores

    def forget(self) -> None:
        """Begin anew: nothing of the text that was read last is used again."""
        self._forget(len(self._read))

    def lead(self, token: int) -> float:
        """Return how much likelier, in logits, `token` is as the next one than any other."""
        return float(self._logits[token] - self._logits[self._next_to(token)])

    def write(self, *, sampling: Sampling, ends: Collection[int], refusal: int) -> Generator[int]:
        """Yield the tokens behind what was read, up to one that ends the answer. Raises RuntimeError as `read` does.

        `refusal` is the token that begins a refusal: see `Sampling.refusal_margin`.
        """
        import torch

        chance = torch.Generator().manual_seed(sampling.seed)
        answer: list[int] = []
        while True:
            token = chosen(self._logits, sampling=sampling, recent=answer[-_PENALISED:], chance=chance)
            if not answer and token == refusal and self.lead(refusal) < sampling.refusal_margin:
                other = self._next_to(refusal)
                token = refusal if other in ends else other
            if token in ends:
                return
            yield token
            answer.append(token)
            self._read_on([token])

    def _next_to(self, token: int) -> int:
        """Return the likeliest next token but for `token`."""
        others = self._logits.clone()
        others[token] = -float("inf")
        return int(others.argmax())

    def memory(self) -> str:
        """Return in words how much was read and, on a GPU, how full its memory is."""
        import torch

        read = f"{len(self._read)} tokens read"
        if self._model.device.type != "cuda":
            return read
        free, whole = torch.cuda.mem_get_info()
        return f"{read}, {free / 2**30:.1f} of {whole / 2**30:.1f} GiB free on the GPU"

    @property
    def is_closed(self) -> bool:
        """Whether the model is gone."""
        return self._model is None

    def close(self) -> None:
        """Let go of model and state; a generation that another thread is in ends with RuntimeError at its next step."""
        self._model, self._states = None, kept_states(0)

    def _read_on(self, part: list[int]) -> None:
        try:
            self._logits = self._step(part)
        except BaseException:
            # Some layers may have the part and others not.
            self._forget(len(self._read))
            self._states.reset()
            raise
        self._read += part

    def _forget(self, count: int) -> None:
        """Take back the last tokens."""
        if count:
            self._states.crop(-count)
            del self._read[-count:]
        self._pieces = min(self._pieces, len(self._read))

    def _step(self, part: list[int]) -> "torch.Tensor":
        import torch

        model, states = self._model, self._states  # `close` may come from another thread at any time
        if model is None:
            raise RuntimeError("the model is closed")
        # Not around a whole generation: the mode belongs to the thread, and would leak to who resumes the generator.
        with torch.inference_mode():
            ids = torch.tensor([part], device=model.device)
            output = model(input_ids=ids, past_key_values=states, use_cache=True, logits_to_keep=1)
            logits: torch.Tensor = output.logits[0, -1].float()
        return logits


def chosen(logits: "torch.Tensor", *, sampling: Sampling, recent: list[int], chance: "torch.Generator") -> int:
    """Return the next token: penalty, top k, top p and temperature in llama.cpp's order.

    Raises RuntimeError where the model's numbers overflowed.
    """
    import torch

    if recent and sampling.repeat_penalty != 1:
        seen = torch.tensor(sorted(set(recent)), device=logits.device)
        old = logits[seen]
        logits = logits.clone()
        logits[seen] = torch.where(old > 0, old / sampling.repeat_penalty, old * sampling.repeat_penalty)
    highest, best = logits.max(0)
    if not math.isfinite(highest):
        raise RuntimeError("its numbers overflowed; set dtype to bfloat16 or float32")
    if sampling.temperature == 0:
        return int(best)
    values, ids = logits.topk(min(sampling.top_k or len(logits), len(logits)))
    values = values.cpu()  # the same seed draws the same on every device
    shares = values.softmax(0)
    # The token that reaches top p is in; what comes behind it is out.
    values = values[shares.cumsum(0) - shares < sampling.top_p]
    drawn = torch.multinomial((values / sampling.temperature).softmax(0), 1, generator=chance)
    return int(ids[drawn])


def _shared(one: list[int], other: list[int]) -> int:
    """Return how many first tokens two texts share."""
    at = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        at += 1
    return at
