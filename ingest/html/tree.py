"""HTML parsed, with what is no content taken out: scripts, navigation, what a browser does not show.

What is only written in the form of a page (values of form fields, readings over characters, numbers of list items,
texts that stand for pictures) is put in as text.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.errors import Reason
from ingest.html.text import visible_text
from ingest.types import Gap

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_CDATA = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.S)
# A quote without its partner in the next thousand characters counts as a plain character, which keeps this linear.
_MARKUP = re.compile(
    r"""<!--.*?(?:-->|\Z)
    |<(script|style)\b.*?(?:</\1\b[^>]*(?:>|\Z)|\Z)
    |<[!/?a-z](?:[^>"']++|"[^"]{0,1000}+"|'[^']{0,1000}+'|["'])*+(?:>|\Z)""",
    re.S | re.I | re.X,
)
_TAG_NAME = re.compile(r"</?([a-z][a-z0-9:]*)", re.I)
_KEPT_WHEN_FLAT = frozenset(("h1", "h2", "h3", "h4", "h5", "h6", "title", "head", "body"))
_INLINE = frozenset((
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "dfn", "em", "font", "i", "ins", "kbd", "label",
    "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var", "wbr",
))  # fmt: skip
# Not shown as text by a browser.
_DROPPED = (
    "head", "title", "iframe", "object", "embed", "svg", "datalist", "audio", "video", "canvas", "xml", "del", "rtc",
    "noembed", "noframes", "annotation", "annotation-xml",
)  # fmt: skip
# The same on every page of a site, or shown by old browsers only.
_AROUND = ("nav", "template", "noscript")
_AROUND_NAMES = frozenset(("nav", "navbar", "navigation", "breadcrumb", "breadcrumbs", "footer"))
_SHOWN_INPUTS = frozenset(("", "text", "search", "tel", "url", "email", "number", "date", "month", "time"))
_FILE_NAME = re.compile(r"\.(?:png|jpe?g|gif|bmp|webp|svg)\b", re.I)
_LONGEST_HEADING = 200
_CHINESE = re.compile("[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Page:
    """The element that holds a page's content, what was lost on the way, and the characters that are no content."""

    root: "HtmlElement"
    gaps: list[Gap] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)


def parse_page(text: str) -> Page | None:
    """Return the content of a page; None where the source is nothing but tags.

    libxml2 cuts a page off where elements nest 2048 deep. Such a page is read again without the tags that only group;
    what is missing after that is a gap.
    """
    text = _CDATA.sub(lambda match: html.escape(match.group(1)), text)
    found = len("".join(html.unescape(_MARKUP.sub("", text)).split()))
    root = _parsed(text)
    read = 0 if root is None else len(visible_text(root))
    if 100 * read < 99 * found:
        root = _parsed(_MARKUP.sub(_flat, text))
        read = 0 if root is None else len(visible_text(root))
    if root is None:
        return None
    gaps = [Gap(Reason.TEXT_LOST, values={"found": found, "read": read})] if 100 * read < 99 * found else []
    _prune(root)
    _write_out(root)
    before = len(visible_text(root))
    root = _content(root)
    around = before - len(visible_text(root))
    return Page(root, gaps, {"navigation": around} if around else {})


def _parsed(text: str) -> "HtmlElement | None":
    from lxml import etree
    from lxml import html as lxml_html

    # As bytes, since lxml refuses a str that declares an encoding; the parser's own setting wins over a declaration.
    parser = lxml_html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        root = lxml_html.document_fromstring(text.encode(), parser=parser)
    except etree.ParserError:
        return None
    etree.strip_elements(root, "script", "style", with_tail=False)
    return root


def _flat(match: re.Match[str]) -> str:
    name = _TAG_NAME.match(match.group())
    tag = name.group(1).lower() if name else "script"
    if tag in ("script", "style") or tag in _INLINE:
        return ""
    return match.group() if tag in _KEPT_WHEN_FLAT else "<br>"


def _prune(root: "HtmlElement") -> None:
    from lxml import etree

    etree.strip_elements(root, *_DROPPED, with_tail=False)
    for heading in list(root.iter("h1", "h2", "h3", "h4", "h5", "h6")):
        if _is_longer(heading, _LONGEST_HEADING):  # one that was never closed
            heading.tag = "div"


