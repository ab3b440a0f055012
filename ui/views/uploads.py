"""Files that the browser sends, into the drop folder: under a safe name, never over another file."""

import errno
import os
import re
import shutil
import unicodedata
from dataclasses import dataclass
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import IO

# What Windows does not allow in a name; a library may be copied there.
_FORBIDDEN = frozenset('<>:"|?*')
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})
#: Bytes of a name in UTF-8: file systems take 255, and a number may be added.
_LONGEST = 200
#: Folders inside of each other that an uploaded name may have.
_DEEPEST = 16
_SEPARATORS = re.compile(r"[/\\]")
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Stored:
    """Where an uploaded file lies; `is_new` is False where the same bytes lay there already."""

    path: Path
    is_new: bool


def store(content: bytes | IO[bytes], *, name: str, folder: Path) -> Stored:
    """Write an uploaded file into `folder`; one of the same name with other content is left alone, and numbered past.

    Raises OSError, with nothing left behind, where the file cannot be written.
    """
    sent = BytesIO(content) if isinstance(content, bytes) else content
    wanted = Path(safe_name(name))
    for number in count(1):
        path = folder / (wanted.name if number == 1 else f"{wanted.stem} ({number}){wanted.suffix}")
        try:
            file = path.open("xb")  # never follows a link, never overwrites
        except FileExistsError:
            if path.is_file() and _holds(path, sent):
                return Stored(path, is_new=False)
            continue
        try:
            with file:
                sent.seek(0)
                shutil.copyfileobj(sent, file)
        except OSError:
            path.unlink()
            raise
        return Stored(path, is_new=True)
    raise AssertionError("count() does not end")


def _holds(path: Path, sent: IO[bytes]) -> bool:
    """Whether a file has the bytes that were sent."""
    sent.seek(0)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if sent.read(len(block)) != block:
                return False
    return not sent.read(1)


def made_folder(name: str, *, folder: Path) -> Path:
    """Return the folder below `folder` that an uploaded name says, as browsers do for a whole folder; made if need be.

    Raises OSError where a link leads out of `folder`, or it cannot be made.
    """
    *parts, _ = _SEPARATORS.split(name)
    kept = [safe_name(part) for part in parts if part.strip(" .")]
    place = folder.joinpath(*kept[:_DEEPEST])
    if not place.resolve().is_relative_to(folder.resolve()):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(place))
    place.mkdir(parents=True, exist_ok=True)
    return place


def safe_name(name: str) -> str:
    """Return the last part of a name as a visible file's name on any system, its suffix kept."""
    last = _SEPARATORS.split(unicodedata.normalize("NFC", name))[-1]
    kept = "".join("_" if char in _FORBIDDEN else char for char in last if not _is_hidden(char)).strip(" .")
    path = Path(kept or "file")
    stem, suffix = path.stem, path.suffix
    if stem.lower() in _DEVICES:
        stem = f"_{stem}"
    if len(suffix.encode()) > _LONGEST // 4:
        stem, suffix = stem + suffix, ""
    room = _LONGEST - len(suffix.encode())
    return stem.encode()[:room].decode("utf-8", "ignore") + suffix


def _is_hidden(char: str) -> bool:
    """Whether a character is a control, a direction mark or half of a surrogate pair."""
    return unicodedata.category(char) in ("Cc", "Cf", "Cs")
