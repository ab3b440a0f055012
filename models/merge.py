"""A base model with LoRAs merged into it, in order, as a folder that transformers or Meta's code loads.

    merge(Path("llama-7b"), loras=[Path("chinese-llama-plus-lora-7b"), Path("chinese-alpaca-plus-lora-7b")],
          out=Path("chinese-alpaca-plus-7b"), options=Options(shard_by_shard=True))

Each tensor of the base is read, changed by one LoRA after the other (rounded to the base's number format between them,
as PEFT's merge_and_unload does), and written. The result is the same byte by byte whether all are held in memory or
one.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from models.adapter import Adapter, open_adapter
from models.checksums import sha256_of
from models.errors import WrongPart
from models.merge_checks import EMBEDDINGS, HEAD, Base, check_base, check_parts, check_tokenizer_size
from models.meta_format import config_of
from models.meta_writing import MetaPlan, plan_meta, write_meta
from models.output_folder import OutputFolder, claimed, partial_folder, refuse_used
from models.progress import Progress, silent
from models.provenance import PROVENANCE, Part, fingerprint, history, inspect_parts, record
from models.room import check_disk, check_memory
from models.shards import Planned, Shard, plan_shards, write_json, write_shards
from models.stored import DTYPES, Stored
from models.tokenizer import PAD, write_settings
from models.vocabulary import FILES, special_ids, tokens_in
from models.weights import open_weights, read_json

if TYPE_CHECKING:
    import torch

Format = Literal["huggingface", "pth"]


@dataclass(frozen=True, slots=True)
class Options:
    """How the result is written.

    `shard_by_shard` holds one tensor in memory instead of the model. `parts` is the number of Meta's files, where the
    model has a size that Meta did not release. `force` merges although a first LoRA seems to be missing.
    """

    format: Format = "huggingface"
    shard_by_shard: bool = False
    parts: int | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge gave: the folder, its weight files with their SHA-256, and the rows of its vocabulary.

    `tokenizer` is the folder the tokenizer came from; None where neither the base nor a LoRA has one.
    """

    folder: Path
    files: Mapping[str, str]
    vocabulary: int
    loras: tuple[str, ...]
    tokenizer: Path | None


@dataclass(frozen=True, slots=True)
class _Job:
    """All that is known before anything is written."""

    base: Base
    adapters: tuple[Adapter, ...]
    tensors: tuple[Planned, ...]
    target: tuple[Shard, ...] | MetaPlan
    tokenizer: Path | None

    def tensor(self, name: str) -> "torch.Tensor":
        """Return a tensor of the result."""
        stored = _like(self.base, name)
        replacing = [number for number, adapter in enumerate(self.adapters) if name in adapter.replaced]
        first = replacing[-1] if replacing else 0
        # What a later LoRA replaces need not be read.
        weight = self.adapters[first].replacement(name, dtype=stored.dtype) if replacing else stored.read()
        for adapter in self.adapters[first:]:
            weight = adapter.add(name, weight)
        return weight


def merge(
    base: Path, *, loras: Sequence[Path], out: Path, options: Options | None = None, progress: Progress = silent
) -> Merged:
    """Merge LoRAs into a base, in their order, and return what was written to `out`; none only changes the form.

    The folder has its name when it is complete; an interrupted run in Hugging Face's form goes on where it stopped.
    Raises BadModelFiles (also where somebody else writes the folder), WrongPart, NotEnoughRoom, MissingPackage, before
    anything is written wherever it can be told.
    """
    options = options or Options()
    refuse_used(out)
    opened = open_base(base)
    adapters = tuple(open_adapter(folder) for folder in loras)
    # From here on it takes minutes: whoever is second need not read all of the weights to be refused.
    with claimed(out):
        parts = inspect_parts(opened.folder, weights=opened.weights, adapters=adapters, progress=progress)
        job = _plan(opened, adapters=adapters, parts=parts, options=options)
        _check_room(job, out=out, options=options)
        return _write(job, parts=parts, out=out, options=options, progress=progress)


def open_base(folder: Path) -> Base:
    """Return a base model, in Hugging Face's or Meta's form. Raises BadModelFiles, MissingPackage."""
    weights = open_weights(folder)
    config = config_of(weights) if weights.form == "pth" else read_json(folder / "config.json")
    base = Base(folder, config, weights, tuple(history(folder)))
    check_base(base)
    return base


def _plan(base: Base, *, adapters: tuple[Adapter, ...], parts: Sequence[Part], options: Options) -> _Job:
    shapes = check_parts(base, adapters=adapters, known=[part.known_as for part in parts[1:]], force=options.force)
    tokenizer = _tokenizer_folder(base, adapters=adapters)
    tokens = tokens_in(tokenizer) if tokenizer else None
    if tokens is not None:
        check_tokenizer_size(tokens, rows=shapes[EMBEDDINGS][0])
    elif shapes[EMBEDDINGS][0] != base.rows:
        raise WrongPart(
            f"none of the folders has the tokenizer of {shapes[EMBEDDINGS][0]} tokens: add its tokenizer.model",
            cause="lora_without_tokenizer",
            lora=str(adapters[-1].folder),
            tokens=shapes[EMBEDDINGS][0],
        )
    planned = {name: Planned(name, _like(base, name).dtype, shape) for name, shape in shapes.items()}
    if options.format == "pth" and HEAD not in planned:
        planned[HEAD] = Planned(HEAD, planned[EMBEDDINGS].dtype, planned[EMBEDDINGS].shape)
    target: tuple[Shard, ...] | MetaPlan
    if options.format == "pth":
        target = plan_meta(dict(base.config), tensors=list(planned.values()), parts=options.parts)
    else:
        grouped = [[planned[name] for name in group] for group in base.weights.groups if group]
        grouped[-1] += [planned[name] for name in planned.keys() - base.weights.tensors.keys()]
        target = tuple(plan_shards(grouped))
    return _Job(base, adapters, tuple(planned.values()), target, tokenizer)


