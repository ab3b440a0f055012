"""Whether a model's files are what was published, and whether a folder has all that it needs.

A file is `ok` only where its SHA-256 is the expected one: published, or recorded in the provenance.json of our own
merge. A hash that was never published ("TBA"), or a file of another origin, is `unknown`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from models.adapter import open_adapter
from models.checksums import Kind, Published, published, sha256_of
from models.errors import BadModelFiles, MissingPackage, WorkshopError, WrongPart
from models.merge_checks import check_tokenizer_size
from models.meta_format import PARTS
from models.progress import Progress, silent, summed
from models.provenance import PROVENANCE
from models.vocabulary import tokens_in
from models.weights import read_json, shard_files

Status = Literal["ok", "mismatch", "unknown"]

_WEIGHTS = re.compile(
    r"(model|pytorch_model|adapter_model)(-\d{5}-of-\d{5})?\.(safetensors|bin)|consolidated\.\d+\.pth|.+\.model"
)
_TOKENIZER = ("tokenizer.model", "tokenizer_config.json", "special_tokens_map.json")


@dataclass(frozen=True, slots=True)
class Checked:
    """A file: its hash, whether it is what it has to be, whose it is, and the hash that was expected."""

    file: str
    sha256: str
    status: Status
    model: str | None
    expected: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in a folder: files, what is missing, what else is wrong, and remarks (`torch_version` …)."""

    path: Path
    kind: Kind
    model: str | None
    files: tuple[Checked, ...]
    missing: tuple[str, ...]
    problems: tuple[WorkshopError, ...]
    remarks: tuple[str, ...]

    @property
    def wrong(self) -> bool:
        """Whether a file is not the published one, is missing, or does not fit."""
        return bool(self.missing or self.problems) or any(check.status == "mismatch" for check in self.files)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong, and every file is known."""
        return not self.wrong and all(check.status == "ok" for check in self.files)


def verify(
    path: Path,
    *,
    kind: Kind | None = None,
    model: str | None = None,
    table: Sequence[Published] | None = None,
    progress: Progress = silent,
) -> Report:
    """Return what a folder (or one file) of a model is, held against the published hashes; it is read once, in blocks.

    `kind` and `model` (a name of the table, such as "Chinese-Alpaca-Plus-7B") say what it should be; without them, its
    files and the folder's name tell. Raises BadModelFiles where there is nothing to verify.
    """
    folder, files = _files(path)
    kind = kind or _kind_of(folder, files)
    entries = [entry for entry in (published() if table is None else table) if entry.kind in (kind, "tokenizer")]
    hashes = _hashes(files, progress=progress)
    named = model or _named(folder, entries=entries, kind=kind) or _recognised(hashes, entries=entries, kind=kind)
    own = _own_hashes(folder)
    checked = tuple(
        _check(name, sha256, entries=entries, model=named, own=own.get(name)) for name, sha256 in hashes.items()
    )
    missing: tuple[str, ...] = ()
    problems: tuple[WorkshopError, ...] = ()
    remarks = set(_remarks(checked, kind=kind))
    if path.is_dir():
        missing = tuple(_missing(folder, kind=kind))
        problems, unopened = _problems(folder, kind=kind)
        remarks |= unopened
    return Report(path, kind, named, checked, missing, problems, tuple(sorted(remarks)))


def _files(path: Path) -> tuple[Path, list[Path]]:
    if path.is_file():
        return path.parent, [path]
    if not path.is_dir():
        raise BadModelFiles(f"there is no {path}: check the path", path=str(path), cause="not_found")
    found = sorted(file for file in path.iterdir() if file.is_file() and _WEIGHTS.fullmatch(file.name))
    if not found and not any((path / name).is_file() for name in ("adapter_config.json", "config.json", "params.json")):
        raise BadModelFiles(
            f"nothing to verify in {path}: name the folder that holds the weights or the tokenizer.model",
            path=str(path),
            cause="nothing_to_verify",
        )
    return path, found


def _kind_of(folder: Path, files: Sequence[Path]) -> Kind:
    names = {file.name for file in files}
    if any(name.startswith("adapter_model") for name in names) or (folder / "adapter_config.json").is_file():
        return "lora"
    if names and all(name.endswith(".model") for name in names) and not (folder / "config.json").is_file():
        return "tokenizer"
    merged = (folder / PROVENANCE).is_file() or re.search("chinese|alpaca", folder.absolute().name, re.IGNORECASE)
    return "merged" if merged else "base"


def _hashes(files: Sequence[Path], *, progress: Progress) -> dict[str, str]:
    total = sum(file.stat().st_size for file in files)
    told = summed(progress, stage="hash", total=total)
    return {file.name: sha256_of(file, told=told) for file in files}


def _named(folder: Path, *, entries: Sequence[Published], kind: Kind) -> str | None:
    """Return the published model that a folder's name stands for, such as chinese-alpaca-plus-lora-7b or 30B."""
    told = re.sub(r"[-_ ]?(lora|merged|hf|pth)(?![a-z])", "", folder.absolute().name.lower()).replace("30b", "33b")
    told = told.replace("_", "-")
    wanted = f"llama-{told}" if re.fullmatch(r"\d+b", told) else told
    return next((entry.model for entry in entries if entry.kind == kind and entry.model.lower() == wanted), None)


