"""The parts of an OFD file: its documents, their pages, fonts, pictures and attachments.

Source: GB/T 33190-2016 《电子文件存储与交换格式 版式文档》, chapter 7 (structure of the
package and of documents). Elements are named without their namespace: there are files with an older one, and with none.
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from ingest.errors import Reason, UnreadableFile
from ingest.zip_package import Package

if TYPE_CHECKING:
    from lxml.etree import _Element

_MOST_RESOURCES = 200_000  # fonts, pictures and drawings of one document
_MOST_TEMPLATES = 16  # kept open
_A4 = (0.0, 0.0, 210.0, 297.0)  # millimetres

Paper = tuple[float, float, float, float]  # left, top, width, height, in millimetres


_DATA = (".xml", ".xbrl", ".dat")  # attachments for programs: the fields of an invoice
_BOLD_NAME = re.compile("bold|black|heavy|simhei|heiti|黑体|黑體", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Font:
    """A font by name, and whether it is a bold one."""

    name: str = ""
    is_bold: bool = False


@dataclass(slots=True)
class Resources:
    """What pages refer to by number: fonts, the parts with pictures, drawings that are used in several places."""

    fonts: dict[str, Font] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)
    drawings: "dict[str, _Element]" = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PageParts:
    """A page as it lies in the package: the number that others refer to it by, its part, its document."""

    id: str
    part: str | None
    document: "OfdDocument"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that is attached, for people to open: `part` is None where it is missing."""

    name: str
    part: str | None


class OfdDocument:
    """One document of the package; most packages hold one."""

    def __init__(self, parts: "Parts", *, root: str) -> None:
        self.parts = parts
        self._root = root
        self._xml = parts.xml(root)
        self.resources = Resources()
        for element in self._xml.iterfind("CommonData/*"):
            if element.tag in ("PublicRes", "DocumentRes"):
                self.add_resources(_text(element), base=root)
        self._templates = {
            element.get("ID", ""): parts.find(element.get("BaseLoc"), base=root)
            for element in self._xml.iterfind("CommonData/TemplatePage")
        }
        self._opened: dict[str, _Element] = {}

    def pages(self) -> list[PageParts]:
        """Return the pages in order."""
        return [
            PageParts(element.get("ID", ""), self.parts.find(element.get("BaseLoc"), base=self._root), self)
            for element in self._xml.iterfind("Pages/Page")
        ]

    def paper(self, page: "_Element") -> Paper:
        """Return where a page's paper lies, in millimetres."""
        for element in (page.find("Area/PhysicalBox"), self._xml.find("CommonData/PageArea/PhysicalBox")):
            numbers = number_list(_text(element))
            if len(numbers) == 4 and numbers[2] > 0 and numbers[3] > 0:
                return (numbers[0], numbers[1], numbers[2], numbers[3])
        return _A4

    def template(self, number: str) -> "_Element":
        """Return a template page, UnreadableFile where it is missing or damaged; it is kept for the next page."""
        if number not in self._opened:
            while len(self._opened) >= _MOST_TEMPLATES:
                self._opened.pop(next(iter(self._opened)))
            self._opened[number] = self.parts.xml(self._templates.get(number) or "")
        return self._opened[number]

    def annotations(self, page: str) -> "Iterator[_Element]":
        """Yield the annotations of the page with this number in the file; a damaged part has none."""
        for part in self._annotated.get(page, ()):
            try:
                yield from self.parts.xml(part).iterfind("Annot")
            except UnreadableFile:
                continue

    @cached_property
    def _annotated(self) -> dict[str, list[str]]:
        """The parts with annotations by page."""
        found: dict[str, list[str]] = {}
        for part, xml in self._listed("Annotations"):
            for page in xml.iterfind("Page"):
                if at := self.parts.find(_text(page.find("FileLoc")), base=part):
                    found.setdefault(page.get("PageID", ""), []).append(at)
        return found

    def attachments(self) -> Iterator[Attachment]:
        """Yield the attachments that a reader shows; the others are data for programs."""
        for part, xml in self._listed("Attachments"):
            for element in xml.iterfind("Attachment"):
                location = _text(element.find("FileLoc"))
                name = _named(element, location=location)
                is_data = element.get("Visible", "true").strip().lower() == "false" or name.lower().endswith(_DATA)
                if not is_data:
                    yield Attachment(name, self.parts.find(location, base=part))

    def add_resources(self, location: str, *, base: str) -> None:
        """Note the resources of one part; one that is missing or damaged has none."""
        part = self.parts.find(location, base=base)
        if part is None:
            return
        try:
            xml = self.parts.xml(part)
        except UnreadableFile:  # the text does not depend on it
            return
        folder = posixpath.join(posixpath.dirname(part), xml.get("BaseLoc", "")) + "/"
        for element in xml.iterfind("*/*"):
            self._add_resource(element, folder=folder)

    def _add_resource(self, element: "_Element", *, folder: str) -> None:
        number = element.get("ID", "")
        if element.tag == "Font":
            name = " ".join(filter(None, (element.get("FontName"), element.get("FamilyName"))))
            self.resources.fonts[number] = Font(
                name, element.get("Bold", "").lower() == "true" or bool(_BOLD_NAME.search(name))
            )
        elif element.tag == "MultiMedia":
            location = _text(element.find("MediaFile"))
            if part := self.parts.find(location, base=folder) or self.parts.find(location, base=self._root):
                self.resources.pictures[number] = part
        elif element.tag == "CompositeGraphicUnit" and len(self.resources.drawings) < _MOST_RESOURCES:
            self.resources.drawings[number] = element

    def _listed(self, name: str) -> "Iterator[tuple[str, _Element]]":
        """Yield the part that an element of the document points at; none where it is missing or damaged."""
        for element in self._xml.iterfind(name):
            if part := self.parts.find(_text(element), base=self._root):
                try:
                    yield part, self.parts.xml(part)
                except UnreadableFile:
                    continue


