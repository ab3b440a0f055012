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

_STYLE = """<style>
.stApp { -webkit-locale: "zh-CN"; }
.stMainBlockContainer { padding-top: 3.2rem; }
.stMainBlockContainer h1 { padding-bottom: 0; }
.wd { overflow-wrap: anywhere; unicode-bidi: isolate; line-height: 1.7; }
.wd-verbatim { white-space: pre-wrap; }
.wd-answer b { font-size: .75em; vertical-align: super; color: #2b6cb0; padding: 0 .1em; }
.wd-refused { border-left: 4px solid #a0aec0; padding-left: .9rem; }
.wd-card { border: 1px solid rgba(128, 128, 128, .3); border-radius: .6rem; padding: .7rem .95rem; }
.wd-card p { margin: 0 0 .35rem; font-size: .9rem; }
.wd-card .wd-verbatim { font-size: .92rem; opacity: .9; }
.wd-card mark { background: rgba(250, 204, 21, .4); color: inherit; border-radius: .2rem; padding: .08em 0; }
.wd-heading { opacity: .65; }
.wd-badge { background: rgba(237, 137, 54, .2); border-radius: .4rem; padding: .05rem .45rem; font-size: .8rem; }
.wd-note { border-radius: .5rem; padding: .6rem .9rem; background: rgba(66, 153, 225, .12); white-space: pre-wrap; }
.wd-error { background: rgba(229, 62, 62, .14); }
.wd-warning { background: rgba(237, 137, 54, .14); }
[data-testid=stFileUploaderDropzoneInstructions] { display: none; }
[data-testid=stFileUploaderDropzone] button p { font-size: 0; }
[data-testid=stFileUploaderDropzone] button p::after { content: "CHOOSE"; font-size: .9rem; }
</style>"""

_MARKER = re.compile(r"\[(\d{1,3})\]")


def style() -> str:
    """Return the page's style; Streamlit's uploader speaks English only, so its words are put in here."""
    return _STYLE.replace("CHOOSE", t("page.choose"))


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


def lines_html(lines: Sequence[str]) -> str:
    """Return lines as HTML, one under the other."""
    return f'<div class="wd wd-note">{escape(chr(10).join(lines))}</div>'


def note(text: str, *, kind: str = "info") -> None:
    """Show a message that may hold names of the user's; `kind` is info, warning or error."""
    st.html(f'<div class="wd wd-note wd-{kind}">{escape(text)}</div>')
