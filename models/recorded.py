"""What the files of the models on this machine hashed to when they were first used: `sha256.json` of the models folder.

A file whose size and time are those of the record is not read again.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from filelock import FileLock

from models.checksums import sha256_of
from models.errors import BadModelFiles
from models.progress import Progress, silent, summed

RECORD = "sha256.json"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A file as it was: its hash, bytes and time of change, and where it came from, where that is known."""

    sha256: str
    size: int
    mtime_ns: int
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """What a use found: whether it was the first, and the files that are not what they were then."""

    first: bool
    changed: tuple[str, ...]


def remember(
    model: Path,
    *,
    models_dir: Path,
    hashes: Mapping[str, str] | None = None,
    source: str | None = None,
    progress: Progress = silent,
) -> None:
    """Record a model's file, or the files of its folder; `hashes` are those that are known by now, by name."""
    files = list(_files(model))
    told = summed(progress, stage="hash", total=sum(file.stat().st_size for file in files))
    known = hashes or {}
    entries = {}
    for file in files:
        found = file.stat()
        sha256 = known.get(file.name) or sha256_of(file, told=told)
        entries[_key(file, models_dir=models_dir)] = Recorded(sha256, found.st_size, found.st_mtime_ns, source)
    _write(models_dir, entries, model=model)


def used(model: Path, *, models_dir: Path, progress: Progress = silent) -> Use:
    """Return whether a model is what it was at its first use, and record it where this is the first."""
    if not _entries(models_dir, model=model):
        remember(model, models_dir=models_dir, progress=progress)
        return Use(first=True, changed=())
    return Use(first=False, changed=tuple(changed(model, models_dir=models_dir)))


def changed(model: Path, *, models_dir: Path) -> list[str]:
    """Return the names of the files that are not what was recorded, or are gone; none where nothing was recorded.

    The time of a file that only its time tells from the record (a copy) is recorded, so that it is read this once.
    """
    names, renewed = [], {}
    entries = _entries(models_dir, model=model)
    for key, entry in entries.items():
        path = models_dir / key
        try:
            found = path.stat()
        except FileNotFoundError:
            names.append(path.name)
            continue
        if found.st_size != entry.size:
            names.append(path.name)
        elif found.st_mtime_ns != entry.mtime_ns:
            if sha256_of(path) == entry.sha256:
                renewed[key] = replace(entry, mtime_ns=found.st_mtime_ns)
            else:
                names.append(path.name)
    if renewed:
        with suppress(BadModelFiles):  # where nothing can be written, the file is read the next time too
            _write(models_dir, {**entries, **renewed}, model=model)
    return names


def unchanged(model: Path, *, models_dir: Path) -> dict[str, Recorded] | None:
    """Return the record of a model's files by name; None where there is none, or a file is not what it was."""
    entries = _entries(models_dir, model=model)
    if not entries or changed(model, models_dir=models_dir):
        return None
    return {Path(key).name: entry for key, entry in entries.items()}


def _files(model: Path) -> Iterator[Path]:
    if model.is_file():
        yield model
    else:
        yield from sorted(path for path in model.iterdir() if path.is_file() and not path.name.startswith("."))


def _key(path: Path, *, models_dir: Path) -> str:
    """Return what a file is recorded under: its place in the models folder, or its path where it lies elsewhere."""
    place, root = path.absolute(), models_dir.absolute()
    return place.relative_to(root).as_posix() if place.is_relative_to(root) else str(place)


def _entries(models_dir: Path, *, model: Path) -> dict[str, Recorded]:
    own = _key(model, models_dir=models_dir)
    return {key: entry for key, entry in _read(models_dir).items() if _belongs(key, own=own)}


def _belongs(key: str, *, own: str) -> bool:
    return key == own or Path(key).parent == Path(own)


def _read(models_dir: Path) -> dict[str, Recorded]:
    path = models_dir / RECORD
    try:
        kept = json.loads(path.read_text("utf-8"))
        return {str(key): Recorded(**entry) for key, entry in kept["files"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise BadModelFiles(
            f"{path} cannot be read ({exc}): delete it, and the models are recorded anew at their next use",
            path=str(path),
            cause="record",
            detail=str(exc),
        ) from exc


def _write(models_dir: Path, entries: Mapping[str, Recorded], *, model: Path) -> None:
    """Put a model's entries into the record, in one step. Raises BadModelFiles where it cannot be written."""
    own = _key(model, models_dir=models_dir)
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        with FileLock(models_dir / f".{RECORD}.lock"):
            kept = {key: entry for key, entry in _read(models_dir).items() if not _belongs(key, own=own)}
            written = {"files": {key: asdict(entry) for key, entry in sorted({**kept, **entries}.items())}}
            part = models_dir / f".{RECORD}.part"
            part.write_text(json.dumps(written, ensure_ascii=False, indent=1) + "\n", "utf-8")
            part.replace(models_dir / RECORD)
    except OSError as exc:
        raise BadModelFiles(
            f"{models_dir / RECORD} cannot be written ({exc.strerror}): check the permissions of the models folder",
            path=str(models_dir / RECORD),
            cause="record_unwritable",
            detail=exc.strerror,
        ) from exc
