"""A part of a Word file made into what its reader sees: no deleted or hidden text, no wrappers, boxes in place."""

from collections import Counter
from typing import TYPE_CHECKING

from ingest.office.ooxml import MARKUP, choose_alternatives
from ingest.office.word_styles import Style, W, is_on

if TYPE_CHECKING:
    from lxml.etree import _Element

# Elements that only stand around text: content controls, tracked insertions, fields, links, other programs' forms.
_WRAPPERS = (
    *(W + name for name in (
        "sdt", "sdtContent", "ins", "moveTo", "smartTag", "customXml", "fldSimple", "hyperlink", "dir", "bdo",
    )),
    *(MARKUP + name for name in ("AlternateContent", "Choice", "Fallback")),
)  # fmt: skip
_NO_TEXT = tuple(W + name for name in ("sdtPr", "sdtEndPr", "smartTagPr", "customXmlPr", "pPrChange", "rPrChange"))


def make_visible(root: "_Element", *, styles: dict[str, Style]) -> Counter[str]:
    """Change a part in place; return how many characters went out, by what they were."""
    from lxml import etree

    out: Counter[str] = Counter()
    choose_alternatives(root)
    for mark in list(root.iterfind(f".//{W}trPr/{W}del")):
        _take_out(mark.getparent().getparent(), out, "deleted")
    for tag in (W + "del", W + "moveFrom"):
        for element in list(root.iter(tag)):
            _take_out(element, out, "deleted")
    _read_controls(root, out)
    etree.strip_elements(root, *_NO_TEXT, with_tail=False)
    etree.strip_tags(root, *_WRAPPERS)
    for phonetic in list(root.iter(W + "rt")):
        _take_out(phonetic, out, "phonetic")
    for run in _hidden_runs(root, styles=styles):
        _take_out(run, out, "hidden")
    # Innermost first, so that a box inside of a box comes behind the paragraph that it is anchored in.
    for box in reversed(list(root.iter(W + "txbxContent"))):
        _lift(box)
    return +out


def _take_out(element: "_Element", out: Counter[str], what: str) -> None:
    parent = element.getparent()
    if parent is not None:
        out[what] += sum(len("".join((text.text or "").split())) for text in element.iter(W + "t", W + "delText"))
        parent.remove(element)


def _read_controls(root: "_Element", out: Counter[str]) -> None:
    """Take out tables of contents, whose lines all stand in the text again, and prompts ("click here to enter")."""
    for control in list(root.iter(W + "sdt")):
        properties = control.find(W + "sdtPr")
        if properties is None:
            continue
        gallery = properties.find(f".//{W}docPartGallery")
        if gallery is not None and gallery.get(W + "val", "").startswith("Table of Contents"):
            _take_out(control, out, "contents")
        elif is_on(properties.find(W + "showingPlcHdr")):
            for content in control.iterchildren(W + "sdtContent"):
                for run in list(content.iter(W + "r")):
                    _take_out(run, out, "prompts")


def _hidden_runs(root: "_Element", *, styles: dict[str, Style]) -> "list[_Element]":
    marks = [mark for mark in root.iter(W + "vanish") if is_on(mark)]
    hiding = {name for name, style in styles.items() if style.hidden}
    if hiding:
        marks += [style for style in root.iter(W + "rStyle") if style.get(W + "val") in hiding]
    runs = [mark.getparent().getparent() for mark in marks if mark.getparent() is not None]
    for style in root.iter(W + "pStyle") if hiding else ():
        if style.get(W + "val") in hiding and (paragraph := style.getparent().getparent()) is not None:
            runs += paragraph.iterchildren(W + "r")
    return [run for run in runs if run is not None and run.tag == W + "r"]


def _lift(box: "_Element") -> None:
    """Move the paragraphs of a text box behind the paragraph that it is anchored in."""
    anchor = next(box.iterancestors(W + "p"), None)
    if anchor is not None:
        for paragraph in reversed(list(box)):
            anchor.addnext(paragraph)
