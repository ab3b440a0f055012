"""What Word, PowerPoint and Excel files have in common: parts that refer to each other, in one of two dialects."""

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ingest.errors import Reason, UnreadableFile
from ingest.zip_package import Package, parse_xml

if TYPE_CHECKING:
    from lxml.etree import _Element

RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
MARKUP = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"

_PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"
# The strict dialect (ISO/IEC 29500-1) has the same elements in namespaces of its own.
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/")
_TRANSITIONAL = rb"http://schemas.openxmlformats.org/\1/2006/"
# A part of 48 MB may be 8 million empty paragraphs, which a hundred kilobytes hold; a thousand pages have 1 million.
_MOST_TAGS = 5_000_000


@dataclass(frozen=True, slots=True)
class Relation:
    """What a part refers to: `kind` is the last word of the relation's type, `target` a part's name or an address."""

    kind: str
    target: str
    external: bool


def part_xml(package: Package, name: str) -> "_Element":
    """Return the root of a part in the transitional dialect; TOO_LARGE where it has too many elements to go through."""
    from lxml import etree

    content = package.read(name)
    if (tags := content.count(b"<")) > _MOST_TAGS:
        raise UnreadableFile(Reason.TOO_LARGE, limit="tags", value=tags, most=_MOST_TAGS)
    root = parse_xml(_STRICT.sub(_TRANSITIONAL, content))
    if next(root.iter(etree.Entity), None) is not None:
        raise UnreadableFile(Reason.DAMAGED, cause="entities of its own, which no office program writes")
    return root


def relations(package: Package, part: str) -> dict[str, Relation]:
    """Return what a part ("" for the package itself) refers to, by the ids that it uses."""
    folder, name = posixpath.split(part)
    where = posixpath.join(folder, "_rels", f"{name}.rels")
    if where not in package.names:
        return {}
    found = {}
    for element in part_xml(package, where).iter(_PACKAGE + "Relationship"):
        external = element.get("TargetMode") == "External"
        target = unquote(element.get("Target", ""))
        if not external:
            target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
        found[element.get("Id", "")] = Relation(element.get("Type", "").rpartition("/")[2], target, external)
    return found


def main_part(package: Package, *, usual: str) -> str:
    """Return the name of the part that the document begins with, `usual` where the package does not say."""
    for relation in relations(package, "").values():
        if relation.kind == "officeDocument" and relation.target in package.names:
            return relation.target
    return usual


def choose_alternatives(root: "_Element") -> None:
    """Leave one of the forms that a drawing is given in for newer and older programs: the newest that has text."""
    for alternative in list(root.iter(MARKUP + "AlternateContent")):
        forms = list(alternative.iterchildren(MARKUP + "Choice", MARKUP + "Fallback"))
        kept = next((form for form in forms if "".join(form.itertext()).strip()), forms[0] if forms else None)
        for form in forms:
            if form is not kept:
                alternative.remove(form)
