"""Web pages: scripts, styles and navigation left out, headings and tables kept."""

from pathlib import Path

from langchain_core.documents import Document

from ingest.decode import clean, decode
from ingest.html.blocks import html_blocks, html_document
from ingest.loaders.text import undecodable
from ingest.workspace import Workspace

SUFFIXES = (".html", ".htm", ".xhtml", ".shtml")
VERSION = "2"


def load(path: Path, *, workspace: Workspace) -> list[Document]:
    """Read a web page into one Document; the bytes decide on the encoding, not the page's own claim.

    Headings are those of the page; one that has none is searched for numbered ones.
    """
    decoded = decode(path.read_bytes())
    content = html_blocks(clean(decoded.text))
    return [html_document(content, loader="html", encoding=decoded.encoding, gaps=undecodable(decoded))]
