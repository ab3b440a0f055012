"""The shape of a LLaMA as its config.json gives it, whichever version of transformers wrote it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.errors import BadModelFiles
from models.weights import read_json

_ARCHITECTURE = "LlamaForCausalLM"


@dataclass(frozen=True, slots=True)
class LlamaConfig:
    """The shape of a LLaMA: widths and counts; `rope_scaling` has Hugging Face's keys, empty where there is none."""

    hidden: int
    inner: int
    layers: int
    heads: int
    kv_heads: int
    head_width: int
    context: int
    norm_epsilon: float
    rope_base: float
    rope_scaling: Mapping[str, Any]
    tied: bool

    def rope_factors(self) -> list[float] | None:
        """Return what each rotary frequency is divided by, for Llama 3.1's scaling; None for any other.

        Source: transformers' `_compute_llama3_parameters` (modeling_rope_utils.py).
        """
        scaling = self.rope_scaling
        if scaling.get("rope_type") != "llama3":
            return None
        factor, context = float(scaling["factor"]), float(scaling["original_max_position_embeddings"])
        low, high = float(scaling["low_freq_factor"]), float(scaling["high_freq_factor"])
        factors = []
        for position in range(0, self.head_width, 2):
            turns = context / (2 * math.pi * self.rope_base ** (position / self.head_width))
            if turns > high:
                factors.append(1.0)
            elif turns < low:
                factors.append(factor)
            else:
                smooth = (turns - low) / (high - low)
                factors.append(1 / ((1 - smooth) / factor + smooth))
        return factors


def read_config(folder: Path) -> LlamaConfig:
    """Return the shape that a model's folder states. Raises BadModelFiles where it is no LLaMA, or says too little."""
    path = folder / "config.json"
    return parse_config(read_json(path), path=path)


def parse_config(config: Mapping[str, Any], *, path: Path) -> LlamaConfig:
    """Return the shape that a configuration states; `path` is where it came from. Raises BadModelFiles."""
    named = (config.get("architectures") or [config.get("model_type", "?")])[0]
    if named not in (_ARCHITECTURE, "llama"):
        raise BadModelFiles(
            f"{path}: a model of the architecture {named}; only LLaMA ({_ARCHITECTURE}) can be converted here",
            path=str(path),
            cause="architecture",
            architecture=str(named),
        )
    try:
        return _config(config)
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as exc:
        raise BadModelFiles(
            f"{path} lacks or garbles {exc}: get it again from where the model came from",
            path=str(path),
            cause="config",
            detail=str(exc),
        ) from exc


def _config(config: Mapping[str, Any]) -> LlamaConfig:
    heads, hidden = int(config["num_attention_heads"]), int(config["hidden_size"])
    # transformers 5 writes `rope_parameters`; before, the base stood beside `rope_scaling`, whose type was `type`.
    rope = dict(config.get("rope_parameters") or config.get("rope_scaling") or {})
    base = rope.pop("rope_theta", None) or config.get("rope_theta") or 10000.0
    rope["rope_type"] = rope.pop("rope_type", None) or rope.pop("type", None) or "default"
    return LlamaConfig(
        hidden=hidden,
        inner=int(config["intermediate_size"]),
        layers=int(config["num_hidden_layers"]),
        heads=heads,
        kv_heads=int(config.get("num_key_value_heads") or heads),
        head_width=int(config.get("head_dim") or hidden // heads),
        context=int(config.get("max_position_embeddings") or 2048),
        norm_epsilon=float(config.get("rms_norm_eps") or 1e-6),
        rope_base=float(base),
        rope_scaling=rope if rope["rope_type"] != "default" else {},
        tied=bool(config.get("tie_word_embeddings")),
    )
