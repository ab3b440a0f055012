"""The weights of a model's folder, whatever their form: listed without reading them, read one tensor at a time.

    weights = open_weights(folder)
    weights.tensors["lm_head.weight"].shape          # (49954, 4096), nothing is read
    weights.read("lm_head.weight")                   # a torch.Tensor

Forms: one or several safetensors files, one or several `.bin` files of torch, Meta's `consolidated.NN.pth` (whose
tensors come under Hugging Face's names, put together from all parts). They are written by `models.shards` and
`models.meta_writing`, a tensor at a time.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from models.errors import BadModelFiles
from models.stored import Stored, safetensors_in, size_of, torch_tensors_in

if TYPE_CHECKING:
    import torch

Form = Literal["safetensors", "bin", "pth"]

_STEMS: tuple[tuple[Form, str, str], ...] = (
    ("safetensors", "model", ".safetensors"),
    ("bin", "pytorch_model", ".bin"),
    ("safetensors", "adapter_model", ".safetensors"),
    ("bin", "adapter_model", ".bin"),
)
_SHARD = re.compile(r"-(\d{5})-of-(\d{5})$")


@dataclass(frozen=True, slots=True)
class Weights:
    """The tensors of a model by Hugging Face's names, in the order of the files; `groups` are the names file by file.

    Meta's parts hold a piece of every tensor each: they make one group.
    """

    folder: Path
    form: Form
    files: tuple[Path, ...]
    tensors: Mapping[str, Stored]
    groups: tuple[tuple[str, ...], ...]

    def read(self, name: str) -> "torch.Tensor":
        """Return a tensor, in memory of its own. Raises KeyError for an unknown name, BadModelFiles."""
        return self.tensors[name].read()

    @property
    def size(self) -> int:
        """Return the bytes of all tensors."""
        return sum(map(size_of, self.tensors.values()))


def open_weights(path: Path) -> Weights:
    """Return the weights of a model's or a LoRA's folder, or of one file. Raises BadModelFiles, MissingPackage.

    Safetensors go before `.bin` where a folder has both, Hugging Face's form before Meta's.
    """
    if path.is_file():
        return _from_files(path.parent, form="safetensors" if path.suffix == ".safetensors" else "bin", files=[path])
    if not path.is_dir():
        raise BadModelFiles(f"there is no folder {path}: check the path", path=str(path), cause="not_found")
    for form, stem, suffix in _STEMS:
        files = shard_files(path, stem=stem, suffix=suffix)
        if files:
            return _from_files(path, form=form, files=files)
    if any(path.glob("consolidated.*.pth")):
        from models.meta_format import open_meta

        return open_meta(path)
    raise BadModelFiles(
        f"no weights in {path} (model*.safetensors, pytorch_model*.bin, adapter_model.*, consolidated.*.pth): "
        "name the folder that holds them, or get them first",
        path=str(path),
        cause="no_weights",
    )


def shard_files(folder: Path, *, stem: str, suffix: str) -> list[Path]:
    """Return the weight files of a folder with this stem, all of them; empty where there is none.

    Raises BadModelFiles where a file is missing that the index, or the number in the names, asks for.
    """
    single, index = folder / f"{stem}{suffix}", folder / f"{stem}{suffix}.index.json"
    if index.is_file():
        names = sorted(set(read_json(index).get("weight_map", {}).values()))
        if not names or not all(isinstance(name, str) and Path(name).name == name for name in names):
            raise BadModelFiles(f"{index} lists no weight files: get it again", path=str(index), cause="bad_index")
        return _complete(folder, names)
    if single.is_file():
        return [single]
    found = sorted(path for path in folder.glob(f"{stem}-*{suffix}") if _SHARD.search(path.stem))
    if not found:
        return []
    total = _SHARD.search(found[0].stem)[2]  # type: ignore[index]  # they matched above
    return _complete(folder, [f"{stem}-{n:05}-of-{total}{suffix}" for n in range(1, int(total) + 1)])


def read_json(path: Path) -> dict[str, Any]:
    """Return the object of a JSON file. Raises BadModelFiles where it is missing or none."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as exc:
        raise missing(path.parent, [path.name]) from exc
    except (OSError, ValueError) as exc:
        raise BadModelFiles(
            f"{path} cannot be read as JSON ({exc}): get it again", path=str(path), cause="bad_json", detail=str(exc)
        ) from exc
    if not isinstance(value, dict):
        raise BadModelFiles(f"{path} is not a JSON object: get it again", path=str(path), cause="bad_json", detail="")
    return value


def missing(folder: Path, names: Sequence[str]) -> BadModelFiles:
    """Return the error of files that a folder lacks."""
    listed = ", ".join(names)
    return BadModelFiles(
        f"{folder} lacks {listed}: get what is missing", path=str(folder), cause="missing_files", files=listed
    )


def _complete(folder: Path, names: Sequence[str]) -> list[Path]:
    lacking = [name for name in names if not (folder / name).is_file()]
    if lacking:
        raise missing(folder, lacking)
    return [folder / name for name in names]


def _from_files(folder: Path, *, form: Form, files: Sequence[Path]) -> Weights:
    read = safetensors_in if form == "safetensors" else torch_tensors_in
    tensors: dict[str, Stored] = {}
    groups = []
    for file in files:
        found = read(file)
        tensors |= found
        groups.append(tuple(found))
    return Weights(folder, form, tuple(files), tensors, tuple(groups))
