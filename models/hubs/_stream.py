"""One file from a hub: written into a part, gone on with after a cut, and renamed once it is what it has to be."""

import errno
import hashlib
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from models.checksums import sha256_of
from models.errors import DownloadFailed, NotEnoughRoom
from models.hubs._access import Access, RemoteFile, online
from models.packages import needed

#: Called with the bytes that have come since the last call; negative where a server begins anew.
Told = Callable[[int], None]


def part_of(target: Path) -> Path:
    """Return what a file is called while it is not complete."""
    return target.with_name(f"{target.name}.part")


def download(file: RemoteFile, *, repository: str, target: Path, access: Access, told: Told) -> str:
    """Write a file of a repository to `target` and return its SHA-256; what a part has is not asked for again.

    Raises DownloadFailed, after which the part is there to go on with, unless it was not the file that it had to be.
    """
    part = part_of(target)
    have = part.stat().st_size if part.is_file() else 0
    if have > file.size:
        part.unlink()
        have = 0
    told(have)
    try:
        with part.open("ab") as stream, online(access, name=repository):
            needed("huggingface_hub.file_download").http_get(
                file.url,
                stream,
                resume_size=have,
                headers=access.headers,
                expected_size=file.size,
                displayed_filename=file.name,
                tqdm_class=_meter(file, have=have, told=told),
            )
    except OSError as exc:
        raise _not_written(file, part=part, error=exc) from exc
    found = sha256_of(part)
    _check(file, part=part, sha256=found)
    part.replace(target)
    return found


def _meter(file: RemoteFile, *, have: int, told: Told) -> type:
    """Return what huggingface_hub takes for a progress bar: it hands on, and stops a file longer than announced."""

    class Meter:
        def __init__(self, **options: object) -> None:
            self._done = have

        def update(self, count: int) -> None:
            """Count bytes that came. Raises DownloadFailed once they are more than were announced."""
            self._done += count
            told(count)
            if self._done > file.size:
                raise DownloadFailed(
                    f"{file.name} is longer than the hub says ({file.size} bytes): get it from another source",
                    name=file.name,
                    expected=file.size,
                    cause="too_long",
                )

        def __enter__(self) -> Self:
            return self

        def __exit__(
            self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
        ) -> None:
            """Leave nothing behind."""

    return Meter


def _check(file: RemoteFile, *, part: Path, sha256: str) -> None:
    """Raise DownloadFailed where a part is not the file that the hub announced; then it is deleted."""
    wanted, found = file.sha256, sha256
    if wanted is None and file.git_sha1:
        wanted, found = file.git_sha1, _blob_sha1(part)
    if wanted is None or wanted.lower() == found:
        return
    part.unlink()
    raise DownloadFailed(
        f"{file.name} is not the file that the hub announced (hash {found}, expected {wanted}): run the same command "
        "again; if that does not help, get it from another source",
        name=file.name,
        found=found,
        expected=wanted,
        cause="wrong_hash",
    )


def _blob_sha1(path: Path) -> str:
    """Return what git calls a file: the SHA-1 of its kind, size and content. Only small files are kept in git."""
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _not_written(file: RemoteFile, *, part: Path, error: OSError) -> Exception:
    """Return the error for a file that could not be written, or ended too soon."""
    have = part.stat().st_size if part.is_file() else 0
    if error.errno == errno.ENOSPC:
        return NotEnoughRoom(
            f"the disk of {part.parent} is full: make room, then run the same command again to go on",
            where=str(part.parent),
            needed=file.size - have,
            free=0,
            cause="disk_full",
        )
    if error.errno is not None:
        return DownloadFailed(
            f"{part} cannot be written ({error.strerror}): check the permissions of the folder",
            name=file.name,
            path=str(part),
            detail=error.strerror,
            cause="not_written",
        )
    return DownloadFailed(
        f"{file.name} ended after {have} of {file.size} bytes: run the same command again to go on",
        name=file.name,
        found=have,
        expected=file.size,
        cause="cut_short",
    )
