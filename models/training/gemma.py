"""Gemma 3 from a GGUF file as a transformers model, its vocabulary cut down to the tokens that a data set uses.

A LoRA adapter does not touch the embeddings, so rows of tokens that never occur need neither memory nor time.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import BadModelFiles

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: llama.cpp's names of the projections that an adapter changes, and transformers'.
PROJECTIONS = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_NORMS = {
    "attn_norm": "input_layernorm",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
}
_EMBEDDING = "token_embd.weight"
#: Every sixth layer sees the whole context, the others a window (Gemma 3 report, arXiv:2503.19786, section 2).
_PERIOD = 6
_LOCAL_ROPE = 10000.0


def cut_vocabulary(base: Path, *, tokens: "npt.NDArray[np.int64]", out: Path) -> None:
    """Write the weights of `base` with only the embeddings of `tokens`, in their order, and without a tokenizer."""
    import gguf

    reader = gguf.GGUFReader(base)
    writer = gguf.GGUFWriter(out, "gemma3")
    for key, field in reader.fields.items():
        if key.startswith("gemma3."):
            value = field.contents()
            add = writer.add_float32 if isinstance(value, float) else writer.add_uint32
            add(key, value)
    for tensor in reader.tensors:
        rows = tensor.data[tokens] if tensor.name == _EMBEDDING else tensor.data
        writer.add_tensor(tensor.name, rows, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def load_gemma(path: Path) -> Any:  # noqa: ANN401 - transformers' Gemma3ForCausalLM
    """Return the model of a GGUF file that `cut_vocabulary` wrote, in 32-bit floats, nothing of it trainable.

    Raises BadModelFiles.
    """
    import gguf
    import torch
    from transformers import Gemma3ForCausalLM

    reader = gguf.GGUFReader(path)
    model = Gemma3ForCausalLM(_config(reader))
    state = {name: torch.from_numpy(weights.copy()) for name, weights in _weights(reader)}
    missing, unknown = model.load_state_dict(state, strict=False)
    if unknown or set(missing) - {"lm_head.weight"}:
        raise BadModelFiles(
            f"{path} is not Gemma 3 as it is trained here (missing {sorted(missing)[:3]}, "
            f"unknown {sorted(unknown)[:3]}): take another base",
            path=str(path),
            cause="not_gemma",
        )
    model.tie_weights()
    return model.requires_grad_(False)


def _config(reader: Any) -> Any:  # noqa: ANN401 - gguf's reader; transformers' Gemma3TextConfig
    """Return the configuration that the header of a file describes."""
    from transformers import Gemma3TextConfig

    values = {key: field.contents() for key, field in reader.fields.items() if key.startswith("gemma3.")}
    layers = int(values["gemma3.block_count"])
    rows = next(len(tensor.data) for tensor in reader.tensors if tensor.name == _EMBEDDING)
    rope = float(values["gemma3.rope.freq_base"])
    return Gemma3TextConfig(
        vocab_size=rows,
        hidden_size=int(values["gemma3.embedding_length"]),
        intermediate_size=int(values["gemma3.feed_forward_length"]),
        num_hidden_layers=layers,
        num_attention_heads=int(values["gemma3.attention.head_count"]),
        num_key_value_heads=int(values["gemma3.attention.head_count_kv"]),
        head_dim=int(values["gemma3.attention.key_length"]),
        query_pre_attn_scalar=int(values["gemma3.attention.key_length"]),
        rms_norm_eps=float(values["gemma3.attention.layer_norm_rms_epsilon"]),
        sliding_window=int(values["gemma3.attention.sliding_window"]),
        max_position_embeddings=int(values["gemma3.context_length"]),
        layer_types=[
            "sliding_attention" if (layer + 1) % _PERIOD else "full_attention" for layer in range(layers)
        ],
        rope_parameters={
            "full_attention": {"rope_type": "default", "rope_theta": rope},
            "sliding_attention": {"rope_type": "default", "rope_theta": _LOCAL_ROPE},
        },
        tie_word_embeddings=True,
        attn_implementation="sdpa",
    )  # fmt: skip


def _weights(reader: Any) -> "Iterator[tuple[str, npt.NDArray[np.float32]]]":  # noqa: ANN401 - gguf's reader
    """Yield transformers' names with plain weights; llama.cpp keeps norms as 1 + w."""
    from gguf import quants

    for tensor in reader.tensors:
        weights = quants.dequantize(tensor.data, tensor.tensor_type)
        if tensor.name == _EMBEDDING:
            yield "model.embed_tokens.weight", weights
        elif tensor.name == "output_norm.weight":
            yield "model.norm.weight", weights - 1
        else:
            _, layer, name, _ = tensor.name.split(".")
            known = PROJECTIONS.get(name)
            yield (
                f"model.layers.{layer}.{known or _NORMS[name]}.weight",
                weights if known else weights - 1,
            )
