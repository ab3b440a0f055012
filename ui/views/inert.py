"""Texts that are not ours (documents, file names, answers) on the page, as nothing but text.

Markdown cannot be escaped fully: Streamlit turns bare addresses into links and `:names:` into emoji after parsing. HTML
can: once `&`, `<`, `>` and quotes are replaced, nothing in a text can become an element, load an image or call out.
"""

import re
from collections.abc import Iterable, Sequence
from html import escape

import streamlit as st

from ingest.types import Passage
from rag.types import Citation
from ui.text import place, t

_MARKER = re.compile(r"\[(\d{1,3})\]")
# All that Markdown and Streamlit's additions to it (:names:, $formulas$, addresses) begin with.
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~:$@/&])")


def answer_html(text: str, *, refused: bool = False) -> str:
    """Return an answer as HTML, its markers raised."""
    kind = "wd wd-verbatim wd-answer" + (" wd-refused" if refused else "")
    body = _MARKER.sub(r"<b>[\1]</b>", escape(text))
    return f'<div class="{kind}">{body}</div>'


def card_html(n: int, passage: Passage, citations: Sequence[Citation]) -> str:
    """Return a passage with its place above it; what verified citations rest on is marked, others are called out."""
    heading = f' <span class="wd-heading">· {escape(passage.heading)}</span>' if passage.heading else ""
    unverified = any(not citation.verified for citation in citations)
    badge = f' <span class="wd-badge">{escape(t("page.unverified"))}</span>' if unverified else ""
    spans = [(c.start - passage.start, c.end - passage.start) for c in citations if c.verified]
    return (
        f'<div class="wd wd-card"><p><b>[{n}]</b> {escape(place(passage))}{heading}{badge}</p>'
        f'<div class="wd-verbatim">{marked(passage.text, spans)}</div></div>'
    )


def marked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return a text as HTML with the (start, end) spans highlighted; where they overlap, they become one."""
    pieces, at = [], 0
    for start, end in sorted(spans):
        begin = max(start, at)
        if begin < end:
            pieces += [escape(text[at:begin]), "<mark>", escape(text[begin:end]), "</mark>"]
            at = end
    return "".join([*pieces, escape(text[at:])])


def found_html(passages: Sequence[Passage]) -> str:
    """Return where the passages stand that a model is reading."""
    places = "".join(f"<li>{escape(place(passage))}</li>" for passage in passages)
    return f'<div class="wd wd-found">{escape(t("ask.found"))}<ol>{places}</ol></div>'


def plain(text: str) -> str:
    """Return a text for a widget that reads Markdown, whose marks mean nothing then."""
    return _MARKUP.sub(r"\\\1", text)


def lines_html(lines: Sequence[str]) -> str:
    """Return lines as HTML, one under the other."""
    return f'<div class="wd wd-note">{escape(chr(10).join(lines))}</div>'


def note(text: str, *, kind: str = "info") -> None:
    """Show a message that may hold names of the user's; `kind` is info, warning or error."""
    st.html(f'<div class="wd wd-note wd-{kind}">{escape(text)}</div>')


def line(text: str) -> None:
    """Show a line of text that may hold names of the user's."""
    st.html(f'<div class="wd">{escape(text)}</div>')


def quiet(text: str) -> None:
    """Show a line of lesser importance that may hold names of the user's."""
    st.html(f'<div class="wd wd-quiet">{escape(text)}</div>')
