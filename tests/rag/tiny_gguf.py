"""A GGUF model of a few kilobytes with random weights: real llama.cpp, no download, answers that mean nothing."""

from pathlib import Path

import gguf
import numpy as np

CONTROL = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"]
WORDS = ["▁", "▁a", "年", "假", "天", "[", "]", "1", "\n", "问", "答", "。"]
WIDTH, HEADS, INNER, CONTEXT = 32, 2, 64, 512


def write_tiny_model(
    path: Path,
    *,
    name: str = "tiny",
    template: str | None = None,
    vocabulary: int = 0,
    kind: str = "llama",
    blocks: int = 1,
    rows: int | None = None,
    seed: int = 5,
) -> Path:
    """Write a model with the vocabulary of bytes, a few words and control tokens, padded to `vocabulary` entries.

    `kind` and `blocks` are what the file says of itself, `rows` how many words the weights are for.
    """
    bytes_ = [f"<0x{value:02X}>" for value in range(256)]
    tokens = [*CONTROL, *bytes_, *WORDS]
    tokens += [f"[unused{n}]" for n in range(vocabulary - len(tokens))]
    kinds = [gguf.TokenType.UNKNOWN] + [gguf.TokenType.CONTROL] * 4 + [gguf.TokenType.BYTE] * 256
    kinds += [gguf.TokenType.NORMAL] * (len(CONTROL) + 256 + len(WORDS) - len(kinds))
    kinds += [gguf.TokenType.UNUSED] * (len(tokens) - len(kinds))
    writer = gguf.GGUFWriter(path, kind)
    writer.add_name(name)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(blocks)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(True)
    if template:
        writer.add_chat_template(template)
    _add_weights(writer, vocabulary=rows or len(tokens), seed=seed)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_weights(writer: gguf.GGUFWriter, *, vocabulary: int, seed: int) -> None:
    random = np.random.default_rng(seed)

    def add(name: str, *shape: int) -> None:
        weights = np.ones(shape) if len(shape) == 1 else random.normal(0, 0.4, shape)
        writer.add_tensor(name, weights.astype(np.float32))

    add("token_embd.weight", vocabulary, WIDTH)
    add("output.weight", vocabulary, WIDTH)
    add("output_norm.weight", WIDTH)
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        add(f"blk.0.{name}.weight", WIDTH, WIDTH)
    add("blk.0.attn_norm.weight", WIDTH)
    add("blk.0.ffn_norm.weight", WIDTH)
    add("blk.0.ffn_gate.weight", INNER, WIDTH)
    add("blk.0.ffn_up.weight", INNER, WIDTH)
    add("blk.0.ffn_down.weight", WIDTH, INNER)
