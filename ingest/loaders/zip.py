"""Archives: every document inside is a member; the archive itself has no text."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from langchain_core.documents import Document

from ingest.blocks import text_document
from ingest.errors import Reason, UnreadableFile
from ingest.labelled import decode_names
from ingest.members import MemberFiles, is_unsafe, member_path
from ingest.scan import is_temporary
from ingest.workspace import Member, Workspace

SUFFIXES = (".zip",)
VERSION = "1"

_CHUNK = 1024**2
_UTF8_NAME = 0x800  # flag bit 11: the name is UTF-8
_ENCRYPTED = 1  # flag bit 0
_UNICODE_PATH = 0x7075  # extra field of Info-ZIP: version, CRC-32 of the name in the header, the name in UTF-8
_LOCAL_HEADER = 30  # bytes, the name not counted
_FAULTS = (zipfile.BadZipFile, zlib.error, NotImplementedError, OSError, EOFError, ValueError, RuntimeError)


def load(path: Path, *, workspace: Workspace) -> Iterator[Document | Member]:
    """Yield a Member for each document in an archive, in its order, then one Document without text.

    Folders, hidden and temporary files are passed over. A member that is damaged, encrypted, too large or badly named
    is refused alone; those beyond the limit of their number are a gap of the Document.
    """
    try:
        archive = zipfile.ZipFile(path)
    except _FAULTS as error:
        raise UnreadableFile(Reason.DAMAGED, cause=str(error)) from error
    files = MemberFiles(workspace)
    with archive:
        entries = archive.infolist()
        overlapping = _overlapping(entries)
        found = [(entry, name) for entry, name in zip(entries, _names(entries), strict=True) if _is_wanted(entry, name)]
        for entry, name in found[: workspace.limits.members]:
            if id(entry) in overlapping:
                yield files.refused(member_path(name), Reason.DAMAGED, cause="members overlap")
            else:
                yield _member(archive, entry, name=name, files=files)
    yield text_document("", loader="zip", gaps=files.too_many(len(found)))


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, *, name: str, files: MemberFiles) -> Member:
    shown = member_path(name)
    if is_unsafe(name) or stat.S_ISLNK(entry.external_attr >> 16) or not shown:
        return files.refused(shown or "?", Reason.UNSAFE_NAME)
    if entry.flag_bits & _ENCRYPTED:
        return files.refused(shown, Reason.ENCRYPTED)
    try:
        return files.save(shown, _chunks(archive, entry), packed=entry.compress_size)
    except _FAULTS as error:
        return files.refused(shown, Reason.DAMAGED, cause=str(error))


def _chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(entry) as member:
        while chunk := member.read(_CHUNK):
            yield chunk


def _is_wanted(entry: zipfile.ZipInfo, name: str) -> bool:
    if entry.is_dir() or name.endswith(("/", "\\")):
        return False
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return not any(is_temporary(part) or part == "__MACOSX" for part in parts)


def _overlapping(entries: list[zipfile.ZipInfo]) -> set[int]:
    """Return the ids of entries whose bytes reach into those of the next: a bomb that unpacks the same bytes often."""
    ordered = sorted(entries, key=lambda entry: entry.header_offset)
    overlapping = set()
    for entry, following in pairwise(ordered):
        end = entry.header_offset + _LOCAL_HEADER + len(_raw_name(entry)) + entry.compress_size
        if end > following.header_offset:
            overlapping.add(id(entry))
    return overlapping


def _names(entries: list[zipfile.ZipInfo]) -> list[str]:
    """Return the members' names: Windows programs write them in the code page of the system, without saying so."""
    unlabelled = [_raw_name(entry) for entry in entries if not entry.flag_bits & _UTF8_NAME]
    guessed = iter(decode_names(unlabelled))
    names = []
    for entry in entries:
        name = entry.orig_filename if entry.flag_bits & _UTF8_NAME else next(guessed)
        names.append(_unicode_path(entry) or name)
    return names


def _raw_name(entry: zipfile.ZipInfo) -> bytes:
    """Return the name's bytes; zipfile reads those without the flag as code page 437, which has all 256."""
    return entry.orig_filename.encode("utf-8" if entry.flag_bits & _UTF8_NAME else "cp437", "replace")


def _unicode_path(entry: zipfile.ZipInfo) -> str | None:
    """Return the name of the Info-ZIP Unicode Path extra field (APPNOTE 4.6.9) where it still fits the header's."""
    extra = entry.extra
    while len(extra) >= 4:
        kind, length = struct.unpack("<HH", extra[:4])
        data, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == _UNICODE_PATH and len(data) > 5 and data[0] == 1:
            (checksum,) = struct.unpack("<I", data[1:5])
            if checksum == zlib.crc32(_raw_name(entry)):
                return data[5:].decode("utf-8", "replace")
    return None
