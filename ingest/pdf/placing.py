"""Where things stand on a PDF page as it is read, whatever space the file describes them in."""

import ctypes
from copy import copy
from typing import Any, Self

_STRAIGHT = 0.09  # tangent of the angle, five degrees, up to which text counts as straight


class Placing:
    """Turns positions in a page's own space into points from the upper left corner of the page as it is read."""

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
        """Return the point (x, y) of the page's own space as it is read."""
        return (
            self._origin[0] + x * self._right[0] + y * self._up[0],
            self._origin[1] + x * self._right[1] + y * self._up[1],
        )

    def span(self, left: float, bottom: float, right: float, top: float) -> tuple[float, float]:
        """Return the left and right edge, on the page as it is read, of a box of the page's own space."""
        across, up, origin = self._right[0], self._up[0], self._origin[0]
        x0, x1 = origin + left * across + bottom * up, origin + right * across + top * up
        return (x0, x1) if x0 <= x1 else (x1, x0)

    def down(self, x: float, y: float) -> float:
        """Return how far below the upper edge the point (x, y) of the page's own space is."""
        return self._origin[1] + x * self._right[1] + y * self._up[1]

    def box(self, left: float, bottom: float, right: float, top: float) -> tuple[float, float, float, float]:
        """Return a box of the page's own space as (left, top, right, bottom) on the page as it is read."""
        (x0, y0), (x1, y1) = self(left, bottom), self(right, top)
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

    def quarters(self, x: float, y: float) -> int | None:
        """Return how many quarter turns make text in the direction (x, y) read from left to right; None if aslant."""
        across = x * self._right[0] + y * self._up[0]
        down = x * self._right[1] + y * self._up[1]
        if abs(down) <= _STRAIGHT * abs(across):
            return 0 if across >= 0 else 2
        if abs(across) <= _STRAIGHT * abs(down):
            return 1 if down < 0 else 3
        return None

    def turned(self, quarters: int) -> Self:
        """Return the placing on the page turned clockwise by `quarters` of a full turn."""
        placing = copy(self)
        for _ in range(quarters):
            height = placing.height
            placing.width, placing.height = height, placing.width
            placing._origin = height - placing._origin[1], placing._origin[0]
            placing._right = -placing._right[1], placing._right[0]
            placing._up = -placing._up[1], placing._up[0]
        return placing
