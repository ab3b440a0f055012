"""The text of one paragraph of a Word file, and what hangs on it: notes, drawings, pictures."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.office.drawings import CHART, DIAGRAM, description
from ingest.office.word_styles import W, is_on

if TYPE_CHECKING:
    from lxml.etree import _Element

_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_PICTURE = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
_NOTES = {W + "footnoteReference": "footnote", W + "endnoteReference": "endnote", W + "commentReference": "comment"}
_CHARACTERS = {W + "tab": "\t", W + "ptab": "\t", W + "cr": "\n", W + "noBreakHyphen": "-"}
# Formulas on one line: what stands before a part of one.
_SIGNS = {_M + "den": "/", _M + "sup": "^", _M + "sub": "_", _M + "rad": "√"}
# Characters of the symbol fonts that forms are ticked with; they have the codes 20 to FF, or F020 to F0FF.
_SYMBOLS = {
    "wingdings": {
        0x6C: "●", 0x6E: "■", 0x6F: "□", 0x71: "□", 0x75: "◆", 0x76: "❖", 0xA7: "▪", 0xA8: "□", 0xD8: "➢", 0xE0: "→",
        0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
    },
    "wingdings 2": {0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0xA2: "■", 0xA3: "□", 0x2A: "□"},
    "symbol": {0xB7: "•", 0xB0: "°", 0xB1: "±", 0xB4: "×", 0xA3: "≤", 0xB3: "≥", 0xB9: "≠", 0x6D: "μ", 0x61: "α"},
}  # fmt: skip
_TAGS = (
    W + "t", W + "br", W + "sym", W + "fldChar", W + "instrText", _M + "t", _M + "nary", _PICTURE, CHART, DIAGRAM,
    *_NOTES, *_CHARACTERS, *_SIGNS,
)  # fmt: skip
_CONTENTS_LINE = re.compile(r"PAGEREF\s+_(?:Toc|RefHeading)", re.I)
# A character in a ring, or with its reading above, is a formula of the old kind: \o lays its parts on each other.
_OVERLAY = re.compile(r"\\o[^()]*\((.*)\)", re.S)
_SWITCH = re.compile(r'\\\*\s*(?:"[^"]*"|\w+)|\\\w+\s*\d*')


@dataclass(slots=True)
class Line:
    """A paragraph's text; `notes` are the kinds and ids of those that it refers to, in order."""

    text: str = ""
    notes: list[tuple[str, str]] = field(default_factory=list)
    drawings: "list[_Element]" = field(default_factory=list)
    descriptions: list[str] = field(default_factory=list)
    is_contents: bool = False


def read_line(paragraph: "_Element") -> Line:
    """Return what a paragraph (made visible before) says, from its first character to its last."""
    line = Line()
    parts: list[str] = []
    fields = _Fields()
    for element in paragraph.iter(*_TAGS):
        tag = element.tag
        if tag in (W + "t", _M + "t"):
            parts.append(element.text or "")
        elif tag in _NOTES:
            line.notes.append((_NOTES[tag], element.get(W + "id", "")))
        elif tag in (CHART, DIAGRAM):
            line.drawings.append(element)
        elif tag == _PICTURE:
            line.descriptions.append(description(element))
        elif tag == W + "fldChar":
            parts.append(fields.mark(element))
        elif tag == W + "instrText":
            fields.instruction += element.text or ""
            line.is_contents = line.is_contents or bool(_CONTENTS_LINE.search(element.text or ""))
        else:
            parts.append(_character(element))
    line.text = "".join(parts).strip()
    return line


def _character(element: "_Element") -> str:
    """Return what an element stands for that is one character, or a sign of a formula."""
    if element.tag == W + "sym":
        return symbol(element.get(W + "font", ""), element.get(W + "char", ""))
    if element.tag == W + "br":
        return "" if element.get(W + "type") in ("page", "column") else "\n"
    if element.tag == _M + "nary":
        sign = element.find(f"{_M}naryPr/{_M}chr")
        return "∫" if sign is None else str(sign.get(_M + "val", ""))
    if element.tag in _SIGNS:
        # An empty exponent or index is no exponent.
        return _SIGNS[element.tag] if next(element.iter(_M + "t"), None) is not None else ""
    # Tab stops of the paragraph's properties have the name of a tab as well.
    return "" if element.tag == W + "tab" and element.get(W + "pos") else _CHARACTERS[element.tag]


def symbol(font: str, code: str) -> str:
    """Return the Unicode character for one of a symbol font, as it is where there is no table for it."""
    try:
        value = int(code, 16)
    except ValueError:
        return ""
    known = _SYMBOLS.get(font.lower().strip(), {})
    return known.get(value & 0xFF, chr(value) if value < 0xD800 or 0xE000 <= value < 0xFFFE else "")


class _Fields:
    """The fields of a paragraph, whose text is not always in its runs: ticks, choices, characters in rings."""

    def __init__(self) -> None:
        self.instruction = ""
        self._shown = False

    def mark(self, element: "_Element") -> str:
        kind = element.get(W + "fldCharType")
        if kind == "begin":
            self.instruction, self._shown = "", False
            return _form_value(element)
        if kind == "separate":
            self._shown = True
        elif not self._shown and self.instruction.strip()[:2].upper() == "EQ":
            return _formula(self.instruction.strip()[2:])
        return ""


def _form_value(field_mark: "_Element") -> str:
    box = field_mark.find(f"{W}ffData/{W}checkBox")
    if box is not None:
        checked = box.find(W + "checked")
        return "☑" if is_on(box.find(W + "default") if checked is None else checked) else "☐"
    choice = field_mark.find(f"{W}ffData/{W}ddList")
    if choice is None:
        return ""
    entries = [entry.get(W + "val", "") for entry in choice.iterchildren(W + "listEntry")]
    result = choice.find(W + "result")
    index = "0" if result is None else result.get(W + "val", "0")
    return entries[int(index)] if index.isdecimal() and int(index) < len(entries) else ""


def _formula(text: str) -> str:
    overlay = _OVERLAY.search(text)
    if overlay:
        text = overlay.group(1).rpartition(",")[2]
    fraction = "/" if "\\f" in text else " "
    return " ".join(_SWITCH.sub("", text).replace(",", fraction).replace("(", "").replace(")", "").split())
