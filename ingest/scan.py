"""Walk a folder: the files that belong in the library, and what tells whether one has changed."""

import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

# What editors, browsers and systems leave beside documents.
_TEMPORARY_PREFIXES = (".", "~$", "._")
_TEMPORARY_SUFFIXES = (".tmp", ".temp", ".part", ".partial", ".crdownload", ".download", ".swp", ".lock", "~")
_TEMPORARY_NAMES = {"thumbs.db", "desktop.ini"}


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A regular file: `relative` is its path below the folder in the file system's bytes, `/`-joined.

    `fingerprint` changes whenever the file may have changed (size, times, inode).
    """

    path: Path
    relative: bytes
    fingerprint: str

    @property
    def kind(self) -> str:
        """The suffix in lower case: the same bytes under another suffix may be read differently."""
        return display_name(os.fsencode(self.path.suffix.lower()))

    @property
    def title(self) -> str:
        """The name without its suffix, as text."""
        return display_name(os.fsencode(self.path.stem))


@dataclass(frozen=True, slots=True)
class UnreadableFolder:
    """A folder that cannot be listed: what it holds is not known, and not gone either."""

    relative: bytes


def scan(folder: Path, *, exclude: Collection[Path] = ()) -> Iterator[FoundFile | UnreadableFolder]:
    """Yield the files below `folder` in the order of their names, and the folders that cannot be listed.

    Hidden and temporary files, links, devices and pipes are passed over, as are the folders in `exclude`.
    """
    excluded = {path.resolve() for path in exclude}
    waiting = [folder]
    while waiting:
        directory = waiting.pop()
        try:
            entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            yield UnreadableFolder(os.fsencode(directory.relative_to(folder).as_posix()))
            continue
        below = []
        for entry in entries:
            if is_temporary(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                if Path(entry.path).resolve() not in excluded:
                    below.append(Path(entry.path))
            elif found := _found(Path(entry.path), folder=folder):
                yield found
        waiting += reversed(below)


def is_temporary(name: str) -> bool:
    """Whether a file of this name is hidden or somebody's work in progress."""
    lower = name.lower()
    return lower.startswith(_TEMPORARY_PREFIXES) or lower.endswith(_TEMPORARY_SUFFIXES) or lower in _TEMPORARY_NAMES


def _found(path: Path, *, folder: Path) -> FoundFile | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    relative = os.fsencode(path.relative_to(folder).as_posix())
    return FoundFile(path, relative, _fingerprint(status))


def fingerprint(path: Path) -> str:
    """Return what a file's fingerprint is now; FileNotFoundError where it is gone."""
    return _fingerprint(path.lstat())


def _fingerprint(status: os.stat_result) -> str:
    return f"{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}:{status.st_ino}"


def digest(path: Path) -> bytes:
    """Return the SHA-256 of a file's bytes, read in constant memory."""
    hasher = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            hasher.update(block)
    return hasher.digest()


def display_name(relative: bytes) -> str:
    r"""Return a path as text: a byte that is not UTF-8 appears as `\xff`, so that it can be stored and printed."""
    return relative.decode("utf-8", "backslashreplace")
