"""OFD, the national format of fixed pages (GB/T 33190-2016): documents, invoices, forms; one Document a page."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from langchain_core.documents import Document

from ingest.blocks import Block, page_document
from ingest.errors import Reason, UnreadableFile
from ingest.headings import numbered
from ingest.members import MemberFiles, attachment_name
from ingest.ofd.package import OfdDocument, PageParts, Parts
from ingest.ofd.page import ReadPage, read_page
from ingest.ofd.scan import recognised
from ingest.pdf.garbled import garbled
from ingest.pdf.layout import LaidOut, laid_out
from ingest.pdf.outline import Outline
from ingest.pdf.page import Page, visible
from ingest.types import Gap
from ingest.workspace import Member, Workspace
from ingest.zip_package import open_package

SUFFIXES = (".ofd",)
VERSION = "1"

_NO_TITLE = re.compile(r"[^：:]{1,15}[：:]\s*\S|[〇零一二三四五六七八九\d]{4}年.{1,3}月(?:.{1,3}日)?$")
_KEPT = 0.99  # of the visible characters; below, the layout has lost some


def load(path: Path, *, workspace: Workspace) -> Iterator[Document | Member]:
    """Yield an OFD file as one Document per page, then the files that are attached to it.

    The pages of several documents in one file are counted on. Watermarks and running lines are left out; seals are
    pictures. A page that is only a picture is recognised where that is installed, else it is empty and has a gap.
    Raises NO_TEXT_LAYER, GARBLED or DAMAGED at the end where no page could be read.
    """
    with open_package(path, limits=workspace.limits) as package:
        documents = Parts(package).documents()
        yield from _documents(documents, workspace=workspace)
        yield from _attachments(documents, workspace=workspace)


def _documents(documents: list[OfdDocument], *, workspace: Workspace) -> Iterator[Document]:
    """Yield the pages; raise at the end what became of all of them, where none could be read."""
    sources = [page for document in documents for page in document.pages()]
    watermarks: dict[int, str] = {}
    outcome: Counter[Reason | None] = Counter()
    for laid in laid_out(_pages(sources, watermarks=watermarks, workspace=workspace), outline=Outline()):
        found = _document(laid, pages=len(sources), watermark=watermarks.pop(laid.page.number, ""))
        outcome[_failure(laid.page, text=found.page_content)] += 1
        yield found
    for reason in (Reason.NO_TEXT_LAYER, Reason.GARBLED, Reason.DAMAGED):
        if outcome[reason] and not outcome[None]:
            raise UnreadableFile(reason, pages=len(sources))


def _pages(sources: list[PageParts], *, watermarks: dict[int, str], workspace: Workspace) -> Iterator[Page]:
    total, most = len(sources), workspace.limits.pages
    for number, source in enumerate(sources[:most], 1):
        try:
            read = read_page(source, number=number)
        except UnreadableFile as error:
            page = Page(number, gaps=(Gap(error.reason, page=number, values=error.values),))
        else:
            watermarks[number] = read.watermark
            page = _seen(read, parts=source.document.parts, workspace=workspace)
        if number == most < total:
            values: dict[str, object] = {"limit": "pages", "value": total, "most": most}
            page = replace(page, gaps=(*page.gaps, Gap(Reason.TOO_MANY_PAGES, page=number, values=values)))
        yield page


def _seen(read: ReadPage, *, parts: Parts, workspace: Workspace) -> Page:
    """Return a page from its text, or from its pictures where it has none; a gap tells what neither gives."""
    from ingest import ocr

    page, number = read.page, read.page.number
    if page.is_picture:
        found = recognised(page, pictures=read.pictures, parts=parts, workspace=workspace) if ocr.available() else None
        return found or replace(page, gaps=(*page.gaps, Gap(Reason.SCANNED_PAGES, page=number)))
    if bad := garbled(page.text):
        values: dict[str, object] = {"characters": bad.characters, "of": bad.of}
        return replace(page, gaps=(*page.gaps, Gap(Reason.GARBLED, page=number, values=values)))
    return page


def _document(laid: LaidOut, *, pages: int, watermark: str) -> Document:
    page = laid.page
    left_out = laid.left_out | ({"watermark": laid.left_out.get("watermark", "") + watermark} if watermark else {})
    found = page_document(map(_told, laid.blocks), loader="ofd", page=page.number, gaps=page.gaps)
    found.metadata["pages"] = pages
    found.metadata["left_out"] = {kind: visible(text).total() for kind, text in left_out.items()}
    content = visible(page.layer) - visible("".join(laid.left_out.values()))
    lost = (content - visible(found.page_content)).total()
    if lost > (1 - _KEPT) * content.total():
        values = {"found": content.total(), "read": content.total() - lost}
        found.metadata["gaps"].append({"reason": str(Reason.TEXT_LOST), "page": page.number, "values": values})
    return found


def _told(block: Block) -> Block:
    """Return a block; a field of a form (名称：某公司) or a date is no heading, though it is in other type."""
    return Block(block.text) if block.level and _NO_TITLE.match(block.text) and not numbered(block.text) else block


def _failure(page: Page, *, text: str) -> Reason | None:
    """Return why nothing of a page is of use, None where it is; a blank page neither is nor tells why."""
    reasons = [gap.reason for gap in page.gaps]
    if Reason.GARBLED in reasons:
        bad = garbled(text)
        return Reason.GARBLED if bad and bad.is_lost else None
    if text.strip():
        return None
    return Reason.NO_TEXT_LAYER if Reason.SCANNED_PAGES in reasons else next(iter(reasons), Reason.BLANK)


def _attachments(documents: list[OfdDocument], *, workspace: Workspace) -> Iterator[Member]:
    files = MemberFiles(workspace)
    found = [(document.parts, attachment) for document in documents for attachment in document.attachments()]
    for number, (parts, attachment) in enumerate(found[: workspace.limits.members], 1):
        name = attachment_name(attachment.name, otherwise=f"attachment-{number}")
        try:
            data = parts.package.read(attachment.part or "")
        except UnreadableFile as error:
            yield files.refused(name, error.reason, **error.values)
        else:
            yield files.save(name, [data])
