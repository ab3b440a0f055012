"""What a GGUF file says about itself, read in a tenth of a second.

`gguf.GGUFReader` turns each of the 262,144 vocabulary entries of a small model into arrays: 6 s and 0.8 GB. Here arrays
are stepped over, and whoever rewrites a file copies their bytes. The format: github.com/ggml-org/ggml, docs/gguf.md.
"""

import math
import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rag.errors import UnusableModel

_MAGIC = b"GGUF"
_STRING, _ARRAY = 8, 9
# Value type → its struct format; strings and arrays have a length of their own.
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}

# ggml type → numbers in a block, bytes of a block (github.com/ggml-org/ggml, ggml.c); later types are not known here.
_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36), 10: (256, 84),
    11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292), 16: (256, 66), 17: (256, 74),
    18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2),
    26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17),
    40: (64, 36), 41: (128, 18),
}  # fmt: skip
_VERSIONS = (2, 3)
_MOST_DIMENSIONS = 4
#: How files begin that users take for models, and what they are.
_IMPOSTORS = {
    b"lmgg": "old_format", b"fmgg": "old_format", b"tjgg": "old_format", b"algg": "old_format",
    b"vers": "lfs_pointer", b"<!DO": "web_page", b"<!do": "web_page", b"<htm": "web_page", b"<HTM": "web_page",
    b"": "empty",
}  # fmt: skip
_ADVICE = {
    "old_format": "is in the format of GGML, which llama.cpp gave up in 2023; convert the model anew with "
    "`wendang model convert`",
    "lfs_pointer": "is only a pointer of Git LFS, the model itself was not fetched; run `git lfs pull`, or download it",
    "web_page": "is a web page, not a model; download the file itself",
    "empty": "is empty; download it again",
    "not_gguf": "is not a GGUF file; convert it with `wendang model convert`",
    "old_version": "is GGUF of version 1, which llama.cpp no longer reads; convert the model anew",
    "new_version": "is GGUF of a later version than is known here; update wendang, or convert the model anew",
    "big_endian": "was made for processors with the other order of bytes; convert the model anew on this machine",
}

Value = int | float | bool | str


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor's entry: dimensions as stored (the fastest first), ggml type, byte offset into the data part."""

    name: str
    shape: tuple[int, ...]
    kind: int
    offset: int


@dataclass(slots=True)
class Header:
    """Everything before the weights.

    `values` holds scalars and strings; `lengths` the number of entries of each array; `spans` where each key-value pair
    lies in the file, key included, in the file's order; `data` where the first tensor begins.
    """

    version: int = 0
    values: dict[str, Value] = field(default_factory=dict)
    lengths: dict[str, int] = field(default_factory=dict)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    tensors: list[Tensor] = field(default_factory=list)
    data: int = 0

    @property
    def alignment(self) -> int:
        """Bytes that every tensor's offset is a multiple of."""
        return int(self.values.get("general.alignment", 32))


