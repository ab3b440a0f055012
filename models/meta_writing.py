"""Weights written in Meta's form, one tensor in memory at a time.

Each part is a zip archive as torch reads it (version 3 of its format: `archive/data.pkl` tells of each tensor which of
the uncompressed `archive/data/N` it is), so `torch.load(..., weights_only=True)` opens it; torch itself can only write
an archive whose tensors are all in memory.
"""

import io
import math
import pickle
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.checksums import sha256_of
from models.errors import BadModelFiles
from models.meta_format import PARTS, split_axis, to_meta, to_pairs
from models.packages import needed
from models.progress import Progress, silent
from models.shards import Planned, bytes_of, disk_full_is_told, write_json

if TYPE_CHECKING:
    import torch

_STORAGES = {"F32": "FloatStorage", "F16": "HalfStorage", "BF16": "BFloat16Storage"}


@dataclass(frozen=True, slots=True)
class MetaPlan:
    """The parts to write: their number, and each tensor by both names, with the lengths of its pieces."""

    parts: int
    tensors: tuple[tuple[Planned, str], ...]
    params: dict[str, Any]
    heads: int
    kv_heads: int

    @property
    def files(self) -> tuple[str, ...]:
        """Return the names of the parts."""
        return tuple(f"consolidated.{n:02}.pth" for n in range(self.parts))


def plan_meta(config: dict[str, Any], *, tensors: Sequence[Planned], parts: int | None = None) -> MetaPlan:
    """Return how a model of Hugging Face's is written in Meta's form; `parts` only where Meta has released none such.

    Raises BadModelFiles for what Meta's form cannot hold.
    """
    heads = int(config["num_attention_heads"])
    kv_heads = int(config.get("num_key_value_heads") or heads)
    rope = config.get("rope_parameters") or {}
    scaling = config.get("rope_scaling") or {}
    kinds = {scaling.get("rope_type", scaling.get("type", "default")), rope.get("rope_type", "default")}
    if kinds != {"default"}:
        raise _not_in_meta(f"scaled rotary positions ({', '.join(sorted(map(str, kinds - {'default'})))})")
    named = []
    for tensor in tensors:
        if tensor.name.endswith("rotary_emb.inv_freq"):
            continue
        name = to_meta(tensor.name)
        if name is None or tensor.dtype not in _STORAGES:
            raise _not_in_meta(f"{tensor.name} ({tensor.dtype})")
        named.append((tensor, name))
    width = int(config["hidden_size"])
    count = parts or PARTS.get(width, 1)
    if count < 1 or heads % count or kv_heads % count:
        raise _not_in_meta(f"{heads} heads ({kv_heads} of keys) in {count} parts")
    return MetaPlan(count, tuple(named), _params(config, kv_heads=kv_heads), heads, kv_heads)


def write_meta(
    folder: Path, *, plan: MetaPlan, read: Callable[[str], "torch.Tensor"], progress: Progress = silent
) -> dict[str, str]:
    """Write the parts and params.json; return the SHA-256 of each part by its name.

    `read` is called once for each tensor, by Hugging Face's name.
    Raises NotEnoughRoom where the disk is full, BadModelFiles where a tensor is not as planned.
    """
    total = sum(tensor.size for tensor, _ in plan.tensors)
    done = 0
    with disk_full_is_told(folder, needed=total), ExitStack() as stack:
        archives = [stack.enter_context(zipfile.ZipFile(folder / file, "w", allowZip64=True)) for file in plan.files]
        for number, archive in enumerate(archives):
            # An entry made from a ZipInfo has no date of today: the same weights give the same file.
            archive.writestr(zipfile.ZipInfo("archive/data.pkl"), _pickled(plan, part=number))
            archive.writestr(zipfile.ZipInfo("archive/byteorder"), sys.byteorder)
            archive.writestr(zipfile.ZipInfo("archive/version"), "3\n")
        for key, (tensor, name) in enumerate(plan.tensors):
            whole = read(tensor.name)
            heads = plan.heads if ".wq." in name else plan.kv_heads if ".wk." in name else 0
            bytes_of(whole, planned=tensor)
            whole = to_pairs(whole, heads=heads) if heads else whole
            for number, archive in enumerate(archives):
                piece = _piece(whole, name=name, part=number, parts=plan.parts)
                flat = piece.contiguous().view(-1).view(needed("torch").uint8).numpy()
                with archive.open(f"archive/data/{key}", "w", force_zip64=True) as entry:
                    entry.write(memoryview(flat))
            done += tensor.size
            progress("merge", done, total)
    write_json(folder / "params.json", plan.params)
    return {file: sha256_of(folder / file) for file in plan.files}


