"""The shapes of a slide in the order in which they are read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.office.drawings import A

if TYPE_CHECKING:
    from lxml.etree import _Element

P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_SHAPES = tuple(P + name for name in ("sp", "grpSp", "graphicFrame", "pic", "cxnSp"))
_TITLES = ("title", "ctrTitle")
_FOOTERS = ("dt", "ftr", "sldNum", "hdr")
_DEEPEST = 20  # groups inside of each other
_ROW = 0.5  # share of the lower height that two shapes beside each other have in common at least


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape, what it is a placeholder for (None for a free one, "" for any content), and where it stands."""

    element: "_Element"
    placeholder: str | None
    top: int
    left: int
    height: int

    @property
    def is_title(self) -> bool:
        """Whether it is the slide's title."""
        return self.placeholder in _TITLES

    @property
    def is_footer(self) -> bool:
        """Whether it is one of those that are the same on each slide: date, footer, number."""
        return self.placeholder in _FOOTERS


def reading_order(shapes: list[Shape]) -> list[Shape]:
    """Return shapes as they are read: the title, the other placeholders, then the free ones by their places."""
    held = [shape for shape in shapes if shape.placeholder is not None]
    free = [shape for shape in shapes if shape.placeholder is None]
    return [*sorted(held, key=lambda shape: not shape.is_title), *_by_place(free)]


def ordered_shapes(tree: "_Element", *, depth: int = 0) -> Iterator[Shape]:
    """Yield the shapes of a slide in reading order; a group is taken apart where it stands."""
    for shape in reading_order([_shape(element) for element in tree.iterchildren(*_SHAPES)]):
        if shape.element.tag == P + "grpSp" and depth < _DEEPEST:
            yield from ordered_shapes(shape.element, depth=depth + 1)
        elif shape.element.tag == P + "grpSp":
            yield from (_shape(element) for element in shape.element.iter(*_SHAPES) if element.tag != P + "grpSp")
        else:
            yield shape


def _shape(element: "_Element") -> Shape:
    mark = next(element.iterfind(f"./*/{P}nvPr/{P}ph"), None)
    place = next(element.iterfind(f"./{P}spPr/{A}xfrm"), None)
    place = next(element.iterfind(f"./{P}grpSpPr/{A}xfrm"), None) if place is None else place
    place = element.find(P + "xfrm") if place is None else place
    offset = None if place is None else place.find(A + "off")
    size = None if place is None else place.find(A + "ext")
    return Shape(
        element,
        None if mark is None else mark.get("type", ""),
        top=_length(offset, "y"),
        left=_length(offset, "x"),
        height=_length(size, "cy"),
    )


def _by_place(shapes: list[Shape]) -> list[Shape]:
    """Return shapes from top to bottom, those beside each other from left to right."""
    rows: list[list[Shape]] = []
    for shape in sorted(shapes, key=lambda shape: shape.top):
        if rows and _is_beside(rows[-1][0], shape):
            rows[-1].append(shape)
        else:
            rows.append([shape])
    return [shape for row in rows for shape in sorted(row, key=lambda shape: shape.left)]


def _is_beside(first: Shape, shape: Shape) -> bool:
    common = min(first.top + first.height, shape.top + shape.height) - shape.top
    return common > _ROW * max(1, min(first.height, shape.height))


def _length(element: "_Element | None", name: str) -> int:
    """Return a length in EMU; 0 where it is missing or is none."""
    try:
        return 0 if element is None else int(element.get(name, "0"))
    except ValueError:
        return 0
