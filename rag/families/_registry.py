"""Find the family of a model, and load it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from ingest import variants
from rag.errors import UnusableModel
from rag.gguf_file import Header, read_header

if TYPE_CHECKING:
    # Only for checking: the messages of langchain-core take a while to import, and `detect` needs none.
    from langchain_core.messages import BaseMessage

    from ingest.types import Passage

#: What stands for a family where a model is to go on with a text as it is; base models can that too.
RAW = "_raw"

# Vocabularies of the base models that users try first; they continue a text and cannot answer.
_BASE_VOCABULARIES = {32000: "LLaMA", 49953: "Chinese-LLaMA", 128256: "Llama-3"}
# What llama.cpp calls the models that give vectors, not texts.
_ENCODERS = {
    "bert", "modern-bert", "neo-bert", "eurobert", "nomic-bert", "nomic-bert-moe", "jina-bert-v2", "jina-bert-v3",
    "gemma-embedding", "t5encoder", "clip",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a prompt. Only in a `special` piece may the tokenizer read control tokens."""

    text: str
    special: bool = False


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What a model file says about itself; `vocabulary_size` and `context_length` count tokens.

    `kind` is `model`, or what else a GGUF file may hold: `adapter`, `mmproj`, `imatrix`.
    """

    name: str
    architecture: str
    vocabulary_size: int
    chat_template: str | None = None
    context_length: int = 2048
    kind: str = "model"


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen; a temperature of 0 takes the likeliest. `max_tokens` is the longest answer.

    The same `seed` draws the same tokens.

    `refusal_margin`: how much likelier, in logits, the beginning of a refusal must be than that of an answer. A model
    that refuses too soon is held to what it would say otherwise.
    """

    temperature: float = 0.0
    top_k: int = 40
    top_p: float = 0.9
    repeat_penalty: float = 1.0
    max_tokens: int = 512
    seed: int = 0
    refusal_margin: float = 0.0


class Family(Protocol):
    """What a module of this folder offers.

    `matches` tells whether a model is of the family. `render` gives a conversation as the model's prompt, without the
    token that begins a text (the vocabulary says whether there is one). `grounded` asks for an answer from numbered
    passages; `refined` for a better one, given further passages: None where the family cannot.
    """

    NAME: str
    STOP: tuple[str, ...]
    SAMPLING: Sampling

    def matches(self, info: ModelInfo) -> bool:
        """Tell whether the model belongs to the family."""

    def render(self, messages: Sequence[BaseMessage]) -> list[Segment]:
        """Return the pieces of the prompt."""

    def grounded(
        self, question: str, passages: Sequence[Passage], *, first: int = 1, detail: bool = False
    ) -> list[BaseMessage]:
        """Return the messages that ask for an answer with citations, or a refusal."""

    def refined(
        self, question: str, answer: str, passages: Sequence[Passage], *, first: int, detail: bool = False
    ) -> list[BaseMessage] | None:
        """Return the messages that ask to better an answer with further passages."""


def names() -> list[str]:
    """Return the names of all families: the files of this folder without a leading underscore."""
    return variants.names("rag.families")


def load(name: str) -> Family:
    """Return the family called `name`. Raises BadSetting for an unknown one."""
    if name == RAW:
        return cast(Family, import_module("rag.families._raw"))
    return cast(Family, variants.find("rag.families", name, setting="family"))


def read_info(path: Path) -> ModelInfo:
    """Return what the GGUF file at `path` says about itself. Raises UnusableModel for anything else."""
    return info_of(read_header(path), path=path)


def info_of(header: Header, *, path: Path) -> ModelInfo:
    """Return what a GGUF file's header says of the model; a name that it does not have is the file's."""
    template = header.values.get("tokenizer.chat_template")
    architecture = str(header.values.get("general.architecture", ""))
    return ModelInfo(
        name=str(header.values.get("general.name", path.stem)),
        architecture=architecture,
        vocabulary_size=header.lengths.get("tokenizer.ggml.tokens", 0),
        chat_template=None if template is None else str(template),
        context_length=int(header.values.get(f"{architecture}.context_length", 2048)),
        kind=str(header.values.get("general.type", "model")),
    )


def detect(info: ModelInfo) -> str:
    """Return the name of the family that the model belongs to. Raises UnusableModel where none is sure."""
    _check_kind(info)
    for name in names():
        if load(name).matches(info):
            return name
    base = _BASE_VOCABULARIES.get(info.vocabulary_size)
    if base is not None and not info.chat_template:
        raise UnusableModel(
            f"the model {info.name!r} is a {base} base model ({info.vocabulary_size} tokens): it continues texts and "
            "cannot answer; use an Alpaca or another chat model",
            model=info.name,
            cause="base_model",
            remedy="use_chat_model",
        )
    raise UnusableModel(
        f"cannot tell how to prompt the model {info.name!r} ({info.vocabulary_size} tokens, no known template); "
        f"if it is a chat model, name its family with the setting `family`: {', '.join(names())}",
        model=info.name,
        cause="unknown_family",
        remedy="set_family",
    )


def _check_kind(info: ModelInfo) -> None:
    """Refuse what is no language model."""
    if info.kind != "model":
        what = (
            "a LoRA adapter: merge it into its base with `wendang model merge`" if info.kind == "adapter" else info.kind
        )
        raise UnusableModel(
            f"{info.name!r} is not a whole model but {what}", model=info.name, cause=info.kind, remedy="use_chat_model"
        )
    if info.architecture in _ENCODERS:
        raise UnusableModel(
            f"{info.name!r} is an embedding model ({info.architecture}): it compares texts and cannot answer; "
            "use a chat model",
            model=info.name,
            cause="embedding_model",
            remedy="use_chat_model",
        )
