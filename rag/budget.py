"""Which passages a model reads: those that fit into its context, and that it can read in time; counted in tokens."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ingest.types import Passage
from rag.errors import ContextTooSmall

_SENTENCE_END = re.compile(r"[。！？!?…]+[”’」』）)]*|\n")
#: A remainder shorter than this, in characters, tells a reader nothing.
_LEAST = 20


@dataclass(frozen=True, slots=True)
class Room:
    """How long a prompt may be, in tokens: the context `n_ctx` less what is kept for the `answer`, its `limit`.

    `in_time` is what the model reads before the first word is due, `usual` what it is used to; None: not known.
    """

    n_ctx: int
    answer: int
    in_time: float | None = None
    usual: int | None = None

    @property
    def limit(self) -> int:
        """What is left for the prompt."""
        return self.n_ctx - self.answer

    @property
    def wished(self) -> float | None:
        """What the prompt had better not exceed; None where nothing is wished."""
        return min((wish for wish in (self.in_time, self.usual) if wish is not None), default=None)


def fit(
    passages: Sequence[Passage],
    *,
    prompt_tokens: Callable[[Sequence[Passage]], int],
    limit: int,
    wished: float | None = None,
) -> list[Passage]:
    """Return the passages, best first, whose prompt has at most `limit` tokens, and at most `wished` where that goes.

    `prompt_tokens` counts the whole prompt that would hold the given passages: template, question and all; `limit` is
    the context less the room for the answer. The lowest ranks are dropped first; the first one that does not fit whole
    is cut at a sentence end, and stays a verbatim slice. The best passage is kept whole even where that is more than
    wished. Raises ContextTooSmall where no part of it is within `limit`.
    """
    passages = list(passages)
    kept = _within(passages, prompt_tokens, min(limit, wished if wished is not None else limit))
    if len(kept) < 2 and kept != passages[:1]:
        kept = _within(passages[:1], prompt_tokens, limit)
    if passages and not kept:
        needed = prompt_tokens(_shortest(passages[0]))
        raise ContextTooSmall(
            f"the question and one passage need {needed} tokens, the model's context has room for {limit}; "
            "shorten the question or raise n_ctx",
            needed=needed,
            available=limit,
        )
    return kept


def readable_in(seconds: float | None, *, rate: float | None) -> float | None:
    """Return how many tokens a model reads in so many seconds, at `rate` tokens a second; None where one is unknown."""
    return None if seconds is None or not rate else seconds * rate


def _within(
    passages: Sequence[Passage], prompt_tokens: Callable[[Sequence[Passage]], int], limit: float
) -> list[Passage]:
    kept = list(passages)
    dropped = None
    while kept and prompt_tokens(kept) > limit:
        dropped = kept.pop()
    if dropped is not None:
        kept += _cut(dropped, fits=lambda part: prompt_tokens([*kept, part]) <= limit)
    return kept


def _cut(passage: Passage, *, fits: Callable[[Passage], bool]) -> list[Passage]:
    """Return the longest beginning of `passage` that ends with a sentence and fits, if there is one."""
    parts = [_beginning(passage, length=end) for end in _ends(passage.text)]
    low, high = 0, len(parts)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(parts[middle - 1]) else (low, middle - 1)
    return parts[low - 1 : low] if low else []


def _shortest(passage: Passage) -> list[Passage]:
    ends = _ends(passage.text)
    return [_beginning(passage, length=ends[0])] if ends else [passage]


def _ends(text: str) -> list[int]:
    return [match.end() for match in _SENTENCE_END.finditer(text) if _LEAST <= match.end() < len(text)]


def _beginning(passage: Passage, *, length: int) -> Passage:
    return replace(passage, text=passage.text[:length], end=passage.start + length)
