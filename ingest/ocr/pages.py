"""Pages of a PDF or an OFD file that show more than their text says: the picture recognised, the text kept."""

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest import ocr
from ingest.limits import Limits
from ingest.pdf.notes import place_among
from ingest.pdf.page import Page
from ingest.pdf.text import Line
from ingest.workspace import Workspace

if TYPE_CHECKING:
    from PIL.Image import Image

_DPI = 200
_MOST_PIXELS = 40_000_000  # A1 at 200 dpi has as many; what is larger is drawn smaller
_EDGE = 40  # steps of brightness from one pixel to the next: print on paper, not the shades of a photo
_FEWEST_EDGES = 600  # at one pixel a point, where a character has some 30: a line of text
_SAME_PLACE = 0.5  # of a recognised line that lies on one of the text's
_SAME_TEXT = 0.6  # of its characters that are the same then: the picture shows that text once more


def pixels_a_point(width: float, height: float, *, limits: Limits) -> float:
    """Return the scale at which a page of this size, in points, is drawn to be recognised."""
    most = min(_MOST_PIXELS, limits.image_pixels)
    return float(min(_DPI / 72, (most / max(1.0, width * height)) ** 0.5))


def shows_print(image: "Image") -> bool:
    """Tell whether a picture, one pixel a point, may hold text: whether it has as many sharp edges as a line has."""
    import numpy as np

    gray = np.asarray(image.convert("L"), dtype=np.int16)
    return int((np.abs(np.diff(gray, axis=1)) > _EDGE).sum()) >= _FEWEST_EDGES


def recognised(page: Page, *, image: "Image", scale: float, workspace: Workspace) -> Page:
    """Return what text recognition finds in `image`, among the lines of `page`, which are not drawn there."""
    found, gaps = ocr.picture_page(image, workspace=workspace, number=page.number, dpi=72 * scale)
    if page.lines:
        found = replace(found, lines=_with_text(found, page=page))
    return replace(
        found,
        is_recognised=True,
        layer=found.text + page.watermark,
        gaps=(*page.gaps, *gaps),
        watermark=page.watermark,
    )


def _with_text(found: Page, *, page: Page) -> list[Line]:
    """Return recognised lines with those of a page's text in their places, in type that says nothing."""
    lines = [line for line in found.lines if not any(_is_same(line, other) for other in page.lines)]
    # A picture that lies on its side was turned to be read: the places are not comparable.
    is_turned = abs(found.width - page.width) > 1 or abs(found.height - page.height) > 1
    for line in page.lines:
        plain = replace(line, font="", is_bold=False, is_invisible=False, is_aside=line.is_aside or is_turned)
        lines.insert(len(lines) if plain.is_aside or plain.is_aslant else place_among(plain, lines=lines), plain)
    return lines


def _is_same(line: Line, other: Line) -> bool:
    """Tell whether a recognised line shows what a line of the text says."""
    across = min(line.x1, other.x1) - max(line.x0, other.x0)
    down = min(line.bottom, other.bottom) - max(line.top, other.top)
    is_there = across > _SAME_PLACE * (line.x1 - line.x0) and down > _SAME_PLACE * line.size
    return is_there and (Counter(line.text) & Counter(other.text)).total() >= _SAME_TEXT * len(line.text)
