"""OpenDocument presentations (LibreOffice, WPS): a Document per slide, with its title as heading and its notes."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.documents import Document

from ingest.blocks import Block, page_document
from ingest.errors import Reason, UnreadableFile
from ingest.office.flow_text import join_lists
from ingest.office.opendocument import DRAW, OFFICE, PRESENTATION, SVG, content
from ingest.office.opendocument_blocks import ContentReader
from ingest.office.opendocument_lists import Styles
from ingest.office.slide_shapes import Shape, reading_order
from ingest.types import Gap
from ingest.workspace import Workspace
from ingest.zip_package import open_package

if TYPE_CHECKING:
    from lxml.etree import _Element

SUFFIXES = (".odp", ".otp")
VERSION = "1"

_NOTES = "备注："
_FOOTERS = ("date-time", "footer", "header", "page-number")
_DEEPEST = 20  # groups inside of each other
_UNITS = {"cm": 10.0, "mm": 1.0, "in": 25.4, "pt": 25.4 / 72, "pc": 25.4 / 6, "px": 25.4 / 96}  # millimetres
_SCALE = 1000  # parts of a millimetre that places are compared by


def load(path: Path, *, workspace: Workspace) -> Iterator[Document]:
    """Read an OpenDocument presentation into Documents, one per slide (hidden ones too), with the slide's number.

    The only heading of a slide is its title; its notes stand below it. `left_out` counts the characters of dates,
    footers and slide numbers. NO_TEXT_LAYER is raised at the end where all slides were pictures.
    """
    most = workspace.limits.pages
    pictures = 0
    blank = True
    with open_package(path, limits=workspace.limits) as package:
        root = content(package)
        slides = root.findall(f"{OFFICE}body/{OFFICE}presentation/{DRAW}page")
        roots = [content(package, "styles.xml")] if "styles.xml" in package.names else []
        styles = Styles(*roots, root)
        for number, slide in enumerate(slides[:most], 1):
            reader = ContentReader(package, styles, most_cells=workspace.limits.cells)
            blocks = list(_blocks(slide, reader))
            gaps = list(_gaps(reader, blocks, number=number))
            if number == most < len(slides):
                gaps.append(Gap(Reason.TOO_MANY_PAGES, values={"limit": "pages", "value": len(slides), "most": most}))
            document = page_document(blocks, loader="odp", page=number, gaps=gaps)
            document.metadata["pages"] = min(len(slides), most)
            document.metadata["left_out"] = dict(+reader.left_out)
            pictures += reader.pictures
            blank = blank and not document.page_content
            yield document
    if blank and pictures:
        raise UnreadableFile(Reason.NO_TEXT_LAYER, pages=len(slides))


def _blocks(slide: "_Element", reader: ContentReader) -> Iterator[Block]:
    body: list[Block] = []
    title: list[Block] = []
    for shape in _shapes(slide):
        blocks = [block for block in join_lists(reader.shape(shape.element)) if block.text]
        if shape.placeholder in _FOOTERS:
            reader.left_out["footers"] += sum(len("".join(block.text.split())) for block in blocks)
        elif shape.is_title and blocks and not title:
            title.append(Block("\n".join(block.text for block in blocks), 1))
        else:
            body += blocks
    yield from title
    yield from _notes(slide, reader)
    yield from body


def _shapes(container: "_Element", *, depth: int = 0) -> Iterator[Shape]:
    """Yield the shapes of a slide in reading order; a group is taken apart where it stands."""
    children = [child for child in container.iterchildren("*") if str(child.tag).startswith((DRAW, OFFICE))]
    for shape in reading_order([_shape(child) for child in children]):
        if shape.element.tag == DRAW + "g" and depth < _DEEPEST:
            yield from _shapes(shape.element, depth=depth + 1)
        else:
            yield shape


def _shape(element: "_Element") -> Shape:
    place = element
    if element.tag == DRAW + "g":  # a group has no place of its own
        place = next((part for part in element.iter() if part.get(SVG + "y")), element)
    return Shape(
        element,
        element.get(PRESENTATION + "class"),
        top=_length(place.get(SVG + "y", "")),
        left=_length(place.get(SVG + "x", "")),
        height=_length(place.get(SVG + "height", "")),
    )


def _notes(slide: "_Element", reader: ContentReader) -> Iterator[Block]:
    for frame in slide.iterfind(f"{PRESENTATION}notes/{DRAW}frame"):
        if frame.get(PRESENTATION + "class") == "notes":
            text = "\n".join(block.text for block in join_lists(reader.shape(frame)) if block.text)
            if text:
                yield Block(text if text.startswith(_NOTES) else _NOTES + text)


def _gaps(reader: ContentReader, blocks: list[Block], *, number: int) -> Iterator[Gap]:
    if reader.pictures and not blocks:
        yield Gap(Reason.SCANNED_PAGES, page=number)
    if reader.embedded:
        yield Gap(Reason.EMBEDDED_FILES, page=number, values={"count": reader.embedded})


def _length(text: str) -> int:
    """Return a length as parts of a millimetre, 0 where it is missing or is none."""
    try:
        return round(float(text[:-2]) * _UNITS.get(text[-2:], 0.0) * _SCALE)
    except ValueError:
        return 0
