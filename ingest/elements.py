"""unstructured made to work offline and on Chinese, and its elements as blocks.

As installed, unstructured downloads a spaCy model on first use and installs it, sends a ping at import and at each
partition, and cuts sentences and counts words by English rules. What it asks of its tokenizer is replaced here, before
its first import; the pings are switched off.
"""

import importlib
import os
import re
import sys
from collections.abc import Iterable
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ingest.blocks import Block

if TYPE_CHECKING:
    from unstructured.documents.elements import Element

LANGUAGES = ["zho"]  # given, so that unstructured does not guess the language of every document

_TOKENIZER = "unstructured.nlp.tokenize"
_QUIET = {"DO_NOT_TRACK": "1", "SCARF_NO_ANALYTICS": "1", "UNSTRUCTURED_DISABLE_NOTICE": "1", "HF_HUB_OFFLINE": "1"}
_SENTENCE = re.compile(r"[^。！？!?；;\n]*[。！？!?；;\n]+[」』”’）)]*|[^。！？!?；;\n]+$")
_WORD = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]|[A-Za-z0-9_'\-]+|\S")


def partitioner(name: str) -> Any:  # noqa: ANN401 - unstructured has no types that mypy could follow
    """Return `partition_<name>` of unstructured, ready to be used offline."""
    _prepare()
    module = importlib.import_module(f"unstructured.partition.{name}")
    return getattr(module, f"partition_{name}")


def element_blocks(elements: "Iterable[Element]") -> list[Block]:
    """Return elements as blocks: titles as headings, all else as paragraphs."""
    return [
        Block(element.text, (element.metadata.category_depth or 0) + 1 if element.category == "Title" else 0)
        for element in elements
    ]


def _prepare() -> None:
    """Put our tokenizer in the place of unstructured's; a second call does nothing."""
    if isinstance(sys.modules.get(_TOKENIZER), _Tokenizer):
        return
    os.environ.update(_QUIET)
    package = importlib.import_module("unstructured.nlp")
    tokenizer = _Tokenizer(_TOKENIZER)
    sys.modules[_TOKENIZER] = tokenizer
    package.tokenize = tokenizer  # type: ignore[attr-defined]


class _Tokenizer(ModuleType):
    """Stands for `unstructured.nlp.tokenize`: the three functions that its partitioners import."""

    @staticmethod
    def sent_tokenize(text: str) -> list[str]:
        return [sentence for sentence in _SENTENCE.findall(str(text)) if sentence.strip()]

    @staticmethod
    def word_tokenize(text: str) -> list[str]:
        return _WORD.findall(str(text))

    @staticmethod
    def pos_tag(text: str) -> list[tuple[str, str]]:
        # A verb is what tells a narrative from a title there; titles come from styles and tags here, so all have one.
        return [(word, "VB") for word in _WORD.findall(str(text))[:50]]
