"""The opened source, beside the answer: the page as it looks, or the stored text, with the exact span highlighted."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

import streamlit as st

from ingest.errors import NotInLibrary
from ingest.library.report import StoredText
from rag import Engine
from ui.text import error_text, one_line, place, t
from ui.views import facsimile, inert
from ui.views.facsimile import CannotDraw, Facsimile
from ui.views.style import THEME
from ui.views.targets import Target

_HERE = Path(__file__).parent
#: Characters of stored text before and behind a span, and how many more each wish for more adds.
_AROUND = 700
_MORE = 3000
#: Characters around a quote that tell its place on a page.
_CONTEXT = 60
_DRAWN = {"pdf", "image"}
_STATE = "source"

_draw = st.components.v2.component(
    "wendang_source",
    html='<div class="source"></div>',
    css=(_HERE / "sheet.css").read_text("utf-8"),
    js=(_HERE / "sheet.js").read_text("utf-8"),
)

# Beside the answer and always in sight; on a phone, over it.
_STYLE = """<style>
.stMainBlockContainer { max-width: 92rem; }
.stColumn:has(.st-key-source) { position: sticky; top: 1rem; align-self: flex-start; }
@media (max-width: 640px) {
  .stColumn:has(.st-key-source) { position: static; }
  .st-key-source { position: fixed; inset: 0; z-index: 999990; overflow: auto; padding: 1rem; background: GROUND; }
}
</style>"""


@dataclass(frozen=True, slots=True)
class Opened:
    """A target of a turn's answer that is open; `step` is its place among the `targets` of the turn."""

    turn: int
    step: int


@dataclass(slots=True)
class _Look:
    """How the open target is looked at: pages away from its own, wishes for more text, as text instead of a picture."""

    opened: Opened
    pages: int = 0
    more: int = 0
    as_text: bool = False


def show(engine: Engine, targets: Sequence[Target], opened: Opened, *, move: Callable[[Opened | None], None]) -> None:
    """Show an opened target; `move` is called with what to open instead, None to close."""
    look = _look(opened)
    target = targets[opened.step]
    st.html(_STYLE.replace("GROUND", THEME[f"theme.{st.context.theme.type or 'light'}.backgroundColor"]))
    with st.container(key="source"):
        _head(target, targets, opened, move=move)
        try:
            stored = engine.text(target.source)
        except NotInLibrary as exc:
            inert.note(error_text(exc), kind="warning")
            return
        path = engine.original(target.source)
        drawn: Facsimile | str | None = None
        if stored.loader in _DRAWN and not look.as_text:
            inside = engine.is_inside(target.source)
            drawn = t("ask.not_drawn") if inside else _facsimile(path, stored, target, look)
        _sheet(engine, stored, target, look, drawn)
        _foot(stored, path, target, look, drawn)


def _look(opened: Opened) -> _Look:
    look = st.session_state.get(_STATE)
    if not isinstance(look, _Look) or look.opened != opened:
        look = st.session_state[_STATE] = _Look(opened)
    return look


