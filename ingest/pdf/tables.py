"""Tables of a PDF page that are drawn with lines: the lines from pdfium, the grid from pdfplumber."""

import ctypes
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

from ingest.pdf.placing import Placing
from ingest.pdf.text import Char, Line, chars_text, make_line

_SNAP = 3.0  # points within which lines count as meeting
_SHORTEST = 4.0  # points
_THICKEST = 3.0  # points: a rectangle thinner than this is a line
_FEWEST = 6  # lines: two rows and two columns
_FEWEST_OF_A_ROW = 3  # cells of the last row of a table, alone on the next page
_MOST = 3000  # lines; more belong to a drawing

Box = tuple[float, float, float, float]  # left, top, right, bottom
Edge = dict[str, Any]  # a line as pdfplumber has it


@dataclass(frozen=True, slots=True)
class Table:
    """A grid of at least two rows and two columns; a cell may reach over several of either."""

    box: Box
    cells: tuple[Box, ...]

    @property
    def columns(self) -> tuple[float, ...]:
        """The left edges of the columns: those of the rows of which there are most."""
        return Counter(tuple(cell[0] for cell in row) for row in self._rows()).most_common(1)[0][0]

    def holds(self, line: Line) -> bool:
        """Tell whether the middle of `line` lies in the table."""
        return _is_inside(self.box, x=(line.x0 + line.x1) / 2, y=line.bottom - line.size / 3)

    def filled(self, lines: Iterable[Line]) -> tuple[tuple[tuple[str, ...], ...], str]:
        """Return the cells' texts row by row, taken from `lines`, and what lies in no cell, so that nothing is lost.

        A cell over several rows gives its text to each; over several columns, to the first, and "" to the others. Rows
        of a form, whose cells are no columns, have as many texts as cells.
        """
        filled: dict[Box, list[Line]] = {}
        rest: list[Line] = []
        for line in lines:
            for cell, chars in self._by_cell(line):
                (filled.setdefault(cell, []) if cell else rest).append(make_line(chars))
        texts = {cell: _joined(found) for cell, found in filled.items()}
        rows = [_aligned(row, columns=self.columns, texts=texts) for row in self._rows()]
        return tuple(row for row in rows if any(row)), "\n".join(line.text for line in rest)

    def _rows(self) -> list[list[Box]]:
        """Return the cells of each row from left to right, with those that reach down from the rows above."""
        tops = sorted({cell[1] for cell in self.cells})
        return [sorted(cell for cell in self.cells if cell[1] - 1 <= top < cell[3] - 1) for top in tops]

    def _by_cell(self, line: Line) -> "Iterator[tuple[Box | None, list[Char]]]":
        current: Box | None = None
        chars: list[Char] = []
        for char in line.chars:
            if char.text.isspace():
                chars.append(char)
                continue
            x, y = (char.x0 + char.x1) / 2, char.bottom - char.size / 3
            cell = current if current and _is_inside(current, x=x, y=y) else self._cell(x=x, y=y)
            if cell != current and chars_text(chars):
                yield current, chars
                chars = []
            current = cell
            chars.append(char)
        if chars_text(chars):
            yield current, chars

    def _cell(self, *, x: float, y: float) -> Box | None:
        return next((cell for cell in self.cells if _is_inside(cell, x=x, y=y)), None)


def page_tables(page: Any, *, placing: Placing) -> list[Table]:  # noqa: ANN401 - pypdfium2 has no types
    """Return the ruled tables of a pypdfium2 page from top to bottom."""
    return ruled_tables(_edges(page, placing=placing))


def ruled_tables(edges: Iterable[Edge], *, snap: float = _SNAP) -> list[Table]:
    """Return the tables that straight lines make: two rows and two columns at least, or a row of three cells."""
    found = []
    for cells in grids(edges, snap=snap):
        columns, rows = ({cell[side] for cell in cells} for side in (0, 1))
        if len(columns) > (1 if len(rows) > 1 else _FEWEST_OF_A_ROW - 1):
            found.append(table(cells))
    return found


