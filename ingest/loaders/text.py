"""Plain text: stored as it is, with headings by the rules of Chinese numbering."""

from pathlib import Path

from langchain_core.documents import Document

from ingest.blocks import text_document
from ingest.decode import Decoded, clean, decode
from ingest.errors import Reason
from ingest.headings import find_headings
from ingest.types import Gap
from ingest.workspace import Workspace

SUFFIXES = (".txt", ".text", ".log")
VERSION = "2"


def load(path: Path, *, workspace: Workspace) -> list[Document]:
    """Read a text file into one Document; its `encoding` is the one that the bytes are in."""
    decoded = decode(path.read_bytes())
    text = clean(decoded.text)
    return [
        text_document(
            text, loader="text", headings=find_headings(text), encoding=decoded.encoding, gaps=undecodable(decoded)
        )
    ]


def undecodable(decoded: Decoded) -> list[Gap]:
    """Return the gaps that bytes without a meaning leave, and a text that probably is none."""
    gaps = []
    if decoded.first_bad is not None:
        values = {
            "offset": decoded.first_bad,
            "encoding": decoded.encoding,
            "count": decoded.text.count("\ufffd"),
        }
        gaps.append(Gap(Reason.UNDECODABLE_BYTES, values=values))
    if decoded.doubtful:
        gaps.append(Gap(Reason.GARBLED))
    return gaps
