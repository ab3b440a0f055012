"""PDF with a text layer: paragraphs joined across lines and columns, one Document a page."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.documents import Document

from ingest.blocks import Block, page_document
from ingest.errors import Reason, UnreadableFile
from ingest.pdf_layout import page_blocks
from ingest.pdf_paragraphs import Page
from ingest.pdf_tables import page_tables
from ingest.pdf_text import Placing, page_lines
from ingest.types import Gap
from ingest.workspace import Workspace

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

SUFFIXES = (".pdf",)
VERSION = "1"

_SCANNED_TEXT = 20  # characters; a scan may carry a stamp or a page number as text
_SCANNED_SHARE = 0.5  # of the page that pictures cover, where it has some text
_PICTURE_SHARE = 0.1  # the same, where it has none
_DRAWN_LETTERS = 100  # shapes on a page without text
_GARBLED_SHARE = 0.01
_NO_CHARACTER = re.compile("[\ufffd\ue000-\uf8ff\U000f0000-\U0010ffff]")


def load(path: Path, *, workspace: Workspace) -> list[Document]:
    """Read a PDF into one Document per page; a page that is only a picture is empty and has a gap.

    A PDF that only its owner's password locks (against printing, say) is read.
    """
    document = _opened(path)
    try:
        if len(document) == 0:
            raise UnreadableFile(Reason.DAMAGED, cause="no pages")
        pages, gaps = _read(document)
    finally:
        document.close()
    blocks = page_blocks(pages)
    if not any(blocks) and any(gaps):
        raise UnreadableFile(Reason.NO_TEXT_LAYER, pages=len(pages))
    return [
        page_document(
            page_content, loader="pdf", page=page.number, gaps=[*page_gaps, *_garbled(page_content, page=page)]
        )
        for page, page_content, page_gaps in zip(pages, blocks, gaps, strict=True)
    ]


def _opened(path: Path) -> "PdfDocument":
    import pypdfium2
    import pypdfium2.raw as raw

    try:
        return pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if error.err_code == raw.FPDF_ERR_PASSWORD:
            raise UnreadableFile(Reason.ENCRYPTED) from error
        raise UnreadableFile(Reason.DAMAGED, cause=str(error)) from error


def _read(document: "PdfDocument") -> tuple[list[Page], list[list[Gap]]]:
    import pypdfium2

    pages, gaps = [], []
    for number in range(1, len(document) + 1):
        try:
            page = document[number - 1]
        except pypdfium2.PdfiumError as error:
            pages.append(Page(number, 0.0, []))
            gaps.append([Gap(Reason.DAMAGED, page=number, values={"cause": str(error)})])
            continue
        placing = Placing(page)
        lines = page_lines(page, placing=placing)
        pages.append(Page(number, placing.height, lines, page_tables(page, placing=placing) if lines else []))
        letters = sum(len(line.text) for line in lines)
        gaps.append([Gap(Reason.SCANNED_PAGES, page=number)] if _is_picture(page, letters=letters) else [])
        page.close()
    return pages, gaps


def _is_picture(page: Any, *, letters: int) -> bool:  # noqa: ANN401 - pypdfium2 has no types
    """Tell whether what a page shows is not in its text: it was scanned, or its letters are drawn as shapes."""
    import pypdfium2.raw as raw

    if letters >= _SCANNED_TEXT:
        return False
    if _picture_share(page) >= (_SCANNED_SHARE if letters else _PICTURE_SHARE):
        return True
    shapes = page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=5)
    return not letters and sum(1 for _ in shapes) >= _DRAWN_LETTERS


def _picture_share(page: Any) -> float:  # noqa: ANN401 - pypdfium2 has no types
    """Return the share of the page that pictures cover; a scan may lie there in strips."""
    import pypdfium2.raw as raw

    width, height = page.get_size()
    area = 0.0
    for picture in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=5):
        left, bottom, right, top = picture.get_bounds()
        if picture.container is not None:
            left, bottom, right, top = picture.container.get_bounds()
        area += abs((right - left) * (top - bottom))
    return area / (width * height) if width and height else 0.0


def _garbled(blocks: list[Block], *, page: Page) -> list[Gap]:
    """Return the gap of a page whose font does not say which characters its glyphs are."""
    text = "".join(block.text for block in blocks)
    bad = len(_NO_CHARACTER.findall(text))
    if bad <= _GARBLED_SHARE * len(text):
        return []
    return [Gap(Reason.GARBLED, page=page.number, values={"characters": bad, "of": len(text)})]
