"""What an OFD page shows: runs of placed characters, drawn lines, pictures.

Source: GB/T 33190-2016, chapters 8 (graphic objects: Boundary, CTM), 9 (paths) and 11 (text: TextCode, DeltaX, DeltaY,
CGTransform). Positions are in points from the upper left corner of the paper, as on PDF pages.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ingest.errors import Reason, UnreadableFile
from ingest.ofd.package import Paper, Resources, number_list
from ingest.pdf.tables import Box
from ingest.pdf.text import Char

if TYPE_CHECKING:
    from lxml.etree import _Element

POINT = 72 / 25.4  # points in a millimetre
_NARROW = 0.5  # width of a Latin letter in ems, where the file does not say
_WIDE = re.compile(
    "[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff60\uffe0-\uffe6—…“”‘’]"
)
_DEEPEST = 8  # drawings inside each other
_MOST_OBJECTS = 500_000  # on one page
_MOST_GLYPHS = 10_000  # of one object without characters
_STRAIGHT = 0.1  # of a quarter turn: a text that is this little aslant is level
_SMALLEST = 0.5  # points; text of no size is there to be searched, under a picture
_BOLD_WEIGHT = 600
_PATH = re.compile(r"([A-Za-z])([^A-Za-z]*)")
_OBJECTS = _TEXT, _PATHS, _PICTURE, _DRAWING = "TextObject", "PathObject", "ImageObject", "CompositeObject"


class Matrix(NamedTuple):
    """A linear map of the plane: x' = a x + c y + e, y' = b x + d y + f."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    def then(self, other: "Matrix") -> "Matrix":
        """Return the map that does this one first and `other` after it."""
        x, y = other.at(self.e, self.f)
        return Matrix(
            self.a * other.a + self.b * other.c,
            self.a * other.b + self.b * other.d,
            self.c * other.a + self.d * other.c,
            self.c * other.b + self.d * other.d,
            x,
            y,
        )

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point goes."""
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    @property
    def scale(self) -> float:
        """How much larger things become."""
        return math.sqrt(abs(self.a * self.d - self.b * self.c))


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one text object in their order; `quarters` are its turns to the right, None where it is aslant."""

    chars: tuple[Char, ...]
    font: str
    is_bold: bool
    quarters: int | None
    in_template: bool


