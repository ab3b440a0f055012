"""Pages of a PDF that are pictures, recognised."""

from dataclasses import replace
from typing import Any

from ingest.pdf.page import Page
from ingest.workspace import Workspace

_DPI = 200
_MOST_PIXELS = 40_000_000  # A1 at 200 dpi has as many; what is larger is drawn smaller


def recognised(page: Any, *, number: int, workspace: Workspace) -> Page:  # noqa: ANN401 - pypdfium2 has no types
    """Return what text recognition finds in the picture of a pypdfium2 page."""
    from ingest.ocr.recognise import picture_page

    width, height = page.get_size()
    most = min(_MOST_PIXELS, workspace.limits.image_pixels)
    scale = min(_DPI / 72, (most / max(1.0, width * height)) ** 0.5)
    bitmap = page.render(scale=scale)
    try:
        found, gaps = picture_page(bitmap.to_pil(), workspace=workspace, number=number, dpi=72 * scale)
    finally:
        bitmap.close()
    return replace(found, is_recognised=True, layer=found.text, gaps=tuple(gaps))
