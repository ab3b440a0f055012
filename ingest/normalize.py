"""The search form of a text: what is matched may be folded, what is shown and cited never is."""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

# Half of a character, from a damaged file name or text: no converter takes it.
_SURROGATE = re.compile("[\ud800-\udfff]")


class _FoldingTable(dict[int, str]):
    """Code point → folded character, filled as characters are met (a table for all of Unicode would cost 0.3 s)."""

    def __init__(self, simplify: Callable[[str], str]) -> None:
        super().__init__()
        self._simplify = simplify

    def __missing__(self, code: int) -> str:
        original = chr(code)
        folded = original
        for step in (lambda c: unicodedata.normalize("NFKC", c), self._simplify, str.lower):
            changed = folded if _SURROGATE.match(folded) else step(folded)
            folded = changed if len(changed) == 1 else folded
        self[code] = folded
        return folded


@lru_cache(maxsize=1)
def _table() -> _FoldingTable:
    import opencc

    return _FoldingTable(opencc.OpenCC("t2s").convert)


def fold(text: str) -> str:
    """Return `text` with width, Traditional forms and case folded, one character for one character.

    The length never changes, so that offsets found in the folded text hold in the original: a character whose NFKC,
    Simplified (OpenCC t2s, character by character) or lower-case form has another length is left as it is.
    """
    return text.translate(_table())
