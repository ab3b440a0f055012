"""How a page of an original looks, as a picture, with the place of a quote on it.

The stored text of a PDF is laid out by `ingest.pdf`: lines are joined, columns put in order, tables told cell by cell.
So a quote is looked for among the page's characters without blanks, and where it does not stand in one piece, its
longest pieces are.
"""

import io
import re
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

    from ingest.pdf.placing import Placing

#: Left, top, right, bottom.
Box = tuple[float, float, float, float]

#: Characters that stand in a line, each with its box.
_Stretch = list[tuple[str, Box]]

#: Pixels of a page's picture: sharp on a panel of half a wide screen, a quarter of a megabyte.
_WIDTH = 1400
_MOST_PIXELS = 6_000_000
_QUALITY = 82
#: Characters of a piece at least, and the share of a quote that must be found to say that it is there.
_SHORTEST = 3
_ENOUGH = 0.6
#: Characters around a quote that choose between several places that read the same.
_AROUND = 40
#: Ems between two columns of text or of a table, at least.
_COLUMN_GAP = 1.6
#: A quote longer than this is found by its pieces only where it is a page's text anyway.
_LONGEST = 4000

#: The name of a column before a cell, as `ingest.pdf.tables` writes rows: 名称：温控箱 | 数量：600只.
_COLUMN = re.compile(r"((?:^|\n|\| ))[^|：\n]{1,30}：(?=[^|\n]*(?: \||\n|$))")

# pdfium has one state for the whole process.
_pdfium = threading.Lock()


class CannotDraw(Exception):
    """The original is gone, damaged, or inside of another file: its stored text is all that can be shown."""


@dataclass(frozen=True, slots=True)
class Facsimile:
    """A page as a JPEG, the number of pages, and where the quote stands: boxes in shares of the width and height."""

    jpeg: bytes
    pages: int
    boxes: tuple[Box, ...] = ()


def pdf_page(path: Path, *, page: int, quote: str = "", before: str = "", after: str = "") -> Facsimile:
    """Return a page of a PDF, counted from 1, with the lines of a quote on it; no boxes where it is not found there.

    `before` and `after` are what stands around the quote in the stored text. Raises CannotDraw.
    """
    import pypdfium2

    with _pdfium:
        try:
            document = pypdfium2.PdfDocument(path)
        except (pypdfium2.PdfiumError, OSError) as exc:
            raise CannotDraw(f"{path}: {exc}") from exc
        try:
            document.init_forms()
            opened = document[page - 1]
            boxes = _boxes(opened, quote=quote, before=before, after=after) if quote.strip() else ()
            return Facsimile(_jpeg(_rendered(opened)), len(document), boxes)
        except (pypdfium2.PdfiumError, IndexError) as exc:
            raise CannotDraw(f"{path}, page {page}: {exc}") from exc
        finally:
            document.close()


def picture(path: Path, *, page: int = 1) -> Facsimile:
    """Return a picture, or a page of a TIFF, upright and of moderate size. Raises CannotDraw."""
    import importlib
    from importlib.util import find_spec

    from PIL import Image, ImageOps

    from ingest.ocr.picture import DAMAGE

    if find_spec("pi_heif"):
        importlib.import_module("pi_heif").register_heif_opener(thumbnails=False)
    try:
        with Image.open(path) as opened:
            pages = int(getattr(opened, "n_frames", 1)) if opened.format == "TIFF" else 1
            if page > 1:
                opened.seek(page - 1)
            opened.draft("RGB", (_WIDTH, _WIDTH))
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((_WIDTH, 2 * _WIDTH))
            return Facsimile(_jpeg(upright), pages)
    except DAMAGE as exc:
        raise CannotDraw(f"{path}: {exc}") from exc


def located(quote: str, text: str, *, before: str = "", after: str = "") -> list[tuple[int, int]]:
    """Return the (start, end) pieces of `text` that make up a quote; none where too little of it is there.

    Blanks, width, hyphens at line ends and the order of columns do not matter, and the names of columns in the rows of
    a table are not looked for.
    """
    given = _plain(text)
    there = "".join(char for char, _ in given)
    for worded in dict.fromkeys((quote, _COLUMN.sub(r"\1", quote))):
        sought = "".join(char for char, _ in _plain(worded))
        if places := list(_all(sought, there)):
            best = max(places, key=lambda at: _agreement(there, at, at + len(sought), before=before, after=after))
            return [(given[best][1], given[best + len(sought) - 1][1] + 1)]
    pieces = sorted(_pieces(sought[:_LONGEST], there))
    if sum(size for _, size in pieces) < _ENOUGH * len(sought):
        return []
    return [(given[at][1], given[at + size - 1][1] + 1) for at, size in pieces]


