"""Walk a folder: the files that belong in the library, and what tells whether one has changed."""

import errno
import os
import stat
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path, PurePath

from ingest.errors import Reason, UnreadableFile

# What editors, office programs, browsers and downloaders leave beside documents while they work. `~wps` is WPS's,
# `.td` to `.xlbt.cfg` are 迅雷's, `.downloading` is 百度网盘's, `.qdl2` QQ旋风's, `.jc!` 快车's.
_TEMPORARY_PREFIXES = (".", "~$", "~wps", "~wrl", "~wrd", "~syncthing~")
_TEMPORARY_SUFFIXES = (
    "~", ".tmp", ".temp", ".swp", ".lock", ".part", ".partial", ".part.met", ".crdownload", ".download", ".opdownload",
    ".aria2", ".!qb", ".!ut", ".bc!", ".td", ".td.cfg", ".xltd", ".xltd.cfg", ".xlbt.cfg", ".downloading", ".qdl2",
    ".jc!",
)  # fmt: skip
_TEMPORARY_NAMES = {"thumbs.db", "ehthumbs.db", "desktop.ini"}
# Folders of systems and network drives; the bins hold what somebody threw away.
_SYSTEM_FOLDERS = {
    "$recycle.bin", "recycler", "system volume information", "lost+found", "__macosx", "#recycle", "@recycle",
    "@eadir",
}  # fmt: skip
# What a kernel shows as files, for one who syncs `/`: they have no end, or no content.
_KERNEL_FOLDERS = ("/proc", "/sys", "/dev")
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A regular file: `relative` is its path below the folder in the file system's bytes, `/`-joined.

    `fingerprint` changes whenever the file may have changed (size, times, inode).
    """

    path: Path
    relative: bytes
    fingerprint: str

    @property
    def name(self) -> str:
        """The last part of its path below the folder, as text; `path` may be a copy under another name."""
        return display_name(self.relative.rpartition(b"/")[2])

    @property
    def kind(self) -> str:
        """The suffix in lower case: the same bytes under another suffix may be read differently."""
        return PurePath(self.name).suffix.lower()

    @property
    def title(self) -> str:
        """The name without its suffix."""
        return PurePath(self.name).stem


@dataclass(frozen=True, slots=True)
class Skipped:
    """A path that is named because its content cannot be read, or is not the folder's.

    Where `below` is true, nothing is known about this path and those below it: none of them is gone. `relative` is `.`
    for the folder itself.
    """

    relative: bytes
    reason: Reason
    values: dict[str, object] = field(default_factory=dict)
    below: bool = False


class Scope:
    """What of `folder` is walked, told by names and places."""

    def __init__(self, folder: Path, *, exclude: Collection[Path], ignore: Sequence[str]) -> None:
        """`exclude` and `ignore` are those of `scan`."""
        self.folder = folder
        self._root = os.path.realpath(folder)
        self._paths = {os.path.realpath(path) for path in [*map(str, exclude), *_KERNEL_FOLDERS]}
        self._identities = {identity(path) for path in exclude} - {None}
        self._ignore = [unicodedata.normalize("NFC", pattern.rstrip("/")) for pattern in ignore]

    def holds(self, relative: str, *, folder: bool) -> bool:
        """Whether a path is walked, where the folders above it are."""
        name = relative.rpartition("/")[2]
        if _is_systems_own(name) if folder else is_temporary(name):
            return False
        if f"{self._root.rstrip('/')}/{relative}" in self._paths:
            return False
        return not (self._ignore and self._is_ignored(relative))

    def excludes(self, status: os.stat_result) -> bool:
        """Whether a folder is an excluded one under another path (a bind mount, another spelling)."""
        return (status.st_dev, status.st_ino) in self._identities

    def walks_to(self, target: str) -> bool:
        """Whether an absolute path without links is one that the walk comes to."""
        if not PurePath(target).is_relative_to(self._root):
            return False
        relative = PurePath(target).relative_to(self._root)
        above = [parent.as_posix() for parent in relative.parents[:-1]]
        is_folder = stat.S_ISDIR(Path(target).lstat().st_mode)
        return all(self.holds(parent, folder=True) for parent in above) and (
            not relative.parts or self.holds(relative.as_posix(), folder=is_folder)
        )

    def _is_ignored(self, relative: str) -> bool:
        shown = unicodedata.normalize("NFC", display_name(os.fsencode(relative)))
        name = shown.rpartition("/")[2]
        return any(fnmatchcase(shown, pattern) or fnmatchcase(name, pattern) for pattern in self._ignore)


def scan(folder: Path, *, exclude: Collection[Path] = (), ignore: Sequence[str] = ()) -> Iterator[FoundFile | Skipped]:
    """Yield the files below `folder`, each folder's in the order of their names, and what is there but cannot be read.

    Passed over in silence are hidden and temporary files, devices and pipes, the folders in `exclude`, and what matches
    one of the shell patterns in `ignore`, as a whole path below `folder` or by its name. Links are never followed: one
    that leads to what is walked anyway is passed over, any other is named. `folder` itself may be a link.
    """
    for found in walk(Scope(folder, exclude=exclude, ignore=ignore)):
        if not isinstance(found, Path):
            yield found


def walk(scope: Scope) -> Iterator[FoundFile | Skipped | Path]:
    """Yield what `scan` yields, and each folder that can be listed before what is in it."""
    waiting = [""]
    while waiting:
        directory = waiting.pop()
        path = scope.folder / directory
        try:
            with os.scandir(path) as entries:
                names = sorted(entry.name for entry in entries)
        except OSError as exc:
            if not directory or not _is_gone(exc):
                yield _skipped(directory or ".", exc)
            continue
        yield path
        below = []
        for name in names:
            relative = f"{directory}/{name}" if directory else name
            found = _look_at(relative, scope=scope)
            if isinstance(found, str):
                below.append(found)
            elif found:
                yield found
        waiting += reversed(below)


def is_temporary(name: str) -> bool:
    """Whether a file of this name is hidden or somebody's work in progress."""
    lower = name.lower()
    return lower.startswith(_TEMPORARY_PREFIXES) or lower.endswith(_TEMPORARY_SUFFIXES) or lower in _TEMPORARY_NAMES


def identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a folder under any path; None where there is none, or the file system has no numbers."""
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if status.st_ino else None


def fingerprint(path: Path) -> str:
    """Return what a file's fingerprint is now; FileNotFoundError where it is gone."""
    try:
        return _fingerprint(path.lstat())
    except NotADirectoryError as exc:
        raise FileNotFoundError(exc.errno, exc.strerror, str(path)) from exc


def size_and_time(fingerprint: str) -> tuple[int, float] | None:
    """Return the bytes and the time of change (seconds since 1970) that a fingerprint holds; None where it is empty."""
    if not fingerprint:
        return None
    size, nanoseconds, *_ = fingerprint.split(":")
    return int(size), int(nanoseconds) / 1e9


def digest(path: Path, *, limit: int | None = None) -> bytes:
    """Return the SHA-256 of a file's bytes, read in constant memory, up to its size at the start.

    Raises UnreadableFile for a file of more than `limit` bytes, FileNotFoundError for one that is gone or has become
    something else, another OSError for one that cannot be read.
    """
    descriptor = _open_regular(path)
    try:
        left = os.fstat(descriptor).st_size
        if limit is not None and left > limit:
            raise UnreadableFile(Reason.TOO_LARGE, limit="file_bytes", value=left, most=limit)
        hasher = sha256()
        while left > 0 and (block := os.read(descriptor, min(left, _BLOCK))):
            hasher.update(block)
            left -= len(block)
        return hasher.digest()
    finally:
        os.close(descriptor)


def unreadable(error: OSError) -> UnreadableFile:
    """Return what the file system's refusal means for a file: only a refused permission is NOT_PERMITTED."""
    reason = Reason.NOT_PERMITTED if isinstance(error, PermissionError) else Reason.DAMAGED
    return UnreadableFile(reason, cause=error.strerror or str(error))


def display_name(relative: bytes) -> str:
    r"""Return a path as text: a byte that is not UTF-8 appears as `\xff`, so that it can be stored and printed."""
    return relative.decode("utf-8", "backslashreplace")


def _look_at(relative: str, *, scope: Scope) -> FoundFile | Skipped | str | None:
    """Return the file or the skipped path at `relative`, `relative` itself for a folder to be walked, else None."""
    if relative.rpartition("/")[2].startswith("."):
        return None
    path = scope.folder / relative
    try:
        status = path.lstat()
    except OSError as exc:
        return None if _is_gone(exc) else _skipped(relative, exc)
    is_folder = stat.S_ISDIR(status.st_mode)
    if not scope.holds(relative, folder=is_folder) or (is_folder and scope.excludes(status)):
        return None
    if is_folder:
        return relative
    if stat.S_ISLNK(status.st_mode):
        return _link(path, relative, scope=scope)
    if not stat.S_ISREG(status.st_mode):
        return None
    return FoundFile(path, os.fsencode(relative), _fingerprint(status))


def _link(path: Path, relative: str, *, scope: Scope) -> Skipped | None:
    values: dict[str, object] = {}
    try:
        target = os.path.realpath(path, strict=True)
        if scope.walks_to(target):
            return None
        values["target"] = display_name(os.fsencode(target))
    except OSError as exc:  # it leads nowhere, or in a loop
        values["cause"] = exc.strerror
    return Skipped(os.fsencode(relative), Reason.LINK_OUTSIDE, values)


def _skipped(relative: str, error: OSError) -> Skipped:
    refusal = unreadable(error)
    reason = Reason.VANISHED if _is_gone(error) else refusal.reason
    return Skipped(os.fsencode(relative), reason, refusal.values, below=True)


def _open_regular(path: Path) -> int:
    """Open a regular file for reading: a pipe is not waited for, a link is not followed, wherever they came from."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as exc:
        if _is_gone(exc) or path.is_symlink() or path.is_socket():
            raise FileNotFoundError(errno.ENOENT, "the file has become something else", str(path)) from exc
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(errno.ENOENT, "the file has become something else", str(path))
    return descriptor


def _is_gone(error: OSError) -> bool:
    return isinstance(error, FileNotFoundError | NotADirectoryError)


def _is_systems_own(name: str) -> bool:
    return name.startswith(".") or name.lower() in _SYSTEM_FOLDERS


def _fingerprint(status: os.stat_result) -> str:
    # Where a file system makes inode numbers up (exFAT when mounted again, some network drives), files look changed
    # that are not: hashing finds them as they were. Without the inode, a replaced file might not be noticed.
    return f"{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}:{status.st_ino}"
