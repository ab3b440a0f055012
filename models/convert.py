"""A model's folder as a GGUF file for llama.cpp: LLaMA 1, 2 and 3, and their Chinese descendants.

The format: github.com/ggml-org/ggml, docs/gguf.md. The keys of a LLaMA: `gguf.constants.Keys`.
"""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import BadModelFiles
from models.gguf_names import gguf_name, in_gguf_order, is_computed
from models.gguf_output import Entry, GgufOutput, Kind
from models.gguf_vocabulary import read_vocabulary
from models.llama_config import LlamaConfig, parse_config, read_config
from models.meta_format import config_of
from models.packages import needed
from models.progress import Progress, silent
from models.provenance import PROVENANCE
from models.vocabulary import check_vocabulary
from models.weights import Weights, open_weights, read_json

if TYPE_CHECKING:
    import torch
    from gguf import GGUFWriter

#: Kind of numbers → llama.cpp's number of the file type (gguf.LlamaFileType).
_FILE_TYPES = {"f32": 0, "f16": 1, "bf16": 32}


def convert(folder: Path, *, out: Path, kind: Kind = "f16", progress: Progress = silent) -> Path:
    """Write a Hugging Face folder as one GGUF file; matrices in `kind`, norms in single precision. Return the file.

    One tensor is in memory at a time. Raises BadModelFiles (no LLaMA, tensors missing, damaged), WrongPart (a tokenizer
    of another size), NotEnoughRoom, MissingPackage; then nothing is left of the file.
    """
    needed("torch")
    weights = open_weights(folder)
    config = parse_config(config_of(weights), path=folder) if weights.form == "pth" else read_config(folder)
    vocabulary = read_vocabulary(folder)
    _check(config, weights)
    check_vocabulary(weights.tensors["model.embed_tokens.weight"].shape[0], tokens=len(vocabulary.tokens))
    with GgufOutput(out, architecture="llama") as file:
        _add_keys(file.keys, folder, config=config, kind=kind)
        vocabulary.write(file.keys)
        file.write(_entries(weights, config=config, kind=kind), progress=progress)
    return out


def _add_keys(writer: "GGUFWriter", folder: Path, *, config: LlamaConfig, kind: Kind) -> None:
    writer.add_type("model")
    writer.add_name(folder.absolute().name)
    if (folder / PROVENANCE).is_file():
        writer.add_string("wendang.provenance", json.dumps(read_json(folder / PROVENANCE), ensure_ascii=False))
    writer.add_file_type(_FILE_TYPES[kind])
    writer.add_context_length(config.context)
    writer.add_embedding_length(config.hidden)
    writer.add_block_count(config.layers)
    writer.add_feed_forward_length(config.inner)
    writer.add_head_count(config.heads)
    writer.add_head_count_kv(config.kv_heads)
    writer.add_key_length(config.head_width)
    writer.add_value_length(config.head_width)
    writer.add_layer_norm_rms_eps(config.norm_epsilon)
    writer.add_rope_dimension_count(config.head_width)
    writer.add_rope_freq_base(config.rope_base)
    _add_scaling(writer, config.rope_scaling, folder=folder)


def _add_scaling(writer: "GGUFWriter", scaling: Mapping[str, object], *, folder: Path) -> None:
    """Add how the context was stretched: by positions (the 16K models) or YaRN (64K).

    Llama 3.1's factors are a tensor. Dynamic NTK changes nothing within the model's own context, so it needs no key.
    """
    from gguf import RopeScalingType

    name = scaling.get("rope_type", "default")
    if name not in ("default", "dynamic", "llama3", "linear", "yarn"):
        raise BadModelFiles(
            f"{folder / 'config.json'}: rope scaling {name!r} is not supported; linear, yarn, dynamic and llama3 are",
            path=str(folder / "config.json"),
            cause="rope_scaling",
            scaling=str(name),
        )
    if name in ("linear", "yarn"):
        writer.add_rope_scaling_type(RopeScalingType(str(name)))
        writer.add_rope_scaling_factor(float(str(scaling["factor"])))
    if name == "yarn":
        original = scaling.get("original_max_position_embeddings")
        if original:
            writer.add_rope_scaling_orig_ctx_len(int(str(original)))
        writer.add_rope_scaling_finetuned(bool(scaling.get("finetuned", True)))