def _rendered(page: Any) -> "Image":  # noqa: ANN401 - pypdfium2 has no types
    width, height = page.get_size()
    scale = min(_WIDTH / width, (_MOST_PIXELS / (width * height)) ** 0.5)
    bitmap = page.render(scale=scale, may_draw_forms=True)
    try:
        drawn: Image = bitmap.to_pil().convert("RGB")
    finally:
        bitmap.close()
    return drawn


def _jpeg(image: "Image") -> bytes:
    written = io.BytesIO()
    image.convert("RGB").save(written, "JPEG", quality=_QUALITY)
    return written.getvalue()


def _boxes(page: Any, *, quote: str, before: str, after: str) -> tuple[Box, ...]:  # noqa: ANN401
    """Return the boxes of a quote on a pypdfium2 page, one a line."""
    from ingest.pdf.placing import Placing

    placing = Placing(page)
    stretches = _stretches(page, placing)
    for ordered in (stretches, _in_reading_order(stretches)):
        chars = [(number, char, box) for number, stretch in enumerate(ordered) for char, box in stretch]
        text = "".join(char for _, char, _ in chars)
        found = located(quote, text, before=before, after=after)
        if len(found) == 1:
            break  # in one piece
    marked: dict[tuple[int, int], list[Box]] = {}
    for piece, (start, end) in enumerate(found):
        for number, char, box in chars[start:end]:
            if not char.isspace() and char.isprintable():
                marked.setdefault((piece, number), []).append(box)
    return tuple(_shares(_around(boxes), placing.width, placing.height) for boxes in marked.values())


def _stretches(page: Any, placing: "Placing") -> list[_Stretch]:  # noqa: ANN401
    """Return a page's lines as pdfium has them, each cut where a gap is as wide as that between two columns."""
    from ingest.pdf.glyphs import glyph_lines

    textpage = page.get_textpage()
    try:
        lines = glyph_lines(textpage)
    finally:
        textpage.close()
    stretches: list[_Stretch] = []
    for line in lines:
        right: float | None = None
        for glyph in line:
            box = placing.box(*glyph.box)
            if not stretches or right is None or (not glyph.is_blank and box[0] - right > _COLUMN_GAP * glyph.ink.size):
                stretches.append([])
            if right is None or not glyph.is_blank:
                right = box[2]
            stretches[-1] += [(char, box) for char in glyph.text]
    return [stretch for stretch in stretches if any(not char.isspace() for char, _ in stretch)]


def _in_reading_order(stretches: list[_Stretch]) -> list[_Stretch]:
    """Return the stretches column by column."""
    from ingest.pdf.reading_order import Placed, in_order

    items = []
    for number, stretch in enumerate(stretches):
        box = _around([box for char, box in stretch if not char.isspace()])
        items.append(Placed(number, box, max(box[3] - box[1], 1.0)))
    return [stretches[number] for row in in_order(items) for number in row]


def _around(boxes: Sequence[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _shares(box: Box, width: float, height: float) -> Box:
    left, top, right, bottom = box
    return left / width, top / height, right / width, bottom / height


def _plain(text: str) -> list[tuple[str, int]]:
    """Return the letters, digits and marks of a text in one width and case, each with where it stands.

    Hyphens and bars are left out: one may be a line's end, the other a table's border.
    """
    return [
        (folded, at)
        for at, char in enumerate(text)
        for folded in unicodedata.normalize("NFKC", char).casefold()
        if not folded.isspace() and folded.isprintable() and folded not in "-\u00ad\u2010\u2011|"
    ]


def _all(sought: str, there: str) -> Iterator[int]:
    at = there.find(sought) if sought else -1
    while at >= 0:
        yield at
        at = there.find(sought, at + 1)


def _agreement(there: str, start: int, end: int, *, before: str, after: str) -> int:
    """Return how many characters around a place are those that stand around the quote."""
    left = "".join(char for char, _ in _plain(before))[-_AROUND:]
    right = "".join(char for char, _ in _plain(after))[:_AROUND]
    same_left = next((n for n in range(len(left), 0, -1) if there[:start].endswith(left[-n:])), 0)
    same_right = next((n for n in range(len(right), 0, -1) if there.startswith(right[:n], end)), 0)
    return same_left + same_right


def _pieces(sought: str, there: str) -> Iterator[tuple[int, int]]:
    """Yield (start, length) of the longest pieces of `sought` in `there`, in whatever order they stand there."""
    matcher = SequenceMatcher(a=sought, b=there, autojunk=False)
    open_parts = [(0, len(sought))]
    while open_parts:
        start, end = open_parts.pop()
        found = matcher.find_longest_match(start, end, 0, len(there))
        if found.size < _SHORTEST:
            continue
        yield found.b, found.size
        open_parts += [(start, found.a), (found.a + found.size, end)]
