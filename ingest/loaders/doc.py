"""Word files of before 2007 (and WPS Writer's): read as .docx files after LibreOffice has converted them."""

import struct
from collections.abc import Iterator
from pathlib import Path

from langchain_core.documents import Document

from ingest.errors import Reason, UnreadableFile
from ingest.loaders import docx
from ingest.office.libreoffice import convert, relabelled
from ingest.workspace import Member, Workspace

SUFFIXES = (".doc", ".dot", ".wps")
VERSION = "1"

# The first fields of the file information block, [MS-DOC] 2.5.1: wIdent, nFib, unused, lid, pnNext, flags.
_HEADER = struct.Struct("<6H")
_ENCRYPTED = 0x0100
_BEFORE_97 = 0xA5DC  # wIdent of Word 6 and 95


def load(path: Path, *, workspace: Workspace) -> Iterator[Document | Member]:
    """Read an old Word file into one Document; NEEDS_PROGRAM where LibreOffice is not installed."""
    version, flags = _header(path)
    if flags & _ENCRYPTED:
        raise UnreadableFile(Reason.ENCRYPTED)
    reader = "MS WinWord 6.0" if version == _BEFORE_97 else "MS Word 97"
    converted = convert(path, to="docx", workspace=workspace, reader=reader)
    yield from relabelled(docx.load(converted, workspace=workspace), loader="doc")


def _header(path: Path) -> tuple[int, int]:
    import olefile

    try:
        with olefile.OleFileIO(str(path)) as container:
            fields = _HEADER.unpack(container.openstream("WordDocument").read(_HEADER.size))
    except (OSError, ValueError, IndexError, TypeError, struct.error) as error:
        raise UnreadableFile(Reason.DAMAGED, cause=str(error)) from error
    return fields[0], fields[5]
