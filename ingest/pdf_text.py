"""The text of a PDF page as lines of placed characters.

Positions are in points from the upper left corner of the page as it is shown: its rotation and crop box are taken into
account. Characters come from pdfium, which keeps those that other readers lose (the "·" of a name in a font that is not
embedded).
"""

import ctypes
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_LINE_BREAKS = (10, 13)
SOFT_HYPHEN = "\u00ad"  # at the end of a line: the word goes on in the next one
_SOFT_HYPHENS = (0x02, 0xAD, 0xFFFE)  # as pdfium tells of it
_WIDE = "[\u1100-\u11ff\u2e80-\uffef]"
_GAP_IN_TEXT = re.compile(f"(?<={_WIDE})\x1f(?={_WIDE})")
_GENERATED = "\x1f"  # stands for a space that is not in the file, until it is known what surrounds it
_WIDE_GAP = 1.6  # in ems: two columns of text or of a table
_BOLD = 600  # weight of a font, 400 is regular
_BOLD_NAME = re.compile("bold|black|heavy|simhei|heiti|黑体", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Char:
    """A character with its left and right edge, baseline and font size. A gap is `_GENERATED`."""

    text: str
    x0: float
    x1: float
    bottom: float
    size: float


@dataclass(frozen=True, slots=True)
class Line:
    """Characters on one baseline with no wide gap between them; `font` names the font of its first character."""

    chars: tuple[Char, ...]
    text: str
    x0: float
    x1: float
    bottom: float
    size: float
    font: str = ""
    is_bold: bool = False

    @property
    def top(self) -> float:
        """The upper edge, by the size of the font."""
        return self.bottom - self.size


class Placing:
    """Turns positions in a page's own space into those of the page as it is shown."""

    def __init__(self, page: Any) -> None:  # noqa: ANN401 - pypdfium2 has no types
        import pypdfium2.raw as pdfium

        self.width, self.height = page.get_size()
        # pdfium gives whole numbers: a hundredth of a point is fine enough.
        size = round(self.width * 100), round(self.height * 100)
        x, y = ctypes.c_int(), ctypes.c_int()

        def shown(at_x: float, at_y: float) -> tuple[float, float]:
            pdfium.FPDF_PageToDevice(page, 0, 0, *size, 0, at_x, at_y, x, y)
            return x.value / 100, y.value / 100

        self._origin = shown(0, 0)
        right, up = shown(1000, 0), shown(0, 1000)
        self._right = (right[0] - self._origin[0]) / 1000, (right[1] - self._origin[1]) / 1000
        self._up = (up[0] - self._origin[0]) / 1000, (up[1] - self._origin[1]) / 1000

    def __call__(self, x: float, y: float) -> tuple[float, float]:
        """Return the point (x, y) of the page's own space as it is shown."""
        return (
            self._origin[0] + x * self._right[0] + y * self._up[0],
            self._origin[1] + x * self._right[1] + y * self._up[1],
        )


def page_lines(page: Any, *, placing: Placing) -> list[Line]:  # noqa: ANN401
    """Return the lines of a pypdfium2 page in the order of the file, split where a wide gap is."""
    textpage = page.get_textpage()
    try:
        lines = []
        for numbers in _line_numbers(textpage):
            chars = _chars(textpage, numbers=numbers, placing=placing)
            font, is_bold = _font(textpage, numbers=numbers)
            lines += [make_line(piece, font=font, is_bold=is_bold) for piece in _pieces(chars)]
        return lines
    finally:
        textpage.close()


def make_line(chars: list[Char], *, font: str = "", is_bold: bool = False) -> Line:
    """Return characters of one baseline as a line; at least one of them is visible."""
    visible = [char for char in chars if not _is_blank(char)]
    return Line(
        chars=tuple(chars),
        text=chars_text(chars),
        x0=min(char.x0 for char in visible),
        x1=max(char.x1 for char in visible),
        bottom=sorted(char.bottom for char in visible)[len(visible) // 2],
        size=sorted(char.size for char in visible)[len(visible) // 2],
        font=font,
        is_bold=is_bold,
    )


def chars_text(chars: list[Char] | tuple[Char, ...]) -> str:
    """Return characters as text: a gap between two Chinese characters is only spacing, any other gap is a space."""
    text = "".join(char.text for char in chars)
    return _GAP_IN_TEXT.sub("", text).replace(_GENERATED, " ").strip()


def _line_numbers(textpage: Any) -> Iterator[list[int]]:  # noqa: ANN401
    """Yield the numbers of the characters of each line; pdfium puts a line break between lines."""
    import pypdfium2.raw as pdfium

    numbers: list[int] = []
    for number in range(textpage.count_chars()):
        if pdfium.FPDFText_GetUnicode(textpage, number) in _LINE_BREAKS:
            if numbers:
                yield numbers
            numbers = []
        else:
            numbers.append(number)
    if numbers:
        yield numbers


def _chars(textpage: Any, *, numbers: list[int], placing: Placing) -> list[Char]:  # noqa: ANN401
    import pypdfium2.raw as pdfium

    box = pdfium.FS_RECTF()
    x, y = ctypes.c_double(), ctypes.c_double()
    chars: list[Char] = []
    high = 0
    for number in numbers:
        code = pdfium.FPDFText_GetUnicode(textpage, number)
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if 0xDC00 <= code < 0xE000 and high:
            code = 0x10000 + ((high - 0xD800) << 10) + code - 0xDC00
        high = 0
        pdfium.FPDFText_GetLooseCharBox(textpage, number, box)
        pdfium.FPDFText_GetCharOrigin(textpage, number, x, y)
        size = pdfium.FPDFText_GetFontSize(textpage, number)
        left, right = placing(box.left, y.value), placing(box.right, y.value)
        is_generated = code == 32 and pdfium.FPDFText_IsGenerated(textpage, number) == 1
        # A glyph that the font gives no character for is 0 here: it must show as damage, not vanish.
        text = _GENERATED if is_generated else SOFT_HYPHEN if code in _SOFT_HYPHENS else chr(code) if code else "\ufffd"
        chars.append(Char(text, min(left[0], right[0]), max(left[0], right[0]), left[1], size))
    return chars


def _pieces(chars: list[Char]) -> Iterator[list[Char]]:
    """Split a line where the next character stands far to the right, or on another baseline."""
    piece: list[Char] = []
    last: Char | None = None
    for char in chars:
        if _is_blank(char):
            piece.append(char)
            continue
        em = max(char.size, last.size) if last else 0.0
        if last and (char.x0 - last.x1 > _WIDE_GAP * em or abs(char.bottom - last.bottom) > em):
            yield piece
            piece = []
        piece.append(char)
        last = char
    if last:
        yield piece


def _is_blank(char: Char) -> bool:
    return char.text.isspace()


def _font(textpage: Any, *, numbers: list[int]) -> tuple[str, bool]:  # noqa: ANN401
    """Return the font that most of a few characters of the line are in, and whether that is a bold one."""
    import pypdfium2.raw as pdfium

    name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    votes: Counter[tuple[str, bool]] = Counter()
    for number in numbers[:: max(1, len(numbers) // 5)]:
        if pdfium.FPDFText_GetUnicode(textpage, number) < 0x2E80:
            continue
        pdfium.FPDFText_GetFontInfo(textpage, number, name, len(name), flags)
        font = name.value.decode("utf-8", "replace")
        votes[font, pdfium.FPDFText_GetFontWeight(textpage, number) >= _BOLD or bool(_BOLD_NAME.search(font))] += 1
    return votes.most_common(1)[0][0] if votes else ("", False)
