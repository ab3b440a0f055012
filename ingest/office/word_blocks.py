"""The body of a Word file as blocks: paragraphs, headings, items of lists, tables as rows, notes, drawings."""

from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ingest.blocks import Block
from ingest.errors import Reason, UnreadableFile
from ingest.office.drawings import drawing_blocks
from ingest.office.flow_text import KEPT, Piece, visible_characters
from ingest.office.look import Look
from ingest.office.ooxml import RELATIONS, main_part, part_xml, relations
from ingest.office.word_numbering import Numbering
from ingest.office.word_styles import Style, W, changed_look, list_place, outline_level, read_styles
from ingest.office.word_tables import is_frame, read_rows
from ingest.office.word_text import Line, read_line
from ingest.office.word_visible import make_visible
from ingest.tables.grid import GridRow, grid_text, split_at_nested
from ingest.types import Gap
from ingest.workspace import Member, Workspace
from ingest.zip_package import Package

if TYPE_CHECKING:
    from lxml.etree import _Element

# What stands before a note, which follows the paragraph that refers to it: as in Word's own menus.
_NOTE_LABELS = {"footnote": "脚注：", "endnote": "尾注：", "comment": "批注："}
_DEEPEST = 20  # tables inside of each other
_EMBEDDED = ("oleObject", "package")