class _Cursor:
    """A position in the bytes of a file."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.at = 0

    def number(self, form: str) -> int | float | bool:
        value: int | float | bool = struct.unpack_from(form, self.data, self.at)[0]
        self.at += struct.calcsize(form)
        return value

    def count(self) -> int:
        """Read a length; one that points past the end of the file is damage."""
        value = int(self.number("<Q"))
        if value > len(self.data):
            raise ValueError(f"length {value} at byte {self.at - 8}")
        return value

    def string(self) -> str:
        length = self.count()
        self.at += length
        if self.at > len(self.data):
            raise ValueError(f"text runs past the end at byte {self.at - length}")
        return self.data[self.at - length : self.at].decode("utf-8")

    def skip_array(self) -> int:
        kind, length = int(self.number("<I")), self.count()
        if kind == _STRING:
            for _ in range(length):
                self.at += 8 + int(struct.unpack_from("<Q", self.data, self.at)[0])
        else:
            self.at += length * struct.calcsize(_SCALARS[kind])
        return length


@contextmanager
def mapped(path: Path) -> Iterator[mmap.mmap]:
    """Yield the bytes of `path`, read as they are touched. Raises UnusableModel where there is no such file."""
    try:
        file = path.open("rb")
    except OSError as exc:
        causes = {PermissionError: "not_permitted", IsADirectoryError: "is_folder"}
        raise UnusableModel(
            f"cannot open the model {path}: {exc.strerror}; check the path (setting `model`)",
            model=str(path),
            cause=causes.get(type(exc), "not_found"),
        ) from exc
    with file:
        beginning = file.read(len(_MAGIC))
        if beginning != _MAGIC:
            raise _refused(path, _IMPOSTORS.get(beginning, "not_gguf"))
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data


def _refused(path: Path, cause: str) -> UnusableModel:
    return UnusableModel(f"{path} {_ADVICE[cause]}", model=str(path), cause=cause, remedy="convert")


def read_header(path: Path) -> Header:
    """Return what `path` says about itself, weights untouched. Raises UnusableModel for anything but a whole GGUF."""
    with mapped(path) as data:
        _check_version(path, data)
        try:
            header = _parse(_Cursor(data))
            expected = max((header.data + tensor.offset + _bytes_of(tensor) for tensor in header.tensors), default=0)
        except (struct.error, ValueError, KeyError, OverflowError, ZeroDivisionError) as exc:
            raise UnusableModel(
                f"the model {path} is damaged ({exc}); download or convert it again",
                model=str(path),
                cause="damaged",
                remedy="fetch_again",
            ) from exc
        if len(data) < expected:
            raise UnusableModel(
                f"the model {path} is incomplete: it should have {expected} bytes and has {len(data)}; "
                "download or convert it again",
                model=str(path),
                cause="incomplete",
                expected=expected,
                found=len(data),
                remedy="fetch_again",
            )
    return header


def _check_version(path: Path, data: mmap.mmap) -> None:
    """Refuse versions that llama.cpp does not read; their headers look otherwise."""
    field = data[len(_MAGIC) : len(_MAGIC) + 4]
    version = int.from_bytes(field, "little")
    if len(field) < 4 or version in _VERSIONS:
        return  # what is cut off in the middle of the header is found there
    if int.from_bytes(field, "big") in _VERSIONS:
        raise _refused(path, "big_endian")
    raise _refused(path, "old_version" if version < min(_VERSIONS) else "new_version")


def _bytes_of(tensor: Tensor) -> int:
    """Return the bytes that a tensor takes in the file; 0 for a type that is not known here."""
    block, size = _BLOCKS.get(tensor.kind, (1, 0))
    return math.prod(tensor.shape) // block * size


def _parse(cursor: _Cursor) -> Header:
    cursor.at = len(_MAGIC)
    header = Header(version=int(cursor.number("<I")))
    tensors, pairs = cursor.count(), cursor.count()
    for _ in range(pairs):
        start = cursor.at
        key, kind = cursor.string(), int(cursor.number("<I"))
        if kind == _ARRAY:
            header.lengths[key] = cursor.skip_array()
        else:
            header.values[key] = cursor.string() if kind == _STRING else cursor.number(_SCALARS[kind])
        header.spans[key] = (start, cursor.at)
    for _ in range(tensors):
        name, rank = cursor.string(), int(cursor.number("<I"))
        if rank > _MOST_DIMENSIONS:
            raise ValueError(f"the tensor {name!r} has {rank} dimensions")
        shape = tuple(int(cursor.number("<Q")) for _ in range(rank))
        header.tensors.append(Tensor(name, shape, int(cursor.number("<I")), int(cursor.number("<Q"))))
    header.data = cursor.at + -cursor.at % header.alignment
    return header


def text_pair(key: str, value: str) -> bytes:
    """Return the bytes of a key with a text value, as they stand in a GGUF file."""
    return _text(key) + struct.pack("<I", _STRING) + _text(value)


def number_pair(key: str, value: int) -> bytes:
    """Return the bytes of a key with an unsigned 32-bit value."""
    return _text(key) + struct.pack("<II", 4, value)


def header_bytes(version: int, *, pairs: list[bytes], tensors: list[Tensor], alignment: int) -> bytes:
    """Return the part of a GGUF file before its weights, padded to the alignment."""
    parts = [_MAGIC, struct.pack("<IQQ", version, len(tensors), len(pairs)), *pairs]
    for tensor in tensors:
        rank = len(tensor.shape)
        parts += [_text(tensor.name), struct.pack(f"<I{rank}QIQ", rank, *tensor.shape, tensor.kind, tensor.offset)]
    whole = b"".join(parts)
    return whole + bytes(-len(whole) % alignment)


def _text(value: str) -> bytes:
    encoded = value.encode("utf-8")
    return struct.pack("<Q", len(encoded)) + encoded
