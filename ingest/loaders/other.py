"""XML of any kind, as unstructured (the extra `more`) reads it: for what has no reader of its own here.

The other formats have readers of their own: unstructured drops cells, notes, headings by outline level and deep pages,
puts inline text before its paragraph, or takes eight times as long (docs/measurements.md).
"""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.documents import Document

from ingest.blocks import page_document, text_document
from ingest.decode import clean, decode
from ingest.elements import LANGUAGES, element_blocks, partitioner
from ingest.errors import Reason, UnreadableFile
from ingest.headings import find_headings
from ingest.loaders.text import undecodable
from ingest.types import Gap
from ingest.workspace import Workspace
from ingest.zip_package import parse_xml

if TYPE_CHECKING:
    from lxml.etree import _Element

SUFFIXES = (".xml",)
VERSION = "1"


def load(path: Path, *, workspace: Workspace) -> list[Document]:
    """Read the texts of an XML file's elements into one Document, each a paragraph."""
    from lxml import etree

    if find_spec("unstructured") is None:
        raise UnreadableFile(Reason.NEEDS_PROGRAM, program=".venv/bin/pip install -e '.[more]'")
    data = path.read_bytes()
    gaps: list[Gap] = []
    encoding = None
    try:
        root = parse_xml(data)
    except UnreadableFile:  # a declared encoding that is not the real one
        decoded = decode(data)
        root, gaps, encoding = parse_xml(_undeclared(clean(decoded.text))), undecodable(decoded), decoded.encoding
    etree.strip_elements(root, etree.Comment, etree.ProcessingInstruction, etree.Entity, with_tail=False)
    _flatten(root)
    elements = partitioner("xml")(text=etree.tostring(root, encoding="unicode"), languages=LANGUAGES)
    text = page_document(element_blocks(elements), loader="other").page_content
    if not text:
        raise UnreadableFile(Reason.BLANK)
    return [text_document(text, loader="other", headings=find_headings(text), encoding=encoding, gaps=gaps)]


def _undeclared(text: str) -> bytes:
    """Return the document as UTF-8, without a declaration that says otherwise."""
    head, mark, rest = text.partition("?>")
    return (rest if mark and head.lstrip("\ufeff \r\n").startswith("<?xml") else text).encode()


def _flatten(root: "_Element") -> None:
    """Make one text of each element that has text beside other elements, whose order unstructured would change."""
    for element in list(root.iter()):
        beside = [element.text, *(child.tail for child in element)]
        if len(element) and any(text and text.strip() for text in beside):
            element.text, element[:] = "".join(element.itertext()), []