class Parts:
    """The package's parts by the locations that its XML gives: relative or absolute, in any case, with backslashes."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self._names = {name.replace("\\", "/").strip("/").lower(): name for name in package.names}

    def documents(self) -> list[OfdDocument]:
        """Return the documents of the package; ENCRYPTED where they are, DAMAGED where there are none."""
        if any(posixpath.basename(name) in ("encryptions.xml", "decryptseed.dat") for name in self._names):
            raise UnreadableFile(Reason.ENCRYPTED)
        main = self.find("OFD.xml", base="")
        xml = self.xml(main) if main else None
        if xml is None:
            raise UnreadableFile(Reason.DAMAGED, cause="no OFD.xml inside")
        roots = [self.find(_text(element), base="") for element in xml.iterfind("DocBody/DocRoot")]
        if not any(roots):
            raise UnreadableFile(Reason.DAMAGED, cause="no document inside")
        return [OfdDocument(self, root=root) for root in roots if root]

    def find(self, location: str | None, *, base: str) -> str | None:
        """Return the name of the part at `location`, as the part `base` gives it; None where there is none."""
        if not location:
            return None
        location = location.strip().replace("\\", "/")
        for path in (posixpath.join("/", posixpath.dirname(base), location), f"/{location}"):
            if name := self._names.get(posixpath.normpath(path).strip("/").lower()):
                return name
        return None

    def xml(self, name: str) -> "_Element":
        """Return the root of an XML part, its elements named without their namespace."""
        root = self.package.xml(name)
        for element in root.iter("{*}*"):
            element.tag = element.tag.rpartition("}")[2]
        return root


def number_list(text: str | None) -> list[float]:
    """Return the numbers of a list as `0 0 210 297`, without those that are none."""
    numbers = []
    for word in (text or "").split():
        try:
            number = float(word)
        except ValueError:
            continue
        if abs(number) < 1e7:  # not infinite either
            numbers.append(number)
    return numbers


def _text(element: "_Element | None") -> str:
    return "" if element is None else (element.text or "").strip()


def _named(element: "_Element", *, location: str) -> str:
    """Return an attachment's name for people: its own, with the suffix of its format where it has none."""
    name = element.get("Name") or posixpath.basename(location)
    suffix = posixpath.splitext(location)[1] or (f".{element.get('Format')}" if element.get("Format") else "")
    return name if posixpath.splitext(name)[1] or not suffix else name + suffix
