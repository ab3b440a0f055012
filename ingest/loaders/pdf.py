"""PDF: the text layer page by page, paragraphs joined across lines and columns; scanned pages are recognised.

pdfium reads the file. Nothing in it is run: not its scripts, not its actions, not the files attached to it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from langchain_core.documents import Document

from ingest.blocks import page_document
from ingest.errors import Reason, UnreadableFile
from ingest.ocr.pdf_page import recognised
from ingest.pdf.attachments import attachments
from ingest.pdf.bombs import refuse_bombs
from ingest.pdf.garbled import garbled
from ingest.pdf.layout import LaidOut, laid_out
from ingest.pdf.outline import Outline
from ingest.pdf.page import Page, read_page, visible
from ingest.types import Gap
from ingest.workspace import Member, Workspace

SUFFIXES = (".pdf",)
VERSION = "1"

_MOST_MISSING = 100  # pages in a row that are not there
_KEPT = 0.99  # of the visible characters; below, the reader has lost some


def load(path: Path, *, workspace: Workspace) -> Iterator[Document | Member]:
    """Yield a PDF as one Document per page while it is being read, then the files that are attached to it.

    A page that is only a picture is recognised where that is installed, else it is empty and has a gap. A PDF that only
    its owner's password locks (against printing, say) is read. Raises NO_TEXT_LAYER, GARBLED or DAMAGED at the end
    where no page could be read.
    """
    refuse_bombs(path, limits=workspace.limits)
    document = _opened(path)
    try:
        yield from _documents(document, workspace=workspace)
        yield from attachments(document, workspace=workspace)
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


def _documents(document: Any, *, workspace: Workspace) -> Iterator[Document]:  # noqa: ANN401
    """Yield the pages; raise at the end what became of all of them, where none could be read."""
    outcome: Counter[Reason | None] = Counter()
    for laid in laid_out(_pages(document, workspace=workspace), outline=Outline(document)):
        found = _document(laid, pages=len(document))
        outcome[_failure(laid.page, text=found.page_content)] += 1
        yield found
    if outcome[None]:
        return
    for reason in (Reason.NO_TEXT_LAYER, Reason.GARBLED):
        if outcome[reason]:
            raise UnreadableFile(reason, pages=len(document))
    if outcome[Reason.DAMAGED]:
        raise UnreadableFile(Reason.DAMAGED, cause="no page of it can be loaded")


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
    """Return a page from its text layer, or from its picture where the layer is none or says something else."""
    from ingest import ocr

    found = read_page(page, number=number, form=form)
    bad = garbled(found.text)
    if not found.is_picture and not bad:
        return found
    if (bad is None or bad.is_worth_reading_again) and ocr.available():
        return recognised(page, number=number, workspace=workspace)
    if bad is None:
        return replace(found, gaps=(Gap(Reason.SCANNED_PAGES, page=number),))
    values: dict[str, object] = {"characters": bad.characters, "of": bad.of}
    return replace(found, gaps=(Gap(Reason.GARBLED, page=number, values=values),))


def _document(laid: LaidOut, *, pages: int) -> Document:
    page = laid.page
    found = page_document(laid.blocks, loader="pdf", page=page.number, gaps=page.gaps)
    found.metadata["pages"] = pages
    found.metadata["left_out"] = {kind: visible(text).total() for kind, text in laid.left_out.items()}
    content = visible(page.layer) - visible("".join(laid.left_out.values()))
    lost = (content - visible(found.page_content)).total()
    if lost > (1 - _KEPT) * content.total():
        values = {"found": content.total(), "read": content.total() - lost}
        found.metadata["gaps"].append({"reason": str(Reason.TEXT_LOST), "page": page.number, "values": values})
    return found


def _failure(page: Page, *, text: str) -> Reason | None:
    """Return why nothing of a page is of use, None where it is; a blank page neither is nor tells why."""
    reasons = [gap.reason for gap in page.gaps]
    if Reason.GARBLED in reasons:
        bad = garbled(text)
        return Reason.GARBLED if bad and bad.is_lost else None
    if text.strip():
        return None
    return Reason.NO_TEXT_LAYER if Reason.SCANNED_PAGES in reasons else next(iter(reasons), Reason.BLANK)
