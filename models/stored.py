"""Tensors where they lie in a file: found without reading them, read one at a time with plain file reads.

Memory maps are avoided on purpose: their pages count as this process's memory as soon as they have been touched.

safetensors: 8 bytes of length, a JSON header with each tensor's dtype, shape and offsets, then the data
(https://github.com/huggingface/safetensors#format). PyTorch's `.bin` and `.pth` are zip archives of a pickle and of
uncompressed storages; torch itself unpickles it, with `weights_only`, and tells where each storage lies.
"""

import json
import math
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from models.errors import BadModelFiles
from models.packages import needed

if TYPE_CHECKING:
    import torch

#: safetensors' names of number formats → torch's, and their bytes.
DTYPES = {
    "F64": ("float64", 8),
    "F32": ("float32", 4),
    "F16": ("float16", 2),
    "BF16": ("bfloat16", 2),
    "F8_E4M3": ("float8_e4m3fn", 1),
    "F8_E5M2": ("float8_e5m2", 1),
    "I64": ("int64", 8),
    "I32": ("int32", 4),
    "I16": ("int16", 2),
    "I8": ("int8", 1),
    "U8": ("uint8", 1),
    "BOOL": ("bool", 1),
}
_BY_TORCH = {torch_name: name for name, (torch_name, _) in DTYPES.items()}


class Stored(Protocol):
    """A tensor that can be read: its shape, its number format (a key of `DTYPES`), and itself."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the tensor's shape."""
        ...

    @property
    def dtype(self) -> str:
        """Return the tensor's number format."""
        ...

    def read(self) -> "torch.Tensor":
        """Return the tensor, contiguous and writable, in memory of its own."""
        ...


@dataclass(frozen=True, slots=True)
class Slice:
    """A tensor in a file, from the byte `offset` on; `stride` (in elements) is None where rows follow one another."""

    file: Path
    offset: int
    dtype: str
    shape: tuple[int, ...]
    stride: tuple[int, ...] | None = None

    def read(self) -> "torch.Tensor":
        """Return the tensor. Raises BadModelFiles where the file ends before it does."""
        needed("torch")
        import torch

        name, _ = DTYPES[self.dtype]
        count = self._span()
        read: torch.Tensor = torch.empty(count, dtype=getattr(torch, name))
        if count:
            self._fill(memoryview(read.view(torch.uint8).numpy()))
        if self.stride is None:
            return read.view(self.shape)
        return read.as_strided(self.shape, self.stride).contiguous()

    def _span(self) -> int:
        if self.stride is None or 0 in self.shape:
            return math.prod(self.shape)
        return 1 + sum((length - 1) * step for length, step in zip(self.shape, self.stride, strict=True))

    def _fill(self, into: memoryview) -> None:
        # One system call reads 2 GB at most.
        done = 0
        with self.file.open("rb", buffering=0) as stream:
            stream.seek(self.offset)
            while done < len(into):
                got = stream.readinto(into[done:])
                if not got:
                    raise damaged(self.file, detail="it ends in the middle of a tensor")
                done += got


@dataclass(frozen=True, slots=True)
class Held:
    """A tensor that is in memory: old torch files cannot be read in parts."""

    tensor: "torch.Tensor"

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the tensor's shape."""
        return tuple(self.tensor.shape)

    @property
    def dtype(self) -> str:
        """Return the tensor's number format."""
        return dtype_name(self.tensor)

    def read(self) -> "torch.Tensor":
        """Return a copy of the tensor."""
        return self.tensor.detach().clone().contiguous()


def size_of(stored: Stored) -> int:
    """Return the bytes of a tensor."""
    return math.prod(stored.shape) * DTYPES[stored.dtype][1]


def dtype_name(tensor: "torch.Tensor") -> str:
    """Return safetensors' name of a tensor's number format; the empty string for one it has no name for."""
    return _BY_TORCH.get(str(tensor.dtype).removeprefix("torch."), "")


def safetensors_in(path: Path) -> dict[str, Stored]:
    """Return the tensors of a safetensors file by name, in the order of their data. Raises BadModelFiles."""
    safetensors = needed("safetensors")
    try:
        # The library checks the header and that the file is as long as it says; it reads no tensor yet.
        with safetensors.safe_open(path, framework="numpy"):
            pass
    except (safetensors.SafetensorError, OSError) as exc:
        raise damaged(path, detail=str(exc)) from exc
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        header = json.loads(stream.read(length))
    header.pop("__metadata__", None)
    found: dict[str, Stored] = {}
    for name, entry in sorted(header.items(), key=lambda item: (item[1]["data_offsets"], item[0])):
        if entry["dtype"] not in DTYPES:
            raise _unknown_dtype(path, name=name, dtype=entry["dtype"])
        found[name] = Slice(path, 8 + length + entry["data_offsets"][0], entry["dtype"], tuple(entry["shape"]))
    return found


def torch_tensors_in(path: Path) -> dict[str, Stored]:
    """Return the tensors of a torch file by name, in its own order. Raises BadModelFiles, also for code in a pickle."""
    torch = needed("torch")
    lazy = zipfile.is_zipfile(path)
    if not lazy and path.stat().st_size and _begins_as_zip(path):
        raise damaged(path, detail="the archive's directory is missing, so it is not complete")
    try:
        if lazy:
            fake = needed("torch._subclasses.fake_tensor")
            with fake.FakeTensorMode():
                loaded = torch.load(path, weights_only=True, map_location="cpu")
        else:
            with path.open("rb") as stream:
                loaded = torch.load(stream, weights_only=True, map_location="cpu")
    except needed("pickle").UnpicklingError as exc:
        raise BadModelFiles(
            f"{path} holds more than tensors and could run code: it is not opened; get it as safetensors",
            path=str(path),
            cause="pickle",
        ) from exc
    except (RuntimeError, EOFError, ValueError, KeyError, OSError) as exc:
        raise damaged(path, detail=" ".join(str(exc).split())[:200]) from exc
    return _stored(loaded, path=path, lazy=lazy)


def _stored(loaded: Any, *, path: Path, lazy: bool) -> dict[str, Stored]:  # noqa: ANN401 - what a file held
    torch = needed("torch")
    if not isinstance(loaded, dict) or not all(isinstance(value, torch.Tensor) for value in loaded.values()):
        raise BadModelFiles(
            f"{path} is not a table of tensors (perhaps a training checkpoint): save the model's own weights",
            path=str(path),
            cause="not_tensors",
        )
    found: dict[str, Stored] = {}
    for name, tensor in loaded.items():
        dtype = dtype_name(tensor)
        if not dtype:
            raise _unknown_dtype(path, name=name, dtype=str(tensor.dtype))
        if lazy:
            begin = tensor.untyped_storage()._checkpoint_offset + tensor.storage_offset() * DTYPES[dtype][1]
            stride = None if tensor.is_contiguous() else tuple(tensor.stride())
            found[name] = Slice(path, begin, dtype, tuple(tensor.shape), stride)
        else:
            found[name] = Held(tensor)
    return found


def _begins_as_zip(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(2) == b"PK"


def damaged(path: Path, *, detail: str) -> BadModelFiles:
    """Return the error of a file that cannot be read as what it is."""
    return BadModelFiles(
        f"{path} is damaged or not complete ({detail}): get it again", path=str(path), cause="damaged", detail=detail
    )


def _unknown_dtype(path: Path, *, name: str, dtype: str) -> BadModelFiles:
    return BadModelFiles(
        f"{path} has numbers of the format {dtype} ({name}), which is not supported: use F32, F16 or BF16",
        path=str(path),
        cause="dtype",
        dtype=dtype,
    )