def _recognised(hashes: Mapping[str, str], *, entries: Sequence[Published], kind: Kind) -> str | None:
    """Return the model that one of several files is of, so that the others are held against it."""
    return next((e.model for e in entries if e.kind == kind and e.sha256 and e.sha256 in hashes.values()), None)


def _own_hashes(folder: Path) -> dict[str, str]:
    path = folder / PROVENANCE
    files: Any = read_json(path).get("files") if path.is_file() else None
    return dict(files) if isinstance(files, dict) else {}


def _check(name: str, sha256: str, *, entries: Sequence[Published], model: str | None, own: str | None) -> Checked:
    found = next((entry for entry in entries if entry.sha256 == sha256), None)
    if own is not None:
        return Checked(name, sha256, "ok" if own == sha256 else "mismatch", None, own)
    expected = _tokenizer_of(model) if name == "tokenizer.model" else model
    wanted = next((entry for entry in entries if entry.model == expected and entry.file == name), None)
    if found and (expected is None or found.model == expected):
        return Checked(name, sha256, "ok", found.model, None)
    if found or (wanted and wanted.sha256):
        # Either another published file, or none at all where this one has a published hash.
        return Checked(name, sha256, "mismatch", found.model if found else expected, wanted.sha256 if wanted else None)
    return Checked(name, sha256, "unknown", wanted.model if wanted else None, None)


def _tokenizer_of(model: str | None) -> str | None:
    """Return whose tokenizer a model of the first generation has: one for all LLaMAs, one for all Alpacas."""
    match = re.match("Chinese-(LLaMA|Alpaca)|LLaMA", model or "")
    return match[0] if match else None


def _remarks(checked: Sequence[Checked], *, kind: Kind) -> list[str]:
    remarks = []
    if kind == "merged" and any(check.status != "ok" and check.file.endswith(".pth") for check in checked):
        remarks.append("torch_version")
    if any(check.status == "unknown" for check in checked):
        remarks.append("unpublished")
    return remarks


def _missing(folder: Path, *, kind: Kind) -> list[str]:
    """Return what a folder of this kind lacks."""
    if kind == "tokenizer":
        return [] if any(folder.glob("*.model")) or (folder / "tokenizer.json").is_file() else ["tokenizer.model"]
    if kind == "lora":
        return _missing_of_lora(folder)
    if any(folder.glob("consolidated.*.pth")):
        return _missing_of_meta(folder)
    lacking = [] if (folder / "config.json").is_file() else ["config.json"]
    try:
        found = [*shard_files(folder, stem="model", suffix=".safetensors")]
        found += shard_files(folder, stem="pytorch_model", suffix=".bin")
        lacking += [] if found else ["model.safetensors"]
    except BadModelFiles as exc:
        lacking += str(exc.values.get("files", exc.values["path"])).split(", ")
    if not (folder / "tokenizer.model").is_file() and not (folder / "tokenizer.json").is_file():
        lacking.append("tokenizer.model")
    return lacking


def _missing_of_lora(folder: Path) -> list[str]:
    lacking = [] if (folder / "adapter_config.json").is_file() else ["adapter_config.json"]
    if not any((folder / f"adapter_model.{suffix}").is_file() for suffix in ("bin", "safetensors")):
        lacking.append("adapter_model.bin")
    saved = [] if lacking else read_json(folder / "adapter_config.json").get("modules_to_save") or []
    if "embed_tokens" in saved and not (folder / "tokenizer.json").is_file():
        lacking += [name for name in _TOKENIZER if not (folder / name).is_file()]
    return lacking


def _missing_of_meta(folder: Path) -> list[str]:
    lacking = []
    parts = len(list(folder.glob("consolidated.*.pth")))
    if not (folder / "params.json").is_file():
        lacking.append("params.json")
    else:
        width = read_json(folder / "params.json").get("dim")
        parts = max(parts, PARTS.get(width, 1) if isinstance(width, int) else 1)
    lacking += [name for n in range(parts) if not (folder / (name := f"consolidated.{n:02}.pth")).is_file()]
    if not any((place / "tokenizer.model").is_file() for place in (folder, folder.parent)):
        lacking.append("tokenizer.model")
    return lacking


def _problems(folder: Path, *, kind: Kind) -> tuple[tuple[WorkshopError, ...], set[str]]:
    """Return what is wrong inside of the files, and the remark `not_opened` where a package to open them is missing."""
    try:
        tokens = tokens_in(folder)
        if kind == "lora" and not _missing_of_lora(folder):
            rows = open_adapter(folder).rows
            if rows and tokens is not None:
                check_tokenizer_size(tokens, rows=rows)
        if kind in ("base", "merged") and tokens is not None and (folder / "config.json").is_file():
            size = read_json(folder / "config.json").get("vocab_size")
            if isinstance(size, int):
                check_tokenizer_size(tokens, rows=size)
    except (BadModelFiles, WrongPart) as exc:
        return (exc,), set()
    except MissingPackage:
        return (), {"not_opened"}
    return (), set()
