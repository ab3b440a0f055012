"""Files inside a file, written out under names of our own, within limits."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from ingest.errors import Reason
from ingest.types import Gap
from ingest.workspace import Member, Workspace

_LONGEST_NAME = 200  # characters of one part of a path
_SMALL = 8 * 1024**2  # bytes; a member up to this may well have a high ratio
# Control characters, halves of characters, and marks that turn the direction of what follows.
_NOT_IN_A_NAME = re.compile("[\0-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_DRIVE = re.compile(r"[A-Za-z]:")
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


class MemberFiles:
    """Writes the members of one file into its scratch folder, and keeps their names apart."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._names: set[str] = set()
        self._copies: dict[str, int] = {}
        self._written = 0
        self._unpacked = 0

    def save(self, name: str, chunks: Iterable[bytes], *, packed: int | None = None) -> Member:
        """Write a member and return it; it is refused, with nothing left on disk, where it goes beyond the limits.

        `packed` is its size before it was unpacked, in bytes. What `chunks` raises comes through.
        """
        limits = self._workspace.limits
        self._written += 1
        path = self._workspace.scratch / f"{self._written:04d}{_suffix(name)}"
        size = 0
        try:
            with path.open("xb") as file:
                for chunk in chunks:
                    size += len(chunk)
                    if self._unpacked + size > limits.unpacked_bytes:
                        path.unlink()
                        return self._too_large(name, "unpacked_bytes", self._unpacked + size, limits.unpacked_bytes)
                    if packed is not None and size > _SMALL and size > limits.unpacked_ratio * max(1, packed):
                        path.unlink()
                        ratio = size // max(1, packed)
                        return self._too_large(name, "unpacked_ratio", ratio, limits.unpacked_ratio)
                    file.write(chunk)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        self._unpacked += size
        return Member(self._distinct(name), path)

    def refused(self, name: str, reason: Reason, **values: object) -> Member:
        """Return a member that is not there, and why."""
        return Member(self._distinct(name), None, reason, values)

    def too_many(self, count: int) -> list[Gap]:
        """Return the gap that is left where a file has more members than are read."""
        most = self._workspace.limits.members
        values: dict[str, object] = {"limit": "members", "value": count, "most": most}
        return [Gap(Reason.TOO_MANY_MEMBERS, values=values)] if count > most else []

    def _too_large(self, name: str, limit: str, value: int, most: int) -> Member:
        return self.refused(name, Reason.TOO_LARGE, limit=limit, value=value, most=most)

    def _distinct(self, name: str) -> str:
        """Return `name`, or "合同 (2).docx" where 合同.docx was there before."""
        path = PurePosixPath(name)
        distinct = name
        while distinct in self._names:
            self._copies[name] = self._copies.get(name, 1) + 1
            distinct = str(path.with_name(f"{path.stem} ({self._copies[name]}){path.suffix}"))
        self._names.add(distinct)
        return distinct


def member_path(name: str) -> str:
    """Return a path inside an archive as it is shown: `/`-joined, nothing that leads out of the archive."""
    parts = _DRIVE.sub("", name.replace("\\", "/")).split("/")
    shown = [_clean(part) for part in parts if part not in ("", ".", "..")]
    return "/".join(part for part in shown if part)


def is_unsafe(name: str) -> bool:
    """Whether a path inside an archive is absolute or leads out of it."""
    path = name.replace("\\", "/")
    return path.startswith("/") or _DRIVE.match(path) is not None or ".." in path.split("/")


def attachment_name(name: str, *, otherwise: str) -> str:
    """Return the name of an attachment as it is shown: no folders; `otherwise` where nothing is left of it."""
    return member_path(name).rpartition("/")[2] or otherwise


def _clean(part: str) -> str:
    part = " ".join(_NOT_IN_A_NAME.sub("", part).split())
    if len(part) <= _LONGEST_NAME:
        return part
    suffix = PurePosixPath(part).suffix[-10:]
    return part[: _LONGEST_NAME - len(suffix)] + suffix


def _suffix(name: str) -> str:
    suffix = PurePosixPath(name).suffix.lower()
    return suffix if _SUFFIX.fullmatch(suffix) else ""