def _head(target: Target, targets: Sequence[Target], opened: Opened, *, move: Callable[[Opened | None], None]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        for step, icon, label in ((-1, "chevron_left", "ask.previous"), (1, "chevron_right", "ask.next")):
            other = opened.step + step
            st.button(
                t(label),
                icon=f":material/{icon}:",
                key=f"source{step}",
                disabled=not 0 <= other < len(targets),
                on_click=move,
                args=(Opened(opened.turn, other),),
            )
        st.caption(f"{opened.step + 1} / {len(targets)}", width="content")
        st.space("stretch")
        st.button(t("ask.close"), icon=":material/close:", key="source_close", on_click=move, args=(None,))
    heading = f'<span class="wd-heading"> · {escape(target.heading)}</span>' if target.heading else ""
    st.html(f'<div class="wd"><b>[{target.n}]</b> {escape(place(target))}{heading}</div>')
    if target.kind == "unverified":
        inert.note(t("ask.unverified_help"), kind="warning")


def _facsimile(path: Path, stored: StoredText, target: Target, look: _Look) -> Facsimile | str:
    """Return the page as it looks, or why it cannot be drawn."""
    try:
        stamp = path.stat().st_mtime_ns
        page = (target.page or 1) + look.pages
        if stored.loader == "image":
            return _picture(path, stamp, page=page)
        quote, before, after = _on_page(stored, target, page=page)
        return _pdf_page(path, stamp, page=page, quote=quote, before=before, after=after)
    except (CannotDraw, OSError):
        return t("ask.not_drawn")


@st.cache_data(show_spinner=False, max_entries=64)
def _pdf_page(path: Path, stamp: int, *, page: int, quote: str, before: str, after: str) -> Facsimile:
    return facsimile.pdf_page(path, page=page, quote=quote, before=before, after=after)


@st.cache_data(show_spinner=False, max_entries=16)
def _picture(path: Path, stamp: int, *, page: int) -> Facsimile:
    return facsimile.picture(path, page=page)


def _on_page(stored: StoredText, target: Target, *, page: int) -> tuple[str, str, str]:
    """Return the part of the span that stands on a page, and what stands before and behind it."""
    for known in stored.pages:
        if known.page == page:
            start, end = max(target.start, known.start), min(target.end, known.end)
            if start < end:
                before = stored.text[max(known.start, start - _CONTEXT) : start]
                return stored.text[start:end], before, stored.text[end : min(known.end, end + _CONTEXT)]
    return "", "", ""


def _sheet(engine: Engine, stored: StoredText, target: Target, look: _Look, drawn: Facsimile | str | None) -> None:
    page = drawn if isinstance(drawn, Facsimile) else None
    if isinstance(drawn, str):
        inert.note(drawn, kind="warning")
    elif page and not page.boxes and not look.pages:
        inert.note(t("ask.not_located"))
    shows_text = page is None or (not page.boxes and not look.pages)
    data = {
        "title": place(target),
        "quote": target.quote,
        "jpeg": base64.b64encode(page.jpeg).decode() if page else "",
        "boxes": [list(box) for box in page.boxes] if page else [],
        "picture_first": not shows_text,
        "text": _text_parts(engine, stored, target, look) if shows_text else [],
        "words": {name: t(f"ask.{name}") for name in ("copy", "copied", "larger", "smaller")},
    }
    _draw(key="sheet", data=data)


def _text_parts(engine: Engine, stored: StoredText, target: Target, look: _Look) -> list[dict[str, Any]]:
    """Return the stored text around the span in parts: lines that are headings, where pages begin, the span itself."""
    around = _AROUND + look.more * _MORE
    low = stored.text.rfind("\n", 0, max(target.start - around, 0)) + 1
    high = stored.text.find("\n", min(target.end + around, len(stored.text)))
    high = len(stored.text) if high < 0 else high
    titles = {path.split(" > ")[-1].strip() for path in engine.headings(target.source)}
    starts = {page.start: page.page for page in stored.pages if page.page and low <= page.start < high}
    cuts = sorted({low, high, *starts, *(cut for cut in (target.start, target.end) if low < cut < high)})
    mark = "faint" if target.kind == "unverified" else "exact"
    parts: list[dict[str, Any]] = []
    for start, end in pairwise(cuts):
        if start in starts:
            parts.append({"text": t("ask.page", page=starts[start]), "classes": "leaf", "mark": False})
        if target.start <= start and end <= target.end:
            parts.append({"text": stored.text[start:end], "classes": mark, "mark": True})
        else:
            parts += _lines(stored.text[start:end], titles)
    return parts


def _lines(text: str, titles: set[str]) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    for line in text.splitlines(keepends=True):
        classes = "title" if line.strip().lstrip("#").strip() in titles else ""
        if parts and parts[-1]["classes"] == classes:
            parts[-1]["text"] += line
        else:
            parts.append({"text": line, "classes": classes, "mark": False})
    return parts


def _foot(stored: StoredText, path: Path, target: Target, look: _Look, drawn: Facsimile | str | None) -> None:
    """Offer other pages, more text, the other way to look, and the original."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if isinstance(drawn, Facsimile) and drawn.pages > 1:
            _pages(target, look, drawn)
        if not isinstance(drawn, Facsimile):
            st.button(t("ask.more"), key="source_more", on_click=_change, args=(look, "more", look.more + 1))
        if stored.loader in _DRAWN:
            label = t("ask.as_picture" if look.as_text else "ask.as_text")
            st.button(label, key="source_text", on_click=_change, args=(look, "as_text", not look.as_text))
        if path.is_file():
            st.download_button(
                t("ask.original"),
                data=path.read_bytes,
                file_name=one_line(path.name),
                mime="application/octet-stream",
                icon=":material/download:",
                on_click="ignore",
                key="source_original",
            )
        else:
            st.caption(t("ask.original_gone"))


def _pages(target: Target, look: _Look, drawn: Facsimile) -> None:
    page = (target.page or 1) + look.pages
    for step, label in ((-1, "ask.page_before"), (1, "ask.page_after")):
        st.button(
            t(label),
            key=f"page{step}",
            disabled=not 1 <= page + step <= drawn.pages,
            on_click=_change,
            args=(look, "pages", look.pages + step),
        )
    st.caption(f"{page} / {drawn.pages}", width="content")


def _change(look: _Look, name: str, value: int | bool) -> None:
    setattr(look, name, value)
