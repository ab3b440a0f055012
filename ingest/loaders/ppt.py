"""PowerPoint files of before 2007 (and WPS Presentation's): read as .pptx after LibreOffice has converted them."""

from collections.abc import Iterator
from pathlib import Path

from langchain_core.documents import Document

from ingest.errors import Reason, UnreadableFile
from ingest.loaders import pptx
from ingest.office.libreoffice import convert, relabelled
from ingest.workspace import Member, Workspace

SUFFIXES = (".ppt", ".pps", ".pot", ".dps")
VERSION = "1"

# The token of an encrypted file in its CurrentUserAtom, after the record's header and size, [MS-PPT] 2.3.2.
_TOKEN = slice(12, 16)
_ENCRYPTED = bytes.fromhex("dfc4d1f3")


def load(path: Path, *, workspace: Workspace) -> Iterator[Document | Member]:
    """Read an old PowerPoint file into Documents, one per slide; NEEDS_PROGRAM where LibreOffice is not installed."""
    if _is_encrypted(path):
        raise UnreadableFile(Reason.ENCRYPTED)
    converted = convert(path, to="pptx", workspace=workspace, reader="MS PowerPoint 97")
    yield from relabelled(pptx.load(converted, workspace=workspace), loader="ppt")


def _is_encrypted(path: Path) -> bool:
    import olefile

    try:
        with olefile.OleFileIO(str(path)) as container:
            if not container.exists("Current User"):
                return False
            return bool(container.openstream("Current User").read(20)[_TOKEN] == _ENCRYPTED)
    except (OSError, ValueError, IndexError, TypeError) as error:
        raise UnreadableFile(Reason.DAMAGED, cause=str(error)) from error
