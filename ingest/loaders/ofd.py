"""OFD, the national format of fixed pages (GB/T 33190-2016): documents, invoices, forms; one Document a page."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from langchain_core.documents import Document

from ingest import ocr
from ingest.errors import Reason, UnreadableFile
from ingest.members import MemberFiles, attachment_name
from ingest.ocr.pages import pixels_a_point, recognised, shows_print
from ingest.ofd.package import OfdDocument, PageParts, Parts
from ingest.ofd.page import ReadPage, read_page
from ingest.ofd.picture import drawn
from ingest.pdf.document import documents
from ingest.pdf.garbled import garbled
from ingest.pdf.page import Page
from ingest.types import Gap
from ingest.workspace import Member, Workspace
from ingest.zip_package import open_package

SUFFIXES = (".ofd",)
VERSION = "2"


def load(path: Path, *, workspace: Workspace) -> Iterator[Document | Member]:
    """Yield an OFD file as one Document per page, then the files that are attached to it.

    The pages of several documents in one file are counted on. Watermarks and running lines are left out; seals are
    pictures. What only a picture shows is recognised where that is installed, else the page has a gap. Raises
    NO_TEXT_LAYER, GARBLED or DAMAGED at the end where no page could be read.
    """
    with open_package(path, limits=workspace.limits) as package:
        inside = Parts(package).documents()
        sources = [page for document in inside for page in document.pages()]
        yield from documents(_pages(sources, workspace=workspace), loader="ofd", total=len(sources))
        yield from _attachments(inside, workspace=workspace)


def _pages(sources: list[PageParts], *, workspace: Workspace) -> Iterator[Page]:
    total, most = len(sources), workspace.limits.pages
    for number, source in enumerate(sources[:most], 1):
        try:
            page = _seen(read_page(source, number=number), parts=source.document.parts, workspace=workspace)
        except UnreadableFile as error:
            page = Page(number, gaps=(Gap(error.reason, page=number, values=error.values),))
        if number == most < total:
            values: dict[str, object] = {"limit": "pages", "value": total, "most": most}
            page = replace(page, gaps=(*page.gaps, Gap(Reason.TOO_MANY_PAGES, page=number, values=values)))
        yield page


def _seen(read: ReadPage, *, parts: Parts, workspace: Workspace) -> Page:
    """Return a page from its text, with what its pictures show; a gap tells what neither gives."""
    page, number = read.page, read.page.number
    if bad := garbled(page.text):
        values: dict[str, object] = {"characters": bad.characters, "of": bad.of}
        return replace(page, gaps=(*page.gaps, Gap(Reason.GARBLED, page=number, values=values)))
    if not page.is_picture:
        return page
    scale = pixels_a_point(*read.size, limits=workspace.limits)
    if page.lines:
        small = drawn(read, parts=parts, scale=min(1.0, scale), limits=workspace.limits)
        if small and not shows_print(small):
            return page
    image = drawn(read, parts=parts, scale=scale, limits=workspace.limits) if ocr.available() else None
    if image is None:
        return replace(page, gaps=(*page.gaps, Gap(Reason.SCANNED_PAGES, page=number)))
    return recognised(page, image=image, scale=scale, workspace=workspace)


def _attachments(inside: list[OfdDocument], *, workspace: Workspace) -> Iterator[Member]:
    files = MemberFiles(workspace)
    found = [(document.parts, attachment) for document in inside for attachment in document.attachments()]
    for number, (parts, attachment) in enumerate(found[: workspace.limits.members], 1):
        name = attachment_name(attachment.name, otherwise=f"attachment-{number}")
        try:
            data = parts.package.read(attachment.part or "")
        except UnreadableFile as error:
            yield files.refused(name, error.reason, **error.values)
        else:
            yield files.save(name, [data])
