"""The characters of a PDF page as pdfium tells of them: what, where, how large, in which font.

pdfium keeps characters that other readers lose (the "·" of a name in a font that is not embedded), and gives a
character once that is drawn twice to look bold.
"""

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import copysign
from typing import Any, NamedTuple

GAP = "\x1f"  # stands for a space that is not in the file, until it is known what surrounds it
SOFT_HYPHEN = "\u00ad"  # at the end of a line: the word goes on in the next one

_LINE_BREAKS = (10, 13)
_SOFT_HYPHENS = (0x02, 0xAD, 0xFFFE)  # as pdfium tells of it
_SUBSET = re.compile("^[A-Z]{6}[+]")  # marks a part of a font; one document may hold several parts of the same
# Characters of Wingdings and Symbol that Word and WPS use for bullets and boxes.
_SYMBOLS = str.maketrans(
    "\uf06c\uf0b7\uf0a7\uf06e\uf075\uf076\uf0d8\uf0e0\uf0e8\uf0fc\uf0fe\uf0a8\uf06f\uf071\uf0fb\uf0a1\uf0b2",
    "••▪■◆❖➢→→✓☑□□□✗○☆",
)
_LARGEST = 14_400.0  # points; no page is larger
_BOLD = 600  # weight of a font, 400 is regular
_BOLD_NAME = re.compile("bold|black|heavy|simhei|heiti|黑体", re.IGNORECASE)
_FILLED_AND_STROKED, _INVISIBLE = 2, 3  # ways to draw text; a Chinese font without a bold cut is stroked to look bold

_Fonts = dict[int | None, tuple[str, bool]]  # name and boldness of a page's fonts, by their address


@dataclass(frozen=True, slots=True)
class Ink:
    """What the characters of one text object share; (`across`, `up`) is the direction in which they are written."""

    size: float
    font: str = ""
    is_bold: bool = False
    is_invisible: bool = False
    across: float = 1.0
    up: float = 0.0


class Glyph(NamedTuple):
    """A character in the page's own space: its box (left, bottom, right, top) and its origin on the baseline."""

    text: str
    box: tuple[float, float, float, float]
    x: float
    y: float
    ink: Ink

    @property
    def is_blank(self) -> bool:
        """Whether nothing is to be seen of it."""
        return self.text.isspace()


def glyph_lines(textpage: Any) -> list[list[Glyph]]:  # noqa: ANN401 - pypdfium2 has no types
    """Return the lines of a page as pdfium finds them, in the order of the file; none is blank."""
    fonts: _Fonts = {}
    handle = textpage.raw  # what pypdfium2 would look up for each call
    lines = [list(_glyphs(handle, numbers=numbers, fonts=fonts)) for numbers in _line_numbers(handle)]
    return [line for line in lines if not all(glyph.is_blank for glyph in line)]


def _line_numbers(textpage: Any) -> Iterator[list[int]]:  # noqa: ANN401
    """Yield the numbers of the characters of each line; pdfium puts a line break between lines."""
    import pypdfium2.raw as pdfium

    numbers: list[int] = []
    for number in range(pdfium.FPDFText_CountChars(textpage)):
        if pdfium.FPDFText_GetUnicode(textpage, number) not in _LINE_BREAKS:
            numbers.append(number)
            continue
        if numbers:
            yield numbers
        numbers = []
    if numbers:
        yield numbers


def _glyphs(textpage: Any, *, numbers: list[int], fonts: _Fonts) -> Iterator[Glyph]:  # noqa: ANN401
    import pypdfium2.raw as pdfium

    box = pdfium.FS_RECTF()
    x, y = ctypes.c_double(), ctypes.c_double()
    ink: Ink | None = None
    holder = None
    for number in numbers:
        text = _character(textpage, number=number)
        if text is None or (text == GAP and ink is None):
            continue
        text_object = pdfium.FPDFText_GetTextObject(textpage, number)
        current = ctypes.cast(text_object, ctypes.c_void_p).value
        if ink is None or (current and current != holder):
            ink, holder = _ink(textpage, number=number, text_object=text_object, fonts=fonts), current
        pdfium.FPDFText_GetLooseCharBox(textpage, number, box)
        pdfium.FPDFText_GetCharOrigin(textpage, number, x, y)
        yield Glyph(text, (box.left, box.bottom, box.right, box.top), x.value, y.value, ink)


def _character(textpage: Any, *, number: int) -> str | None:  # noqa: ANN401
    """Return a character, None for the first half of one that pdfium tells of in two (UTF-16)."""
    import pypdfium2.raw as pdfium

    code = pdfium.FPDFText_GetUnicode(textpage, number)
    if 0x21 <= code < 0xAD or 0x2000 <= code < 0xD800:  # as most are
        return chr(code)
    if 0xD800 <= code < 0xDC00 and 0xDC00 <= pdfium.FPDFText_GetUnicode(textpage, number + 1) < 0xE000:
        return None
    if 0xDC00 <= code < 0xE000 and number:
        high = pdfium.FPDFText_GetUnicode(textpage, number - 1)
        if 0xD800 <= high < 0xDC00:
            return chr(0x10000 + ((high - 0xD800) << 10) + code - 0xDC00)
    if code == 32 and pdfium.FPDFText_IsGenerated(textpage, number) == 1:
        return GAP
    # A glyph that the font gives no character for is 0 here: it must show as damage, not vanish. So must half of one.
    if not code or 0xD800 <= code < 0xE000:
        return "\ufffd"
    if code in _SOFT_HYPHENS:
        return SOFT_HYPHEN
    return shown(chr(code)) if 0xF000 <= code < 0xF100 else chr(code)


def shown(text: str) -> str:
    """Return text with the signs of symbol fonts as what they look like."""
    return text.translate(_SYMBOLS)


def _ink(textpage: Any, *, number: int, text_object: Any, fonts: _Fonts) -> Ink:  # noqa: ANN401
    import pypdfium2.raw as pdfium

    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(textpage, number, matrix)
    mode = pdfium.FPDFTextObj_GetTextRenderMode(text_object)
    key = ctypes.cast(pdfium.FPDFTextObj_GetFont(text_object), ctypes.c_void_p).value if text_object else None
    if key not in fonts:
        fonts[key] = _font(textpage, number=number)
    name, is_bold = fonts[key]
    # The size in the file is that of a font before the matrix makes it larger or smaller; it may be negative.
    size = pdfium.FPDFText_GetFontSize(textpage, number) * (matrix.c**2 + matrix.d**2) ** 0.5
    return Ink(
        size=round(min(abs(size), _LARGEST), 2),
        font=name,
        is_bold=is_bold or mode == _FILLED_AND_STROKED,
        is_invisible=mode == _INVISIBLE,
        across=copysign(matrix.a, matrix.a * size),
        up=copysign(matrix.b, matrix.b * size),
    )


def _font(textpage: Any, *, number: int) -> tuple[str, bool]:  # noqa: ANN401
    """Return the name of a character's font, and whether it is a bold one."""
    import pypdfium2.raw as pdfium

    name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(textpage, number, name, len(name), flags)
    font = _SUBSET.sub("", name.value.decode("utf-8", "replace"))
    weight = pdfium.FPDFText_GetFontWeight(textpage, number)
    return font, weight >= _BOLD or bool(_BOLD_NAME.search(font))
