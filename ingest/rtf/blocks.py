r"""Paragraphs and tables of an RTF file, put together from runs of text and the marks between them.

Source: RTF Specification 1.9.1, "Table Definitions": a cell ends with \cell, a row with \row, and inside of a cell's
table with \nestcell and \nestrow; \itap says how deep a paragraph lies.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ingest.office.look import Look
from ingest.tables.grid import GridRow, grid_text

_DEEPEST = 30  # tables inside each other; deeper ones are read as part of the one at this depth
_SAME_EDGE = 60  # twips (a millimetre) that the borders of one column may be apart


class Layout(NamedTuple):
    """What a paragraph is, by its marks: `style` is a number of the style sheet, `depth` counts tables around it."""

    style: int = 0
    outline: int | None = None
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph with the look of most of its characters; a table has its rows as text, and no look."""

    text: str
    layout: Layout = field(default_factory=Layout)
    look: Look = field(default_factory=Look)
    is_table: bool = False
    is_item: bool = False


@dataclass(slots=True)
class Style:
    """A paragraph style: its name, the outline level that it sets itself, and the style that it is based on."""

    name: str = ""
    outline: int | None = None
    base: int | None = None


@dataclass(slots=True)
class Contents:
    """What a file holds: its text, its styles, and what was met that is not text."""

    paragraphs: list[Paragraph] = field(default_factory=list)
    styles: dict[int, Style] = field(default_factory=dict)
    encoding: str | None = None
    bad: int = 0
    first_bad: int | None = None
    pictures: int = 0
    objects: int = 0
    is_cut: bool = False


@dataclass(slots=True)
class Definition:
    r"""The cells of a row as \trowd tells of them: right edges, and which go on from the left or from above."""

    edges: list[int] = field(default_factory=list)
    from_left: list[bool] = field(default_factory=list)
    from_above: list[bool] = field(default_factory=list)
    is_header: bool = False
    goes_on: str = ""  # "left" or "above", of the cell that is being defined

    def add_cell(self, edge: int) -> None:
        """End the definition of one cell, at its right edge."""
        self.edges.append(edge)
        self.from_left.append(self.goes_on == "left")
        self.from_above.append(self.goes_on == "above")
        self.goes_on = ""


@dataclass(slots=True)
class _Row:
    cells: list[list[Paragraph]]
    definition: Definition


@dataclass(slots=True)
class _Table:
    rows: list[_Row] = field(default_factory=list)
    cells: list[list[Paragraph]] = field(default_factory=list)
    cell: list[Paragraph] = field(default_factory=list)

    def end_cell(self) -> None:
        self.cells.append(self.cell)
        self.cell = []

    def end_row(self, definition: Definition) -> None:
        if self.cell:
            self.end_cell()
        if self.cells:
            self.rows.append(_Row(self.cells, definition))
        self.cells = []

    def closed(self) -> list[Paragraph]:
        """Return the table as paragraphs: one for its rows, or those of its cells where it is there for the layout."""
        if self.cells:
            self.end_row(Definition())
        found: list[Paragraph] = []
        run: list[_Row] = []
        for row in self.rows:
            if any(paragraph.is_table for cell in row.cells for paragraph in cell):
                found += _rows(run)
                found += [paragraph for cell in row.cells for paragraph in cell]
                run = []
            else:
                run.append(row)
        return [*found, *_rows(run), *self.cell]


def _rows(rows: list[_Row]) -> list[Paragraph]:
    if all(len(row.cells) == 1 for row in rows):  # a frame around text
        return [paragraph for row in rows for paragraph in row.cells[0]]
    columns = _columns(edge for row in rows for edge in row.definition.edges)
    above: dict[int, str] = {}
    grid = []
    for row in rows:
        texts, above = _grid_row(row, columns=columns, above=above)
        grid.append(texts)
    text = grid_text(grid)
    return [Paragraph(text, is_table=True)] if text else []


def _columns(edges: Iterable[int]) -> dict[int, int]:
    """Return the number of the column that ends at each right edge; edges that were moved a little are one."""
    columns: dict[int, int] = {}
    count, last = 0, -_SAME_EDGE
    for edge in sorted(set(edges)):
        count += edge - last >= _SAME_EDGE
        columns[edge] = count
        last = edge
    return columns


