"""Weights written as safetensors, one tensor in memory at a time; a shard has its name once it is complete."""

import errno
import hashlib
import json
import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models.checksums import sha256_of
from models.errors import BadModelFiles, NotEnoughRoom
from models.progress import Progress, silent
from models.stored import DTYPES, dtype_name

if TYPE_CHECKING:
    import torch

#: Bytes of a shard, where the base does not say how it is split.
SHARD_LIMIT = 4 * 2**30
INDEX = "model.safetensors.index.json"


@dataclass(frozen=True, slots=True)
class Planned:
    """A tensor that will be written: its name, number format (a key of `DTYPES`) and shape."""

    name: str
    dtype: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Return its bytes."""
        return math.prod(self.shape) * DTYPES[self.dtype][1]


@dataclass(frozen=True, slots=True)
class Shard:
    """A file that will be written, and its tensors in order."""

    file: str
    tensors: tuple[Planned, ...]


def plan_shards(groups: Sequence[Sequence[Planned]], *, limit: int = SHARD_LIMIT) -> list[Shard]:
    """Return the files for groups of tensors: a file a group, and more where one would be larger than `limit`."""
    parts: list[list[Planned]] = []
    for group in groups:
        size = limit
        for tensor in group:
            if size + tensor.size > limit or tensor is group[0]:
                parts.append([])
                size = 0
            parts[-1].append(tensor)
            size += tensor.size
    if len(parts) == 1:
        return [Shard("model.safetensors", tuple(parts[0]))]
    return [Shard(f"model-{n:05}-of-{len(parts):05}.safetensors", tuple(part)) for n, part in enumerate(parts, start=1)]


def write_shards(
    folder: Path,
    *,
    shards: Sequence[Shard],
    read: Callable[[str], "torch.Tensor"],
    progress: Progress = silent,
) -> dict[str, str]:
    """Write the shards, and the index where there are several; return the SHA-256 of each file by its name.

    A shard that is there already is kept, so an interrupted run goes on. `read` is called once for each tensor that is
    written, in order. Raises NotEnoughRoom where the disk is full, BadModelFiles where a tensor is not as planned.
    """
    total = sum(tensor.size for shard in shards for tensor in shard.tensors)
    hashes: dict[str, str] = {}
    done = 0
    for shard in shards:
        path = folder / shard.file
        if path.exists():
            hashes[shard.file] = sha256_of(path)
        else:
            with disk_full_is_told(folder, needed=total - done):
                hashes[shard.file] = _write(path, shard, read=read, told=_after(progress, done=done, total=total))
        done += sum(tensor.size for tensor in shard.tensors)
        progress("merge", done, total)
    if len(shards) > 1:
        weight_map = {tensor.name: shard.file for shard in shards for tensor in shard.tensors}
        index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(weight_map.items()))}
        write_json(folder / INDEX, index)
    return hashes


def write_json(path: Path, value: object) -> None:
    """Write a value as JSON for people: indented, characters as they are."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", "utf-8")


@contextmanager
def disk_full_is_told(folder: Path, *, needed: int) -> Iterator[None]:
    """Turn the system's error of a full disk into NotEnoughRoom; `needed` is what was still to be written, in bytes."""
    try:
        yield
    except OSError as exc:
        if exc.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise NotEnoughRoom(
            f"the disk of {folder} is full ({needed} bytes were still to be written): "
            "make room and run the same command again",
            where=str(folder),
            needed=needed,
            free=0,
            cause="disk_full",
        ) from exc


def bytes_of(tensor: "torch.Tensor", *, planned: Planned) -> memoryview:
    """Return a tensor's bytes without a copy. Raises BadModelFiles where it is not as planned."""
    import torch

    if tuple(tensor.shape) != planned.shape or dtype_name(tensor) != planned.dtype:
        raise BadModelFiles(
            f"{planned.name} is {tuple(tensor.shape)} {tensor.dtype}, not {planned.shape} {planned.dtype}: "
            "the files changed meanwhile; run the command again",
            path=planned.name,
            cause="changed",
        )
    flat = tensor.contiguous().view(-1)
    return memoryview(flat.view(torch.uint8).numpy()) if flat.numel() else memoryview(b"")


def _write(path: Path, shard: Shard, *, read: Callable[[str], "torch.Tensor"], told: Callable[[int], None]) -> str:
    part = path.with_name(f"{path.name}.part")
    digest = hashlib.sha256()
    written = 0
    with part.open("wb") as stream:
        for piece in _pieces(shard, read=read):
            stream.write(piece)
            digest.update(piece)
            written += len(piece)
            told(written)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)
    return digest.hexdigest()


def _pieces(shard: Shard, *, read: Callable[[str], "torch.Tensor"]) -> Iterator[bytes | memoryview]:
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for tensor in shard.tensors:
        header[tensor.name] = {
            "dtype": tensor.dtype,
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + tensor.size],
        }
        offset += tensor.size
    raw = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    # The data begin at a multiple of eight bytes; the header may end in blanks.
    raw += b" " * (-len(raw) % 8)
    yield len(raw).to_bytes(8, "little")
    yield raw
    for tensor in shard.tensors:
        yield bytes_of(read(tensor.name), planned=tensor)


def _after(progress: Progress, *, done: int, total: int) -> Callable[[int], None]:
    return lambda written: progress("merge", min(done + written, total), total)
