"""The Chinese LLaMA and Alpaca models that were published: what each is made of, where it lies, and what it suits.

The facts are in `catalog.toml`, with their sources; what its authors did not tell is None.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from models.memory import SHAPES, Shape

Kind = Literal["base", "chat"]

_TABLE = Path(__file__).with_suffix(".toml")
#: How well a model suits questions on documents, the best last.
SUITS = ("no", "poor", "fair", "good", "best")
#: Who published under another name before.
_RENAMED = {"ziqingyang": "hfl"}

_SIZE = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?b)(?![a-z0-9])")
_SWAPPED = re.compile(r"(\d+b)-(plus|pro)$")


@dataclass(frozen=True, slots=True)
class Entry:
    """A published model.

    `base` is the model that its LoRAs go into, None where only the whole model was published; `loras` the catalogue's
    names of these, in the order of merging. `context` counts tokens; `tuned` are those of the longest example that it
    learned from, where that is less. `family` is the prompt family, None for one that only continues texts. `documents`
    is one of `SUITS`. Of the repositories, `hub`, `old` and `modelscope` are those of its own LoRA.
    """

    name: str
    generation: int
    kind: Kind
    size: str
    base: str | None
    loras: tuple[str, ...]
    vocabulary: int
    context: int
    tuned: int | None
    family: str | None
    licence: str
    repositories: Mapping[str, str]
    lora_gb: float | None
    documents: str
    longbench: Mapping[str, float]
    advice: tuple[str, ...] = field(default=())

    @property
    def shape(self) -> Shape:
        """Return the form of its weights."""
        return SHAPES[self.size].with_vocabulary(self.vocabulary)


@cache
def catalog() -> tuple[Entry, ...]:
    """Return all models of the catalogue, generation by generation."""
    table = tomllib.loads(_TABLE.read_text("utf-8"))
    return tuple(
        _entry(int(number), facts={**generation, **model}, shared=generation)
        for number, generation in table["generations"].items()
        for model in generation["models"]
    )


def find(name: str) -> Entry | None:
    """Return the model of a name, however it is written: with or without "Chinese-", an organisation, "-lora", "30B".

    None where it is not a model of the catalogue.
    """
    wanted = _plain(name)
    return next((entry for entry in catalog() if entry.name in (wanted, f"chinese-{wanted}")), None)


def recognise(text: str) -> Entry | None:
    """Return the model that a file's or a folder's name tells of, whatever else is in it (a type, "merged").

    None where it tells of none.
    """
    plain = _plain(text)
    named = sorted(catalog(), key=lambda entry: len(entry.name), reverse=True)
    return next((entry for entry in named if re.search(rf"(?<![a-z0-9]){entry.name}(?![a-z0-9])", plain)), None)


def closest(name: str) -> list[str]:
    """Return the names that come nearest to one that is not in the catalogue; at most three."""
    return difflib.get_close_matches(_plain(name), [entry.name for entry in catalog()], n=3)


def current_id(repository: str) -> str:
    """Return the id that a repository has today: the organisation `ziqingyang` is called `hfl` now."""
    organisation, _, name = repository.partition("/")
    return f"{_RENAMED.get(organisation.lower(), organisation)}/{name}" if name else repository


def _plain(name: str) -> str:
    plain = re.sub(r"[\s_]+", "-", name.strip().lower().rpartition("/")[2])
    plain = re.sub(r"-(lora|gguf|hf)(?=-|$)", "", plain).replace("30b", "33b")
    return _SWAPPED.sub(r"\2-\1", plain)


def _entry(generation: int, *, facts: Mapping[str, Any], shared: Mapping[str, Any]) -> Entry:
    name, kind = facts["name"], facts["kind"]
    size = _size_of(name)
    first = (facts["first"],) if "first" in facts else ()
    base = facts["base"].format(size=size.upper()) if "base" in facts else None
    return Entry(
        name=name,
        generation=generation,
        kind=kind,
        size=size,
        base=base,
        loras=(*first, name) if base else (),
        vocabulary=shared["vocabulary"][kind],
        context=facts["context"],
        tuned=facts.get("tuned"),
        family=facts["family"] if kind == "chat" else None,
        licence=facts["licence"],
        repositories=_repositories(facts, size=size),
        lora_gb=facts.get("lora_gb"),
        documents=facts.get("documents", "no"),
        longbench={key: facts[key] for key in ("single", "several") if key in facts},
        advice=tuple(facts["advice"]),
    )


def _size_of(name: str) -> str:
    found = _SIZE.search(name)
    if found is None:
        raise ValueError(f"{_TABLE.name}: the name {name} has no size")
    return found[1]


def _repositories(facts: Mapping[str, Any], *, size: str) -> dict[str, str]:
    """Return where a model lies: its own LoRA by each organisation, the whole model, and its GGUF files."""
    name, organisations = facts["name"], facts["organisations"]
    found: dict[str, str] = {}
    if "lora" in facts:
        lora = name.replace(f"-{size}", f"-lora-{size}")
        found |= {place: f"{organisation}/{lora}" for place, organisation in organisations.items()}
    for place in ("full", "gguf"):
        if place in facts:
            found[place] = f"{organisations['hub']}/{facts[place].format(name=name)}"
    return found
