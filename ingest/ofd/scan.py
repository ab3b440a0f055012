"""Pages of an OFD file that are pictures, recognised."""

import io
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.errors import UnreadableFile
from ingest.ofd.package import Parts
from ingest.pdf.page import Page
from ingest.pdf.tables import Box
from ingest.workspace import Workspace

if TYPE_CHECKING:
    from PIL.Image import Image

_DPI = 200
_MOST_PIXELS = 40_000_000  # A1 at 200 dpi has as many; what is larger is drawn smaller
# What Pillow's decoders raise on damaged pictures, and on those of formats that it does not know, as JBIG2.
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, TypeError, KeyError, IndexError, OverflowError, RuntimeError)


def recognised(page: Page, *, pictures: list[tuple[str, Box]], parts: Parts, workspace: Workspace) -> Page | None:
    """Return what text recognition finds in the pictures of a page, None where no picture could be opened."""
    from PIL import Image

    from ingest.ocr.recognise import picture_page

    most = min(_MOST_PIXELS, workspace.limits.image_pixels)
    scale = min(_DPI / 72, (most / max(1.0, page.width * page.height)) ** 0.5)
    sheet = Image.new("RGB", (max(1, int(page.width * scale)), max(1, int(page.height * scale))), "white")
    opened = 0
    for part, box in pictures:
        left, top, right, bottom = (round(edge * scale) for edge in box)
        if right - left < 1 or bottom - top < 1 or (right - left) * (bottom - top) > 4 * most:
            continue
        if picture := _picture(part, parts=parts, most=workspace.limits.image_pixels):
            sheet.paste(picture.resize((right - left, bottom - top)), (left, top))
            opened += 1
    if not opened:
        return None
    found, gaps = picture_page(sheet, workspace=workspace, number=page.number, dpi=72 * scale)
    return replace(found, is_recognised=True, layer=found.text, gaps=tuple(gaps))


def _picture(part: str, *, parts: Parts, most: int) -> "Image | None":
    from PIL import Image

    from ingest.ocr.picture import upright

    try:
        picture = Image.open(io.BytesIO(parts.package.read(part)))
        return upright(picture) if picture.width * picture.height <= most else None
    except (UnreadableFile, *_DAMAGE):
        return None
