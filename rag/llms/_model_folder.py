"""A model as a folder in Hugging Face's form: what it says about itself, checked before any weight is read.

Nothing in the folder is run: no code that comes with it (`auto_map`), no pickle (`.bin`), no chat template.
"""

import json
import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import UnusableModel
from rag.families import ModelInfo

_INDEX = "model.safetensors.index.json"
_WHOLE = "model.safetensors"
_ANSWERING = ("ForCausalLM", "ForConditionalGeneration")
#: Rows of the embedding that may have no token: vocabularies are padded to round numbers (Qwen's by up to 700).
_MOST_PADDING = 1024
_LONGEST_HEADER = 100_000_000


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder that holds all its parts. `weights` are its files, `parameters` the numbers in them."""

    path: Path
    info: ModelInfo
    config: dict[str, Any]
    weights: tuple[Path, ...]
    parameters: int

    def check_vocabulary(self, size: int) -> None:
        """Raise UnusableModel where a tokenizer of `size` tokens is not that of the weights."""
        rows = self.info.vocabulary_size
        if size <= rows <= size + _MOST_PADDING:
            return
        raise _unusable(
            self.path,
            f"its tokenizer has {size} tokens and its weights {rows} rows: the tokenizer is another model's; "
            "put the one of these weights there (LLaMA and Alpaca have different ones)",
            cause="tokenizer_mismatch",
        )


def read_folder(path: Path) -> ModelFolder:
    """Return the model folder at `path`. Raises UnusableModel that names what is missing, damaged or not allowed."""
    if not path.is_dir():
        raise _unusable(path, "there is no such folder; check the path", cause="not_found")
    config = read_json(path / "config.json")
    if config is None:
        raise _unusable(path, "config.json is missing; copy it from where the model came from", cause="no_config")
    _refuse_foreign_code(path, config)
    weights = _weight_files(path)
    return ModelFolder(
        path=path,
        info=_info(path, config),
        config=config,
        weights=weights,
        parameters=sum(_parameters(file) for file in weights),
    )


def read_json(path: Path) -> dict[str, Any] | None:
    """Return the object in a JSON file, None where there is no such file. Raises UnusableModel for anything else."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as exc:
        raise _unusable(path.parent, f"{path.name} cannot be read ({exc}); fetch it again", cause="damaged") from exc
    if not isinstance(value, dict):
        raise _unusable(path.parent, f"{path.name} is not a JSON object; fetch it again", cause="damaged")
    return value


def _refuse_foreign_code(path: Path, config: dict[str, Any]) -> None:
    if (path / "adapter_config.json").exists():
        raise _unusable(
            path,
            "it holds a LoRA adapter; join it to its base with `wendang model merge`",
            cause="lora",
            remedy="merge",
        )
    tokenizer = read_json(path / "tokenizer_config.json") or {}
    if "auto_map" in config or "auto_map" in tokenizer:
        raise _unusable(
            path,
            "it wants to run code of its own (auto_map), which is never done; use a model of a known architecture",
            cause="foreign_code",
        )
    kinds = [str(kind) for kind in config.get("architectures") or []]
    if not any(kind.endswith(_ANSWERING) for kind in kinds):
        kind = ", ".join(kinds) or str(config.get("model_type"))
        raise _unusable(
            path, f"its architecture {kind} does not write text; use a language model", cause="architecture"
        )


def _weight_files(path: Path) -> tuple[Path, ...]:
    """Return the safetensors files, each of which is there."""
    index = read_json(path / _INDEX)
    names = [_WHOLE] if index is None else _named(path, index)
    missing = [name for name in names if not (path / name).is_file()]
    if not missing:
        return tuple(path / name for name in names)
    if index is not None:
        raise _unusable(path, f"{', '.join(missing)} of {_INDEX} are missing; fetch them again", cause="missing_shard")
    if sorted(path.glob("*.safetensors")):
        raise _unusable(path, f"its parts have no {_INDEX}; fetch it too", cause="missing_index")
    if sorted(path.glob("*.bin")) or sorted(path.glob("*.pth")):
        raise _unusable(
            path,
            "its weights are pickles (.bin, .pth), which can run code and are never read; "
            "convert them with `wendang model merge` or `wendang model convert`",
            cause="pickle",
            remedy="convert",
        )
    raise _unusable(path, f"it holds no weights ({_WHOLE}); fetch them", cause="no_weights")


def _named(path: Path, index: dict[str, Any]) -> list[str]:
    """Return the names of the files in an index; each must lie in the folder itself."""
    files = index.get("weight_map")
    if not isinstance(files, dict) or not files:
        raise _unusable(path, f"{_INDEX} names no files; fetch it again", cause="damaged")
    names = sorted({str(name) for name in files.values()})
    for name in names:
        if Path(name).name != name:
            raise _unusable(path, f"{_INDEX} names {name}, which is not in the folder; fetch it again", cause="damaged")
    return names


def _parameters(file: Path) -> int:
    """Return how many numbers a safetensors file holds, its length checked against its header.

    Form: https://github.com/huggingface/safetensors#format.
    """
    size = file.stat().st_size
    try:
        with file.open("rb") as opened:
            (length,) = struct.unpack("<Q", opened.read(8))
            if length > min(size, _LONGEST_HEADER):
                raise ValueError(f"a header of {length} bytes in a file of {size}")
            tensors = json.loads(opened.read(length))
        tensors.pop("__metadata__", None)
        needed = 8 + length + max((tensor["data_offsets"][1] for tensor in tensors.values()), default=0)
        parameters: int = sum(math.prod(tensor["shape"]) for tensor in tensors.values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, struct.error) as exc:
        raise _unusable(file.parent, f"{file.name} is damaged ({exc}); fetch it again", cause="damaged") from exc
    if size < needed:
        raise _unusable(
            file.parent, f"{file.name} is incomplete: {size} bytes of {needed}; fetch it again", cause="damaged"
        )
    return parameters


def _info(path: Path, config: dict[str, Any]) -> ModelInfo:
    # Models that also see pictures keep the numbers of their language part apart.
    text = {**config, **(config.get("text_config") or {})}
    try:
        return ModelInfo(
            name=path.resolve().name,
            architecture=str(config.get("model_type", "")),
            vocabulary_size=int(text["vocab_size"]),
            chat_template=_template(path),
            context_length=int(text.get("max_position_embeddings") or 2048),
        )
    except (KeyError, TypeError, ValueError) as exc:
        raise _unusable(path, f"config.json lacks {exc}; fetch it again", cause="damaged") from exc


def _template(path: Path) -> str | None:
    """Return the text of the chat template, as evidence of the family; it is never rendered."""
    file = path / "chat_template.jinja"
    if file.is_file():
        return file.read_text("utf-8", "replace")
    template = (read_json(path / "tokenizer_config.json") or {}).get("chat_template")
    return None if template is None else str(template)


def _unusable(path: Path, why: str, *, cause: str, remedy: str | None = None) -> UnusableModel:
    return UnusableModel(f"the model folder {path} cannot be used: {why}", model=str(path), cause=cause, remedy=remedy)
