"""The documents: what is in the library and what is missing of it; add, sync, open, remove."""

import time
from dataclasses import replace

import streamlit as st

from ingest.library.report import DocumentStatus
from ui.text import t
from ui.views import adding, address, document, document_list, listing, sync_panel
from ui.views.listing import Listed, Wanted
from ui.views.shared import Shared

_WANTED, _PAGE = "documents_wanted", "documents_page"
#: What the list can be narrowed down to: its name in the texts → the states.
_STATES = {"any": (), "troubled": ("failed", "partial"), "pending": ("pending",), "indexed": ("indexed",)}
#: How far back files may have changed, in days.
_DAYS = {"any": None, "week": 7, "month": 31, "year": 366}


def show(shared: Shared) -> None:
    """Show one document where the address names it, else all of them."""
    source = address.named_in("document")
    if source:
        document.show(shared, source)
        return
    documents = shared.engine.status()
    can_change = shared.busy is None
    if not documents and can_change:
        adding.first_steps(shared)
        sync_panel.show(shared)
        adding.folders(shared)
        return
    _title(shared, documents)
    sync_panel.show(shared)
    if can_change:
        adding.show(shared)
    listed = listing.placed(documents)
    wanted = _filters(listed)
    picked = document_list.draw(
        listed,
        wanted=wanted,
        page=st.session_state.get(_PAGE, 0),
        can_choose=can_change,
        on_event=_clicked,
    )
    if picked and st.button(t("documents.remove_picked", count=len(picked)), icon=":material/delete:"):
        st.dialog(t("documents.remove_title"))(document.confirm_removal)(shared, picked)


def _title(shared: Shared, documents: list[DocumentStatus]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(t("page.view.documents"), anchor=False, width="content")
        troubled = sum(one.status in ("failed", "partial") for one in documents)
        facts = t("documents.count", count=f"{len(documents):,}", characters=f"{sum(d.indexed for d in documents):,}")
        more = t("documents.troubled", count=troubled) if troubled else ""
        st.html(f'<div class="wd wd-quiet">{facts}{more}</div>')
        if shared.busy is None and not shared.sync.state().running:
            st.button(
                t("documents.sync"),
                icon=":material/sync:",
                help=t("documents.sync_help"),
                on_click=shared.sync.start,
            )


def _filters(listed: list[Listed]) -> Wanted:
    """Show what narrows the list down; return what is wanted."""
    wanted: Wanted = st.session_state.get(_WANTED, Wanted())
    kinds = sorted({one.kind for one in listed} - {""})
    with st.container(horizontal=True, vertical_alignment="bottom", key="wd-filters"):
        words = st.text_input(
            t("documents.words"),
            key="documents_words",
            persist_state="session",
            placeholder=t("documents.words"),
            label_visibility="collapsed",
            icon=":material/search:",
        )
        with st.popover(t("documents.filter"), icon=":material/tune:", width="content"):
            state = _choice("status", tuple(_STATES))
            since = _choice("since", tuple(_DAYS))
            chosen = st.pills(
                t("documents.kind"), kinds, selection_mode="multi", key="documents_kinds", persist_state="session"
            )
    days = _DAYS[since]
    now = replace(
        wanted,
        words=words,
        statuses=_STATES[state],
        kinds=tuple(chosen),
        since=None if days is None else time.time() - days * 86_400,
    )
    if replace(now, since=None) != replace(wanted, since=None) or (now.since is None) != (wanted.since is None):
        st.session_state[_PAGE] = 0
    st.session_state[_WANTED] = now
    return now


def _choice(name: str, options: tuple[str, ...]) -> str:
    return st.segmented_control(
        t(f"documents.{name}"),
        options,
        format_func=lambda option: t(f"documents.{name}.{option}"),
        default=options[0],
        required=True,
        key=f"documents_{name}",
        persist_state="session",
    )


def _clicked(name: str, value: str) -> None:
    wanted: Wanted = st.session_state.get(_WANTED, Wanted())
    if name == "open":
        address.go("documents", document=value)
    elif name == "page":
        st.session_state[_PAGE] = int(value)
    else:
        st.session_state[_PAGE] = 0
        if name == "folder":
            wanted = replace(wanted, folder=value)
        else:
            wanted = replace(wanted, order=value, descending=value == wanted.order and not wanted.descending)
        st.session_state[_WANTED] = wanted
