"""Files that the browser sends, into the drop folder: under a safe name, never over another file."""

import re
import unicodedata
from dataclasses import dataclass
from itertools import count
from pathlib import Path

# What Windows does not allow in a name; a library may be copied there.
_FORBIDDEN = frozenset('<>:"|?*')
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})
#: Bytes of a name in UTF-8: file systems take 255, and a number may be added.
_LONGEST = 200


@dataclass(frozen=True)
class Stored:
    """Where an uploaded file lies; `is_new` is False where the same bytes lay there already."""

    path: Path
    is_new: bool


def store(content: bytes, *, name: str, folder: Path) -> Stored:
    """Write an uploaded file into `folder`; one of the same name with other content is left alone, and numbered past.

    Raises OSError, with nothing left behind, where the file cannot be written.
    """
    wanted = Path(safe_name(name))
    for number in count(1):
        path = folder / (wanted.name if number == 1 else f"{wanted.stem} ({number}){wanted.suffix}")
        try:
            file = path.open("xb")  # never follows a link, never overwrites
        except FileExistsError:
            if path.is_file() and path.read_bytes() == content:
                return Stored(path, is_new=False)
            continue
        try:
            with file:
                file.write(content)
        except OSError:
            path.unlink()
            raise
        return Stored(path, is_new=True)
    raise AssertionError("count() does not end")


def safe_name(name: str) -> str:
    """Return the last part of a name as a visible file's name on any system, its suffix kept."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
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
