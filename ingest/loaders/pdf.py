"""PDF: the text layer page by page, paragraphs joined across lines and columns; scanned pages are recognised.

pdfium reads the file. Nothing in it is run: not its scripts, not its actions, not the files attached to it.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from langchain_core.documents import Document

from ingest import ocr
from ingest.errors import Reason, UnreadableFile
from ingest.members import MemberFiles, attachment_name
from ingest.ocr.pages import pixels_a_point, recognised, shows_print
from ingest.pdf.bombs import refuse_bombs
from ingest.pdf.document import documents
from ingest.pdf.garbled import garbled
from ingest.pdf.outline import Outline
from ingest.pdf.page import Page, drawn, read_page
from ingest.types import Gap
from ingest.workspace import Member, Workspace

SUFFIXES = (".pdf",)
VERSION = "2"

_MOST_MISSING = 100  # pages in a row that are not there


def load(path: Path, *, workspace: Workspace) -> Iterator[Document | Member]:
    """Yield a PDF as one Document per page while it is being read, then the files that are attached to it.

    What only a picture shows is recognised where that is installed, else the page has a gap. A PDF that only its
    owner's password locks (against printing, say) is read. Raises NO_TEXT_LAYER, GARBLED or DAMAGED at the end where no
    page could be read.
    """
    refuse_bombs(path, limits=workspace.limits)
    document = _opened(path)
    try:
        pages = _pages(document, workspace=workspace)
        yield from documents(pages, loader="pdf", total=len(document), outline=Outline(document))
        yield from _attachments(document, packed=path.stat().st_size, workspace=workspace)
    finally:
        document.close()


def _opened(path: Path) -> Any:  # noqa: ANN401 - pypdfium2 has no types
    import pypdfium2
    import pypdfium2.raw as raw

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if error.err_code == raw.FPDF_ERR_PASSWORD:
            raise UnreadableFile(Reason.ENCRYPTED) from error
        raise UnreadableFile(Reason.DAMAGED, cause=str(error)) from error
    document.init_forms()
    return document


def _pages(document: Any, *, workspace: Workspace) -> Iterator[Page]:  # noqa: ANN401
    import pypdfium2

    total, most = len(document), workspace.limits.pages
    missing = 0
    for number in range(1, min(total, most) + 1):
        try:
            page = document[number - 1]
            missing = 0
        except pypdfium2.PdfiumError as error:
            found = Page(number, gaps=(Gap(Reason.DAMAGED, page=number, values={"cause": str(error)}),))
            missing += 1
            if missing == _MOST_MISSING:  # the file only says that there are more
                yield found
                return
        else:
            try:
                found = _page(page, number=number, form=document.formenv, workspace=workspace)
            finally:
                page.close()
        if number == most < total:
            values: dict[str, object] = {"limit": "pages", "value": total, "most": most}
            found = replace(found, gaps=(*found.gaps, Gap(Reason.TOO_MANY_PAGES, page=number, values=values)))
        yield found


def _page(page: Any, *, number: int, form: Any, workspace: Workspace) -> Page:  # noqa: ANN401
    """Return a page from its text layer, with what its pictures show, or from how it looks where the layer is wrong."""
    found = read_page(page, number=number, form=form)
    bad = garbled(found.text)
    if bad and bad.is_worth_reading_again and ocr.available():
        return _recognised(page, layer=Page(number), workspace=workspace)
    if bad:
        values: dict[str, object] = {"characters": bad.characters, "of": bad.of}
        return replace(found, gaps=(Gap(Reason.GARBLED, page=number, values=values),))
    if not found.is_picture or (found.lines and not _shows_print(page, workspace=workspace)):
        return found
    if ocr.available():
        return _recognised(page, layer=found, workspace=workspace)
    return replace(found, gaps=(Gap(Reason.SCANNED_PAGES, page=number),))


def _shows_print(page: Any, *, workspace: Workspace) -> bool:  # noqa: ANN401
    scale = min(1.0, pixels_a_point(*page.get_size(), limits=workspace.limits))
    return shows_print(drawn(page, scale=scale, with_text=False))


def _recognised(page: Any, *, layer: Page, workspace: Workspace) -> Page:  # noqa: ANN401
    scale = pixels_a_point(*page.get_size(), limits=workspace.limits)
    image = drawn(page, scale=scale, with_text=not layer.lines)
    return recognised(layer, image=image, scale=scale, workspace=workspace)


def _attachments(document: Any, *, packed: int, workspace: Workspace) -> Iterator[Member]:  # noqa: ANN401
    """Yield the attached files, as many and as large as the limits allow; `packed` is the size of the whole PDF."""
    import pypdfium2

    files = MemberFiles(workspace)
    for number in range(min(document.count_attachments(), workspace.limits.members)):
        otherwise = f"attachment-{number + 1}"
        name = otherwise
        try:
            attachment = document.get_attachment(number)
            name = attachment_name(attachment.get_name(), otherwise=otherwise)
            data = bytes(attachment.get_data())
        except (pypdfium2.PdfiumError, UnicodeDecodeError) as error:
            yield files.refused(name, Reason.DAMAGED, cause=str(error))
            continue
        yield files.save(name, [data], packed=packed)
