"""Styles of OpenDocument files, and the automatic numbers of their lists and headings, which are not in the text."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.office.list_numbers import list_number
from ingest.office.opendocument import STYLE, TEXT, number

if TYPE_CHECKING:
    from lxml.etree import _Element

_XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
_LEVELS = 10
_PLACEHOLDER = re.compile(r"%(\d{1,2})%")
_LONGEST_CHAIN = 50  # styles that are based on each other
# How number formats begin (style:num-format, OpenDocument part 3, 19.500), by their names in Word.
_KINDS = {
    "1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman",
    "一": "chineseCounting", "壹": "chineseLegalSimplified", "甲": "ideographTraditional", "子": "ideographZodiac",
    "①": "decimalEnclosedCircle", "１": "decimalFullWidth", "〇": "ideographDigital",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Level:
    """How one level of a list is numbered: a text with %1% for the number of the first level."""

    kind: str
    text: str
    start: int
    gap: str


@dataclass(slots=True)
class OpenList:
    """A list that is being read: its place, its counters, which its inner lists share, and its style."""

    key: str
    style: str
    level: int
    counters: list[int | None] = field(default_factory=lambda: [None] * _LEVELS)


class Styles:
    """The styles of a file; `hidden` names those of text that is not shown."""

    def __init__(self, *roots: "_Element") -> None:
        self._parents: dict[str, str] = {}
        self._outlined: dict[str, int] = {}
        self._lists: dict[str, dict[int, _Level]] = {}
        hidden = set()
        for root in roots:
            for style in root.iter(STYLE + "style"):
                name = style.get(STYLE + "name", "")
                self._parents[name] = style.get(STYLE + "parent-style-name", "")
                if (value := style.get(STYLE + "default-outline-level", "")).isdecimal():
                    self._outlined[name] = int(value[:2])
                text = style.find(STYLE + "text-properties")
                if text is not None and text.get(TEXT + "display") == "none":
                    hidden.add(name)
            for style in root.iter(TEXT + "list-style", TEXT + "outline-style"):
                name = "" if style.tag == TEXT + "outline-style" else style.get(STYLE + "name", "")
                self._lists[name] = _levels(style)
        self.hidden = frozenset(hidden)
        self._open: dict[str, OpenList] = {}
        self._headings = OpenList("", "", 0)

    def is_title(self, name: str) -> bool:
        """Whether a paragraph style is that of a document's title, or is based on it."""
        return "Title" in self._chain(name)

    def outline_level(self, name: str) -> int:
        """Return the heading level that a paragraph style gives, 0 for none."""
        return next((self._outlined[style] for style in self._chain(name) if style in self._outlined), 0)

    def open_list(self, element: "_Element", *, outer: OpenList | None) -> OpenList:
        """Return the list that begins with a text:list, which may go on with an earlier one's numbers."""
        style = element.get(TEXT + "style-name", outer.style if outer else "")
        if outer:
            return OpenList(outer.key, style, outer.level + 1, outer.counters)
        earlier = self._open.get(element.get(TEXT + "continue-list", ""))
        if earlier is None and element.get(TEXT + "continue-numbering") == "true":
            earlier = self._open.get(f"style {style}")
        key = earlier.key if earlier else f"{len(self._open)} {style}"
        opened = OpenList(key, style, 0, earlier.counters if earlier else [None] * _LEVELS)
        self._open[element.get(_XML_ID, "")] = self._open[f"style {style}"] = opened
        return opened

    def label(self, place: OpenList, *, start: str | None = None) -> str:
        """Return the number of a list's next item with what stands behind it, "" for a bullet."""
        levels, counters = self._lists.get(place.style, {}), place.counters
        index = min(place.level, _LEVELS - 1)
        shape = levels.get(index)
        first = int(start[:6]) if start and start.isdecimal() else None
        current = counters[index]
        if first is not None or current is None:
            counters[index] = first if first is not None else (shape.start if shape else 1)
        else:
            counters[index] = current + 1
        counters[index + 1 :] = [None] * (_LEVELS - index - 1)
        if shape is None or not shape.text:
            return ""
        return _PLACEHOLDER.sub(lambda match: _shown(int(match.group(1)) - 1, levels, counters), shape.text) + shape.gap

    def heading_label(self, level: int) -> str:
        """Return the number of the next heading of a level."""
        return self.label(OpenList("", "", level - 1, self._headings.counters))

    def _chain(self, name: str) -> list[str]:
        chain = [name]
        while (parent := self._parents.get(chain[-1])) and parent not in chain and len(chain) < _LONGEST_CHAIN:
            chain.append(parent)
        return chain


def _shown(index: int, levels: dict[int, _Level], counters: list[int | None]) -> str:
    shape = levels.get(index)
    value = counters[index] if 0 <= index < _LEVELS else None
    return list_number((shape.start if shape else 1) if value is None else value, shape.kind if shape else "decimal")


def _levels(style: "_Element") -> dict[int, _Level]:
    tags = (TEXT + "list-level-style-number", TEXT + "outline-level-style")
    return {number(level, TEXT + "level", most=_LEVELS) - 1: _level(level) for level in style.iterchildren(*tags)}


def _level(element: "_Element") -> _Level:
    form = element.get(STYLE + "num-format", "")
    own = number(element, TEXT + "level", most=_LEVELS)
    shown = number(element, TEXT + "display-levels", most=own)
    # Since version 1.3 the whole text may be given; the prefix and suffix say less.
    text = next((value for name, value in element.attrib.items() if name.endswith("num-list-format")), None)
    if text is None:
        numbers = ".".join(f"%{level}%" for level in range(own - shown + 1, own + 1))
        text = element.get(STYLE + "num-prefix", "") + numbers + element.get(STYLE + "num-suffix", "")
    behind = next(
        (value for item in element.iter() for name, value in item.attrib.items() if "followed-by" in name), ""
    )
    kind = _KINDS.get(form[:1], "none")
    if kind == "chineseLegalSimplified" and "貳" in form:
        kind = "ideographLegalTraditional"
    return _Level(
        kind, text if form else "", number(element, TEXT + "start-value", most=99_999), " " * (behind != "nothing")
    )