def _grid_row(row: _Row, *, columns: dict[int, int], above: dict[int, str]) -> tuple[GridRow, dict[int, str]]:
    """Return the cells in their columns, and by right edge what the next row may go on with.

    A cell over several rows stands in each of them.
    """
    definition = row.definition
    grid = GridRow(is_header=definition.is_header)
    by_edge: dict[int, str] = {}
    for number, cell in enumerate(row.cells):
        text = "\n".join(paragraph.text for paragraph in cell).strip()
        if number >= len(definition.edges):  # a damaged definition
            grid.add(text)
            continue
        edge = definition.edges[number]
        covered = max(1, columns[edge] - grid.width)
        if not text and definition.from_above[number]:
            text = above.get(edge, "")
        by_edge[edge] = text
        if not text and definition.from_left[number] and grid.cells:
            grid.cells[-1] = grid.cells[-1]._replace(columns=grid.cells[-1].columns + covered)
        else:
            grid.add(text, columns=covered)
    return grid, by_edge


class Flow:
    """Text that is read from its beginning to its end: the body, a text box, a note, which `label` says it is."""

    def __init__(self, *, label: str = "") -> None:
        self.label = label
        self._done: list[Paragraph] = []
        self._boxes: list[Paragraph] = []
        self._tables: list[_Table] = []
        self._parts: list[str] = []
        self._looks: Counter[Look] = Counter()
        self._layout = Layout()
        self._label: list[str] = []

    def add(self, text: str, *, layout: Layout, look: Look) -> None:
        """Add characters to the paragraph that is being read; it is what its last visible character is."""
        self._parts.append(text)
        if not text.isspace():
            self._looks[look] += len(text)
            self._layout = layout

    def add_label(self, text: str) -> None:
        """Add to the number or bullet of the paragraph that is being read."""
        self._label.append(text)

    def add_box(self, paragraphs: list[Paragraph]) -> None:
        """Put the text of a box or a note behind the paragraph that is being read."""
        self._boxes += paragraphs

    def end_paragraph(self, *, depth: int) -> None:
        """End a paragraph; one without text lies in `depth` tables, any other where its text says."""
        is_blank = not any(part.strip() for part in self._parts)
        self._end(depth=depth if is_blank else self._layout.depth)

    def end_cell(self, *, depth: int) -> None:
        """End a cell of the table at `depth`, 1 being the outermost."""
        self._end(depth=depth)
        self._tables[-1].end_cell()

    def end_row(self, definition: Definition, *, depth: int) -> None:
        """End a row of the table at `depth`."""
        self._end(depth=depth)
        self._tables[-1].end_row(definition)

    def closed(self) -> list[Paragraph]:
        """Return all that was read; what was left open is ended."""
        self.end_paragraph(depth=0)
        self._reach(0)
        if self.label and self._done:
            self._done[0] = replace(self._done[0], text=self.label + self._done[0].text)
        return self._done

    def _end(self, *, depth: int) -> None:
        self._reach(depth)
        into = self._tables[-1].cell if self._tables else self._done
        if text := "".join(self._parts).strip(" \t\n\r\u3000\u00a0"):
            look = self._looks.most_common(1)[0][0] if self._looks else Look()
            is_item = bool("".join(self._label).strip())
            into.append(Paragraph(_labelled(text, self._label), self._layout, look, is_item=is_item))
        into += self._boxes
        self._parts, self._label, self._boxes = [], [], []
        self._looks.clear()

    def _reach(self, depth: int) -> None:
        """Open or close tables until `depth` of them are open."""
        depth = max(0, min(depth, _DEEPEST))
        while len(self._tables) > depth:
            table = self._tables.pop()
            into = self._tables[-1].cell if self._tables else self._done
            into += table.closed()
        while len(self._tables) < depth:
            self._tables.append(_Table())


def _labelled(text: str, label: list[str]) -> str:
    """Return the text of a list item behind its number or bullet."""
    mark = "".join(label).strip()
    if not mark:
        return text
    if all("\ue000" <= char <= "\uf8ff" for char in mark):  # of a symbol font
        mark = "•"
    return f"{mark}{text}" if mark.endswith(("、", "）", "．", "：")) else f"{mark} {text}"
