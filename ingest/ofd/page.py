"""One page of an OFD file in the form of a PDF page, so that both are laid out alike."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingest.errors import UnreadableFile
from ingest.ofd.content import POINT, Run, Shower, Shown
from ingest.ofd.lines import ordered, page_lines, quarters_of, turned
from ingest.ofd.package import PageParts
from ingest.ofd.tables import ruled_tables
from ingest.pdf.page import Page, shows_more
from ingest.pdf.tables import Box
from ingest.types import Gap

if TYPE_CHECKING:
    from lxml.etree import _Element


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page, the size of its paper, and the pictures on it by part and box; in points, before it is turned."""

    page: Page
    size: tuple[float, float]
    pictures: list[tuple[str, Box]]


def read_page(parts: PageParts, *, number: int) -> ReadPage:
    """Return what stands on a page; UnreadableFile where its part is missing or damaged."""
    document, part = parts.document, parts.part or ""
    xml = document.parts.xml(part)
    for resource in xml.iterfind("PageRes"):
        document.add_resources((resource.text or "").strip(), base=part)
    paper = document.paper(xml)
    body, notes, watermarks = (Shower(document.resources, paper=paper) for _ in range(3))
    gaps = []
    for use in xml.iterfind("Template"):
        try:
            body.add(document.template(use.get("TemplateID", "")), in_template=True)
        except UnreadableFile as error:
            gaps.append(Gap(error.reason, page=number, values=error.values))
    body.add(xml)
    for annotation in document.annotations(parts.id):
        into = watermarks if annotation.get("Type") == "Watermark" else notes
        for appearance in _appearances(annotation):
            into.add(appearance)
    size = paper[2] * POINT, paper[3] * POINT
    page = _page(body.shown, notes=notes.shown.runs, number=number, width=size[0], height=size[1])
    watermark = watermarks.shown.text
    page = replace(page, gaps=tuple(gaps), layer=page.layer + watermark, watermark=watermark)
    return ReadPage(page, size, body.shown.pictures)


def _appearances(annotation: "_Element") -> "list[_Element]":
    is_hidden = annotation.get("Visible", "true").strip().lower() == "false"
    return [] if is_hidden else list(annotation.iterfind("Appearance"))


def _page(shown: Shown, *, notes: list[Run], number: int, width: float, height: float) -> Page:
    quarters = quarters_of(shown.runs)
    lines, is_in_order = page_lines(shown.runs, quarters=quarters, width=width, height=height)
    strokes = [_turned(stroke, quarters=quarters, width=width, height=height) for stroke in shown.strokes]
    tables = ruled_tables(strokes, lines=lines) if lines else []
    letters = sum(len(line.text) for line in lines if not line.is_aslant)
    lines = lines if is_in_order else ordered(lines, tables=tables)
    # Notes lie over the text: they must not get into its lines.
    over, _ = page_lines(notes, quarters=quarters, width=width, height=height)
    lines += [replace(line, is_aside=True) for line in over]
    return Page(
        number,
        height if quarters % 2 else width,
        width if quarters % 2 else height,
        lines,
        tables,
        shows_more(letters=letters, pictures=_share(shown, area=width * height), shapes=len(shown.strokes)),
        layer="".join(line.text for line in lines),
    )


def _turned(box: Box, *, quarters: int, width: float, height: float) -> Box:
    x0, y0 = turned(box[0], box[1], quarters=quarters, width=width, height=height)
    x1, y1 = turned(box[2], box[3], quarters=quarters, width=width, height=height)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _share(shown: Shown, *, area: float) -> float:
    """Return the share of the page that pictures cover."""
    return sum((box[2] - box[0]) * (box[3] - box[1]) for _, box in shown.pictures) / area