def _like(base: Base, name: str) -> Stored:
    """Return the base's own tensor of a name; a head that the base has not is its embeddings."""
    tensors = base.weights.tensors
    return tensors[name if name in tensors else EMBEDDINGS]


def _tokenizer_folder(base: Base, *, adapters: Sequence[Adapter]) -> Path | None:
    """Return where the tokenizer is taken from: the last LoRA that has one, else the base (Meta's: or its parent)."""
    folders = [*(adapter.folder for adapter in reversed(adapters)), base.folder]
    if base.weights.form == "pth":
        folders.append(base.folder.parent)
    return next((folder for folder in folders if tokens_in(folder) is not None), None)


def _check_room(job: _Job, *, out: Path, options: Options) -> None:
    total = sum(tensor.size for tensor in job.tensors)
    # A matrix that changes is there as read, in single precision, and as written.
    widest = max(tensor.size // DTYPES[tensor.dtype][1] for tensor in job.tensors)
    left = sum(file.stat().st_size for file in partial_folder(out).glob("*"))
    check_disk(out, needed_bytes=max(0, total - left))
    if options.shard_by_shard:
        check_memory(widest * 10, remedy="smaller")
    else:
        check_memory(total + widest * 10, remedy="shard_by_shard")


def _write(job: _Job, *, parts: Sequence[Part], out: Path, options: Options, progress: Progress) -> Merged:
    read = _reader(job, in_memory=not options.shard_by_shard)
    facts = record(parts, vocabulary=_planned(job, EMBEDDINGS).shape[0])
    with OutputFolder(out, plan=fingerprint(parts, layout=repr(job.target))) as folder:
        if isinstance(job.target, MetaPlan):
            hashes = write_meta(folder, plan=job.target, read=read, progress=progress)
        else:
            hashes = write_shards(folder, shards=job.target, read=read, progress=progress)
        copied = _copy_tokenizer(job, folder, only_model=isinstance(job.target, MetaPlan))
        write_json(folder / PROVENANCE, facts | {"files": hashes | copied})
        if not isinstance(job.target, MetaPlan):
            _write_config(job, folder)
    names = tuple(adapter.folder.name for adapter in job.adapters)
    return Merged(out, hashes, _planned(job, EMBEDDINGS).shape[0], names, job.tokenizer)


def _planned(job: _Job, name: str) -> Planned:
    return next(tensor for tensor in job.tensors if tensor.name == name)


def _reader(job: _Job, *, in_memory: bool) -> Callable[[str], "torch.Tensor"]:
    """Return what gives each tensor of the result: merged one by one, or all at the first call and kept in memory."""
    if not in_memory:
        return job.tensor
    held: dict[str, torch.Tensor] = {}

    def read(name: str) -> "torch.Tensor":
        """Return a tensor of the merged model, all of which the first call makes."""
        if not held:
            held.update((tensor.name, job.tensor(tensor.name)) for tensor in job.tensors)
        return held[name]

    return read


def _copy_tokenizer(job: _Job, folder: Path, *, only_model: bool) -> dict[str, str]:
    """Copy the tokenizer, with what transformers wants beside it; return the SHA-256 of the model itself."""
    if job.tokenizer is None:
        return {}
    for name in FILES[:2] if only_model else FILES:
        if (job.tokenizer / name).is_file():
            shutil.copyfile(job.tokenizer / name, folder / name)
    model = folder / "tokenizer.model"
    if not model.is_file():
        return {}
    if not only_model and not (folder / "tokenizer_config.json").is_file():
        write_settings(folder, pad=PAD if "pad_token_id" in special_ids(folder) else None)
    return {model.name: sha256_of(model)}


def _write_config(job: _Job, folder: Path) -> None:
    """Write config.json and generation_config.json; the ids of special tokens are those of the tokenizer."""
    special = special_ids(job.tokenizer) if job.tokenizer else {}
    config: dict[str, Any] = {key: value for key, value in job.base.config.items() if key != "_name_or_path"}
    embeddings = _planned(job, EMBEDDINGS)
    config["vocab_size"] = embeddings.shape[0]
    config.pop("dtype", None)
    # The name that every version of transformers reads, old ones too.
    config["torch_dtype"] = DTYPES[embeddings.dtype][0]
    if any(tensor.name == HEAD for tensor in job.tensors):
        config["tie_word_embeddings"] = False
    pad = config.get("pad_token_id")
    if pad is not None and not 0 <= pad < embeddings.shape[0]:
        config["pad_token_id"] = None
    source = job.base.folder / "generation_config.json"
    generation = read_json(source) if source.is_file() else {}
    write_json(folder / "generation_config.json", generation | special)
    write_json(folder / "config.json", config | special)
