"""Text of pictures, recognised by RapidOCR (the extra `ocr`), laid out as the pages of a PDF are."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

from ingest.errors import Reason
from ingest.types import Gap
from ingest.workspace import Workspace

if TYPE_CHECKING:
    from PIL.Image import Image

    from ingest.blocks import Block
    from ingest.ocr.layout import Sheet
    from ingest.pdf.page import Page

_LOST_SHARE = 0.01  # of the characters, that could not be told


def available() -> bool:
    """Return whether text recognition is installed."""
    return find_spec("rapidocr") is not None


def picture_page(
    image: "Image", *, workspace: Workspace, number: int = 1, dpi: float | None = None
) -> "tuple[Page, list[Gap]]":
    """Return a picture as page `number` of a PDF would be read: lines in reading order, ruled tables, in points.

    Scanned pages of a PDF belong into `laid_out` with the others, so that running lines and headings are told over all
    of them: 200 `dpi` read well. Without `dpi` the page is as large as makes its running text 10.5 points. A gap tells
    of characters that could not be made out. A picture that lies on its side is turned: the page's sides may change.
    """
    found = _sheet(image, workspace=workspace, number=number, scale=72 / dpi if dpi else None)
    lost = found.found - found.told
    gap = Gap(Reason.TEXT_LOST, page=number, values={"found": found.found, "read": found.told})
    return found.page, [gap] if lost > max(1, _LOST_SHARE * found.found) else []


def picture_text(image: "Image", *, workspace: Workspace, number: int = 1) -> "tuple[list[Block], list[Gap]]":
    """Return the text of one picture alone: paragraphs, headings and tables in reading order, and what was not read."""
    from ingest.pdf.layout import laid_out
    from ingest.pdf.outline import Outline

    page, gaps = picture_page(image, workspace=workspace, number=number)
    return [block for part in laid_out([page], outline=Outline()) for block in part.blocks], gaps


def _sheet(image: "Image", *, workspace: Workspace, number: int, scale: float | None) -> "Sheet":
    from ingest.ocr import store as ocr_store
    from ingest.ocr.engine import read
    from ingest.ocr.layout import sheet

    image = image.convert("RGB")
    folder = workspace.ocr_cache
    key = ocr_store.key(image) if folder else ""
    reading = ocr_store.load(folder, key=key) if folder else None
    if reading is None:
        reading = read(image)
        if folder:
            ocr_store.save(reading, folder=folder, key=key)
    return sheet(reading, number=number, scale=scale)
