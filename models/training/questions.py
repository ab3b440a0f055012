"""Questions as people type them: other words than the document's, more or less polite, with or without the mark."""

import random
import re
from collections.abc import Mapping
from functools import cache

from models.training.patterns import DESCRIPTIONS

_SLOT = re.compile(r"(\{[^{}]*\})")
_OPENINGS = (
    "请问", "请问一下，", "想问下", "我想知道", "麻烦问一下，", "问一下", "你好，", "帮我查一下", "资料里说",
    "按规定，", "按照要求，", "根据文件，", "查一下", "有个问题，",
)  # fmt: skip
_CLOSINGS = ("呢", "啊", "呀", "来着", "，谢谢")


def varied(question: str, *, rng: random.Random) -> str:
    """Return a question's pattern in other words; its slots stay as they are."""
    parts = _SLOT.split(question)
    for word, others in _synonyms().items():
        for i in range(0, len(parts), 2):
            if word in parts[i] and rng.random() < 0.3:
                parts[i] = parts[i].replace(word, rng.choice(others), 1)
    text = "".join(parts)
    if rng.random() < 0.15:
        text = rng.choice(_OPENINGS) + text
    if rng.random() < 0.08:
        text += rng.choice(_CLOSINGS)
    return text + rng.choices(("？", "", "?", "。"), (80, 13, 5, 2))[0]


@cache
def _synonyms() -> Mapping[str, tuple[str, ...]]:
    lines = (DESCRIPTIONS / "synonyms.tsv").read_text("utf-8").splitlines()
    return {word: tuple(others.split()) for word, others in (line.split("\t") for line in lines)}