def _entries(weights: Weights, *, config: LlamaConfig, kind: Kind) -> list[Entry]:
    """Return what to write, in the order in which llama.cpp reads a model: outer tensors, then block by block."""
    entries = []
    for name, stored in weights.tensors.items():
        target = gguf_name(name)
        if target is None or (config.tied and name == "lm_head.weight"):
            continue
        numbers: Kind = kind if len(stored.shape) > 1 else "f32"
        entries.append(Entry(target, stored.shape, numbers, partial(_read, weights, name=name, config=config)))
    factors = config.rope_factors()
    if factors:
        entries.append(Entry("rope_freqs.weight", (len(factors),), "f32", partial(_factors, factors)))
    return sorted(entries, key=lambda entry: _place(entry.name))


def _place(name: str) -> tuple[int, str]:
    block = name.split(".")[1] if name.startswith("blk.") else "-1"
    return int(block), name


def _read(weights: Weights, *, name: str, config: LlamaConfig) -> "torch.Tensor":
    return in_gguf_order(name, weights.read(name), config=config)


def _factors(factors: list[float]) -> "torch.Tensor":
    import torch

    return torch.tensor(factors, dtype=torch.float32)


def _check(config: LlamaConfig, weights: Weights) -> None:
    """Refuse weights that are not those of the configuration: tensors missing, unknown, or of another shape."""
    wanted = _shapes(config, rows=_rows(weights))
    found = {name: stored.shape for name, stored in weights.tensors.items() if not is_computed(name)}
    for name in found:
        if gguf_name(name) is None:
            raise BadModelFiles(
                f"{weights.folder} has the tensor {name}, which no LLaMA has: name the folder of the model itself",
                path=str(weights.folder),
                cause="unknown_tensor",
                tensor=name,
            )
    for name, shape in wanted.items():
        if found.get(name) != shape:
            have = found.get(name, "none")
            raise BadModelFiles(
                f"{weights.folder}: {name} should have the shape {shape} by config.json, it has {have}: "
                "get the files again, all from the same place",
                path=str(weights.folder),
                cause="shape",
                tensor=name,
                expected=str(shape),
                found=str(have),
            )


def _rows(weights: Weights) -> int:
    stored = weights.tensors.get("model.embed_tokens.weight")
    return stored.shape[0] if stored else 0


def _shapes(config: LlamaConfig, *, rows: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of all tensors that a LLaMA must have."""
    queries, keys = config.heads * config.head_width, config.kv_heads * config.head_width
    inner = {
        "self_attn.q_proj": (queries, config.hidden),
        "self_attn.k_proj": (keys, config.hidden),
        "self_attn.v_proj": (keys, config.hidden),
        "self_attn.o_proj": (config.hidden, queries),
        "mlp.gate_proj": (config.inner, config.hidden),
        "mlp.up_proj": (config.inner, config.hidden),
        "mlp.down_proj": (config.hidden, config.inner),
        "input_layernorm": (config.hidden,),
        "post_attention_layernorm": (config.hidden,),
    }
    shapes: dict[str, tuple[int, ...]] = {
        "model.embed_tokens.weight": (rows, config.hidden),
        "model.norm.weight": (config.hidden,),
    }
    if not config.tied:
        shapes["lm_head.weight"] = (rows, config.hidden)
    for layer in range(config.layers):
        shapes |= {f"model.layers.{layer}.{name}.weight": shape for name, shape in inner.items()}
    return shapes
