"""Straight lines that are drawn in a picture, and the tables that they make."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ingest.pdf.tables import Table, edge, ruled_tables

if TYPE_CHECKING:
    from numpy.typing import NDArray

Rule = tuple[float, float, float, float]  # x0, y0, x1, y1 in pixels

_SHORTEST = 40  # pixels of a line; strokes of characters are shorter
_THICKEST = 12
_LENGTHS = 5  # times as long as thick
_BRIDGED = 7  # pixels that a scan may break a line by
_MOST = 2000  # more are a pattern, not a table
_SNAP = 4.0  # points within which lines count as meeting: those of a scan bend and fray


def rules(gray: "NDArray[Any]") -> list[Rule]:
    """Return the horizontal and vertical lines of an upright grey picture; those of a pattern are left out."""
    import cv2

    ink = cv2.adaptiveThreshold(gray, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 31, 15)
    found = [*_along(ink, width=_SHORTEST, height=1), *_along(ink, width=1, height=_SHORTEST)]
    return found if len(found) <= _MOST else []


def _along(ink: "NDArray[Any]", *, width: int, height: int) -> Iterator[Rule]:
    """Yield the lines that are at least `width` by `height`, one of which is 1."""
    import cv2

    across = width > height
    bridge = cv2.getStructuringElement(cv2.MORPH_RECT, (_BRIDGED, 3) if across else (3, _BRIDGED))
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (width, height))
    lines = cv2.morphologyEx(cv2.morphologyEx(ink, cv2.MORPH_CLOSE, bridge), cv2.MORPH_OPEN, kernel)
    # Pieces of one line that is not quite straight lie a pixel apart.
    lines = cv2.dilate(lines, cv2.getStructuringElement(cv2.MORPH_RECT, (3, 3)))
    _, _, boxes, _ = cv2.connectedComponentsWithStats(lines)
    for x, y, wide, high in boxes[1:, :4].tolist():
        long, thick = (wide, high) if across else (high, wide)
        if thick > _THICKEST + 2 or long < _LENGTHS * thick:
            continue
        middle = (y + high / 2) if across else (x + wide / 2)
        yield (x, middle, x + wide, middle) if across else (middle, y, middle, y + high)


def outside(found: Sequence[Rule], boxes: Sequence[tuple[float, float, float, float]]) -> list[Rule]:
    """Return the lines that are no strokes of the characters in `boxes` (left, top, right, bottom)."""

    def is_stroke(rule: Rule) -> bool:
        x0, y0, x1, y1 = rule
        if x0 == x1:  # the strokes of a character above the box may go on in it
            return any(
                left <= x0 <= right and 2 * (min(y1, bottom) - max(y0, top)) > y1 - y0
                for left, top, right, bottom in boxes
            )
        return any(left <= x0 and x1 <= right and top <= y0 <= bottom for left, top, right, bottom in boxes)

    return [rule for rule in found if not is_stroke(rule)]


def tables(found: Iterable[Rule], *, scale: float) -> list[Table]:
    """Return the tables that lines make, in points; `scale` is points per pixel."""
    edges = (line for rule in found for line in edge(*(scale * place for place in rule)))
    return ruled_tables(edges, snap=_SNAP)
