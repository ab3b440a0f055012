"""How far one model is from another: the same model in two forms, or before and after quantising.

For each position of a text, with p and q the distributions of the next token by the first and the second model:
KL(p‖q) = Σ p·(log p − log q) in nats; perplexity is exp of the mean −log p(the token that follows).
"""

import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import BadModelFiles, WrongPart
from models.progress import Progress, silent
from models.speakers import Speaker, speaker

if TYPE_CHECKING:
    import numpy as np

#: Tokens of a window, the beginning included; each is read for itself.
WINDOW = 256
#: Tokens of the text that are compared at most.
MOST = 1024
_FEWEST = 32
#: Tokens that both go on with by themselves, and how many of the text they are given before.
_GREEDY, _PROMPT = 64, 32

_SAMPLE = Path(__file__).with_name("comparison_text.txt")


@dataclass(frozen=True, slots=True)
class Comparison:
    """What sets the second model apart from the first, over `tokens` positions of a text.

    `kl` are nats for each position; `same_top` and `same_greedy` shares from 0 to 1 (of positions whose likeliest token
    is the same; of 64 tokens that both wrote by themselves, up to the first difference).
    """

    tokens: int
    kl: tuple[float, ...]
    same_top: float
    same_greedy: float
    logit_mean: float
    logit_max: float
    perplexities: tuple[float, float]

    @property
    def kl_mean(self) -> float:
        """Return the mean divergence."""
        return math.fsum(self.kl) / len(self.kl)

    def as_record(self) -> dict[str, float | int]:
        """Return the figures by name, as JSON has them."""
        return {
            "tokens": self.tokens,
            "kl_mean": self.kl_mean,
            "kl_max": max(self.kl),
            "same_top": self.same_top,
            "same_greedy": self.same_greedy,
            "logit_error_mean": self.logit_mean,
            "logit_error_max": self.logit_max,
            "perplexity_a": self.perplexities[0],
            "perplexity_b": self.perplexities[1],
        }


def compare(
    first: Path, second: Path, *, text: str | None = None, threads: int = 2, progress: Progress = silent
) -> Comparison:
    """Compare two models, each a Hugging Face folder or a GGUF file, on a text (one of our own where none is given).

    One of them is in memory at a time. Raises BadModelFiles, WrongPart where their tokens are not the same.
    """
    text = _SAMPLE.read_text("utf-8") if text is None else text
    with tempfile.TemporaryDirectory() as scratch:
        with speaker(first, context=WINDOW, threads=threads) as one:
            tokens, windows = one.tokens, _windows(one, text)
            kept = _keep(one, windows, folder=Path(scratch), progress=progress)
            wrote = one.greedy(windows[0][:_PROMPT], count=_GREEDY)
        with speaker(second, context=WINDOW, threads=threads) as other:
            _check_same(tokens, other.tokens, first=first, second=second)
            sums = _Sums()
            for number, (window, logits) in enumerate(zip(windows, kept, strict=True), 1):
                sums.add(window, logits, other.logits(window))
                progress("compare", len(windows) + number, 2 * len(windows))
            written = other.greedy(windows[0][:_PROMPT], count=_GREEDY)
        return sums.result(same_greedy=_common(wrote, written) / _GREEDY)


class _Sums:
    """The figures so far, window by window."""

    def __init__(self) -> None:
        self._kl: list[float] = []
        self._same = 0
        self._errors: list[tuple[float, float]] = []
        self._surprises: list[tuple[float, float]] = []

    def add(self, ids: Sequence[int], first: "np.ndarray[Any, Any]", second: "np.ndarray[Any, Any]") -> None:
        """Take the tokens of a window and both models' logits on it, of shape (tokens, vocabulary)."""
        import numpy as np

        p, q = _log_softmax(first), _log_softmax(second)
        self._kl += (np.exp(p) * (p - q)).sum(axis=1).tolist()
        self._same += int((first.argmax(axis=1) == second.argmax(axis=1)).sum())
        error = np.abs(first - second)
        self._errors.append((float(error.mean()), float(error.max())))
        following = list(ids[1:])
        rows = np.arange(len(following))
        self._surprises += zip((-p[rows, following]).tolist(), (-q[rows, following]).tolist(), strict=True)

    def result(self, *, same_greedy: float) -> Comparison:
        """Return the figures of all windows, each token counting the same."""
        count = len(self._kl)
        one, other = (math.exp(math.fsum(column) / len(column)) for column in zip(*self._surprises, strict=True))
        return Comparison(
            tokens=count,
            kl=tuple(max(value, 0.0) for value in self._kl),  # below 0 by rounding only
            same_top=self._same / count,
            same_greedy=same_greedy,
            logit_mean=math.fsum(mean for mean, _ in self._errors) / len(self._errors),
            logit_max=max(largest for _, largest in self._errors),
            perplexities=(one, other),
        )


def _windows(model: Speaker, text: str) -> list[list[int]]:
    """Return the tokens of a text in windows, each with the beginning in front. Raises BadModelFiles if too short."""
    ids = model.encode(text)[:MOST]
    if len(ids) < _FEWEST:
        raise BadModelFiles(
            f"the text to compare on has {len(ids)} tokens: give one of at least {_FEWEST}, better of a thousand",
            cause="comparison_text",
            tokens=len(ids),
            least=_FEWEST,
        )
    begin = next((number for number, token in enumerate(model.tokens) if token in (b"<s>", b"<|begin_of_text|>")), 1)
    step = WINDOW - 1
    parts = [ids[at : at + step] for at in range(0, len(ids), step)]
    return [[begin, *part] for part in parts if len(part) >= _FEWEST or len(parts) == 1]


def _keep(
    model: Speaker, windows: Sequence[Sequence[int]], *, folder: Path, progress: Progress
) -> list["np.ndarray[Any, Any]"]:
    """Return a model's logits, on disk: those of a large vocabulary would crowd out the second model."""
    import numpy as np

    kept = []
    for number, window in enumerate(windows, 1):
        path = folder / f"{number}.npy"
        np.save(path, model.logits(window))
        kept.append(np.load(path, mmap_mode="r"))
        progress("compare", number, 2 * len(windows))
    return kept


def _check_same(one: list[bytes], other: list[bytes], *, first: Path, second: Path) -> None:
    """Refuse models whose tokens differ: their logits are of different things."""
    if len(one) != len(other):
        raise WrongPart(
            f"{first} has {len(one)} tokens, {second} {len(other)}: only models with one tokenizer can be compared",
            cause="tokens_differ",
            first=len(one),
            second=len(other),
        )
    for number, pair in enumerate(zip(one, other, strict=True)):
        if pair[0] != pair[1]:
            raise WrongPart(
                f"token {number} is {pair[0]!r} in {first} and {pair[1]!r} in {second}: "
                "only models with one tokenizer can be compared",
                cause="token_differs",
                number=number,
            )


def _log_softmax(logits: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    import numpy as np

    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    result: np.ndarray[Any, Any] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return result


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many tokens two texts begin with in common."""
    pairs = zip(one, other, strict=True)
    return next((number for number, (left, right) in enumerate(pairs) if left != right), len(one))
