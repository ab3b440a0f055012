"""Meta's form of LLaMA: `consolidated.NN.pth` parts and `params.json`, read and written.

The parts hold a share of every matrix each, as Meta's tensor-parallel code (facebookresearch/llama, model.py) splits
them: by columns what is added up over the parts (wo, w2, and the embeddings of LLaMA 1 and 2), by rows the rest; norms
are in all of them. An odd vocabulary splits unevenly, the last part has the remainder. Meta's rotary layout of wq and
wk interleaves the two halves of each head, Hugging Face's has one after the other.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import BadModelFiles
from models.packages import needed
from models.stored import Stored, torch_tensors_in
from models.weights import Weights, missing, read_json

if TYPE_CHECKING:
    import torch

#: Width of the model → parts that Meta released it in (7B, 13B, 33B, 65B and 70B).
PARTS = {4096: 1, 5120: 2, 6656: 4, 8192: 8}

_OUTER = {
    "tok_embeddings.weight": "model.embed_tokens.weight",
    "norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
_INNER = {
    "attention.wq": "self_attn.q_proj",
    "attention.wk": "self_attn.k_proj",
    "attention.wv": "self_attn.v_proj",
    "attention.wo": "self_attn.o_proj",
    "feed_forward.w1": "mlp.gate_proj",
    "feed_forward.w2": "mlp.down_proj",
    "feed_forward.w3": "mlp.up_proj",
    "attention_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}
_THEIRS = {ours: theirs for theirs, ours in _INNER.items()}
_OUTER_THEIRS = {ours: theirs for theirs, ours in _OUTER.items()}
_LAYER = re.compile(r"layers\.(\d+)\.(.+)\.weight")


@dataclass(frozen=True, slots=True)
class Shape:
    """What params.json says: width, layers, heads, and what the configuration needs besides."""

    width: int
    layers: int
    heads: int
    kv_heads: int
    norm_eps: float
    rope_theta: float


@dataclass(frozen=True, slots=True)
class Joined:
    """A matrix put together from all parts along an axis (None: the parts are alike), in Hugging Face's rotary layout.

    `heads` are the heads of a matrix whose rows are in rotary order, 0 for the others.
    """

    parts: tuple[Stored, ...]
    axis: int | None
    heads: int = 0

    @property
    def dtype(self) -> str:
        """Return the number format of the parts."""
        return self.parts[0].dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of the whole."""
        shape = list(self.parts[0].shape)
        if self.axis is not None:
            shape[self.axis] = sum(part.shape[self.axis] for part in self.parts)
        return tuple(shape)

    def read(self) -> "torch.Tensor":
        """Return the whole matrix."""
        torch = needed("torch")
        if self.axis is None or len(self.parts) == 1:
            whole = self.parts[0].read()
        else:
            whole = torch.cat([part.read() for part in self.parts], dim=self.axis)
        return to_halves(whole, heads=self.heads) if self.heads else whole


