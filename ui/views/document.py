"""One document: how much was read, what is missing and why; its passages, headings and pages; download, remove."""

from collections import Counter
from collections.abc import Sequence
from html import escape

import streamlit as st

from ingest.errors import WendangError
from ingest.library.report import DocumentStatus, PageStatus
from ingest.normalize import fold
from ingest.types import Gap, Passage
from ui.text import error_text, gaps_text, one_line, t
from ui.views import address, inert
from ui.views.document_list import date_text
from ui.views.shared import Shared

#: Passages, and pages, that are shown at a time.
_PASSAGES, _PAGES = 15, 60
_NO_GAP: tuple[str | None, str | None] = (None, None)


def show(shared: Shared, source: str) -> None:
    """Show a document, or that there is none of this name."""
    st.button(
        t("document.back"), icon=":material/arrow_back:", type="tertiary", on_click=address.go, args=("documents",)
    )
    try:
        [document] = shared.engine.status(source)
    except WendangError as exc:
        inert.note(error_text(exc), kind="warning")
        return
    st.html(
        f'<div class="wd wd-title" role="heading" aria-level="2">{escape(one_line(source.rpartition("/")[2]))}</div>'
    )
    _facts(document)
    reason, remedy = gaps_text(document.gaps)
    if reason:
        kind = "error" if document.status == "failed" else "warning"
        inert.note("\n".join(filter(None, [reason, remedy])), kind=kind)
    _actions(shared, document)
    if document.passages:
        _contents(shared, document)


def _facts(document: DocumentStatus) -> None:
    """Show what is known of the document in one line."""
    covered = 100 * document.indexed / document.read if document.read else 0.0
    known = [
        ("folder", document.source.rpartition("/")[0] or t("document.top")),
        ("state", t(f"status.{document.status}")),
        ("pages", f"{document.pages:,}" if document.pages else ""),
        ("characters", f"{document.read:,}" if document.read else ""),
        ("covered", f"{covered:.0f}% ({document.indexed:,})" if document.read else ""),
        ("passages", f"{document.passages:,}" if document.passages else ""),
        ("encoding", document.encoding or ""),
        ("size", _size(document.size)),
        ("modified", date_text(document.modified)),
    ]
    facts = "".join(
        f"<div><span>{t(f'document.{name}')}</span>{escape(one_line(value))}</div>" for name, value in known if value
    )
    st.html(f'<div class="wd wd-facts">{facts}</div>')


def _size(size: int | None) -> str:
    if not size:
        return ""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(size / 1e3, 0.1):.1f} KB"


def _actions(shared: Shared, document: DocumentStatus) -> None:
    with st.container(horizontal=True):
        try:
            original = shared.engine.original(document.source)
        except WendangError:
            original = None
        if original is not None and original.is_file():
            st.download_button(
                t("document.download"),
                data=original.read_bytes,
                file_name=original.name,
                mime="application/octet-stream",
                icon=":material/download:",
                on_click="ignore",
            )
        if shared.busy is None and st.button(t("document.remove"), icon=":material/delete:"):
            st.dialog(t("documents.remove_title"))(confirm_removal)(shared, [document.source])


def confirm_removal(shared: Shared, sources: Sequence[str]) -> None:
    """Ask whether documents are to be removed, and do it."""
    st.html(inert.lines_html([one_line(source) for source in sources]))
    st.write(t("page.remove_help"))
    if st.button(t("page.remove_button"), type="primary", key="remove_sure"):
        try:
            shared.engine.remove(sources)
        except WendangError as exc:
            inert.note(error_text(exc), kind="error")
        else:
            address.go("documents")
            st.rerun()


def _contents(shared: Shared, document: DocumentStatus) -> None:
    passages = shared.engine.passages(document.source)
    pages = shared.engine.text(document.source).pages
    views = ["passages", *(["headings"] if any(p.heading for p in passages) else []), "pages"]
    view = st.segmented_control(
        t("document.views"),
        views,
        format_func=lambda name: t(f"document.view.{name}"),
        default="passages",
        required=True,
        key="document_view",
        label_visibility="collapsed",
    )
    if view == "headings":
        _headings(passages)
    elif view == "pages":
        _pages(pages)
    else:
        _passages(passages)


