"""Rich text: paragraphs, headings by style or look, list numbers, tables as rows, notes behind their paragraphs."""

from collections.abc import Iterator
from pathlib import Path

from langchain_core.documents import Document

from ingest.blocks import text_document
from ingest.errors import Reason, UnreadableFile
from ingest.office.flow_text import flow_text, visible_characters
from ingest.rtf.blocks import Contents
from ingest.rtf.headings import text_pieces
from ingest.rtf.text import read_contents
from ingest.types import Gap
from ingest.workspace import Workspace

SUFFIXES = (".rtf",)
VERSION = "1"

_CUT = "the file ends before its last group does"


def load(path: Path, *, workspace: Workspace) -> list[Document]:
    """Read an RTF file into one Document; its `encoding` is the one of most characters that are not in Unicode there.

    Running headers and footers, hidden and deleted text are left out. A file of nothing but pictures raises
    NO_TEXT_LAYER.
    """
    contents = read_contents(path.read_bytes())
    if contents.is_cut and not contents.paragraphs:
        raise UnreadableFile(Reason.DAMAGED, cause=_CUT)
    if contents.pictures and not contents.paragraphs:
        raise UnreadableFile(Reason.NO_TEXT_LAYER, pages=contents.pictures)
    pieces, contents_lines = text_pieces(contents)
    text, headings = flow_text(pieces, loader="rtf")
    found = text_document(text, loader="rtf", headings=headings, encoding=contents.encoding, gaps=_gaps(contents))
    found.metadata["left_out"] = {"contents_lines": visible_characters([contents_lines])} if contents_lines else {}
    return [found]


def _gaps(contents: Contents) -> Iterator[Gap]:
    if contents.is_cut:
        yield Gap(Reason.DAMAGED, values={"cause": _CUT})
    if contents.bad:
        values: dict[str, object] = {"offset": contents.first_bad, "encoding": contents.encoding, "count": contents.bad}
        yield Gap(Reason.UNDECODABLE_BYTES, values=values)
    if contents.objects:
        yield Gap(Reason.EMBEDDED_FILES, values={"count": contents.objects})
