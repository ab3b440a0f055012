"""PowerPoint files: a Document per slide, with its title as heading, its notes, tables, charts and SmartArt.

Read with a walk of our own: unstructured takes text boxes in bold for titles (precision 0.77 to 0.92), and passes over
charts, SmartArt and comments.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.documents import Document

from ingest.blocks import Block, page_document
from ingest.errors import Reason, UnreadableFile
from ingest.office.drawings import CHART, DIAGRAM, A, description, drawing_blocks
from ingest.office.flow_text import KEPT, visible_characters
from ingest.office.ooxml import MARKUP, RELATIONS, choose_alternatives, main_part, part_xml, relations
from ingest.office.slide_shapes import P, Shape, ordered_shapes
from ingest.office.slide_text import frame_paragraphs, joined_lines, slide_table
from ingest.types import Gap
from ingest.workspace import Workspace
from ingest.zip_package import Package, open_package

if TYPE_CHECKING:
    from lxml.etree import _Element

SUFFIXES = (".pptx", ".pptm", ".ppsx", ".ppsm", ".potx", ".potm")
VERSION = "1"

# What stands before the notes and the comments of a slide: as in PowerPoint's own menus.
_NOTES = "备注："
_COMMENT = "批注："
_EMBEDDED = ("oleObject", "package")


@dataclass(frozen=True, slots=True)
class _Slide:
    """A slide as it was read; `pictures` are those on it."""

    blocks: list[Block]
    gaps: list[Gap]
    left_out: Counter[str]
    pictures: int = 0


def load(path: Path, *, workspace: Workspace) -> Iterator[Document]:
    """Read a PowerPoint file into Documents, one per slide (hidden ones too), with the number that the slide has.

    The only heading of a slide is its title. Its notes stand below the title, where what is said about the slide as a
    whole belongs. `left_out` counts the characters of dates, footers and slide numbers. NO_TEXT_LAYER is raised at the
    end where all slides were pictures.
    """
    most = workspace.limits.pages
    pictures = 0
    blank = True
    with open_package(path, limits=workspace.limits) as package:
        names = _slide_names(package)
        for number, name in enumerate(names[:most], 1):
            slide = _slide(package, name, number=number)
            gaps = slide.gaps
            if number == most < len(names):
                gaps = [*gaps, Gap(Reason.TOO_MANY_PAGES, values={"limit": "pages", "value": len(names), "most": most})]
            document = page_document(slide.blocks, loader="pptx", page=number, gaps=gaps)
            document.metadata["pages"] = min(len(names), most)
            document.metadata["left_out"] = dict(slide.left_out)
            pictures += slide.pictures
            blank = blank and not document.page_content
            yield document
    if blank and pictures:
        raise UnreadableFile(Reason.NO_TEXT_LAYER, pages=len(names))


def _slide_names(package: Package) -> list[str]:
    """Return the slides' parts in the order in which they are shown."""
    main = main_part(package, usual="ppt/presentation.xml")
    known = relations(package, main)
    found = []
    for slide in part_xml(package, main).iterfind(f"{P}sldIdLst/{P}sldId"):
        relation = known.get(slide.get(RELATIONS + "id", ""))
        found.append(relation.target if relation else "")
    return found


def _slide(package: Package, name: str, *, number: int) -> _Slide:
    """Read one slide; one that is damaged leaves a gap, and the others go on."""
    try:
        return _Reader(package, name, number=number).slide()
    except UnreadableFile as error:
        if error.reason is not Reason.DAMAGED:
            raise
        return _Slide([], [Gap(Reason.DAMAGED, page=number, values=error.values)], Counter())


class _Reader:
    """Reads one slide, with the parts that it refers to."""

    def __init__(self, package: Package, name: str, *, number: int) -> None:
        self._package = package
        self._number = number
        self._relations = relations(package, name)
        self._root = part_xml(package, name)
        self._left_out: Counter[str] = Counter()

    def slide(self) -> _Slide:
        from lxml import etree

        choose_alternatives(self._root)
        etree.strip_tags(self._root, *(MARKUP + name for name in ("AlternateContent", "Choice", "Fallback")))
        tree = self._root.find(f"{P}cSld/{P}spTree")
        shapes = [] if tree is None else list(ordered_shapes(tree))
        title, rest = self._titled(shapes)
        body = [block for shape in rest for block in self._shape(shape)]
        blocks = [*title, *self._notes(), *body, *self._comments()]
        pictures = sum(shape.element.tag == P + "pic" for shape in shapes)
        return _Slide(blocks, list(self._gaps([*title, *body], pictures=pictures)), +self._left_out, pictures)

    def _titled(self, shapes: list[Shape]) -> tuple[list[Block], list[Shape]]:
        """Return the title as a heading, and the other shapes."""
        for index, shape in enumerate(shapes):
            if shape.is_title and (text := "\n".join(_paragraphs(shape.element))):
                return [Block(text, 1)], [*shapes[:index], *shapes[index + 1 :]]
        return [], shapes

    def _shape(self, shape: Shape) -> Iterator[Block]:
        element = shape.element
        if shape.is_footer:
            self._left_out["footers"] += visible_characters(_paragraphs(element))
            return
        yield from map(Block, joined_lines(_paragraphs(element)))
        for table in element.iterfind(f"{A}graphic/{A}graphicData/{A}tbl"):
            yield Block(slide_table(table))
        for drawing in element.iter(CHART, DIAGRAM):
            yield from drawing_blocks(drawing, package=self._package, relations=self._relations)
        for picture in element.iterfind(f"{P}nvPicPr/{P}cNvPr"):
            yield Block(description(picture))

    def _notes(self) -> Iterator[Block]:
        for root in self._parts("notesSlide"):
            for shape in root.iterfind(f".//{P}sp"):
                mark = shape.find(f"{P}nvSpPr/{P}nvPr/{P}ph")
                text = "\n".join(_paragraphs(shape)) if mark is not None and mark.get("type") == "body" else ""
                if text:
                    yield Block(text if text.startswith(_NOTES) else _NOTES + text)

    def _comments(self) -> Iterator[Block]:
        for root in self._parts("comments"):
            # In the form of before 2021 the text is one element, in today's a text body.
            texts = [text.text or "" for text in root.iter(P + "text")]
            for paragraph in [*texts, *("".join(paragraph.itertext()) for paragraph in root.iter(A + "p"))]:
                if paragraph.strip():
                    yield Block(_COMMENT + paragraph.strip())

    def _parts(self, kind: str) -> "Iterator[_Element]":
        for relation in self._relations.values():
            if relation.kind == kind and relation.target in self._package.names:
                yield part_xml(self._package, relation.target)

    def _gaps(self, blocks: list[Block], *, pictures: int) -> Iterator[Gap]:
        read = visible_characters(block.text for block in blocks)
        found = visible_characters(text.text or "" for text in self._root.iter(A + "t")) - self._left_out["footers"]
        if pictures and not read:
            yield Gap(Reason.SCANNED_PAGES, page=self._number)
        if read < KEPT * found:
            yield Gap(Reason.TEXT_LOST, page=self._number, values={"found": found, "read": read})
        embedded = sum(relation.kind in _EMBEDDED and not relation.external for relation in self._relations.values())
        if embedded:
            yield Gap(Reason.EMBEDDED_FILES, page=self._number, values={"count": embedded})


def _paragraphs(shape: "_Element") -> Iterator[str]:
    for body in shape.iterchildren(P + "txBody"):
        yield from frame_paragraphs(body)
