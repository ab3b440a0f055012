"""LLaMA's tensors by Hugging Face's names and by GGUF's, and the rotary order that llama.cpp wants of wq and wk.

Source of the names: ggml-org/llama.cpp, docs and `gguf.constants.TENSOR_NAMES`.
"""

import re
from typing import TYPE_CHECKING

from models.llama_config import LlamaConfig
from models.meta_format import to_pairs

if TYPE_CHECKING:
    import torch

_OUTER = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
}
_INNER = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}
_LAYER = re.compile(r"model\.layers\.(\d+)\.(.+)\.(weight|bias)")
_COMPUTED = re.compile(r"rotary_emb\.inv_freq$")


def is_computed(name: str) -> bool:
    """Whether a tensor is a table that every program computes for itself."""
    return _COMPUTED.search(name) is not None


def gguf_name(name: str) -> str | None:
    """Return GGUF's name of a LLaMA's tensor; None for one that LLaMA does not have."""
    if name in _OUTER:
        return _OUTER[name]
    if (found := _LAYER.fullmatch(name)) and found[2] in _INNER:
        return f"blk.{found[1]}.{_INNER[found[2]]}.{found[3]}"
    return None


def in_gguf_order(name: str, tensor: "torch.Tensor", *, config: LlamaConfig) -> "torch.Tensor":
    """Return a tensor's rows as llama.cpp wants them: those of wq and wk are turned back into Meta's rotary order."""
    heads = {"q_proj": config.heads, "k_proj": config.kv_heads}.get(name.rsplit(".", 2)[-2])
    if heads is None:
        return tensor
    if tensor.dim() == 1:
        return to_pairs(tensor.unsqueeze(1), heads=heads).squeeze(1)
    return to_pairs(tensor, heads=heads)
