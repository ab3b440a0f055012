"""Chinese-Alpaca-2, and other models with the chat template of Llama 2."""

from collections.abc import Sequence

from langchain_core.messages import BaseMessage

from rag.families._registry import ModelInfo, Sampling, Segment
from rag.families._turns import grounded, refined, system_of, turns_of, unlike

__all__ = ["NAME", "SAMPLING", "STOP", "grounded", "matches", "refined", "render"]

NAME = "alpaca2"
STOP = ("[INST]",)
SAMPLING = Sampling(max_tokens=400)

_VOCABULARY = 55296
# The template's own marks, which are plain text to the tokenizer.
_MARKS = ("[INST]", "[/INST]", "<<SYS>>", "<</SYS>>")
_SYSTEM = "You are a helpful assistant. 你是一个乐于助人的助手。"


def matches(info: ModelInfo) -> bool:
    """Tell the family by name or template: Chinese-LLaMA-2, a base model, has the same vocabulary."""
    template = info.chat_template or ""
    if info.vocabulary_size == _VOCABULARY:
        return "alpaca" in info.name.lower() or bool(template)
    return "[INST]" in template and "<<SYS>>" in template


def render(messages: Sequence[BaseMessage]) -> list[Segment]:
    """Return `[INST] … [/INST]` turns, the system text in the first, the end of each answer as a control token."""
    lead = f"<<SYS>>\n{unlike(_MARKS, system_of(messages)) or _SYSTEM}\n<</SYS>>\n\n"
    segments: list[Segment] = []
    for answered, said in turns_of(messages):
        text = unlike(_MARKS, said)
        if answered:
            segments += [Segment(f" {text}"), Segment("</s><s>", special=True)]
        else:
            segments.append(Segment(f"[INST] {lead}{text} [/INST]"))
            lead = ""
    return segments