def to_halves(matrix: "torch.Tensor", *, heads: int) -> "torch.Tensor":
    """Return rows in Hugging Face's rotary order: of each head the even ones first, then the odd ones."""
    rows, columns = matrix.shape
    return matrix.view(heads, rows // heads // 2, 2, columns).transpose(1, 2).reshape(rows, columns)


def to_pairs(matrix: "torch.Tensor", *, heads: int) -> "torch.Tensor":
    """Return rows in Meta's rotary order: of each head the first and second half in turn."""
    rows, columns = matrix.shape
    return matrix.view(heads, 2, rows // heads // 2, columns).transpose(1, 2).reshape(rows, columns)


def open_meta(folder: Path) -> Weights:
    """Return the weights of Meta's parts under Hugging Face's names. Raises BadModelFiles, MissingPackage."""
    files = sorted(folder.glob("consolidated.*.pth"))
    wanted = [f"consolidated.{n:02}.pth" for n in range(len(files))]
    if [file.name for file in files] != wanted:
        raise missing(folder, sorted(set(wanted) - {file.name for file in files}))
    shape = read_params(folder)
    parts = [torch_tensors_in(file) for file in files]
    tensors: dict[str, Stored] = {}
    for name in parts[0]:
        if name == "rope.freqs" or name.endswith("inner_attention.rope.freqs"):
            continue
        if not all(name in part for part in parts):
            raise BadModelFiles(
                f"the parts in {folder} do not belong together ({name} is not in all): get them again",
                path=str(folder),
                cause="parts",
                name=name,
            )
        tensors[to_hugging_face(name, path=folder)] = _joined(name, [part[name] for part in parts], shape=shape)
    _check_whole(tensors, shape=shape, folder=folder)
    return Weights(folder, "pth", tuple(files), tensors, (tuple(tensors),))


def read_params(folder: Path) -> Shape:
    """Return what params.json says. Raises BadModelFiles where it is missing, or asks for what is not supported."""
    path = folder / "params.json"
    params: dict[str, Any] = dict(read_json(path))
    if params.get("use_scaled_rope"):
        raise BadModelFiles(
            f"{path} asks for scaled rotary positions (Llama 3.1 and later): use that model in Hugging Face's form",
            path=str(path),
            cause="scaled_rope",
        )
    try:
        heads = int(params["n_heads"])
        return Shape(
            width=int(params["dim"]),
            layers=int(params["n_layers"]),
            heads=heads,
            kv_heads=int(params.get("n_kv_heads") or heads),
            norm_eps=float(params["norm_eps"]),
            rope_theta=float(params.get("rope_theta") or 10000.0),
        )
    except (KeyError, TypeError, ValueError) as exc:
        raise BadModelFiles(
            f"{path} lacks dim, n_heads, n_layers or norm_eps: get it again", path=str(path), cause="params"
        ) from exc


def config_of(weights: Weights) -> dict[str, Any]:
    """Return the configuration of Meta's weights for transformers.

    Meta does not write the length of context: 2048 for LLaMA 1, 4096 for Llama 2, 8192 for Llama 3, told apart by
    norm_eps (1e-6 in LLaMA 1 up to 33B), grouped heads and the rotary base.
    """
    shape = read_params(weights.folder)
    first = shape.norm_eps < 5e-6 or (shape.width == 8192 and shape.kv_heads == shape.heads)
    context = 2048 if first else 8192 if shape.rope_theta >= 500000 else 4096
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "hidden_size": shape.width,
        "intermediate_size": weights.tensors["model.layers.0.mlp.gate_proj.weight"].shape[0],
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "max_position_embeddings": context,
        "rms_norm_eps": shape.norm_eps,
        "rope_theta": shape.rope_theta,
        "initializer_range": 0.02,
        "tie_word_embeddings": False,
        "use_cache": True,
        "vocab_size": weights.tensors["model.embed_tokens.weight"].shape[0],
    }


def to_hugging_face(name: str, *, path: Path) -> str:
    """Return Hugging Face's name of one of Meta's tensors. Raises BadModelFiles for an unknown one."""
    match = _LAYER.fullmatch(name)
    if name in _OUTER:
        return _OUTER[name]
    if match and match[2] in _INNER:
        return f"model.layers.{match[1]}.{_INNER[match[2]]}.weight"
    raise BadModelFiles(
        f"{path} has a tensor {name} that LLaMA has not: this is another model",
        path=str(path),
        cause="not_llama",
        name=name,
    )


def to_meta(name: str) -> str | None:
    """Return Meta's name of one of Hugging Face's tensors; None for one that Meta's form does not have."""
    match = _LAYER.fullmatch(name.removeprefix("model."))
    if name in _OUTER_THEIRS:
        return _OUTER_THEIRS[name]
    if match and match[2] in _THEIRS:
        return f"layers.{match[1]}.{_THEIRS[match[2]]}.weight"
    return None


def split_axis(name: str) -> int | None:
    """Return the axis along which Meta splits one of its tensors; None for what is in every part."""
    if name.endswith("norm.weight"):
        return None
    return 1 if name.endswith(("tok_embeddings.weight", "attention.wo.weight", "feed_forward.w2.weight")) else 0


def _joined(name: str, parts: Sequence[Stored], *, shape: Shape) -> Joined:
    axis = split_axis(name)
    if name == "tok_embeddings.weight" and parts[0].shape[1] == shape.width:
        # Llama 3 splits the embeddings by words.
        axis = 0
    heads = shape.heads if ".wq." in name else shape.kv_heads if ".wk." in name else 0
    return Joined(tuple(parts), axis, heads)


def _check_whole(tensors: Mapping[str, Stored], *, shape: Shape, folder: Path) -> None:
    """Refuse parts that are too few: a model in two files of which one is there still has a file for each name."""
    layer = [f"model.layers.{n}.{inner}.weight" for n in range(shape.layers) for inner in _INNER.values()]
    lacking = [name for name in [*_OUTER.values(), *layer] if name not in tensors]
    sides = (("model.embed_tokens.weight", 1), ("lm_head.weight", 1), ("model.layers.0.self_attn.q_proj.weight", 0))
    wrong = [] if lacking else [name for name, axis in sides if tensors[name].shape[axis] != shape.width]
    if lacking or wrong:
        name = (lacking or wrong)[0]
        raise BadModelFiles(
            f"the parts in {folder} are not all of the model ({name}): "
            "get every consolidated.NN.pth and their params.json",
            path=str(folder),
            cause="parts",
            name=name,
        )
