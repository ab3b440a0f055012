"""Several questions asked at once (年假有几天？怎么申请？), told apart for a model that answers one at a time."""

import re

from rag.followup import bare_end
from rag.prompts import REFUSAL
from rag.refusal import refusal

#: More of them are asked as one: each costs a reading of the passages.
_MOST = 4
#: Fewer letters than this (对吗？) ask nothing by themselves.
_TELLING = 3
_PIECE = re.compile(r"[^？?]*[？?]+\s*|[^？?]+$")
_OPENING, _CLOSING = "“‘「『（(", "”’」』）)"


def asked_in(text: str) -> list[str]:
    """Return the questions that a text asks, in their order; the text alone where that is one, or more than four.

    A question ends with its mark. What comes before its first one leads up to it, what follows the last one belongs to
    it; marks inside of quotes and brackets end nothing.
    """
    found: list[str] = []
    held = ""
    for piece in _PIECE.findall(text.strip()):
        held += piece
        is_open = sum(map(held.count, _OPENING)) != sum(map(held.count, _CLOSING))
        if not is_open and held.rstrip().endswith(("？", "?")) and _letters(held) >= _TELLING:
            found.append(held.strip())
            held = ""
    if held.strip() and found:
        found[-1] += held.rstrip()
    return found if 2 <= len(found) <= _MOST else [text]


def left_open(question: str) -> str:
    """Return the line that says of one question of several that the documents do not hold its answer."""
    said = refusal(question)
    return f"{bare_end(question)}{'：' if said == REFUSAL else ': '}{said}"


def _letters(text: str) -> int:
    return sum(char.isalnum() for char in text)
