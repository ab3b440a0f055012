"""The content of OpenDocument texts and slides as blocks: paragraphs, lists, tables as rows, notes, boxes, charts."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ingest.blocks import Block
from ingest.errors import Reason, UnreadableFile
from ingest.office.flow_text import Piece, visible_characters
from ingest.office.ooxml import part_xml
from ingest.office.opendocument import (
    CHART,
    DRAW,
    OFFICE,
    TABLE,
    TEXT,
    XLINK,
    Line,
    left_out_as,
    read_line,
    read_rows,
)
from ingest.office.opendocument_lists import OpenList, Styles
from ingest.tables.grid import GridRow, grid_text, split_at_nested
from ingest.zip_package import Package

if TYPE_CHECKING:
    from lxml.etree import _Element

# What stands before a note, which follows the paragraph that refers to it.
_NOTE_LABELS = {"footnote": "脚注：", "endnote": "尾注："}
_COMMENT = "批注："
_PARAGRAPHS = (TEXT + "p", TEXT + "h")
# Their lines all stand in the text again.
_CONTENTS = tuple(TEXT + name for name in ("table-of-content", "illustration-index", "table-index", "object-index"))
_DEEPEST = 20  # tables inside of each other

_Level = tuple["Iterator[_Element]", OpenList | None]
_Row = tuple[GridRow, "list[_Element]"]  # of a table, with the tables inside of it


class ContentReader:
    """Walks through the content; `left_out` counts characters by what they were, `embedded` files that are not read."""

    def __init__(self, package: Package, styles: Styles, *, most_cells: int) -> None:
        self._package = package
        self._cells_left = self._most_cells = most_cells
        self._styles = styles
        self._numbered: _Element | None = None  # the item whose number was told
        self.left_out: Counter[str] = Counter()
        self.embedded = 0
        self.pictures = 0

    def pieces(self, container: "_Element", *, depth: int = 0) -> Iterator[Piece]:
        """Yield what an element holds, block by block; elements that are not known are looked into."""
        stack: list[_Level] = [(container.iterchildren("*"), None)]
        while stack:
            children, place = stack[-1]
            element = next(children, None)
            if element is None:
                stack.pop()
            elif element.tag in _PARAGRAPHS:
                yield from self._paragraph(element, place, depth=depth)
            elif element.tag == TABLE + "table":
                yield from self._table(element, depth=depth)
            elif element.tag == TEXT + "list":
                stack.append((element.iterchildren("*"), self._styles.open_list(element, outer=place)))
            elif element.tag in _CONTENTS:
                self.left_out["contents_lines"] += visible_characters(element.itertext())
            elif (what := left_out_as(element.tag)) is not None:
                self.left_out[what] += visible_characters(element.itertext()) if what else 0
            elif element.tag in (DRAW + "frame", OFFICE + "annotation", DRAW + "object"):
                yield from self._aside(element, depth=depth)
            else:
                stack.append((element.iterchildren("*"), place))

    def shape(self, element: "_Element") -> Iterator[Piece]:
        """Yield what a shape of a slide holds, block by block."""
        yield from self._aside(element, depth=0)

    def _paragraph(self, element: "_Element", place: OpenList | None, *, depth: int) -> Iterator[Piece]:
        line = self._line(element)
        style = element.get(TEXT + "style-name", "")
        value = element.get(TEXT + "outline-level", "") if element.tag == TEXT + "h" else ""
        level = int(value[:2]) if value.isdecimal() else self._styles.outline_level(style)
        is_title = not level and self._styles.is_title(style)
        if line.text:
            label = self._label(element, place, level=level)
            yield Piece(Block(label + line.text, 1 if is_title else level), place.key if place else None, is_title)
        yield from self._attached(line, depth=depth)

    def _label(self, element: "_Element", place: OpenList | None, *, level: int) -> str:
        """Return the number of a heading, or of the first paragraph of a list's item."""
        item = element.getparent()
        if place is None:
            numbered = level and element.tag == TEXT + "h" and element.get(TEXT + "is-list-header") != "true"
            return self._styles.heading_label(level) if numbered else ""
        if item is None or item.tag != TEXT + "list-item" or item is self._numbered:
            return ""
        self._numbered = item
        return self._styles.label(place, start=item.get(TEXT + "start-value"))

    def _line(self, element: "_Element") -> Line:
        return read_line(element, out=self.left_out, hidden=self._styles.hidden)

    def _attached(self, line: Line, *, depth: int) -> Iterator[Piece]:
        for text in line.descriptions:
            yield Piece(Block(text))
        for element in line.aside:
            yield from self._aside(element, depth=depth)

    def _aside(self, element: "_Element", *, depth: int) -> Iterator[Piece]:
        """Yield what stands beside the text: notes, comments, boxes, tables, charts."""
        if element.tag == TEXT + "note":
            label = _NOTE_LABELS.get(element.get(TEXT + "note-class", ""), _NOTE_LABELS["footnote"])
            yield Piece(Block(self._labelled(label, element)))
        elif element.tag == OFFICE + "annotation":
            yield Piece(Block(self._labelled(_COMMENT, element)))
        elif element.tag == TABLE + "table":
            yield from self._table(element, depth=depth)
        elif element.tag == DRAW + "object":
            yield from self._object(element, depth=depth)
        elif depth < _DEEPEST:
            self.pictures += sum(True for _ in element.iterchildren(DRAW + "image"))
            yield from self.pieces(element, depth=depth + 1)
        else:
            yield Piece(Block(" ".join("".join(part.itertext()) for part in element.iter(*_PARAGRAPHS))))

    def _labelled(self, label: str, element: "_Element") -> str:
        text = "\n".join(filter(None, (self._line(part).text for part in element.iter(*_PARAGRAPHS))))
        return label + text if text else ""

    def _table(self, table: "_Element", *, depth: int) -> Iterator[Piece]:
        if depth >= _DEEPEST:
            yield Piece(Block(" ".join("".join(part.itertext()) for part in table.iter(*_PARAGRAPHS))))
            return
        waiting: list[Line] = []
        rows_read = self._counted(read_rows(table, lambda cell: self._cell(cell, waiting)))
        for rows, nested in split_at_nested(rows_read):
            yield Piece(Block(grid_text(rows)))
            for inner in nested:
                yield from self._table(inner, depth=depth + 1)
        for line in waiting:
            yield from self._attached(line, depth=depth + 1)

    def _counted(self, rows: "Iterable[_Row]") -> "Iterator[_Row]":
        """Yield rows that may be repeated; TOO_LARGE where a few bytes become millions of cells."""
        for row, nested in rows:
            self._cells_left -= len(row.cells)
            if self._cells_left < 0:
                value, most = self._most_cells - self._cells_left, self._most_cells
                raise UnreadableFile(Reason.TOO_LARGE, limit="cells", value=value, most=most)
            yield row, nested

    def _cell(self, cell: "_Element", waiting: list[Line]) -> str:
        """Return the text of a cell on one line; what hangs on it waits for the end of the table."""
        texts = []
        stack: list[_Level] = [(cell.iterchildren("*"), None)]
        while stack:
            children, place = stack[-1]
            element = next(children, None)
            if element is None:
                stack.pop()
            elif element.tag in _PARAGRAPHS:
                line = self._line(element)
                texts.append(self._label(element, place, level=0) + line.text)
                waiting.append(line)
            elif element.tag == TEXT + "list":
                stack.append((element.iterchildren("*"), self._styles.open_list(element, outer=place)))
            elif element.tag != TABLE + "table" and left_out_as(element.tag) is None:
                stack.append((element.iterchildren("*"), place))
        return " ".join(" ".join(texts).split())

    def _object(self, element: "_Element", *, depth: int) -> Iterator[Piece]:
        """Yield the titles and values of a chart; other objects are files of their own, which are not read."""
        name = element.get(XLINK + "href", "").removeprefix("./").rstrip("/") + "/content.xml"
        if name not in self._package.names:
            self.embedded += 1
            return
        root = part_xml(self._package, name)
        chart = next(root.iter(CHART + "chart"), None)
        if chart is None:
            yield from self._formula(root)
            return
        for title in root.iter(CHART + "title", CHART + "subtitle"):
            yield Piece(Block(" ".join("".join(part.itertext()) for part in title.iter(TEXT + "p"))))
        for table in chart.iterchildren(TABLE + "table"):
            yield from self._table(table, depth=depth + 1)

    def _formula(self, root: "_Element") -> Iterator[Piece]:
        """Yield a formula as it was typed; an object that is no formula counts as embedded."""
        typed = [part.text or "" for part in root.iter("{http://www.w3.org/1998/Math/MathML}annotation")]
        self.embedded += not typed
        yield from (Piece(Block(text)) for text in typed)