def grids(edges: Iterable[Edge], *, snap: float = _SNAP) -> list[list[Box]]:
    """Return the cells of each grid that straight lines make; lines count as meeting within `snap` points.

    More lines than a table has belong to a drawing, which has no cells.
    """
    lines = list(islice(edges, _MOST + 1))
    if not _FEWEST <= len(lines) <= _MOST:
        return []
    from pdfplumber import table as plumber

    merged = plumber.merge_edges(lines, snap, snap, snap, snap)
    crossings = plumber.edges_to_intersections(merged, snap, snap)
    found: list[list[Box]] = plumber.cells_to_tables(plumber.intersections_to_cells(crossings))
    return found


def edge(x0: float, top: float, x1: float, bottom: float) -> Iterator[Edge]:
    """Yield a level or upright line of some width in pdfplumber's form; one too short for a table is none."""
    is_level = x1 - x0 >= bottom - top
    if max(x1 - x0, bottom - top) < _SHORTEST:
        return
    if is_level:
        top = bottom = (top + bottom) / 2
    else:
        x0 = x1 = (x0 + x1) / 2
    yield {
        "x0": x0, "x1": x1, "top": top, "bottom": bottom, "width": x1 - x0, "height": bottom - top,
        "orientation": "h" if is_level else "v",
    }  # fmt: skip


def table(cells: list[Box]) -> Table:
    """Return the table that has these cells."""
    lefts, tops, rights, bottoms = zip(*cells, strict=True)
    return Table(
        (min(lefts), min(tops), max(rights), max(bottoms)), tuple(sorted(cells, key=lambda cell: (cell[1], cell[0])))
    )


def _aligned(row: list[Box], *, columns: tuple[float, ...], texts: dict[Box, str]) -> tuple[str, ...]:
    """Return a row's texts column by column, or as they stand where its cells are no columns of the table."""
    lefts = {cell[0]: texts.get(cell, "") for cell in row}
    if len(row) == 1 or not lefts.keys() <= set(columns):
        return tuple(lefts.values())
    return tuple(lefts.get(left, "") for left in columns)


def _joined(lines: list[Line]) -> str:
    text = ""
    for line in lines:
        text += (" " if text[-1:].isascii() and line.text[:1].isascii() and text else "") + line.text
    return text


def _is_inside(box: Box, *, x: float, y: float) -> bool:
    return box[0] - 1 <= x <= box[2] + 1 and box[1] - 1 <= y <= box[3] + 1


def _edges(page: Any, *, placing: Placing) -> Iterator[Edge]:  # noqa: ANN401
    """Yield the horizontal and vertical lines that are drawn, in pdfplumber's form."""
    import pypdfium2.raw as pdfium

    for shape in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH], max_depth=5):
        points = list(_corners(shape, placing=placing))
        xs, ys = [x for (x, _), _ in points], [y for (_, y), _ in points]
        if not points:
            continue
        if max(xs) - min(xs) < _THICKEST or max(ys) - min(ys) < _THICKEST:
            yield from edge(min(xs), min(ys), max(xs), max(ys))
            continue
        for ((x0, y0), _), ((x1, y1), is_drawn) in pairwise(points):
            if is_drawn and (abs(x0 - x1) < 1 or abs(y0 - y1) < 1):
                yield from edge(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def _corners(shape: Any, *, placing: Placing) -> Iterator[tuple[tuple[float, float], bool]]:  # noqa: ANN401
    """Yield the points of a path as shown, with whether a line leads to them."""
    import pypdfium2.raw as pdfium

    matrices = [shape.get_matrix()]
    holder = shape.container
    while holder is not None:  # inside a form, positions are relative to it
        matrices.append(holder.get_matrix())
        holder = holder.container
    x, y = ctypes.c_float(), ctypes.c_float()
    first: tuple[float, float] | None = None
    for index in range(pdfium.FPDFPath_CountSegments(shape)):
        segment = pdfium.FPDFPath_GetPathSegment(shape, index)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        point = (x.value, y.value)
        for matrix in matrices:
            point = matrix.on_point(*point)
        shown = placing(*point)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            first = shown
        yield shown, kind == pdfium.FPDF_SEGMENT_LINETO
        if pdfium.FPDFPathSegment_GetClose(segment) and first:
            yield first, True