def _passages(passages: Sequence[Passage]) -> None:
    """Show the passages, those that hold some words where these are given."""
    words = st.text_input(
        t("document.find"),
        key="document_words",
        placeholder=t("document.find"),
        label_visibility="collapsed",
        icon=":material/search:",
    )
    wanted = fold(words).split()
    found = [one for one in passages if all(word in fold(f"{one.heading or ''}\n{one.text}") for word in wanted)]
    if not found:
        inert.quiet(t("document.not_found"))
        return
    first = _paged("passages", len(found), _PASSAGES)
    for passage in found[first : first + _PASSAGES]:
        st.html(_passage_html(passage, wanted))


def _passage_html(passage: Passage, words: Sequence[str]) -> str:
    where = t("place.page", page=passage.page).strip() if passage.page else ""
    span = t("document.span", start=f"{passage.start + 1:,}", end=f"{passage.end:,}")
    heading = f"{escape(passage.heading)} · " if passage.heading else ""
    text = inert.marked(passage.text, _spans(passage.text, words))
    return (
        f'<div class="wd wd-card"><p><span class="wd-heading">{heading}{escape(where)} {span}</span></p>'
        f'<div class="wd-verbatim">{text}</div></div>'
    )


def _spans(text: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Return where words stand in a text; none where folding has changed the text's length."""
    folded = fold(text)
    if len(folded) != len(text):
        return []
    spans = []
    for word in words:
        at = folded.find(word)
        while at >= 0:
            spans.append((at, at + len(word)))
            at = folded.find(word, at + len(word))
    return spans


def _headings(passages: Sequence[Passage]) -> None:
    """Show the headings as an outline, with how many passages stand below each."""
    counts: Counter[tuple[str, ...]] = Counter()
    for passage in passages:
        path = tuple(passage.heading.split(" > ")) if passage.heading else ()
        for depth in range(1, len(path) + 1):
            counts[path[:depth]] += 1
    rows = "".join(
        f'<tr><td style="padding-left: {0.6 + 1.3 * (len(path) - 1)}rem">{escape(path[-1])}</td>'
        f'<td class="wd-number">{count}</td></tr>'
        for path, count in counts.items()
    )
    head = f'<tr><th>{t("document.heading")}</th><th class="wd-number">{t("document.passages")}</th></tr>'
    st.html(f'<div class="wd"><table>{head}{rows}</table></div>')


def _pages(pages: Sequence[PageStatus]) -> None:
    """Show for each page what was read of it, what can be searched, and what was left out and why."""
    first = _paged("pages", len(pages), _PAGES)
    names = ("page", "read", "covered", "left_out", "remarks")
    kinds = ("", "wd-number", "wd-number", "wd-number", "")
    head = "".join(f'<th class="{kind}">{t(f"document.{name}")}</th>' for name, kind in zip(names, kinds, strict=True))
    rows = "".join(_page_row(first + n, page) for n, page in enumerate(pages[first : first + _PAGES], 1))
    st.html(f'<div class="wd"><table class="wd-wide">{head}{rows}</table></div>')
    inert.quiet(t("document.left_out_help"))


def _page_row(number: int, page: PageStatus) -> str:
    reason, remedy = gaps_text([Gap(gap.reason, None, gap.values) for gap in page.gaps]) if page.gaps else _NO_GAP
    remarks = t("reason_and_remedy", reason=reason, remedy=remedy) if reason else ""
    heading = f'<div class="wd-quiet">{escape(page.heading)}</div>' if page.heading else ""
    covered = "100%" if page.indexed >= page.read else f"{100 * page.indexed // page.read}%"
    left_out = sum(page.left_out.values())
    return (
        f"<tr><td>{page.page or number}{heading}</td>"
        f'<td class="wd-number">{page.read:,}</td><td class="wd-number">{covered if page.read else ""}</td>'
        f'<td class="wd-number">{left_out or ""}</td><td>{escape(remarks)}</td></tr>'
    )


def _paged(name: str, count: int, size: int) -> int:
    """Show which part of a long list is on view, where it has several; return the number of its first entry."""
    pages = -(-count // size)
    if pages < 2:
        return 0
    page = st.number_input(
        t("document.part", pages=pages), min_value=1, max_value=pages, key=f"document_{name}_part", width=180
    )
    return (int(page) - 1) * size
