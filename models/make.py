"""The whole way in one go: base and LoRAs → merged folder → F16 → quantised, each step compared with the one before."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.adapter import open_adapter
from models.compare import Comparison, compare
from models.convert import convert
from models.errors import WrongPart
from models.merge import Options, merge, open_base
from models.progress import Progress, silent
from models.provenance import inspect_parts, made_of
from models.quantize import known_type, quantize


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

    What an earlier run has finished in `out` is used again. Raises WrongPart where that was made of other files, and
    what merging, converting, quantising and comparing raise.
    """
    recipe = recipe or Recipe()
    kind = known_type(recipe.kind)
    name, weighed = out.absolute().name, "-imatrix" if recipe.imatrix else ""
    merged, whole, small = out / "merged", out / f"{name}-f16.gguf", out / f"{name}-{kind}{weighed}.gguf"
    if merged.is_dir():
        _check_made_of(merged, base=base, loras=loras, progress=progress)
    else:
        merge(base, loras=loras, out=merged, options=Options(shard_by_shard=recipe.shard_by_shard), progress=progress)
    if not whole.exists():
        convert(merged, out=whole, progress=progress)
    if not small.exists():
        quantize(whole, out=small, kind=kind, imatrix=recipe.imatrix, threads=recipe.threads, progress=progress)
    steps = [Step("merged", merged, sum(file.stat().st_size for file in merged.iterdir()), None)]
    for label, path, before in (("f16", whole, merged), (kind, small, whole)):
        error = compare(before, path, threads=recipe.threads, progress=progress)
        steps.append(Step(label, path, path.stat().st_size, error))
    return steps


def _check_made_of(merged: Path, *, base: Path, loras: Sequence[Path], progress: Progress) -> None:
    opened, adapters = open_base(base), [open_adapter(folder) for folder in loras]
    parts = inspect_parts(opened.folder, weights=opened.weights, adapters=adapters, progress=progress)
    if not made_of(merged, parts):
        raise WrongPart(
            f"{merged} was made of other files than these: choose another --out, or delete that folder first",
            cause="other_parts",
            path=str(merged),
        )
