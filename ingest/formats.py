"""Which loader reads a file: told by its content first, by its name only where the content is plain text."""

import importlib
import pkgutil
import re
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from ingest.errors import Reason, UnreadableFile

if TYPE_CHECKING:
    from langchain_core.documents import Document

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
# Formats that no loader reads and that must not be taken for text by their name.
_OTHER_MAGIC = (
    b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"\x1f\x8b",
    b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x7fELF", b"SQLite format 3\0", b"\0\0\0\x18ftyp",
    b"\0\0\0\x20ftyp", b"{\\rtf",
)  # fmt: skip
# Letters that a text may begin with too ("BMI 指数"): they count where a NUL follows, which no text has.
_LETTER_MAGIC = (b"BM", b"MZ", b"ID3", b"RIFF", b"OggS", b"fLaC", b"GGUF")
# A PDF begins with its mark, after a byte order mark or blanks at most; in a file named so, junk may precede it.
_PDF = re.compile(rb"(?:\xef\xbb\xbf)?\s*%PDF-")
_ZIP_MEMBERS = {"word/document.xml": ".docx"}
_VISIBLE = re.compile("[^\\s\u00ad\u180e\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff]")


class Loader(Protocol):
    """A module of `ingest.loaders`."""

    SUFFIXES: tuple[str, ...]

    def load(self, path: Path) -> "list[Document]":
        """Read one file into Documents, one per page; formats without pages give exactly one."""


def load(path: Path, *, name: str | None = None) -> "list[Document]":
    """Read one file into Documents, one per page.

    `name` stands for the file's own name where `path` is a copy under another one. `metadata` has page (1-based or
    None), loader, encoding, headings (start, level, title; start counts in that page) and gaps (reason, page, values).
    Raises `UnreadableFile` with the reason.
    """
    try:
        suffix = _suffix(path, name=name or path.name)
        documents = _loader(suffix).load(path)
    except FileNotFoundError as error:
        raise UnreadableFile(Reason.VANISHED) from error
    except IsADirectoryError as error:
        raise UnreadableFile(Reason.UNSUPPORTED, suffix="/") from error
    except PermissionError as error:
        raise UnreadableFile(Reason.NOT_PERMITTED) from error
    if not any(_VISIBLE.search(document.page_content) for document in documents):
        raise UnreadableFile(Reason.BLANK)
    return documents


@lru_cache(maxsize=1)
def supported_suffixes() -> tuple[str, ...]:
    """Return the suffixes that a loader reads, lower case, with the dot."""
    return tuple(sorted(suffix for loader in _loaders() for suffix in loader.SUFFIXES))


@lru_cache(maxsize=1)
def _loaders() -> tuple[Loader, ...]:
    package = importlib.import_module("ingest.loaders")
    names = (module.name for module in pkgutil.iter_modules(package.__path__))
    return tuple(cast(Loader, importlib.import_module(f"ingest.loaders.{name}")) for name in sorted(names))


def _loader(suffix: str) -> Loader:
    for loader in _loaders():
        if suffix in loader.SUFFIXES:
            return loader
    raise UnreadableFile(Reason.UNSUPPORTED, suffix=suffix)


def _suffix(path: Path, *, name: str) -> str:
    """Return the suffix that the file ought to have, going by its first bytes."""
    with path.open("rb") as file:
        head = file.read(1024)
    named = Path(name).suffix.lower()
    if not head:
        raise UnreadableFile(Reason.EMPTY)
    if _PDF.match(head) or (named == ".pdf" and b"%PDF-" in head):
        return ".pdf"
    if head.startswith(b"PK\x03\x04"):
        return _zip_suffix(path, named=named)
    if head.startswith(_OLE):
        raise UnreadableFile(_ole_reason(path), suffix=named)
    if head.startswith(_OTHER_MAGIC) or (head.startswith(_LETTER_MAGIC) and b"\0" in head):
        raise UnreadableFile(Reason.UNSUPPORTED, suffix=named)
    if named in (".pdf", ".docx"):
        raise UnreadableFile(Reason.DAMAGED, cause=f"no {named[1:]} file inside")
    return named


def _zip_suffix(path: Path, *, named: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            members = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, OSError) as error:  # OSError: an offset before the file's start
        raise UnreadableFile(Reason.DAMAGED, cause=str(error)) from error
    for member, suffix in _ZIP_MEMBERS.items():
        if member in members:
            return suffix
    if named == ".docx":
        raise UnreadableFile(Reason.DAMAGED, cause="word/document.xml is missing")
    raise UnreadableFile(Reason.UNSUPPORTED, suffix=named)


def _ole_reason(path: Path) -> Reason:
    """Tell an encrypted Office file from the formats before 2007: both are OLE containers.

    Names of streams lie in the directory, which may be anywhere in the file.
    """
    return Reason.ENCRYPTED if _ENCRYPTED_PACKAGE in path.read_bytes() else Reason.OLD_FORMAT
