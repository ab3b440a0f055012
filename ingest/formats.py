"""Which loader reads a file: told by its content first, by its name only where the content is plain text."""

import importlib
import pkgutil
import re
import zipfile
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from ingest.decode import decode
from ingest.errors import Reason, UnreadableFile
from ingest.workspace import Member, Workspace, temporary_workspace

if TYPE_CHECKING:
    from langchain_core.documents import Document

_HEAD = 4096  # bytes that a format is told by
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# A stream or storage of an OLE container, and what such a file is. WPS Office writes the same under names of its own.
_OLE_STREAMS = (
    ("__properties_version1.0", ".msg"), ("WordDocument", ".doc"), ("Workbook", ".xls"), ("Book", ".xls"),
    ("PowerPoint Document", ".ppt"),
)  # fmt: skip
_ZIP_MEMBERS = (
    ("word/document.xml", ".docx"), ("xl/workbook.xml", ".xlsx"), ("xl/workbook.bin", ".xlsb"),
    ("ppt/presentation.xml", ".pptx"), ("OFD.xml", ".ofd"), ("META-INF/container.xml", ".epub"),
)  # fmt: skip
# The first member of an OpenDocument file or an EPUB names its type, uncompressed.
_MIME_TYPES = (
    (b"application/vnd.oasis.opendocument.text", ".odt"),
    (b"application/vnd.oasis.opendocument.spreadsheet", ".ods"),
    (b"application/vnd.oasis.opendocument.presentation", ".odp"),
    (b"application/epub+zip", ".epub"),
)
_MAGIC = (
    (b"{\\rtf", ".rtf"), (b"\x89PNG\r\n\x1a\n", ".png"), (b"\xff\xd8\xff", ".jpg"), (b"GIF87a", ".gif"),
    (b"GIF89a", ".gif"), (b"II*\0", ".tiff"), (b"MM\0*", ".tiff"),
)  # fmt: skip
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
# Formats that no loader reads and that must not be taken for text by their name.
_OTHER_MAGIC = (b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x7fELF", b"SQLite format 3\0")
# Letters that a text may begin with too ("BMI 指数"): they count where a NUL follows, which no text has.
_LETTER_MAGIC = (b"MZ", b"ID3", b"RIFF", b"OggS", b"fLaC", b"GGUF")
# A PDF begins with its mark, after a byte order mark or blanks at most; in a file named so, junk may precede it.
_PDF = re.compile(rb"(?:\xef\xbb\xbf)?\s*%PDF-")
# Formats with a mark of their own: where a file of such a name holds text, the text itself tells what it is.
_MARKED = (
    ".pdf", ".docx", ".doc", ".xlsx", ".xls", ".pptx", ".ppt", ".wps", ".et", ".dps", ".rtf", ".odt", ".ods", ".odp",
    ".epub", ".ofd", ".msg", ".zip", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".heic", ".gif", "",
)  # fmt: skip
_SHEETS = (".xlsx", ".xls", ".et", ".ods")  # systems export rows of text under these names too
_OFFICE_XML = re.compile(r"<\?mso-application|urn:schemas-microsoft-com:office:spreadsheet")
_TEXT_FORMATS = (
    (re.compile(r"\s*(?:<!doctype html|<html|<head|<meta|<body|<table|<div)", re.I), ".html"),
    (re.compile(r"(?:[\w-]+:.*\r?\n(?:[ \t].*\r?\n)*)*?content-type:\s*multipart/related", re.I), ".mhtml"),
    (re.compile(r"(?:[\w-]+:.*\r?\n(?:[ \t].*\r?\n)*)*?mime-version:", re.I), ".eml"),
)
_VISIBLE = re.compile("[^\\s\u00ad\u180e\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff]")


class Loader(Protocol):
    """A module of `ingest.loaders`.

    `VERSION` changes whenever the same file would be read otherwise, so that libraries read it again.
    """

    SUFFIXES: tuple[str, ...]
    VERSION: str

    def load(self, path: Path, *, workspace: Workspace) -> "Iterable[Document | Member]":
        """Yield the Documents of one file, one per page (exactly one where a format has no pages), and its members."""


def load(path: Path, *, name: str | None = None) -> "list[Document]":
    """Return the Documents of one file, as `lazy_load` does, without the files inside of it."""
    with temporary_workspace() as workspace:
        found = list(lazy_load(path, workspace=workspace, name=name))
    return [part for part in found if not isinstance(part, Member)]


def lazy_load(path: Path, *, workspace: Workspace, name: str | None = None) -> "Iterator[Document | Member]":
    """Yield one file's Documents, one per page, as they are read, and the files inside of it.

    `name` stands for the file's own name where `path` is a copy under another one. `metadata` has page (1-based or
    None), loader, encoding, headings (start, level, title; start counts in that page) and gaps (reason, page, values);
    maybe `pages`, how many there will be, and `left_out`, characters that are no content, by what they are.
    Raises `UnreadableFile` with the reason, at the end too: BLANK where there was no text at all.
    """
    limit = workspace.limits.file_bytes
    blank = True
    try:
        if path.stat().st_size > limit:
            raise UnreadableFile(Reason.TOO_LARGE, limit="file_bytes", value=path.stat().st_size, most=limit)
        suffix = suffix_by_content(path, name=name or path.name)
        for part in _loader(suffix).load(path, workspace=workspace):
            blank = blank and not isinstance(part, Member) and not _VISIBLE.search(part.page_content)
            yield part
    except FileNotFoundError as error:
        raise UnreadableFile(Reason.VANISHED) from error
    except IsADirectoryError as error:
        raise UnreadableFile(Reason.UNSUPPORTED, suffix="/") from error
    except PermissionError as error:
        raise UnreadableFile(Reason.NOT_PERMITTED, cause=error.strerror) from error
    if blank:
        raise UnreadableFile(Reason.BLANK)


@lru_cache(maxsize=1)
def supported_suffixes() -> tuple[str, ...]:
    """Return the suffixes that a loader reads, lower case, with the dot."""
    return tuple(sorted(suffix for loader in _loaders().values() for suffix in loader.SUFFIXES))


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Return the version of each loader by its name, as in the `loader` of its Documents."""
    return {name: loader.VERSION for name, loader in _loaders().items()}


@lru_cache(maxsize=1)
def _loaders() -> dict[str, Loader]:
    package = importlib.import_module("ingest.loaders")
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return {name: cast(Loader, importlib.import_module(f"ingest.loaders.{name}")) for name in names}


def _loader(suffix: str) -> Loader:
    for loader in _loaders().values():
        if suffix in loader.SUFFIXES:
            return loader
    raise UnreadableFile(Reason.UNSUPPORTED, suffix=suffix)


def suffix_by_content(path: Path, *, name: str) -> str:
    """Return the suffix that the file ought to have, going by its content; UnreadableFile where it has none."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    named = Path(name).suffix.strip().lower()
    if not head:
        raise UnreadableFile(Reason.EMPTY)
    if _PDF.match(head) or (named == ".pdf" and b"%PDF-" in head):
        return ".pdf"
    if head.startswith(b"PK\x03\x04") or (named == ".zip" and head.startswith(b"PK")):
        return _zip_suffix(path, named=named)
    if head.startswith(_OLE):
        return _ole_suffix(path, named=named)
    if marked := _marked(head):
        return marked
    if head.startswith(_OTHER_MAGIC) or (head.startswith(_LETTER_MAGIC) and b"\0" in head):
        raise UnreadableFile(Reason.UNSUPPORTED, suffix=named)
    return _text_suffix(head, named=named) if named in _MARKED else named


def _marked(head: bytes) -> str | None:
    """Return the suffix of a picture or an RTF by its first bytes, None for all else."""
    for magic, suffix in _MAGIC:
        if head.startswith(magic):
            return suffix
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ".webp"
    if head[:2] == b"BM" and b"\0" in head[:16]:
        return ".bmp"
    return ".heic" if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS else None


def _text_suffix(head: bytes, *, named: str) -> str:
    """Return what the text in a file of another format's name is: systems export HTML as .xls, pages as .doc."""
    try:
        text = decode(head).text
    except UnreadableFile as error:
        if not named:
            raise UnreadableFile(Reason.UNSUPPORTED, suffix=named) from error
        raise UnreadableFile(Reason.DAMAGED, cause=f"no {named[1:]} file inside") from error
    if _OFFICE_XML.search(text):
        raise UnreadableFile(Reason.OLD_FORMAT, suffix=named)
    plain = ".csv" if named in _SHEETS else ".txt"
    return next((suffix for pattern, suffix in _TEXT_FORMATS if pattern.match(text)), plain)


def _zip_suffix(path: Path, *, named: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            mime = archive.read("mimetype")[:100] if "mimetype" in names else b""
    # OSError: an offset before the file's start; RuntimeError: an encrypted member; ValueError: a name that is no name
    except (zipfile.BadZipFile, NotImplementedError, OSError, RuntimeError, ValueError, EOFError) as error:
        raise UnreadableFile(Reason.DAMAGED, cause=str(error)) from error
    found = next((suffix for kind, suffix in _MIME_TYPES if mime.strip().startswith(kind)), None)
    found = found or next((suffix for member, suffix in _ZIP_MEMBERS if member in names), None)
    if found:
        return found
    if named in (".zip", ""):
        return ".zip"
    if named in _MARKED:
        raise UnreadableFile(Reason.DAMAGED, cause=f"no {named[1:]} file inside")
    raise UnreadableFile(Reason.UNSUPPORTED, suffix=named)


def _ole_suffix(path: Path, *, named: str) -> str:
    """Tell an encrypted Office file, a mail and the formats before 2007 apart: all are OLE containers."""
    import olefile

    try:
        with olefile.OleFileIO(str(path)) as container:
            if container.exists("EncryptedPackage"):
                raise UnreadableFile(Reason.ENCRYPTED)
            for stream, suffix in _OLE_STREAMS:
                if container.exists(stream):
                    return suffix
    except (OSError, ValueError, IndexError, TypeError, RecursionError) as error:
        raise UnreadableFile(Reason.DAMAGED, cause=str(error)) from error
    raise UnreadableFile(Reason.OLD_FORMAT, suffix=named)
