"""Saved web pages (MHTML): the page itself; its pictures, styles and frames are not read."""

from email import message_from_bytes
from email.message import Message
from pathlib import Path

from langchain_core.documents import Document

from ingest.decode import clean
from ingest.errors import Reason, UnreadableFile
from ingest.html.blocks import html_blocks, html_document, joined
from ingest.labelled import decode_labelled
from ingest.loaders.text import undecodable
from ingest.workspace import Workspace

SUFFIXES = (".mhtml", ".mht")
VERSION = "1"

_PAGES = ("text/html", "application/xhtml+xml")


def load(path: Path, *, workspace: Workspace) -> list[Document]:
    """Read a saved page into one Document; where its root page is only frames, all pages in it, in their order."""
    try:
        message = message_from_bytes(path.read_bytes().lstrip(b"\xef\xbb\xbf\r\n"))
        parts = [part for part in message.walk() if part.get_content_type() in _PAGES]
    except RecursionError as error:
        raise UnreadableFile(Reason.DAMAGED, cause="parts are nested too deeply") from error
    if not parts:
        raise UnreadableFile(Reason.DAMAGED, cause="no page inside")
    root = _root(message, parts)
    documents = [_document([root])]
    if not documents[0].page_content:
        documents = [_document([part for part in parts if part is not root])]
    return documents


def _root(message: Message, parts: list[Message]) -> Message:
    """Return the part that the message says is its root, else its first page (RFC 2387)."""
    start = message.get_param("start")
    return next((part for part in parts if start and part.get("content-id") == start), parts[0])


def _document(parts: list[Message]) -> Document:
    pages, gaps, encoding = [], [], None
    for part in parts:
        content = part.get_payload(decode=True)
        decoded = decode_labelled(content if isinstance(content, bytes) else b"", part.get_content_charset())
        pages.append(html_blocks(clean(decoded.text)))
        gaps += undecodable(decoded)
        encoding = encoding or decoded.encoding
    return html_document(joined(pages), loader="mhtml", encoding=encoding, gaps=gaps)
