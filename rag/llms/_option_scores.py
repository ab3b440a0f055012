"""How likely each of some short options is as the next word: which tokens spell one, and what they add up to."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

# What may stand before an option. Tokenizers have one token for a letter behind a colon, another behind a space.
_BEFORE = ("", " ", "\n", "：", "（")


def spellings(option: str, *, encode: Callable[[str], list[int]], piece: Callable[[int], bytes]) -> list[int]:
    """Return the tokens that are the whole option, blanks aside: A and ▁A, for instance.

    `piece` gives the bytes of a token. Raises ValueError where the vocabulary has no token of its own for the option.
    """
    ends = [encode(before + option)[-1] for before in _BEFORE]
    found = [token for token in dict.fromkeys(ends) if piece(token).strip() == option.encode()]
    if not found:
        raise ValueError(f"its vocabulary has no token for {option!r}; let it answer freely")
    return found


def log_shares(logits: "npt.NDArray[np.float32]", spelled: Sequence[Sequence[int]]) -> list[float]:
    """Return the log of each option's probability: that of its spellings together, over the whole vocabulary."""
    import numpy as np

    scores = logits.astype(np.float64)
    highest = scores.max()
    total = highest + np.log(np.exp(scores - highest).sum())  # logaddexp.reduce takes ten times as long
    return [float(np.logaddexp.reduce(scores[list(tokens)]) - total) for tokens in spelled]


def common_length(prompts: Sequence[list[int]]) -> int:
    """Return how many first tokens all prompts share; each keeps one token at least behind them."""
    first, last = min(prompts), max(prompts)  # what these two share, all between them share
    most = min(map(len, prompts)) - 1
    return next((at for at in range(most) if first[at] != last[at]), most)
