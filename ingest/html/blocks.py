"""HTML as blocks of text: what web pages, mails, saved pages and books are made of.

The walk is our own: unstructured's forgets spans of cells, tears words in bold apart, drops what stands in forms and
figures, and returns nothing at all for deep pages.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from langchain_core.documents import Document

from ingest.blocks import Block, page_document, text_document
from ingest.headings import find_headings
from ingest.html.tables import settle_tables
from ingest.html.text import BLOCKS, one_line
from ingest.html.tree import parse_page
from ingest.office.flow_text import Piece, join_lists
from ingest.types import Gap

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_BREAK = "\0"  # stands for <br>; neither cleaned text nor lxml's trees can hold it
_BLANK = " \t\n\xa0\u3000" + _BREAK
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_NEAR = 8  # block elements around a text that tell what it is; pages nest thousands of them
_VERBATIM = frozenset(("table", "pre", "listing", "xmp", "plaintext", "textarea"))
_INDENT = re.compile("[ \t\r\n]*(?:\u3000|\xa0{2,})")
_SENTENCE_END = re.compile("[。！？!?：:；;…][”’」』）)]*$")
_NUMBERED = re.compile(
    r"\s*(?:[（(]?(?:\d{1,3}|[一二三四五六七八九十]{1,3})[)）、.．](?!\d)|[\u2460-\u2473]|第.{1,4}[条章节])"
)


@dataclass(frozen=True, slots=True)
class HtmlContent:
    """A page's blocks, what was lost on the way, and the characters that are no content, by what they are."""

    blocks: list[Block]
    gaps: list[Gap] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)


def html_document(content: HtmlContent, *, loader: str, encoding: str | None, gaps: Iterable[Gap] = ()) -> Document:
    """Return a page's content as one Document; a page without headings is searched for numbered ones."""
    gaps = [*gaps, *content.gaps]
    document = page_document(content.blocks, loader=loader, encoding=encoding, gaps=gaps)
    if not document.metadata["headings"]:
        text = document.page_content
        document = text_document(text, loader=loader, headings=find_headings(text), encoding=encoding, gaps=gaps)
    if content.left_out:
        document.metadata["left_out"] = dict(content.left_out)
    return document


def joined(contents: Iterable[HtmlContent]) -> HtmlContent:
    """Return the contents of several pages as one."""
    whole = HtmlContent([])
    for content in contents:
        whole.blocks.extend(content.blocks)
        whole.gaps.extend(content.gaps)
        for name, count in content.left_out.items():
            whole.left_out[name] = whole.left_out.get(name, 0) + count
    return whole


def html_blocks(text: str) -> HtmlContent:
    """Return the content of an HTML page whose bytes were decoded and cleaned (`ingest.decode`)."""
    page = parse_page(text)
    if page is None:
        return HtmlContent([])
    settle_tables(page.root)
    return HtmlContent(list(join_lists(_pieces(page.root))), page.gaps, page.left_out)


def _pieces(root: "HtmlElement") -> Iterator[Piece]:
    """Yield what stands between the borders of block elements, in order."""
    from lxml import etree

    parts: list[str] = []
    open_tags = ["body"]  # block elements around the place that the walk has come to
    label = ""  # the number of a list item whose text has not come yet
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag
        border = tag in BLOCKS and tag != "br"
        if border:
            inside = _surrounding(open_tags)
            if inside in _HEADINGS and tag != inside:
                parts.append(" ")  # a heading of several blocks is one heading
            else:
                text = "".join(parts)
                parts = []
                if text.strip(_BLANK):
                    yield from _paragraphs_of(label, text, tag=inside, is_item="li" in open_tags[-_NEAR:])
                    label = ""
        if event == "start":
            if border:
                open_tags.append(tag)
                label = element.get("value") or "" if tag == "li" else label
            parts.append(_BREAK if tag == "br" else "")
            parts.append(element.text or "")
            continue
        if border:
            open_tags.pop()
        parts.append(element.tail or "" if element is not root else "")
    yield from _paragraphs_of(label, "".join(parts), tag="body", is_item=False)


def _surrounding(open_tags: list[str]) -> str:
    """Return the heading that the walk is in, else the innermost block element."""
    return next((tag for tag in reversed(open_tags[-_NEAR:]) if tag in _HEADINGS), open_tags[-1])


def _paragraphs_of(label: str, text: str, *, tag: str, is_item: bool) -> Iterator[Piece]:
    if tag in _VERBATIM:
        yield Piece(Block(text.replace(_BREAK, "\n").strip("\n")))
    elif tag in _HEADINGS:
        yield Piece(Block(one_line(text.replace(_BREAK, " ")), _HEADINGS[tag]))
    else:
        for number, paragraph in enumerate(_paragraphs(text)):
            numbered = number or not label or _NUMBERED.match(paragraph)
            yield Piece(Block(paragraph if numbered else f"{label} {paragraph}"), "list" if is_item else None)


def _paragraphs(text: str) -> Iterator[str]:
    """Yield what <br> separates: a line is a paragraph where it ends a sentence, or the next is blank or indented."""
    lines: list[str] = []
    for source in text.split(_BREAK):
        line = one_line(source)
        if lines and (not line or _INDENT.match(source) or _SENTENCE_END.search(lines[-1])):
            yield "\n".join(lines)
            lines = []
        if line:
            lines.append(line)
    if lines:
        yield "\n".join(lines)
