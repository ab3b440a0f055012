"""How many bytes a model of the LLaMA kind takes, on the disk and in memory, told from its shape alone.

Which tensor gets which type in a K-quant is llama.cpp's rule (`llama_tensor_get_type` in src/llama-quant.cpp); a test
holds it against a dry run of llama.cpp.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import import_module

from models.packages import needed
from models.quantize import known_type

#: Types whose size is predicted here, the largest first, as users choose among them.
SIZED = (
    "f32", "f16", "bf16", "q8_0", "q6_k", "q5_k_m", "q5_1", "q5_0", "q4_k_m", "q4_1", "q4_0", "q3_k_m", "q2_k",
)  # fmt: skip
#: Types worth running, the best first: below four bits answers get short and wrong.
WORTH_RUNNING = ("q8_0", "q6_k", "q5_k_m", "q4_k_m")
#: What llama.cpp takes beside weights and cache: buffers for a batch, the vocabulary, the program.
_BESIDE = 400_000_000
#: What the system and other programs need.
_SYSTEM = 1_500_000_000
#: The head stays finer than the rest, unless all is.
_FINE_HEAD = ("f32", "f16", "bf16", "q8_0")
#: Bytes before the tensors: a token of the vocabulary with its score and type takes about 25.
_TOKEN_BYTES, _KEYS_BYTES = 25, 4096


@dataclass(frozen=True, slots=True)
class Shape:
    """The form of a LLaMA: widths, layers, heads, and rows of the embeddings."""

    hidden: int
    inner: int
    layers: int
    heads: int
    kv_heads: int
    vocabulary: int = 32000

    @property
    def parameters(self) -> int:
        """Return how many numbers the weights have."""
        return sum(count for _, _, count in self.matrices()) + self.norms

    @property
    def norms(self) -> int:
        """Return the numbers of the norms, which are always F32."""
        return self.hidden * (2 * self.layers + 1)

    @property
    def narrow(self) -> int:
        """Return the width of keys and values."""
        return self.hidden * self.kv_heads // self.heads

    def with_vocabulary(self, tokens: int) -> "Shape":
        """Return the same form with other embeddings."""
        return replace(self, vocabulary=tokens)

    def matrices(self) -> Iterator[tuple[str, int, int]]:
        """Yield each matrix: what it is, its layer (-1 outside of layers) and its count of numbers."""
        yield "token_embd", -1, self.vocabulary * self.hidden
        yield "output", -1, self.vocabulary * self.hidden
        for layer in range(self.layers):
            yield "attn_q", layer, self.hidden * self.hidden
            yield "attn_k", layer, self.hidden * self.narrow
            yield "attn_v", layer, self.hidden * self.narrow
            yield "attn_output", layer, self.hidden * self.hidden
            for name in ("ffn_gate", "ffn_up", "ffn_down"):
                yield name, layer, self.hidden * self.inner


#: Published sizes → their form; the second generation's smallest has 4 of the 7B's layers.
SHAPES = {
    "1.3b": Shape(4096, 11008, 4, 32, 32),
    "7b": Shape(4096, 11008, 32, 32, 32),
    "8b": Shape(4096, 14336, 32, 32, 8, vocabulary=128256),
    "13b": Shape(5120, 13824, 40, 40, 40),
    "33b": Shape(6656, 17920, 60, 52, 52),
    "65b": Shape(8192, 22016, 80, 64, 64),
}


def file_size(shape: Shape, *, kind: str) -> int:
    """Return the bytes of a GGUF file of a type. Raises BadModelFiles for a type that is not known."""
    kind = known_type(kind)
    sizes = needed("gguf").GGML_QUANT_SIZES
    blocks = {type_.name.lower(): pair for type_, pair in sizes.items()}
    size = 4 * shape.norms + _KEYS_BYTES + _TOKEN_BYTES * shape.vocabulary
    for name, layer, count in shape.matrices():
        per_block, block_bytes = blocks[_stored_as(kind, name=name, layer=layer, shape=shape)]
        size += count // per_block * block_bytes
    return size


def cache_size(shape: Shape, *, context: int) -> int:
    """Return the bytes of the keys and values (F16) of as many tokens."""
    return 2 * 2 * shape.layers * shape.narrow * context


def needed_memory(shape: Shape, *, kind: str, context: int) -> int:
    """Return the bytes of memory that llama.cpp takes to run a model of a type with a context of as many tokens."""
    return file_size(shape, kind=kind) + cache_size(shape, context=context) + _BESIDE


def best_type(shape: Shape, *, context: int, memory: int) -> str | None:
    """Return the finest type worth running on a machine with as many bytes of memory; None where none is."""
    left = memory - _SYSTEM
    fitting = (kind for kind in WORTH_RUNNING if needed_memory(shape, kind=kind, context=context) <= left)
    return next(fitting, None)


def machine_memory() -> int | None:
    """Return the bytes of this machine's memory; None where neither psutil nor the system tells."""
    try:
        return int(import_module("psutil").virtual_memory().total)
    except ModuleNotFoundError:
        names: dict[str, int] = getattr(os, "sysconf_names", {})
        if "SC_PHYS_PAGES" not in names:
            return None
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _stored_as(kind: str, *, name: str, layer: int, shape: Shape) -> str:
    """Return the type that llama.cpp gives a matrix in a file of a type."""
    if name == "output":
        return kind if kind in _FINE_HEAD else "q6_k"
    bits, mixed = kind.removesuffix("_m"), kind.endswith("_m") or kind == "q2_k"
    if not mixed or name not in ("attn_v", "attn_output", "ffn_down"):
        return bits
    if kind in ("q4_k_m", "q5_k_m"):
        finer = name != "attn_output" and _gets_more_bits(layer, shape.layers)
        return "q6_k" if finer else bits
    if kind == "q3_k_m":
        return _in_three_bits(name, layer=layer, layers=shape.layers)
    return "q4_k" if name == "attn_v" and shape.heads >= 4 * shape.kv_heads else "q3_k"


def _in_three_bits(name: str, *, layer: int, layers: int) -> str:
    if name == "attn_output":
        return "q4_k"
    if name == "attn_v":
        return "q5_k" if layer < 2 else "q4_k"
    return "q5_k" if layer < layers // 16 else "q4_k"


def _gets_more_bits(layer: int, layers: int) -> bool:
    """Whether a layer is one of the first or last eighth, or every third between."""
    eighth = layers // 8
    return layer < eighth or layer >= 7 * layers // 8 or (layer - eighth) % 3 == 2