@dataclass(slots=True)
class Shown:
    """What a page shows: text, the strokes of paths as boxes, and pictures as parts with the box that they fill."""

    runs: list[Run] = field(default_factory=list)
    strokes: list[Box] = field(default_factory=list)
    pictures: list[tuple[str, Box]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All its characters, in the order of the file."""
        return "".join(char.text for run in self.runs for char in run.chars)


class Shower:
    """Collects what the objects of a page, its templates and its annotations show."""

    def __init__(self, resources: Resources, *, paper: Paper) -> None:
        self._resources = resources
        self._origin = Matrix(POINT, 0, 0, POINT, -paper[0] * POINT, -paper[1] * POINT)
        self._left = _MOST_OBJECTS
        self.shown = Shown()

    def add(self, root: "_Element", *, in_template: bool = False) -> None:
        """Add the objects inside `root`, in their order; UnreadableFile where there are too many of them."""
        opened = [(root.iter(*_OBJECTS), _placed(root, origin=self._origin))]
        while opened:
            elements, origin = opened[-1]
            element = next(elements, None)
            self._left -= 1
            if self._left < 0:
                raise UnreadableFile(Reason.DAMAGED, cause=f"more than {_MOST_OBJECTS} objects on a page")
            if element is None:
                opened.pop()
            elif element.get("Visible", "true").strip().lower() != "false":
                matrix = _placed(element, origin=origin)
                drawing = self._resources.drawings.get(element.get("ResourceID", ""))
                if element.tag != _DRAWING:
                    self._add_object(element, matrix=matrix, origin=origin, in_template=in_template)
                elif drawing is not None and len(opened) <= _DEEPEST:
                    opened.append((drawing.iter(*_OBJECTS), matrix))

    def _add_object(self, element: "_Element", *, matrix: Matrix, origin: Matrix, in_template: bool) -> None:
        if element.tag == _TEXT:
            self.shown.runs += _runs(element, matrix=matrix, resources=self._resources, in_template=in_template)
        elif element.tag == _PATHS:
            self.shown.strokes += _strokes(element, matrix=matrix)
        elif part := self._resources.pictures.get(element.get("ResourceID", "")):
            left, top, width, height = (number_list(element.get("Boundary")) + [0.0] * 4)[:4]
            self.shown.pictures.append((part, _box(origin.at(left, top), origin.at(left + width, top + height))))


def _placed(element: "_Element", *, origin: Matrix) -> Matrix:
    """Return where an object's own space lies: its matrix first, then the corner of its boundary."""
    own, boundary = number_list(element.get("CTM")), number_list(element.get("Boundary"))
    matrix = Matrix(*own) if len(own) == 6 else Matrix()
    corner = Matrix(e=boundary[0], f=boundary[1]) if len(boundary) == 4 else Matrix()
    return matrix.then(corner).then(origin)


def _runs(element: "_Element", *, matrix: Matrix, resources: Resources, in_template: bool) -> Iterator[Run]:
    font = resources.fonts.get(element.get("Font", ""))
    weight = number_list(element.get("Weight"))
    is_bold = bool(weight and weight[0] >= _BOLD_WEIGHT) or (font is not None and font.is_bold)
    size = (number_list(element.get("Size")) or [0.0])[0]
    stretch = (number_list(element.get("HScale")) or [1.0])[0] or 1.0
    x = y = 0.0
    glyphs = sum(int((number_list(one.get("GlyphCount")) or [1])[0]) for one in element.iter("CGTransform"))
    for code in element.iter("TextCode"):
        text = (code.text or "").strip("\r\n")
        if glyphs:  # the font's own numbers say what is drawn; some writers leave out the characters, or write ¤
            text = text.replace("¤", "\ufffd") or "\ufffd" * min(glyphs, _MOST_GLYPHS)
        x = (number_list(code.get("X")) or [x])[0]
        y = (number_list(code.get("Y")) or [y])[0]
        chars = tuple(_chars(code, text=text, x=x, y=y, size=size, stretch=stretch, matrix=matrix))
        if any(not char.text.isspace() for char in chars):
            yield Run(chars, font.name if font else "", is_bold, _quarters(chars, matrix=matrix), in_template)


def _chars(
    code: "_Element", *, text: str, x: float, y: float, size: float, stretch: float, matrix: Matrix
) -> Iterator[Char]:
    steps_x, steps_y = _steps(code.get("DeltaX"), most=len(text)), _steps(code.get("DeltaY"), most=len(text))
    scale = matrix.scale
    flows = not steps_x and not steps_y  # then the widths of the font's letters place them
    for number, char in enumerate(text):
        width = size * stretch * (1.0 if _WIDE.match(char) else _NARROW)
        step_x = width if flows else steps_x[number] if number < len(steps_x) else (0.0 if steps_y else width)
        step_y = steps_y[number] if number < len(steps_y) else 0.0
        left, bottom = matrix.at(x, y)
        # A letter may be narrower than its kind is, and reaches up to the next one then.
        shown = min(width, step_x) if 0.2 * width < step_x and abs(step_y) < 0.1 * size else width
        yield Char(char, left, left + shown * scale, bottom, max(_SMALLEST, size * scale))
        x, y = x + step_x, y + step_y


def _steps(text: str | None, *, most: int) -> list[float]:
    """Return the distances of a DeltaX: numbers, and `g 3 1.5` for three times the same."""
    words = (text or "").split()
    steps: list[float] = []
    at = 0
    while at < len(words) and len(steps) < most:
        if words[at].lower() == "g" and at + 2 < len(words):
            times, step = number_list(words[at + 1]), number_list(words[at + 2])
            steps += [step[0]] * min(int(times[0]), most) if times and step else []
            at += 3
        else:
            steps += number_list(words[at])
            at += 1
    return steps[:most]


def _quarters(chars: tuple[Char, ...], *, matrix: Matrix) -> int | None:
    """Return the quarter turns to the right that a text's direction is off level, None where it runs aslant."""
    across, down = matrix.a, matrix.b
    if len(chars) > 1:
        step = chars[1].x0 - chars[0].x0, chars[1].bottom - chars[0].bottom
        across, down = step if math.hypot(*step) > 0.1 * chars[0].size else (across, down)
    turns = math.atan2(down, across) / (math.pi / 2)
    return round(turns) % 4 if abs(turns - round(turns)) < _STRAIGHT else None


def _strokes(element: "_Element", *, matrix: Matrix) -> Iterator[Box]:
    """Yield the straight lines of a path; a curve ends where it ends."""
    first = last = (0.0, 0.0)
    for operator, words in _PATH.findall(element.findtext("AbbreviatedData") or ""):
        numbers = number_list(words)
        if operator in "MS" and len(numbers) >= 2:
            first = last = matrix.at(numbers[0], numbers[1])
        elif operator == "L":
            for point in zip(numbers[::2], numbers[1::2], strict=False):
                reached = matrix.at(*point)
                yield _box(last, reached)
                last = reached
        elif operator == "C":
            yield _box(last, first)
            last = first
        elif len(numbers) >= 2:
            last = matrix.at(numbers[-2], numbers[-1])


def _box(start: tuple[float, float], end: tuple[float, float]) -> Box:
    return min(start[0], end[0]), min(start[1], end[1]), max(start[0], end[0]), max(start[1], end[1])
