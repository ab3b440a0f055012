"""The pictures of an OFD page, put where they stand on a white sheet of its size."""

import io
from typing import TYPE_CHECKING

from ingest.errors import UnreadableFile
from ingest.limits import Limits
from ingest.ocr.picture import DAMAGE, upright
from ingest.ofd.package import Parts
from ingest.ofd.page import ReadPage

if TYPE_CHECKING:
    from PIL.Image import Image

_MOST_ENLARGED = 4  # times as many pixels as the sheet may have


def drawn(page: ReadPage, *, parts: Parts, scale: float, limits: Limits) -> "Image | None":
    """Return the page without its text, `scale` pixels a point; None where none of its pictures can be opened."""
    from PIL import Image

    width, height = (max(1, int(side * scale)) for side in page.size)
    sheet = Image.new("RGB", (width, height), "white")
    opened = 0
    for part, box in page.pictures:
        left, top, right, bottom = (round(edge * scale) for edge in box)
        if right - left < 1 or bottom - top < 1 or (right - left) * (bottom - top) > _MOST_ENLARGED * width * height:
            continue
        if picture := _picture(part, parts=parts, most=limits.image_pixels):
            sheet.paste(picture.resize((right - left, bottom - top)), (left, top))
            opened += 1
    return sheet if opened else None


def _picture(part: str, *, parts: Parts, most: int) -> "Image | None":
    from PIL import Image

    try:
        picture = Image.open(io.BytesIO(parts.package.read(part)))
        return upright(picture) if picture.width * picture.height <= most else None
    except (UnreadableFile, *DAMAGE):
        return None
