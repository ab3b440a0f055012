"""Take a model of this machine into the models folder: copied and hashed in one reading, or linked."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from models.errors import BadModelFiles
from models.fetch import WORKPLACE
from models.progress import Progress, silent, summed
from models.recorded import remember
from models.room import check_disk

_MAGIC = b"GGUF"
_BLOCK = 2**20
#: What tells a folder that is a model, a LoRA or a tokenizer.
_TELLING = ("config.json", "adapter_config.json", "params.json", "tokenizer.model")


def bring_in(source: Path, *, models_dir: Path, link: bool = False, progress: Progress = silent) -> Path:
    """Return the place of a GGUF file or a model's folder in the models folder; its hashes are recorded.

    `link` leaves the files where they are. Raises BadModelFiles where it is no model, or one of that name is there
    already; NotEnoughRoom.
    """
    files = _checked(source)
    target = models_dir / source.resolve().name
    if target.exists() or target.is_symlink():
        raise BadModelFiles(
            f"{target} exists already and is not overwritten: delete it first, or rename {source}",
            path=str(target),
            cause="exists",
        )
    models_dir.mkdir(parents=True, exist_ok=True)
    if link:
        _link(source, target=target)
        remember(target, models_dir=models_dir, source=str(source.resolve()), progress=progress)
        return target
    total = sum(file.stat().st_size for file in files)
    check_disk(models_dir, needed_bytes=total)
    hashes = _copy(files, source=source, target=target, told=summed(progress, stage="copy", total=total))
    remember(target, models_dir=models_dir, hashes=hashes, source=str(source.resolve()))
    return target


def _checked(source: Path) -> list[Path]:
    """Return the files to take. Raises BadModelFiles."""
    if source.is_dir():
        return _checked_folder(source)
    if not source.is_file():
        raise BadModelFiles(f"there is no {source}: check the path", path=str(source), cause="not_found")
    with source.open("rb") as stream:
        if stream.read(len(_MAGIC)) != _MAGIC:
            raise BadModelFiles(
                f"{source} is no GGUF file: name one, or the folder of a model", path=str(source), cause="not_gguf"
            )
    return [source]


def _checked_folder(source: Path) -> list[Path]:
    if not any((source / name).is_file() for name in _TELLING):
        raise BadModelFiles(
            f"{source} is not the folder of a model ({', '.join(_TELLING)} are all missing): name the folder or the "
            "GGUF file itself",
            path=str(source),
            cause="not_a_model_folder",
        )
    entries = [path for path in sorted(source.iterdir()) if not path.name.startswith(".")]
    for path in entries:
        if path.is_symlink() and not path.exists():
            raise BadModelFiles(
                f"{path} points to a file that is not there: get the model again",
                path=str(path),
                cause="points_nowhere",
            )
    return [path for path in entries if path.is_file() and path.suffix != ".py"]


def _link(source: Path, *, target: Path) -> None:
    try:
        target.symlink_to(source.resolve(), target_is_directory=source.is_dir())
    except OSError as exc:
        raise BadModelFiles(
            f"{target} cannot be made a link ({exc.strerror}): copy the model instead, without --link",
            path=str(target),
            cause="no_link",
            detail=exc.strerror,
        ) from exc


def _copy(files: list[Path], *, source: Path, target: Path, told: Callable[[int], None]) -> dict[str, str]:
    """Copy to a place of its own, then rename in one step; return each file's SHA-256."""
    work = target.parent / WORKPLACE / f"{target.name}.copy"
    shutil.rmtree(work, ignore_errors=True)  # left over from a kill
    work.mkdir(parents=True)
    try:
        hashes = {file.name: _copy_file(file, out=work / file.name, told=told) for file in files}
        (work if source.is_dir() else work / source.name).replace(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return {target.name: next(iter(hashes.values()))} if not source.is_dir() else hashes


def _copy_file(file: Path, *, out: Path, told: Callable[[int], None]) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as read, out.open("wb") as written:
        while block := read.read(_BLOCK):
            digest.update(block)
            written.write(block)
            told(len(block))
    return digest.hexdigest()