class WordReader:
    """Walks through the main part: counts lists, remembers what was left out."""

    def __init__(self, package: Package) -> None:
        self._package = package
        main = main_part(package, usual="word/document.xml")
        self._relations = relations(package, main)
        styles = self._part("styles")
        self._styles = {} if styles is None else read_styles(styles)
        self._numbering = Numbering(self._part("numbering"))
        root = part_xml(package, main)
        self.left_out = make_visible(root, styles=self._styles)
        body = root.find(W + "body")
        if body is None:
            raise UnreadableFile(Reason.DAMAGED, cause="the document has no body")
        self._body = body
        self._notes = {kind: self._read_notes(kind) for kind in _NOTE_LABELS}
        self._waiting: list[Block] = []  # notes and drawings of a table's cells
        self._chunks: list[str] = []
        self._drop_cap = ""

    def pieces(self) -> Iterator[Piece]:
        """Yield the document's blocks in order."""
        yield from self._walk(self._body, depth=0)
        yield Piece(Block(self._drop_cap))

    def gaps(self, text: str) -> Iterator[Gap]:
        """Yield what of the file did not come out in `text`; NO_TEXT_LAYER is raised where it has pictures only."""
        found = (
            visible_characters(part.text or "" for part in self._body.iter(W + "t")) - self.left_out["contents_lines"]
        )
        read = visible_characters([text])
        pictures = sum(relation.kind == "image" for relation in self._relations.values())
        if pictures and not read:
            raise UnreadableFile(Reason.NO_TEXT_LAYER, pages=pictures)
        if read < KEPT * found:
            yield Gap(Reason.TEXT_LOST, values={"found": found, "read": read})
        embedded = {item.target for item in self._relations.values() if item.kind in _EMBEDDED and not item.external}
        if embedded:
            yield Gap(Reason.EMBEDDED_FILES, values={"count": len(embedded)})

    def members(self, workspace: Workspace) -> Iterator[Member]:
        """Yield the documents that are shown in the text by reference (w:altChunk)."""
        for number, target in enumerate(self._chunks, 1):
            path = workspace.scratch / f"chunk-{number}"
            path.write_bytes(self._package.read(target))
            yield Member(PurePosixPath(target).name, path)

    def _part(self, kind: str) -> "_Element | None":
        """Return the part of that kind that the main part refers to, None where there is none."""
        for relation in self._relations.values():
            if relation.kind == kind and relation.target in self._package.names:
                return part_xml(self._package, relation.target)
        return None

    def _read_notes(self, kind: str) -> dict[str, str]:
        root = self._part(f"{kind}s")
        if root is None:
            return {}
        self.left_out += make_visible(root, styles=self._styles)
        texts = {}
        for note in root.iterchildren(W + kind):
            lines = (read_line(paragraph).text for paragraph in note.iter(W + "p"))
            texts[note.get(W + "id", "")] = "\n".join(filter(None, lines))
        return texts

    def _walk(self, container: "_Element", *, depth: int) -> Iterator[Piece]:
        """Yield the pieces of the body, or of a box around text; elements that are not known are looked into."""
        stack = [container.iterchildren("*")]
        while stack:
            element = next(stack[-1], None)
            if element is None:
                stack.pop()
            elif element.tag == W + "p":
                yield from self._paragraph(element)
            elif element.tag == W + "tbl":
                yield from self._table(element, depth=depth)
            elif element.tag == W + "altChunk":
                self._note_chunk(element)
            else:
                stack.append(element.iterchildren("*"))

    def _note_chunk(self, element: "_Element") -> None:
        relation = self._relations.get(element.get(RELATIONS + "id", ""))
        if relation and not relation.external and relation.target in self._package.names:
            self._chunks.append(relation.target)

    def _paragraph(self, paragraph: "_Element") -> Iterator[Piece]:
        if not len(paragraph):
            return
        properties = paragraph.find(W + "pPr")
        line, style = read_line(paragraph), self._style(properties)
        label, list_key = self._label(properties, style=style)
        if line.text and (line.is_contents or style.is_contents):
            self.left_out["contents_lines"] += visible_characters([line.text])
            return
        if properties is not None and _is_drop_cap(properties):
            self._drop_cap += line.text
            return
        text, self._drop_cap = self._drop_cap + line.text, ""
        own = outline_level(properties)
        level = style.level if own is None else own
        is_title = style.is_title and own is None
        look = self._look(paragraph, style=style)
        yield Piece(Block(label + text if text else "", level), list_key, is_title, look)
        for block in self._attached(line):
            yield Piece(block)

    def _style(self, properties: "_Element | None") -> Style:
        element = None if properties is None else properties.find(W + "pStyle")
        name = "" if element is None else element.get(W + "val", "")
        return self._styles.get(name) or self._styles.get("") or Style()

    def _look(self, paragraph: "_Element", *, style: Style) -> Look:
        """Return how most characters of a paragraph look."""
        looks: Counter[Look] = Counter()
        for run in paragraph.iterchildren(W + "r"):
            properties = run.find(W + "rPr")
            named = None if properties is None else properties.find(W + "rStyle")
            by_name = None if named is None else self._styles.get(named.get(W + "val", ""))
            look = changed_look(by_name.look if by_name else style.look, properties)
            looks[look] += sum(len(text.text or "") for text in run.iterchildren(W + "t"))
        return looks.most_common(1)[0][0] if looks else style.look

    def _label(self, properties: "_Element | None", *, style: Style) -> tuple[str, str | None]:
        """Return a paragraph's automatic number, "" where it has none, and the list that it is in."""
        number, level = list_place(properties)
        if number is None:
            number, level = style.number, style.number_level if level is None else level
        if number is None:
            return "", None
        label = self._numbering.label(number, level, style=style.name)
        return label or "", self._numbering.key(number)

    def _attached(self, line: Line) -> Iterator[Block]:
        """Yield what hangs on a paragraph: the descriptions of its pictures, its drawings, its notes."""
        for description in line.descriptions:
            yield Block(description)
        for drawing in line.drawings:
            yield from drawing_blocks(drawing, package=self._package, relations=self._relations)
        for kind, name in line.notes:
            if text := self._notes[kind].get(name):
                yield Block(_NOTE_LABELS[kind] + text)

    def _table(self, table: "_Element", *, depth: int) -> Iterator[Piece]:
        if depth >= _DEEPEST:
            yield Piece(Block(" ".join(part.text or "" for part in table.iter(W + "t"))))
            return
        if is_frame(table):
            for cell in table.iterfind(f"{W}tr/{W}tc"):
                yield from self._walk(cell, depth=depth + 1)
            return
        for rows, nested in split_at_nested(read_rows(table, self._cell)):
            yield from self._rows(rows)
            for inner in nested:
                yield from self._table(inner, depth=depth + 1)

    def _rows(self, rows: list[GridRow]) -> Iterator[Piece]:
        yield Piece(Block(grid_text(rows)))
        for block in self._waiting:
            yield Piece(block)
        self._waiting = []

    def _cell(self, cell: "_Element") -> str:
        """Return the text of a cell on one line; what hangs on it waits for the end of the table."""
        texts = []
        for paragraph in cell.iterchildren(W + "p"):
            properties = paragraph.find(W + "pPr")
            line = read_line(paragraph)
            # A column of nothing but automatic numbers is frequent (序号).
            label, _ = self._label(properties, style=self._style(properties))
            texts.append(label + line.text)
            self._waiting += self._attached(line)
        return " ".join(" ".join(texts).split())


def _is_drop_cap(properties: "_Element") -> bool:
    """Whether a paragraph is the large first letter of the next one."""
    frame = properties.find(W + "framePr")
    return frame is not None and frame.get(W + "dropCap", "none") != "none"
