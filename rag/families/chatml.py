"""ChatML: Qwen and the many other models whose turns begin with <|im_start|>."""

from collections.abc import Sequence

from langchain_core.messages import BaseMessage

from rag.families._registry import ModelInfo, Sampling, Segment
from rag.families._turns import grounded, refined, system_of, turns_of

__all__ = ["NAME", "SAMPLING", "STOP", "grounded", "matches", "refined", "render"]

NAME = "chatml"
STOP = ("<|im_end|>", "<|endoftext|>", "<|im_start|>")
SAMPLING = Sampling(max_tokens=512)


def matches(info: ModelInfo) -> bool:
    """Tell the family by its template."""
    return "<|im_start|>" in (info.chat_template or "")


def render(messages: Sequence[BaseMessage]) -> list[Segment]:
    """Return turns between control tokens, and the beginning of the answer."""
    segments: list[Segment] = []
    if system := system_of(messages):
        segments += _turn("system", system)
    for answered, text in turns_of(messages):
        segments += _turn("assistant" if answered else "user", text)
    return [*segments, Segment("<|im_start|>assistant\n", special=True)]


def _turn(role: str, text: str) -> list[Segment]:
    return [Segment(f"<|im_start|>{role}\n", special=True), Segment(text), Segment("<|im_end|>\n", special=True)]
