"""What the styles of a Word file say about its paragraphs: headings, lists, tables of contents, hidden text."""

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ingest.office.look import Look

if TYPE_CHECKING:
    from lxml.etree import _Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
BODY_TEXT = 9  # the outline level that says "no heading", ECMA-376 17.3.1.20

_HEADING = re.compile(r"(?:heading|标题|標題)\s*([1-9])")
_TITLE = re.compile("title|标题|標題")
_CONTENTS = re.compile("(?:toc|contents|目录|目錄)(?:heading|标题|標題|\\d)|tableoffigures|图表目录|圖表目錄")
_USUAL_SIZE = 20  # half points, where the file says nothing
_LONGEST_CHAIN = 50  # styles that are based on each other


@dataclass(frozen=True, slots=True)
class Style:
    """A style with what it takes over from those that it is based on.

    `name` is its id; `level` 1 is the outermost heading, 0 is none; `number` is the list that its paragraphs are in.
    """

    name: str = ""
    level: int = 0
    is_title: bool = False
    is_contents: bool = False
    hidden: bool = False
    number: str | None = None
    number_level: int | None = None
    look: Look = field(default_factory=Look)


def is_on(element: "_Element | None") -> bool:
    """Whether a switch such as `w:vanish` is there and not turned off."""
    return element is not None and element.get(W + "val", "1") not in ("0", "false", "off", "none")


def changed_look(look: Look, properties: "_Element | None") -> Look:
    """Return a look with what the properties of a run say otherwise."""
    size, bold = (None if properties is None else properties.find(W + name) for name in ("sz", "b"))
    value = "" if size is None else size.get(W + "val", "")
    return Look(int(value[:4]) if value.isdecimal() else look.size, look.is_bold if bold is None else is_on(bold))


def outline_level(properties: "_Element | None") -> int | None:
    """Return the heading level that paragraph properties set (0 for body text), None where they set none."""
    element = None if properties is None else properties.find(W + "outlineLvl")
    if element is None:
        return None
    value = element.get(W + "val", "")
    return int(value) + 1 if value.isdecimal() and int(value) < BODY_TEXT else 0


def list_place(properties: "_Element | None") -> tuple[str | None, int | None]:
    """Return the list that paragraph properties put a paragraph into, and the level in it; None where not set."""
    place = None if properties is None else properties.find(W + "numPr")
    if place is None:
        return None, None
    number, level = place.find(W + "numId"), place.find(W + "ilvl")
    value = "" if level is None else level.get(W + "val", "")
    return (None if number is None else number.get(W + "val")), (int(value) if value.isdecimal() else None)


def read_styles(root: "_Element") -> dict[str, Style]:
    """Return the paragraph and character styles by their ids; "" is the paragraph style that is used without one."""
    elements = {style.get(W + "styleId", ""): style for style in root.iter(W + "style")}
    plain = Style(look=changed_look(Look(_USUAL_SIZE), root.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr")))
    styles: dict[str, Style] = {"": plain}
    for name in elements:
        chain = [name]
        while len(chain) < _LONGEST_CHAIN:
            base = elements[chain[-1]].find(W + "basedOn")
            parent = None if base is None else base.get(W + "val")
            if parent not in elements or parent in chain:
                break
            if parent in styles:
                chain.append(parent)
                break
            chain.append(parent)
        for link, parent in reversed(list(zip(chain, [*chain[1:], None], strict=True))):
            if link not in styles:
                styles[link] = _style(elements[link], base=styles.get(parent, plain) if parent else plain)
    for name, element in elements.items():
        if element.get(W + "default") in ("1", "true") and element.get(W + "type") == "paragraph":
            styles[""] = styles[name]
    return styles


def _style(element: "_Element", *, base: Style) -> Style:
    paragraph, run = element.find(W + "pPr"), element.find(W + "rPr")
    vanish = None if run is None else run.find(W + "vanish")
    style = replace(base, name=element.get(W + "styleId", ""), look=changed_look(base.look, run))
    if vanish is not None:
        style = replace(style, hidden=is_on(vanish))
    if element.get(W + "type") == "character":
        return style
    label = element.find(W + "name")
    name = "" if label is None else label.get(W + "val", "").lower().replace(" ", "")
    number, number_level = list_place(paragraph)
    if number is not None or number_level is not None:
        style = replace(style, number=number or base.number, number_level=number_level)
    if _CONTENTS.match(name):
        return replace(style, is_contents=True, level=0)
    level = outline_level(paragraph)
    if level is None and (match := _HEADING.fullmatch(name)):
        level = int(match.group(1))
    if level is None and _TITLE.fullmatch(name):
        return replace(style, level=1, is_title=True)
    return style if level is None else replace(style, level=level, is_title=False)
