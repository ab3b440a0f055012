"""Whether a base and LoRAs belong together, as far as their files tell; each refusal says why, and what to do.

Adding the low-rank parts commutes, so a wrong order or a missing first LoRA still gives a model that speaks: the
vocabulary, the published hashes and the names are what tells.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.adapter import Adapter, unchanged
from models.errors import BadModelFiles, WrongPart
from models.vocabulary import NAMES, check_vocabulary, tokens_in
from models.weights import Weights

EMBEDDINGS, HEAD = "model.embed_tokens.weight", "lm_head.weight"

#: What the first LoRA of a Plus or Pro model is called, by hash, folder or configuration.
_NEEDS_FIRST = re.compile(
    r"alpaca[-_ ]?(lora[-_ ]?)?(plus|pro)(?![a-z])|alpaca[-_](7b|13b|33b)[-_](plus|pro)(?![a-z])", re.IGNORECASE
)
_IS_FIRST = re.compile(r"llama[-_ ]?(lora[-_ ]?)?plus|llama[-_](7b|13b|33b)[-_]plus", re.IGNORECASE)

#: Tokens of an extended vocabulary → the length of context of the base that it was made for.
_CONTEXT = {49953: 2048, 49954: 2048, 55296: 4096}


@dataclass(frozen=True, slots=True)
class Base:
    """The model that LoRAs are merged into: its folder, configuration, weights, and what has been merged before."""

    folder: Path
    config: Mapping[str, Any]
    weights: Weights
    history: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """Return the rows of its embeddings."""
        return self.weights.tensors[EMBEDDINGS].shape[0]

    @property
    def tied(self) -> bool:
        """Whether the head is the embeddings."""
        return HEAD not in self.weights.tensors


def check_base(base: Base) -> None:
    """Refuse a base without embeddings (a LoRA, a part of a model) and a quantised one. Raises BadModelFiles."""
    if EMBEDDINGS not in base.weights.tensors:
        raise BadModelFiles(
            f"{base.folder} is not a whole language model ({EMBEDDINGS} is missing): name the folder of the base model",
            path=str(base.folder),
            cause="not_a_model",
            name=EMBEDDINGS,
        )
    formats = {stored.dtype for stored in base.weights.tensors.values()} - {"F16", "BF16", "F32"}
    if base.config.get("quantization_config") or formats:
        raise BadModelFiles(
            f"{base.folder} is quantised ({', '.join(sorted(formats)) or 'by its configuration'}): "
            "merge into the original weights (F16, BF16 or F32), and quantise afterwards",
            path=str(base.folder),
            cause="quantised",
        )


def check_parts(
    base: Base, *, adapters: Sequence[Adapter], known: Sequence[str | None], force: bool
) -> dict[str, tuple[int, ...]]:
    """Return the shape of every tensor after all LoRAs; refuse those of another base or out of order.

    `known` are the published names of the LoRAs. `force` merges although a first LoRA seems to be missing, or the base
    to be of another generation. Raises BadModelFiles, WrongPart.
    """
    shapes = {name: stored.shape for name, stored in base.weights.tensors.items()}
    for number, adapter in enumerate(adapters):
        rows = shapes[EMBEDDINGS][0]
        _check_names(base, adapter)
        _check_rows(base, adapter, rows=rows, before=number > 0)
        shapes |= {name: adapter.weights.tensors[stored].shape for name, stored in adapter.replaced.items()}
        for name in adapter.updates:
            if adapter.delta_shape(name) != shapes[name]:
                raise _wrong_base(base, adapter, detail=f"{name}: {shapes[name]} and {adapter.delta_shape(name)}")
        _check_tokenizer(adapter, rows=rows, after=shapes[EMBEDDINGS][0])
        if unchanged(adapter):
            raise BadModelFiles(
                f"the LoRA in {adapter.folder} changes nothing (every B is zero): it was saved before it was trained",
                path=str(adapter.folder),
                cause="untrained",
            )
    if not force:
        _check_generation(base, rows=shapes[EMBEDDINGS][0])
        _check_first(base, adapters=adapters, known=known)
    return shapes


def check_tokenizer_size(tokens: int, *, rows: int) -> None:
    """Refuse a tokenizer that does not fit; models of other families may have rows to spare. Raises WrongPart."""
    if rows in NAMES or tokens in NAMES or tokens > rows:
        check_vocabulary(rows, tokens=tokens)


def _check_names(base: Base, adapter: Adapter) -> None:
    tensors = base.weights.tensors
    for name in [*adapter.updates, *adapter.replaced]:
        if name not in tensors and not (name == HEAD and name in adapter.replaced):
            raise _wrong_base(base, adapter, detail=f"the base has no {name}")
    for name, stored in adapter.replaced.items():
        own = tensors.get(name, tensors[EMBEDDINGS]).shape
        shape = adapter.weights.tensors[stored].shape
        # The vocabulary may grow; everything else keeps its shape.
        if shape[1:] != own[1:] or (shape != own and name not in (EMBEDDINGS, HEAD)):
            raise _wrong_base(base, adapter, detail=f"{name}: {own} and {shape}")
    untouched = _untouched(base, adapter)
    if untouched:
        listed = untouched[0] + (f" + {len(untouched) - 1}" if len(untouched) > 1 else "")
        raise BadModelFiles(
            f"the LoRA in {adapter.folder} is not complete, it lacks {listed}, which its target_modules name: "
            "get it again",
            path=str(adapter.folder),
            cause="incomplete_lora",
            lacking=listed,
        )
    touched = {EMBEDDINGS, HEAD} & (adapter.replaced.keys() | adapter.updates.keys())
    if base.tied and touched == {EMBEDDINGS}:
        raise BadModelFiles(
            f"the head of {base.folder} is its embeddings, and the LoRA in {adapter.folder} changes only one of them: "
            "train it with both in modules_to_save",
            path=str(adapter.folder),
            cause="tied",
        )


def _untouched(base: Base, adapter: Adapter) -> list[str]:
    """Return the weights of the base that the LoRA should change by its target_modules, and does not."""
    targets = adapter.config.get("target_modules")
    if not isinstance(targets, list) or any(
        adapter.config.get(key) is not None for key in ("layers_to_transform", "exclude_modules")
    ):
        return []
    endings = tuple(f".{target}.weight" for target in targets)
    return [
        name
        for name in base.weights.tensors
        if f".{name}".endswith(endings) and name not in adapter.updates and name not in adapter.replaced
    ]


def _check_rows(base: Base, adapter: Adapter, *, rows: int, before: bool) -> None:
    """Refuse a LoRA that shrinks the vocabulary, or that grows only half of it."""
    sizes = {
        name: adapter.weights.tensors[adapter.replaced[name]].shape[0]
        for name in (EMBEDDINGS, HEAD)
        if name in adapter.replaced
    }
    if not sizes:
        return
    after = max(sizes.values())
    if after < rows and (before or base.history):
        raise WrongPart(
            f"{adapter.folder.name} has {after} tokens ({NAMES.get(after, 'unknown')}), less than the {rows} "
            "before it: the order is wrong; give LLaMA's LoRA first, Alpaca's last",
            cause="wrong_order",
            lora=adapter.folder.name,
            rows=rows,
            tokens=after,
        )
    if after < rows:
        raise _wrong_base(base, adapter, detail=f"the base has {rows} tokens already, the LoRA {after}")
    if after != rows and (len(sizes) < 2 or len(set(sizes.values())) > 1):
        raise BadModelFiles(
            f"the LoRA in {adapter.folder} grows the vocabulary to {after} tokens in one of embeddings and head only: "
            "it is not complete; get it again",
            path=str(adapter.folder),
            cause="incomplete_lora",
            lacking=", ".join({EMBEDDINGS, HEAD} - sizes.keys()) or f"{min(sizes.values())} / {after}",
        )


def _check_tokenizer(adapter: Adapter, *, rows: int, after: int) -> None:
    tokens = tokens_in(adapter.folder)
    if tokens is not None:
        check_tokenizer_size(tokens, rows=after)
    elif after != rows:
        raise WrongPart(
            f"the LoRA in {adapter.folder} extends the vocabulary to {after} tokens, but its tokenizer.model "
            "is missing: get it from where the LoRA came from",
            cause="lora_without_tokenizer",
            lora=str(adapter.folder),
            tokens=after,
        )


def _check_generation(base: Base, *, rows: int) -> None:
    """Refuse a vocabulary on a base of another generation: LLaMA 1 reads 2,048 tokens, Llama 2 4,096."""
    context = base.config.get("max_position_embeddings", 2048)
    if base.rows == 32000 and rows in _CONTEXT and context in (2048, 4096) and context != _CONTEXT[rows]:
        right = "LLaMA (1)" if _CONTEXT[rows] == 2048 else "Llama 2"
        raise WrongPart(
            f"{base.folder.name} is made for {context} tokens of context, but {rows} tokens of vocabulary "
            f"({NAMES[rows]}) belong to {right}: take {right} of the same size as the base",
            cause="wrong_generation",
            base=base.folder.name,
            context=context,
            tokens=rows,
            right=right,
        )


def _check_first(base: Base, *, adapters: Sequence[Adapter], known: Sequence[str | None]) -> None:
    """Refuse a Plus or Pro Alpaca whose LLaMA-Plus LoRA is missing: nothing in the weights would tell."""
    done = base.rows in (49953, 49954) or bool(base.history)
    for adapter, name in zip(adapters, known, strict=True):
        told = " ".join(filter(None, (name, adapter.folder.name)))
        trained_on = str(adapter.config.get("base_model_name_or_path") or "")
        needs = _NEEDS_FIRST.search(told) or (
            _IS_FIRST.search(trained_on) and base.rows == 32000 and not _IS_FIRST.search(told)
        )
        if needs and not done:
            raise WrongPart(
                f"{adapter.folder.name} was trained on top of a LLaMA-Plus LoRA, which is missing before it: "
                "give both, LLaMA-Plus first (--lora A --lora B), or --force where the base has it already",
                cause="missing_first",
                lora=adapter.folder.name,
            )
        done = True


def _wrong_base(base: Base, adapter: Adapter, *, detail: str) -> WrongPart:
    trained_on = str(adapter.config.get("base_model_name_or_path") or "?")
    return WrongPart(
        f"the LoRA {adapter.folder.name} does not fit the base {base.folder.name} ({detail}): "
        f"take the base it was trained on ({trained_on})",
        cause="wrong_base",
        lora=adapter.folder.name,
        base=base.folder.name,
        detail=detail,
        trained_on=trained_on,
    )
