"""What was said before a question: made part of the question, and cut to what a model has room for."""

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ingest.normalize import fold
from rag.antecedents import Turn
from rag.citations import without_markers
from rag.followup import rewrite
from rag.prompts import FOLLOWUP_SYSTEM, NO_ANSWER, NO_ANSWER_ENGLISH, followup
from rag.refusal import is_refusal

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

#: Turns that a rewriting looks back at.
_LOOK_BACK = 4
_ANSWER_LENGTH = 200
#: Tokens of history in the prompt of a rewriting.
_HISTORY_TOKENS = 600
_LABEL = re.compile(r"^(?:(?:改写|独立)后?的?(?:问题|提问)|问题)[：:]\s*")
#: A rewriting longer than this says more than was asked.
_LONGEST = 120
#: The share of the question's own telling characters that a rewriting must keep.
_KEPT = 0.7
_POINTERS = re.compile(r"[他她它]们?|这[里个些次份家]?|那[里个些次份家]?|前者|后者|上述|[呢吗的了请问]")


def standalone(question: str, history: Sequence[Turn]) -> str:
    """Return the question as it reads alone, by rules; unchanged where it does already.

    `history` holds (question, answer) pairs as they were said, the latest last.
    """
    turns: list[Turn] = []
    for asked, answer in history[-_LOOK_BACK:]:
        turns.append((rewrite(asked, turns), _told(answer)))
    return rewrite(question, turns)


def standalone_by(
    model: "BaseChatModel", question: str, history: Sequence[Turn], *, count_tokens: Callable[[str], int] = len
) -> str:
    """Return the question as `model` rewrites it, or by rules where its rewriting cannot be trusted.

    The model must be one that follows instructions (`rag.summarize.writes` tells). `count_tokens` is by default a token
    a character, which is on the safe side for Chinese.
    """
    from langchain_core.messages import HumanMessage, SystemMessage

    said_before = [(asked, _told(answer)) for asked, answer in history[-_LOOK_BACK:]]
    turns, _ = latest(said_before, count_tokens=count_tokens, limit=_HISTORY_TOKENS)
    if not turns:
        return standalone(question, history)
    said = model.invoke([SystemMessage(FOLLOWUP_SYSTEM), HumanMessage(followup(question, turns))]).text
    first = next((line.strip() for line in said.splitlines() if line.strip()), "")
    rewritten = _LABEL.sub("", first).strip('“”"「」')
    return rewritten if trustworthy(rewritten, question, turns) else standalone(question, history)


def says_nothing(answer: str) -> bool:
    """Whether an answer tells nothing that a later question could point at: a refusal in any language, or no answer."""
    return is_refusal(answer) or answer in (NO_ANSWER, NO_ANSWER_ENGLISH)


def trustworthy(rewritten: str, question: str, history: Sequence[Turn]) -> bool:
    """Tell whether a rewriting keeps what was asked: short, with the question's own words, and nothing made up."""
    if not 2 <= len(rewritten) <= max(_LONGEST, len(question)):
        return False
    own = {char for char in _POINTERS.sub("", fold(question)) if char.isalnum()}
    kept = own & set(fold(rewritten))
    known = fold(question + "".join(asked + answer for asked, answer in history))
    numbers = re.findall(r"\d+", fold(rewritten))
    return len(kept) >= _KEPT * len(own) and all(number in known for number in numbers)


def _told(answer: str) -> str:
    """Return the beginning of an answer without its markers; nothing of a refusal, which a model would repeat."""
    plain = without_markers(answer).strip()
    return "" if says_nothing(plain) else plain[:_ANSWER_LENGTH]


def latest(history: Sequence[Turn], *, count_tokens: Callable[[str], int], limit: int) -> tuple[list[Turn], int]:
    """Return the latest turns that have at most `limit` tokens together, and how many older ones were dropped."""
    kept: list[Turn] = []
    for asked, answer in reversed(history):
        limit -= count_tokens(asked) + count_tokens(answer)
        if limit < 0:
            break
        kept.insert(0, (asked, answer))
    return kept, len(history) - len(kept)
