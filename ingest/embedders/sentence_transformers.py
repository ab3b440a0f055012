"""Any sentence-transformers model, from a folder or from a hub: better vectors where there is a GPU or time.

Nothing is downloaded unless `download = true` says so, and code that comes with a model is never run.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field

from ingest.errors import BadSetting, MissingExtra

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PACKAGE = "sentence_transformers"
EXTRA = "torch"
_WEIGHTS_AND_SETTINGS = {".json", ".txt", ".model", ".safetensors", ".bin"}
_NEEDLESS = ["*.onnx", "onnx/*", "openvino/*", "*.h5", "*.ot", "*.msgpack", "*.gguf"]


class Options(BaseModel, extra="forbid"):
    """Settings of this backend."""

    model: str = Field(min_length=1, description="a folder (also relative to the models' folder), or a hub's name")
    query_prefix: str = Field("", description="put before a question, as the model's card asks for")
    passage_prefix: str = Field("", description="put before a passage, as the model's card asks for")
    device: str | None = Field(None, description="cpu, cuda, mps …; default: the fastest there is")
    batch_size: int = Field(32, ge=1, le=4096)
    download: bool = Field(False, description="fetch the model from the hub if it is not on this machine")


def load(options: Options, *, models_dir: Path) -> SentenceTransformersEmbedder:
    """Return the embedder; raises MissingExtra, and BadSetting where the model cannot be found."""
    if find_spec(PACKAGE) is None:
        raise MissingExtra(what="the sentence_transformers embedder", package="sentence-transformers", extra=EXTRA)
    from huggingface_hub.utils.tqdm import disable_progress_bars

    disable_progress_bars()  # transformers looks at this when it is imported: results alone go to the terminal
    folder = _find(options, models_dir=models_dir)  # before the import, which takes seconds
    from sentence_transformers import SentenceTransformer

    try:
        model = SentenceTransformer(str(folder), device=options.device, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError) as exc:
        raise _unusable(options.model, expected=f"a sentence-transformers model; {folder} is none ({exc})") from exc
    return SentenceTransformersEmbedder(model, options=options, fingerprint=_fingerprint(folder, options=options))


class SentenceTransformersEmbedder:
    """The embedder. Safe to use from several threads: one at a time goes through the model."""

    def __init__(self, model: SentenceTransformer, *, options: Options, fingerprint: str) -> None:
        self.name = fingerprint
        self._model = model
        self._options = options
        self._lock = threading.Lock()
        self.dimensions = int(self._encode(["0"], prefix="").shape[1])

    def embed_passages(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return one unit vector a text, in order: (len(texts), dimensions)."""
        if not texts:
            return np.empty((0, self.dimensions), np.float32)
        return self._encode(texts, prefix=self._options.passage_prefix)

    def embed_question(self, text: str) -> npt.NDArray[np.float32]:
        """Return the unit vector of a question: (dimensions,)."""
        vector: npt.NDArray[np.float32] = self._encode([text], prefix=self._options.query_prefix)[0]
        return vector

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return `embed_passages` as lists, under LangChain's name."""
        return [[float(x) for x in row] for row in self.embed_passages(texts)]

    def embed_query(self, text: str) -> list[float]:
        """Return `embed_question` as a list, under LangChain's name."""
        return [float(x) for x in self.embed_question(text)]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has, without prefix and marks; not cut at the model's limit."""
        with self._lock:
            return [
                len(self._model.tokenizer.encode(_encodable(text), add_special_tokens=False, verbose=False))
                for text in texts
            ]

    def _encode(self, texts: Sequence[str], *, prefix: str) -> npt.NDArray[np.float32]:
        with self._lock:
            vectors = self._model.encode(
                [_encodable(text) for text in texts],
                prompt=prefix,  # an empty one too: it keeps the model's own default prompt out
                batch_size=self._options.batch_size,
                normalize_embeddings=True,
                show_progress_bar=False,
            )
        return np.asarray(vectors, np.float32)


def _encodable(text: str) -> str:
    """Return `text` without lone surrogates, which the Rust tokenizers refuse."""
    return text.encode("utf-8", "replace").decode()


def _find(options: Options, *, models_dir: Path) -> Path:
    """Find the model's folder: a path, one under `models_dir`, or a snapshot of the hub kept under `models_dir`."""
    for folder in (Path(options.model).expanduser(), models_dir / options.model):
        if folder.is_dir():
            return folder
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    cache = models_dir / "huggingface"
    try:
        return Path(snapshot_download(options.model, cache_dir=cache, local_files_only=True))
    except HFValidationError as exc:
        raise _unusable(options.model, expected="a folder that exists, or a hub's name") from exc
    except LocalEntryNotFoundError as exc:
        if not options.download:
            raise _unusable(
                options.model, expected="a folder that exists; or set download = true to fetch it from the hub"
            ) from exc
    try:
        return Path(snapshot_download(options.model, cache_dir=cache, ignore_patterns=_NEEDLESS))
    except (HfHubHTTPError, OSError) as exc:
        raise _unusable(options.model, expected=f"a model that the hub gives ({exc})") from exc


def _unusable(model: str, *, expected: str) -> BadSetting:
    setting = "embedder_options.model"
    return BadSetting(
        f"setting {setting} = {model!r}: expected {expected}", name=setting, value=model, expected=expected
    )


def _fingerprint(folder: Path, *, options: Options) -> str:
    """Return the model's name with a digest of its files and of the prefixes: the same name means the same vectors."""
    digest = hashlib.sha256(f"{options.query_prefix}\0{options.passage_prefix}".encode())
    for path in sorted(folder.rglob("*")):
        if path.suffix in _WEIGHTS_AND_SETTINGS and path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return f"{Path(options.model).name}-{digest.hexdigest()[:12]}"
