"""A LLaMA of zeros without a real vocabulary, in seconds, and what llama.cpp would make of it."""

from pathlib import Path

import gguf
import numpy as np
from tiny_llama import Size

from models import quantize
from models.gguf_names import gguf_name


def write_bare_llama(path: Path, *, size: Size, tokens: int) -> int:
    """Write a GGUF file of a LLaMA without a real vocabulary, all weights 0; return the bytes before its tensors."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_file_type(1)
    writer.add_context_length(256)
    writer.add_embedding_length(size.hidden)
    writer.add_block_count(size.layers)
    writer.add_feed_forward_length(size.inner)
    writer.add_head_count(size.heads)
    writer.add_head_count_kv(size.kv_heads)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([f"词{n:06}" for n in range(tokens)])
    writer.add_token_scores([0.0] * tokens)
    writer.add_token_types([1] * tokens)
    shapes = {"model.embed_tokens": (tokens, size.hidden), "lm_head": (tokens, size.hidden), **dict(size.matrices())}
    for name, shape in shapes.items():
        writer.add_tensor(gguf_name(f"{name}.weight"), np.zeros(shape, np.float16))
    norms = [
        f"model.layers.{n}.{kind}"
        for n in range(size.layers)
        for kind in ("input_layernorm", "post_attention_layernorm")
    ]
    for name in [*norms, "model.norm"]:
        writer.add_tensor(gguf_name(f"{name}.weight"), np.ones(size.hidden, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return gguf.GGUFReader(path).data_offset


def dry_run_size(file: Path, *, kind: str) -> int:
    """Return the bytes that llama.cpp itself would give the tensors of a file in another type; nothing is written."""
    job = {"file": str(file), "kind": kind, "threads": 1, "text": "", "dry": True}
    return sum(line.size for line in quantize._tensor_lines(quantize._run(job, file=file)))
