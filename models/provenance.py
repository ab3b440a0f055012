"""Where a merged model came from: base, LoRAs in order, tokenizer, each with its SHA-256, kept beside the weights."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from models.adapter import Adapter
from models.checksums import known_as, sha256_of
from models.progress import Progress, summed
from models.weights import Weights, read_json

PROVENANCE = "provenance.json"


@dataclass(frozen=True, slots=True)
class Part:
    """A folder that went in: what its files hash to, which published model they are, and its rank and alpha."""

    role: str
    name: str
    files: Mapping[str, str]
    known_as: str | None
    facts: Mapping[str, Any]


def inspect_parts(base: Path, *, weights: Weights, adapters: Sequence[Adapter], progress: Progress) -> list[Part]:
    """Return the base and the LoRAs with their hashes; each file is read once. Raises BadModelFiles."""
    groups = [weights.files, *(adapter.weights.files for adapter in adapters)]
    total = sum(file.stat().st_size for group in groups for file in group)
    told = summed(progress, stage="hash", total=total)
    hashed = [{file.name: sha256_of(file, told=told) for file in group} for group in groups]
    parts = [_part("base", base, hashed[0], {"form": weights.form, "merged_before": history(base)})]
    for adapter, hashes in zip(adapters, hashed[1:], strict=True):
        extra = {}
        for name in ("adapter_config.json", "tokenizer.model"):
            if (adapter.folder / name).is_file():
                extra[name] = sha256_of(adapter.folder / name)
        facts = {key: adapter.config.get(key) for key in ("r", "lora_alpha", "base_model_name_or_path")}
        parts.append(_part("lora", adapter.folder, hashes | extra, facts))
    return parts


def record(parts: Sequence[Part], *, vocabulary: int) -> dict[str, Any]:
    """Return what is kept of a merge, as JSON has it."""
    base, loras = parts[0], parts[1:]
    return {
        "made_with": {"wendang": _version("wendang"), "torch": _version("torch")},
        "base": _as_json(base),
        "loras": [_as_json(part) for part in loras],
        "vocabulary": vocabulary,
    }


def made_of(folder: Path, parts: Sequence[Part]) -> bool:
    """Whether a merged folder says that it was made of just these parts, in this order."""
    path = folder / PROVENANCE
    kept = read_json(path) if path.is_file() else {}
    before = [kept.get("base") or {}, *(kept.get("loras") or [])]
    return [one.get("files") for one in before] == [dict(part.files) for part in parts]


def history(folder: Path) -> list[str]:
    """Return the names of the LoRAs that were merged into a folder's model before, in order; empty where unknown."""
    path = folder / PROVENANCE
    if not path.is_file():
        return []
    kept = read_json(path)
    before = (kept.get("base") or {}).get("merged_before") or []
    return [*map(str, before), *(str(lora.get("name")) for lora in kept.get("loras") or [])]


def fingerprint(parts: Iterable[Part], *, layout: str) -> str:
    """Return what tells one merge from another: its inputs in order, and the layout of its files."""
    digest = hashlib.sha256(layout.encode())
    for part in parts:
        digest.update(repr((part.role, sorted(part.files.items()))).encode())
    return digest.hexdigest()


def _part(role: str, folder: Path, files: Mapping[str, str], facts: Mapping[str, Any]) -> Part:
    found = (known_as(sha256) for sha256 in files.values())
    name = next((entry.model for entry in found if entry and entry.kind in ("base", "lora", "merged")), None)
    return Part(role, folder.absolute().name, files, name, facts)


def _as_json(part: Part) -> dict[str, Any]:
    return {"name": part.name, "published_as": part.known_as, **part.facts, "files": dict(part.files)}


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
