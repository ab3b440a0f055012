"""Llama-3-Chinese-Instruct, and other models with the chat template of Llama 3."""

from collections.abc import Sequence

from langchain_core.messages import BaseMessage

from rag.families._registry import ModelInfo, Sampling, Segment
from rag.families._turns import grounded, refined, system_of, turns_of

__all__ = ["NAME", "SAMPLING", "STOP", "grounded", "matches", "refined", "render"]

NAME = "llama3"
STOP = ("<|eot_id|>", "<|end_of_text|>")
SAMPLING = Sampling(max_tokens=512)

_VOCABULARY = 128256


def matches(info: ModelInfo) -> bool:
    """Tell the family by its template or, where a conversion lost it, by vocabulary and name."""
    if "<|start_header_id|>" in (info.chat_template or ""):
        return True
    return info.vocabulary_size == _VOCABULARY and "instruct" in info.name.lower()


def render(messages: Sequence[BaseMessage]) -> list[Segment]:
    """Return turns with their headers as control tokens, and the header of the answer."""
    segments: list[Segment] = []
    if system := system_of(messages):
        segments += _turn("system", system)
    for answered, text in turns_of(messages):
        segments += _turn("assistant" if answered else "user", text)
    return [*segments, _header("assistant")]


def _turn(role: str, text: str) -> list[Segment]:
    return [_header(role), Segment(text), Segment("<|eot_id|>", special=True)]


def _header(role: str) -> Segment:
    return Segment(f"<|start_header_id|>{role}<|end_header_id|>\n\n", special=True)
