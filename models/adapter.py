"""A LoRA as PEFT writes it: what it changes, how, and whether it is complete.

    W' = W + scale · B·A        scale = alpha / r, or alpha / √r for rsLoRA (Hu et al. 2021, Kalajdzievski 2023)
    W' = m · V / ‖V‖            with V = W + scale · B·A, for DoRA (Liu et al. 2024); the norm is that of each row

Tensors that it holds whole (`modules_to_save`: embeddings and head) replace those of the model.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import BadModelFiles
from models.packages import needed
from models.stored import DTYPES, dtype_name
from models.weights import Weights, missing, open_weights, read_json

if TYPE_CHECKING:
    import torch

_PREFIX = "base_model.model."
_PART = re.compile(
    r"(?P<module>.+)\.(?P<part>lora_A|lora_B|lora_embedding_A|lora_embedding_B|lora_magnitude_vector)"
    r"(\.(?!weight$|bias$)[^.]+)?(\.weight)?"
)
_WRAPPED = re.compile(r"\.(modules_to_save(\.(?!weight$|bias$)[^.]+)?|base_layer)(?=\.)")
#: What saving a whole state took along: computed tables, and the model's own copy of a replaced module.
_NOT_WEIGHTS = ("rotary_emb.inv_freq", ".original_module.weight")

#: Forms of LoRA that change the model in other ways: the key of adapter_config.json.
_OTHER_FORMS = (
    "alora_invocation_tokens", "arrow_config", "kasa_config", "layer_replication", "lora_bias", "megatron_config",
    "monteclora_config", "target_parameters", "trainable_token_indices", "use_bdlora", "use_qalora",
)  # fmt: skip
#: Beginnings that change the model's own weights, so that the original ones no longer fit (`init_lora_weights`).
_OTHER_BEGINNINGS = ("pissa", "olora", "corda", "loftq", "lora_ga", "mica")


@dataclass(slots=True)
class Update:
    """How one weight of the model changes: the names of the matrices in the LoRA's file, and the scale."""

    parts: dict[str, str] = field(default_factory=dict)
    scale: float = 0.0
    transposed: bool = False

    @property
    def names(self) -> tuple[str, str]:
        """Return the names of A and B."""
        kind = "lora_embedding_" if "lora_embedding_A" in self.parts else "lora_"
        return self.parts[f"{kind}A"], self.parts[f"{kind}B"]


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA's folder: `updates` and `replaced` by the names of the model's tensors; nothing is read yet."""

    folder: Path
    config: Mapping[str, Any]
    weights: Weights
    updates: Mapping[str, Update]
    replaced: Mapping[str, str]

    @property
    def rows(self) -> int | None:
        """Return the rows of its embeddings (or of its head); None where it holds neither."""
        for ending in ("embed_tokens.weight", "lm_head.weight"):
            for name, stored in self.replaced.items():
                if name.endswith(ending):
                    return self.weights.tensors[stored].shape[0]
        return None

    def delta_shape(self, name: str) -> tuple[int, int]:
        """Return the shape of what is added to a weight."""
        first, second = (self.weights.tensors[part].shape for part in self.updates[name].names)
        shape = (second[0], first[1])
        return shape[::-1] if self._turned(name) else shape

    def replacement(self, name: str, *, dtype: str) -> "torch.Tensor":
        """Return the tensor that replaces one of the model's, in a number format. Raises BadModelFiles."""
        torch = needed("torch")
        whole = self.weights.read(self.replaced[name]).to(getattr(torch, DTYPES[dtype][0]))
        return _finite(whole, name=name, folder=self.folder)

    def add(self, name: str, weight: "torch.Tensor") -> "torch.Tensor":
        """Return a weight of the model with this LoRA's matrices added, in the number format it came in.

        The sum is made in single precision. Raises BadModelFiles where it does not stay finite.
        """
        torch = needed("torch")
        if name not in self.updates:
            return weight
        update = self.updates[name]
        first, second = (self.weights.read(part).float() for part in update.names)
        delta = (second @ first).mul_(update.scale)
        if self._turned(name):
            delta = delta.T.contiguous()
        delta.add_(weight)
        if "lora_magnitude_vector" in update.parts:
            magnitude = self.weights.read(update.parts["lora_magnitude_vector"]).float().view(-1)
            axis = 0 if update.transposed else 1
            factor = magnitude / torch.linalg.vector_norm(delta, dim=axis)
            delta.mul_(factor.unsqueeze(axis))
        return _finite(delta.to(weight.dtype), name=name, folder=self.folder)

    def _turned(self, name: str) -> bool:
        # An embedding's matrices are kept as those of the projection that it stands for.
        return self.updates[name].transposed or "lora_embedding_A" in self.updates[name].parts


def open_adapter(folder: Path) -> Adapter:
    """Return a LoRA. Raises BadModelFiles where it is not complete or cannot be merged, MissingPackage."""
    if not folder.is_dir():
        raise BadModelFiles(f"there is no folder {folder}: check the path", path=str(folder), cause="not_found")
    if not (folder / "adapter_config.json").is_file():
        raise missing(folder, ["adapter_config.json"])
    config = read_json(folder / "adapter_config.json")
    _check_form(folder, config)
    weights = open_weights(_weight_file(folder))
    updates: dict[str, Update] = {}
    replaced: dict[str, str] = {}
    for name in weights.tensors:
        _sort(name, folder=folder, updates=updates, replaced=replaced)
    adapter = Adapter(folder, config, weights, updates, replaced)
    _check_complete(adapter)
    for name, update in updates.items():
        rank = weights.tensors[update.names[0]].shape[0]
        update.scale = _scale(config, module=name.removesuffix(".weight"), rank=rank, folder=folder)
        update.transposed = bool(config.get("fan_in_fan_out"))
    return adapter


