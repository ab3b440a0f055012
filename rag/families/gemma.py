"""Gemma chat models, all generations; they know no system turn: its text leads the first user turn."""

from collections.abc import Sequence

from langchain_core.messages import BaseMessage

from rag.families._registry import ModelInfo, Sampling, Segment
from rag.families._turns import grounded, refined, system_of, turns_of

__all__ = ["NAME", "SAMPLING", "STOP", "grounded", "matches", "refined", "render"]

NAME = "gemma"
STOP = ("<end_of_turn>", "<start_of_turn>")
SAMPLING = Sampling(max_tokens=512)


def matches(info: ModelInfo) -> bool:
    """Tell the family by its template."""
    return "<start_of_turn>" in (info.chat_template or "")


def render(messages: Sequence[BaseMessage]) -> list[Segment]:
    """Return turns between control tokens, and the beginning of the answer."""
    system = system_of(messages)
    lead = f"{system}\n\n" if system else ""
    segments: list[Segment] = []
    for answered, text in turns_of(messages):
        role = "model" if answered else "user"
        segments.append(Segment(f"<start_of_turn>{role}\n", special=True))
        segments.append(Segment(text if answered else f"{lead}{text}"))
        segments.append(Segment("<end_of_turn>\n", special=True))
        lead = lead if answered else ""
    return [*segments, Segment("<start_of_turn>model\n", special=True)]
