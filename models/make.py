"""The whole way in one go: base and LoRAs → merged folder → F16 → quantised, each step compared with the one before."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.adapter import open_adapter
from models.compare import Comparison, compare
from models.convert import convert
from models.errors import WrongPart
from models.merge import Options, merge, open_base
from models.output_folder import claimed
from models.progress import Progress, silent
from models.provenance import PROVENANCE, inspect_parts, made_of
from models.quantize import quantize, usable_type
from models.shards import write_json
from models.text_file import read_text
from models.weights import read_json

#: What each file of the folder was made of and how, by its name; a step is written down before it begins.
RECORD = "made.json"


@dataclass(frozen=True, slots=True)
class Step:
    """What one step wrote, its bytes, and how far it is from the one before (None for the first)."""

    name: str
    path: Path
    size: int
    error: Comparison | None


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the steps are to do; `imatrix` is a text file, `threads` is for llama.cpp."""

    kind: str = "q4_k_m"
    imatrix: Path | None = None
    threads: int = 2
    shard_by_shard: bool = False


def make(
    base: Path, *, loras: Sequence[Path], out: Path, recipe: Recipe | None = None, progress: Progress = silent
) -> list[Step]:
    """Make a quantised model of a base and LoRAs in the folder `out`, and return the steps with their errors.

    What an earlier run has finished in `out` is used again. Raises WrongPart where that was made of other files or in
    another way, BadModelFiles where another process makes it, and what merging, converting, quantising and comparing
    raise.
    """
    recipe = recipe or Recipe()
    kind = usable_type(recipe.kind, imatrix=recipe.imatrix)
    text = read_text(recipe.imatrix) if recipe.imatrix else None
    name, weighed = out.absolute().name, "" if text is None else "-imatrix"
    merged, whole, small = out / "merged", out / f"{name}-f16.gguf", out / f"{name}-{kind}{weighed}.gguf"
    with claimed(out):
        if merged.is_dir():
            _check_made_of(merged, base=base, loras=loras, progress=progress)
        else:
            options = Options(shard_by_shard=recipe.shard_by_shard)
            merge(base, loras=loras, out=merged, options=options, progress=progress)
        how: dict[str, object] = {"merged": read_json(merged / PROVENANCE)["files"]}
        if _begins(whole, how=how):
            convert(merged, out=whole, progress=progress)
        how |= {"type": kind, "imatrix": None if text is None else hashlib.sha256(text.encode()).hexdigest()}
        if small != whole and _begins(small, how=how):
            quantize(whole, out=small, kind=kind, imatrix=recipe.imatrix, threads=recipe.threads, progress=progress)
        files = {"f16": whole, kind: small}
        return [_merged(merged), *_compared(files, before=merged, threads=recipe.threads, progress=progress)]


def _begins(file: Path, *, how: Mapping[str, object]) -> bool:
    """Write down how a file is to be made, and return True; False where it is there and was made in this way.

    Raises WrongPart where it was made in another way.
    """
    path = file.with_name(RECORD)
    kept = read_json(path) if path.is_file() else {}
    if not file.exists():
        unfinished = path.with_suffix(".part")
        write_json(unfinished, kept | {file.name: how})
        unfinished.replace(path)
        return True
    before = kept.get(file.name) or {}
    different = [key for key in how if key not in before or before[key] != how[key]]
    if different:
        raise WrongPart(
            f"{file} was made in another way than this ({', '.join(different)}): choose another --out, or delete that "
            "file first",
            cause="other_recipe",
            path=str(file),
            different=", ".join(different),
        )
    return False


def _merged(folder: Path) -> Step:
    return Step("merged", folder, sum(file.stat().st_size for file in folder.iterdir()), None)


def _compared(files: Mapping[str, Path], *, before: Path, threads: int, progress: Progress) -> Iterator[Step]:
    """Yield the files as steps, each compared with the one before it."""
    for name, path in files.items():
        yield Step(name, path, path.stat().st_size, compare(before, path, threads=threads, progress=progress))
        before = path


def _check_made_of(merged: Path, *, base: Path, loras: Sequence[Path], progress: Progress) -> None:
    opened, adapters = open_base(base), [open_adapter(folder) for folder in loras]
    parts = inspect_parts(opened.folder, weights=opened.weights, adapters=adapters, progress=progress)
    if not made_of(merged, parts):
        raise WrongPart(
            f"{merged} was made of other files than these: choose another --out, or delete that folder first",
            cause="other_parts",
            path=str(merged),
        )
