"""One page of a PDF as read: its lines and tables, and what is no text on it."""

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ingest.pdf.glyphs import shown
from ingest.pdf.notes import with_notes
from ingest.pdf.tables import Table, page_tables
from ingest.pdf.text import Line, page_lines
from ingest.types import Gap

if TYPE_CHECKING:
    from PIL.Image import Image

# Characters of a page at most, and the share of it that pictures cover at least, where it shows more than its text:
# a scan may carry a header, a page number, a stamp as text. On a page with more text, pictures are illustrations.
_PICTURE_SHARES = ((0, 0.002), (19, 0.2), (299, 0.5))
_DEEPEST = 5  # forms inside each other
_DRAWN_LETTERS = 100  # shapes on a page without text
_LINE_OF_TEXT = 0.45  # of the page's width
_FEWEST_LINES = 5  # of running text that tell its size
_SLIDE_LETTERS = 700
_UNEVEN = (0.75, 1.35)  # size of a line in a scan's text layer to the middle one: what its program measured amiss
_VISIBLE = re.compile("[^\\s\x00-\x1f\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff\ufffe]")


@dataclass(frozen=True, slots=True)
class Page:
    """A page as read: its number from 1, its size in points, its lines in the file's order, its ruled tables.

    `is_picture` tells of a page that may show what its text does not hold: it was scanned, or its letters are shapes;
    `is_recognised` of one whose lines were recognised in its picture. `watermark` is text that is none of its lines.
    """

    number: int
    width: float = 0.0
    height: float = 0.0
    lines: list[Line] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    is_picture: bool = False
    layer: str = ""  # its text as pdfium tells it, to count by
    is_recognised: bool = False
    watermark: str = ""
    gaps: tuple[Gap, ...] = ()

    @property
    def text(self) -> str:
        """All that its lines hold."""
        return "\n".join(line.text for line in self.lines)

    @property
    def text_size(self) -> float:
        """The font size of the running text on this page, 0 where there is too little to tell."""
        sizes = Counter(
            round(line.size * 2) / 2 for line in self.lines if line.x1 - line.x0 > _LINE_OF_TEXT * self.width
        )
        size, lines = sizes.most_common(1)[0] if sizes else (0.0, 0)
        return size if lines >= _FEWEST_LINES else 0.0

    @property
    def is_slide(self) -> bool:
        """Whether it looks like a page of a presentation: wide, with few words."""
        return self.width > 1.2 * self.height and visible(self.text).total() < _SLIDE_LETTERS


def visible(text: str) -> "Counter[str]":
    """Return how often each character occurs that can be seen."""
    return Counter(_VISIBLE.findall(text))


def read_page(page: Any, *, number: int, form: Any = None) -> Page:  # noqa: ANN401 - pypdfium2 has no types
    """Return what stands on a pypdfium2 page, filled into the fields of `form` too, where the document has one."""
    textpage = page.get_textpage()
    try:
        layer = shown(textpage.get_text_range())
        lines, placing = page_lines(textpage)
    finally:
        textpage.close()
    is_picture = _is_picture(page, lines=lines)
    lines = with_notes(_even(lines), page=page, form=form, placing=placing)
    tables = page_tables(page, placing=placing) if lines else []
    return Page(number, placing.width, placing.height, lines, tables, is_picture, layer)


def _even(lines: list[Line]) -> list[Line]:
    """Return the lines of the text layer under a scan in one size; those of other pages as they are."""
    if 2 * sum(line.is_invisible for line in lines) <= len(lines):
        return lines
    middle = sorted(line.size for line in lines)[len(lines) // 2]
    low, high = _UNEVEN[0] * middle, _UNEVEN[1] * middle
    return [replace(line, size=middle) if low < line.size < high else line for line in lines]


def shows_more(*, letters: int, pictures: float, shapes: int) -> bool:
    """Tell whether a page of so many characters may show more: in pictures (their share), or drawn as shapes."""
    least = next((share for most, share in _PICTURE_SHARES if letters <= most), None)
    return (least is not None and pictures >= least) or (not letters and shapes >= _DRAWN_LETTERS)


def _is_picture(page: Any, *, lines: list[Line]) -> bool:  # noqa: ANN401
    import pypdfium2.raw as raw

    if 2 * sum(line.is_invisible for line in lines) > len(lines):
        return not lines  # a program has read the scan before
    letters = sum(len(line.text) for line in lines if not line.is_aslant)  # a watermark may be all over a scan
    shapes = 0 if letters else sum(1 for _ in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=_DEEPEST))
    return shows_more(letters=letters, pictures=_picture_share(page), shapes=shapes)


def _picture_share(page: Any) -> float:  # noqa: ANN401
    """Return the share of the page that pictures cover; a scan may lie there in strips."""
    import pypdfium2.raw as raw

    width, height = page.get_size()
    area = 0.0
    for picture in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=_DEEPEST):
        left, bottom, right, top = picture.get_bounds()
        if picture.container is not None:
            left, bottom, right, top = picture.container.get_bounds()
        area += abs((right - left) * (top - bottom))
    return area / (width * height) if width and height else 0.0


def drawn(page: Any, *, scale: float, with_text: bool) -> "Image":  # noqa: ANN401 - pypdfium2 has no types
    """Return a pypdfium2 page as a picture, `scale` pixels a point; without its text, which is then gone for good."""
    import pypdfium2.raw as raw

    if not with_text:
        for text in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT], max_depth=_DEEPEST):
            raw.FPDFTextObj_SetTextRenderMode(text, raw.FPDF_TEXTRENDERMODE_INVISIBLE)
    bitmap = page.render(scale=scale)
    try:
        picture: Image = bitmap.to_pil().convert("RGB")
    finally:
        bitmap.close()
    return picture