def unchanged(adapter: Adapter) -> bool:
    """Whether a LoRA changes nothing: every B is zero, as before its training, and nothing is replaced."""
    if adapter.replaced:
        return False
    return not any(bool(adapter.weights.read(update.names[1]).any()) for update in adapter.updates.values())


def _weight_file(folder: Path) -> Path:
    for name in ("adapter_model.safetensors", "adapter_model.bin"):
        if (folder / name).is_file():
            return folder / name
    raise BadModelFiles(
        f"no LoRA weights in {folder} (adapter_model.safetensors or adapter_model.bin): get them first",
        path=str(folder),
        cause="no_lora_weights",
    )


def _check_form(folder: Path, config: Mapping[str, Any]) -> None:
    """Refuse what is not a LoRA that can be added to the weights; keys of other tools that mean nothing are let be."""
    kind = str(config.get("peft_type") or "LORA")
    beginning = config.get("init_lora_weights")
    other = next((key for key in _OTHER_FORMS if config.get(key)), None)
    if kind.upper() != "LORA":
        other = f"peft_type = {kind}"
    elif isinstance(beginning, str) and beginning.lower().startswith(_OTHER_BEGINNINGS):
        other = f"init_lora_weights = {beginning}"
    if other:
        raise _other_form(folder, other)


def _other_form(folder: Path, form: str) -> BadModelFiles:
    return BadModelFiles(
        f"the LoRA in {folder} has {form}, which cannot be merged into the original weights: "
        "save it as a plain LoRA (PEFT: merge_and_unload, or path_initial_model_for_weight_conversion)",
        path=str(folder),
        cause="lora_form",
        form=form,
    )


def _sort(name: str, *, folder: Path, updates: dict[str, Update], replaced: dict[str, str]) -> None:
    """Note what one tensor of the file is for."""
    plain = name.removeprefix(_PREFIX)
    match = _PART.fullmatch(plain)
    if match:
        updates.setdefault(f"{match['module']}.weight", Update()).parts[match["part"]] = name
    elif "lora_" in plain or "token_adapter" in plain:
        raise _other_form(folder, name)
    elif not plain.endswith(_NOT_WEIGHTS):
        replaced[_WRAPPED.sub("", plain)] = name


def _check_complete(adapter: Adapter) -> None:
    """Refuse a LoRA that lacks a matrix, or a module that its configuration says it holds."""
    lacking = []
    for name, update in adapter.updates.items():
        has = set(update.parts) - {"lora_magnitude_vector"}
        if len(update.parts) > len(has) and "lora_embedding_A" in has:
            raise _other_form(adapter.folder, "DoRA of embeddings")
        if has not in ({"lora_A", "lora_B"}, {"lora_embedding_A", "lora_embedding_B"}):
            lacking.append(f"A or B of {name}")
        elif bool(adapter.config.get("use_dora")) != ("lora_magnitude_vector" in update.parts):
            lacking.append(f"lora_magnitude_vector of {name}")
    saved = adapter.config.get("modules_to_save") or []
    lacking += [module for module in saved if not any(f".{module}." in f".{name}" for name in adapter.replaced)]
    if not adapter.weights.tensors:
        lacking.append("all tensors")
    if lacking:
        listed = ", ".join(lacking[:5]) + (" …" if len(lacking) > 5 else "")
        raise BadModelFiles(
            f"the LoRA in {adapter.folder} is not complete, it lacks {listed}: get it again, or save it again with a "
            "current PEFT (a file of a few hundred kilobytes is a known sign)",
            path=str(adapter.folder),
            cause="incomplete_lora",
            lacking=listed,
        )


def _scale(config: Mapping[str, Any], *, module: str, rank: int, folder: Path) -> float:
    """Return alpha / r (or / √r) of a module, whose rank and alpha may have patterns of their own."""
    ranks, alphas = config.get("rank_pattern") or {}, config.get("alpha_pattern") or {}
    said = ranks.get(_pattern(ranks, module), config.get("r"))
    alpha = alphas.get(_pattern(alphas, module), config.get("lora_alpha"))
    if not isinstance(said, int) or not isinstance(alpha, int | float):
        raise BadModelFiles(
            f"{folder / 'adapter_config.json'} lacks r or lora_alpha: get it again",
            path=str(folder),
            cause="lora_config",
        )
    if said != rank:
        raise BadModelFiles(
            f"{module} has rank {rank}, the adapter_config.json in {folder} says {said}: "
            "configuration and weights are of two LoRAs; get both again",
            path=str(folder),
            cause="rank",
            module=module,
            rank=rank,
            said=said,
        )
    return alpha / math.sqrt(rank) if config.get("use_rslora") else alpha / rank


def _pattern(patterns: Mapping[str, Any], module: str) -> str:
    """Return the pattern that a module matches, as PEFT looks for it; the module's own name where none does."""
    return next((key for key in patterns if re.fullmatch(rf"(.*\.)?({key})", module)), module)


def _finite(tensor: "torch.Tensor", *, name: str, folder: Path) -> "torch.Tensor":
    torch = needed("torch")
    # In pieces, since the comparison takes more memory than the tensor.
    if not all(bool(torch.isfinite(piece).all()) for piece in tensor.view(-1).split(2**22)):
        raise BadModelFiles(
            f"{name} is not finite after the LoRA in {folder} ({dtype_name(tensor)}): "
            "the LoRA is damaged or belongs to another base; check both with `wendang model verify`",
            path=str(folder),
            cause="not_finite",
            name=name,
        )
    return tensor
