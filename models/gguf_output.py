"""A GGUF file written a tensor at a time, under its name only when it is complete."""

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from models.errors import BadModelFiles
from models.output_folder import claimed
from models.packages import needed
from models.progress import Progress
from models.room import check_disk
from models.shards import disk_full_is_told

if TYPE_CHECKING:
    import numpy as np
    import torch
    from gguf import GGUFWriter

Kind = Literal["f32", "f16", "bf16"]

#: Bytes of a number, by kind.
BYTES = {"f32": 4, "f16": 2, "bf16": 2}


@dataclass(frozen=True, slots=True)
class Entry:
    """A tensor to write: its name in GGUF, its shape, the kind of its numbers, and how to get it."""

    name: str
    shape: tuple[int, ...]
    kind: Kind
    read: "Callable[[], torch.Tensor]"

    @property
    def size(self) -> int:
        """Return its bytes."""
        count = BYTES[self.kind]
        for length in self.shape:
            count *= length
        return count


class GgufOutput:
    """A context that gives the writer of the keys; `write` then writes the tensors, and the file takes its name.

    Raises BadModelFiles where the file exists already, or another process writes it.
    """

    def __init__(self, out: Path, *, architecture: str) -> None:
        self._out = out
        self._part = out.with_name(f"{out.name}.part")
        self._architecture = architecture
        self._held = ExitStack()
        self.keys: GGUFWriter

    def __enter__(self) -> Self:
        import gguf

        with ExitStack() as held:
            held.enter_context(claimed(self._out))
            refuse_used(self._out)
            self.keys = gguf.GGUFWriter(self._part, self._architecture)
            self._held = held.pop_all()
        return self

    def write(self, entries: Sequence[Entry], *, progress: Progress, stage: str = "convert") -> None:
        """Write the tensors in turn, one of them in memory at a time. Raises NotEnoughRoom, BadModelFiles."""
        total = sum(entry.size for entry in entries)
        check_disk(self._out.parent, needed_bytes=total)
        for entry in entries:
            self.keys.add_tensor_info(entry.name, entry.shape, *_stored_as(entry))
        with disk_full_is_told(self._out.parent, needed=total):
            self.keys.write_header_to_file()
            self.keys.write_kv_data_to_file()
            self.keys.write_ti_data_to_file()
            done = 0
            for entry in entries:
                self.keys.write_tensor_data(as_numbers(entry))
                done += entry.size
                progress(stage, done, total)
            self.keys.flush()
            self.keys.close()
            publish(self._part, self._out)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._held:
            if kind is not None:
                self.keys.close()
                self._part.unlink(missing_ok=True)


def refuse_used(out: Path) -> None:
    """Raise BadModelFiles where a file to write exists already."""
    if out.exists():
        raise BadModelFiles(
            f"{out} exists already and is not overwritten: choose another name, or delete it first",
            path=str(out),
            cause="exists",
        )


def publish(part: Path, out: Path) -> None:
    """Give a complete file its name, once all of it is on the disk."""
    descriptor = os.open(part, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    part.replace(out)


def as_numbers(entry: Entry) -> "np.ndarray[Any, Any]":
    """Return a tensor's numbers as they lie in the file. Raises BadModelFiles where they do not fit into their kind."""
    import torch

    tensor = entry.read()
    if tuple(tensor.shape) != entry.shape:
        raise BadModelFiles(
            f"{entry.name} has the shape {tuple(tensor.shape)}, not {entry.shape}: the file is damaged, get it again",
            path=entry.name,
            cause="shape",
        )
    if entry.kind == "bf16":
        made = tensor.to(torch.bfloat16)
    else:
        made = tensor.to(torch.float16 if entry.kind == "f16" else torch.float32)
    if not bool(torch.isfinite(made).all()):
        raise BadModelFiles(
            f"{entry.name} has numbers that {entry.kind} cannot hold (too large, inf or nan): use --type bf16 or f32, "
            "or make the model anew",
            path=entry.name,
            cause="not_finite",
            kind=entry.kind,
        )
    numbers: np.ndarray[Any, Any] = (made.view(torch.int16) if entry.kind == "bf16" else made).contiguous().numpy()
    return numbers


def _stored_as(entry: Entry) -> tuple[Any, int, Any]:
    """Return numpy's type, the bytes and GGML's type of a tensor."""
    gguf, numpy = needed("gguf"), needed("numpy")
    if entry.kind == "bf16":
        return numpy.dtype(numpy.int16), entry.size, gguf.GGMLQuantizationType.BF16
    return numpy.dtype(numpy.float16 if entry.kind == "f16" else numpy.float32), entry.size, None