def _is_longer(element: "HtmlElement", most: int) -> bool:
    """Whether an element holds more than `most` characters; looks at no more of them than that takes."""
    count = 0
    for part in element.itertext():
        count += len(part.strip())
        if count > most:
            return True
    return False


def _write_out(root: "HtmlElement") -> None:
    """Put what a browser draws into the text."""
    for field_ in list(root.iter("input", "select", "img")):
        shown = {"input": _input_text, "select": _selected_text, "img": _picture_text}[field_.tag](field_)
        field_[:] = []
        field_.text = shown
    for ruby in list(root.iter("ruby")):
        readings = " ".join(text for rt in ruby.iter("rt") if (text := "".join(rt.itertext()).strip()))
        base = "".join(_base_text(ruby))
        ruby[:] = []
        ruby.text = f"{base}（{readings}）" if readings else base
    _number_items(root)


def _number_items(root: "HtmlElement") -> None:
    """Write the number that a browser draws before an item of an ordered list into its `value`."""
    for item in root.iter("li"):
        above = item.getparent()
        if above.tag != "ol":
            item.attrib.pop("value", None)
    for ordered in root.iter("ol"):
        number = _whole(ordered.get("start"), otherwise=1)
        drawn = "none" not in (ordered.get("style") or "") and ordered.get("type", "1") == "1"
        for item in ordered.iterchildren("li"):
            number = _whole(item.get("value"), otherwise=number)
            item.set("value", f"{number}." if drawn else "")
            number += 1


def _whole(value: str | None, *, otherwise: int) -> int:
    return int(value) if value and len(value) < 7 and value.isascii() and value.isdecimal() else otherwise


def _input_text(element: "HtmlElement") -> str:
    kind = (element.get("type") or "").lower()
    if kind in ("checkbox", "radio"):
        return "☐" if element.get("checked") is None else "☑"
    return element.get("value") or "" if kind in _SHOWN_INPUTS else ""


def _selected_text(element: "HtmlElement") -> str:
    chosen = (option for option in element.iter("option") if option.get("selected") is not None)
    return " ".join("".join(option.itertext()) for option in chosen)


def _picture_text(element: "HtmlElement") -> str:
    alt = element.get("alt") or ""
    return alt if _CHINESE.search(alt) and not _FILE_NAME.search(alt) else ""


def _base_text(ruby: "HtmlElement") -> Iterator[str]:
    """Yield the characters that readings stand over, without the readings."""
    from lxml import etree

    inside = 0
    for event, element in etree.iterwalk(ruby, events=("start", "end")):
        inside += (1 if event == "start" else -1) if element.tag in ("rt", "rp") else 0
        piece = element.text if event == "start" else element.tail if element is not ruby else None
        if piece and not inside:
            yield piece


def _content(root: "HtmlElement") -> "HtmlElement":
    """Return the element that holds what this page says, navigation and the site's footer taken out of it.

    Where more than half of the text would go, the page says it there, and it stays.
    """
    around = list(_around(root))
    if 2 * sum(len(visible_text(element)) for element in around) <= len(visible_text(root)):
        for element in around:
            element.drop_tree()
    # A page says with <main> where its own content is; what stands outside then repeats on every page of the site.
    main = root.find(".//main")
    return root if main is None or 2 * len(visible_text(main)) < len(visible_text(root)) else main


def _around(root: "HtmlElement") -> "Iterator[HtmlElement]":
    """Yield the elements that stand around the content, none of them inside another."""
    from lxml import etree

    walker = etree.iterwalk(root, events=("start",))
    for _, element in walker:
        if _stands_around(element):
            walker.skip_subtree()
            yield element


def _stands_around(element: "HtmlElement") -> bool:
    if element.tag in _AROUND or element.get("role") in ("navigation", "contentinfo"):
        return True
    if element.tag == "footer":
        return next(element.iterancestors("article", "main", "section", "blockquote"), None) is None
    if element.tag not in ("div", "ul", "ol"):
        return False
    names = {*(element.get("class") or "").lower().split(), (element.get("id") or "").lower()}
    if names.isdisjoint(_AROUND_NAMES) or _is_longer(element, 1000):
        return False
    return "。" not in visible_text(element)
