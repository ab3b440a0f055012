"""What a GGUF file says about itself, read in a tenth of a second.

`gguf.GGUFReader` turns each of the 262,144 vocabulary entries of a small model into arrays: 6 s and 0.8 GB. Here arrays
are stepped over, and whoever rewrites a file copies their bytes. The format: github.com/ggml-org/ggml, docs/gguf.md.
"""

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
        raise UnusableModel(
            f"cannot open the model {path}: {exc.strerror}; check the path", model=str(path), cause="not_found"
        ) from exc
    with file:
        if file.read(4) != _MAGIC:
            raise UnusableModel(
                f"{path} is not a GGUF file; convert it with `wendang model convert`",
                model=str(path),
                cause="not_gguf",
                remedy="convert",
            )
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data


def read_header(path: Path) -> Header:
    """Return what `path` says about itself, weights untouched. Raises UnusableModel for anything but a GGUF."""
    with mapped(path) as data:
        try:
            return _parse(_Cursor(data))
        except (struct.error, ValueError, KeyError) as exc:
            raise UnusableModel(
                f"the model {path} is damaged ({exc}); download or convert it again",
                model=str(path),
                cause="damaged",
                remedy="fetch_again",
            ) from exc


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
