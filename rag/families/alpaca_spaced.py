"""Chinese-Alpaca, first generation, in the form of its inference script: blank lines behind the headings.

Answers come out longer than in the form of the training (`alpaca`), which is used unless this one is named.
"""

from collections.abc import Sequence

from langchain_core.messages import BaseMessage

from rag.families._registry import ModelInfo, Segment
from rag.families.alpaca import PROMPT_TOKENS, SAMPLING, STOP, grounded, refined, rendered

__all__ = ["NAME", "PROMPT_TOKENS", "SAMPLING", "STOP", "grounded", "matches", "refined", "render"]

NAME = "alpaca_spaced"


def matches(info: ModelInfo) -> bool:
    """Return False: the setting `family` chooses this form."""
    return False


def render(messages: Sequence[BaseMessage]) -> list[Segment]:
    """Return preamble, instructions and responses in one piece."""
    return rendered(messages, behind_instruction="\n\n", behind_response="\n\n")
