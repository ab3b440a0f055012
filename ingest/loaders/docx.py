"""Word files: paragraphs, headings by style or outline level, lists with their numbers, tables as rows, notes.

Read by a walk of our own: unstructured loses headings by outline level, characters with a reading above them, ticked
boxes and notes, shows hidden text, and takes five times the time.
"""

from collections.abc import Iterator
from pathlib import Path

from langchain_core.documents import Document

from ingest.blocks import text_document
from ingest.office.flow_text import flow_text
from ingest.office.word_blocks import WordReader
from ingest.workspace import Member, Workspace
from ingest.zip_package import open_package

SUFFIXES = (".docx", ".docm", ".dotx", ".dotm")
VERSION = "2"


def load(path: Path, *, workspace: Workspace) -> Iterator[Document | Member]:
    """Read a Word file into one Document; Word decides on pages only while it shows a file, so there are none.

    Headings are those by style or outline level; a file that has none is searched for numbered ones. Notes and comments
    follow the paragraph that refers to them. Whole documents that are put into the text by reference are members.
    `left_out` counts characters that are deleted, hidden, phonetic, prompts, headers, or in a table of contents.
    """
    with open_package(path, limits=workspace.limits) as package:
        reader = WordReader(package)
        text, headings = flow_text(reader.pieces(), loader="docx")
        document = text_document(text, loader="docx", headings=headings, gaps=reader.gaps(text))
        document.metadata["left_out"] = dict(+reader.left_out)
        yield document
        yield from reader.members(workspace)
