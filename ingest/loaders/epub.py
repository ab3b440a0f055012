"""E-books: the chapters in the order of reading, with their headings."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from langchain_core.documents import Document

from ingest.blocks import Block
from ingest.decode import clean, decode
from ingest.errors import Reason, UnreadableFile
from ingest.html.blocks import HtmlContent, html_blocks, html_document, joined
from ingest.loaders.text import undecodable
from ingest.types import Gap
from ingest.workspace import Workspace
from ingest.zip_package import Package, open_package, parse_xml

if TYPE_CHECKING:
    from lxml.etree import _Element

SUFFIXES = (".epub",)
VERSION = "1"

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_CHAPTERS = ("application/xhtml+xml", "text/html", "text/x-oeb1-document", "application/x-dtbook+xml")
# Fonts may be garbled so that they cannot be copied; that is no protection of the text.
_FONT_GARBLING = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line of the table of contents: the file that it leads to, its title, its depth from 1."""

    path: str
    title: str
    level: int


@dataclass(slots=True)
class _Book:
    """The chapters' files in the order of reading, and the table of contents."""

    chapters: list[str]
    contents: list[_Entry]
    navigation: str | None
    gaps: list[Gap] = field(default_factory=list)
    pages: list[HtmlContent] = field(default_factory=list)
    encoding: str | None = None


def load(path: Path, *, workspace: Workspace) -> list[Document]:
    """Read a book into one Document; it has no pages.

    Headings are the chapters' own, else those of the table of contents. A missing chapter is a gap.
    """
    with open_package(path, limits=workspace.limits) as package:
        book = _book(package)
        encrypted = _encrypted(package)
        if book.chapters and encrypted.issuperset(book.chapters):
            raise UnreadableFile(Reason.ENCRYPTED)
        for chapter in book.chapters:
            if chapter in encrypted:
                book.gaps.append(Gap(Reason.ENCRYPTED, values={"part": chapter}))
            elif chapter != book.navigation:
                _read_chapter(package, chapter, book=book)
    content = joined(book.pages)
    return [html_document(content, loader="epub", encoding=book.encoding, gaps=book.gaps)]


def _book(package: Package) -> _Book:
    """Return the order of reading: the spine of the package document (EPUB 3.3, 5.7)."""
    opf = _package_path(package)
    root = package.xml(opf)
    items = {item.get("id"): item for item in root.iter("{*}item")}
    paths = {key: _resolved(opf, item.get("href")) for key, item in items.items()}
    spine = [reference.get("idref") for reference in root.iter("{*}itemref")]
    gaps = [Gap(Reason.DAMAGED, values={"cause": f"no item {key}"}) for key in spine if key not in items]
    if not spine:
        spine = list(items)
    chapters = [paths[key] for key in spine if key in items and items[key].get("media-type") in _CHAPTERS]
    navigation = next(
        (paths[key] for key, item in items.items() if "nav" in (item.get("properties") or "").split()), None
    )
    ncx = next(
        (paths[key] for key, item in items.items() if item.get("media-type") == "application/x-dtbncx+xml"), None
    )
    contents = list(_contents(package, navigation)) or list(_contents(package, ncx))
    return _Book(list(dict.fromkeys(chapters)), contents, navigation, gaps)


def _package_path(package: Package) -> str:
    names = package.names
    if _CONTAINER in names:
        for rootfile in package.xml(_CONTAINER).iter("{*}rootfile"):
            if rootfile.get("full-path") in names:
                return str(rootfile.get("full-path"))
    found = next((name for name in names if name.endswith(".opf")), None)
    if found is None:
        raise UnreadableFile(Reason.DAMAGED, cause="no package document inside")
    return found


def _encrypted(package: Package) -> set[str]:
    if _ENCRYPTION not in package.names:
        return set()
    paths = set()
    for data in package.xml(_ENCRYPTION).iter("{*}EncryptedData"):
        method = data.find("{*}EncryptionMethod")
        if method is None or method.get("Algorithm") not in _FONT_GARBLING:
            paths |= {unquote(reference.get("URI", "")) for reference in data.iter("{*}CipherReference")}
    return paths


def _read_chapter(package: Package, chapter: str, *, book: _Book) -> None:
    try:
        decoded = decode(package.read(chapter))
    except UnreadableFile as error:
        if error.reason is Reason.TOO_LARGE:
            raise
        book.gaps.append(Gap(error.reason, values={**error.values, "part": chapter}))
        return
    page = html_blocks(clean(decoded.text))
    book.gaps += undecodable(decoded)
    book.encoding = book.encoding or decoded.encoding
    entries = [entry for entry in book.contents if entry.path == chapter]
    book.pages.append(replace(page, blocks=_titled(page.blocks, entries)))


def _titled(blocks: list[Block], entries: list[_Entry]) -> list[Block]:
    """Return the blocks of a chapter; one without headings gets those that the table of contents has for it."""
    if not blocks or any(block.level for block in blocks):
        return blocks
    titles = {_folded(entry.title): entry.level for entry in entries}
    titled = [replace(block, level=titles.get(_folded(block.text), 0)) for block in blocks]
    if entries and not any(block.level for block in titled):
        return [Block(entries[0].title, entries[0].level), *blocks]
    return titled


def _folded(title: str) -> str:
    return "".join(title.split())


def _contents(package: Package, path: str | None) -> Iterator[_Entry]:
    """Yield the table of contents, of EPUB 3 (nested lists) or of EPUB 2 (navPoint)."""
    if path is None or path not in package.names:
        return
    try:
        root = parse_xml(package.read(path))
    except UnreadableFile:  # the headings of the chapters are left
        return
    for point in root.iter("{*}navPoint"):
        label, content = point.find("{*}navLabel"), point.find("{*}content")
        if label is not None and content is not None:
            yield _Entry(_resolved(path, content.get("src")), _text(label), 1 + _around(point, "navPoint"))
    for navigation in root.iter("{*}nav"):
        if navigation.get("{http://www.idpf.org/2007/ops}type") == "toc":
            for link in navigation.iter("{*}a"):
                yield _Entry(_resolved(path, link.get("href")), _text(link), _around(link, "ol"))


def _around(element: "_Element", tag: str) -> int:
    return sum(1 for _ in element.iterancestors("{*}" + tag))


def _text(element: "_Element") -> str:
    return " ".join("".join(element.itertext()).split())


def _resolved(base: str, reference: str | None) -> str:
    """Return the path in the package that a reference of the file `base` leads to, without its fragment."""
    path = unquote((reference or "").partition("#")[0])
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), path)) if path else base