def share(length: int, *, part: int, parts: int) -> tuple[int, int]:
    """Return where a part's share of a length begins and ends; the last one has the remainder."""
    each = length // parts
    return part * each, length if part == parts - 1 else (part + 1) * each


def _piece(whole: "torch.Tensor", *, name: str, part: int, parts: int) -> "torch.Tensor":
    axis = split_axis(name)
    if axis is None:
        return whole
    begin, end = share(whole.shape[axis], part=part, parts=parts)
    piece: torch.Tensor = whole.narrow(axis, begin, end - begin)
    return piece


def _piece_shape(tensor: Planned, name: str, *, part: int, parts: int) -> tuple[int, ...]:
    axis = split_axis(name)
    shape = list(tensor.shape)
    if axis is not None:
        begin, end = share(shape[axis], part=part, parts=parts)
        shape[axis] = end - begin
    return tuple(shape)


def _params(config: dict[str, Any], *, kv_heads: int) -> dict[str, Any]:
    """Return params.json. Meta's code makes the inner width from the width: 2/3 of four times it, rounded up."""
    width, inner = int(config["hidden_size"]), int(config["intermediate_size"])
    params: dict[str, Any] = {
        "dim": width,
        "multiple_of": 256,
        "n_heads": int(config["num_attention_heads"]),
        "n_layers": int(config["num_hidden_layers"]),
        "norm_eps": float(config["rms_norm_eps"]),
        "vocab_size": -1,
    }
    natural = int(2 * 4 * width / 3)
    if -(-natural // 256) * 256 != inner:
        params |= {"multiple_of": 1, "ffn_dim_multiplier": (inner + 0.5) / natural}
    if kv_heads != params["n_heads"]:
        params["n_kv_heads"] = kv_heads
    theta = float((config.get("rope_parameters") or {}).get("rope_theta") or config.get("rope_theta") or 10000.0)
    if theta != 10000.0:
        params["rope_theta"] = theta
    return params


class _Reference:
    """A tensor that a pickle tells of: the number of its storage, and its form."""

    def __init__(self, key: int, *, dtype: str, shape: tuple[int, ...]) -> None:
        self.key, self.dtype, self.shape = str(key), dtype, shape


class _Storage:
    def __init__(self, of: _Reference) -> None:
        self.of = of


class _Pickler(pickle.Pickler):
    """Writes references as torch writes tensors."""

    def persistent_id(self, obj: Any) -> Any:  # noqa: ANN401 - pickle's
        """Return what stands for a storage."""
        if not isinstance(obj, _Storage):
            return None
        kind = getattr(needed("torch"), _STORAGES[obj.of.dtype])
        return ("storage", kind, obj.of.key, "cpu", math.prod(obj.of.shape))

    def reducer_override(self, obj: Any) -> Any:  # noqa: ANN401 - pickle's
        """Return how a tensor is put together from its storage."""
        if not isinstance(obj, _Reference):
            return NotImplemented
        stride = tuple(math.prod(obj.shape[axis + 1 :]) for axis in range(len(obj.shape)))
        rebuild = needed("torch._utils")._rebuild_tensor_v2
        return rebuild, (_Storage(obj), 0, obj.shape, stride, False, OrderedDict())


def _pickled(plan: MetaPlan, *, part: int) -> bytes:
    table = {
        name: _Reference(key, dtype=tensor.dtype, shape=_piece_shape(tensor, name, part=part, parts=plan.parts))
        for key, (tensor, name) in enumerate(plan.tensors)
    }
    into = io.BytesIO()
    _Pickler(into, protocol=2).dump(table)
    return into.getvalue()


def _not_in_meta(what: str) -> BadModelFiles:
    return BadModelFiles(
        f"Meta's form cannot hold {what}: use --format huggingface", path=what, cause="not_in_meta", what=what
    )
