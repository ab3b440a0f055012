"""The page: ask the documents, and look after them. `wendang page` starts it; Streamlit runs it anew at each click."""

import os
from pathlib import Path

import streamlit as st

from ingest.errors import WendangError
from ui.text import error_text, set_language, t
from ui.views import ask, documents, inert
from ui.views.shared import Shared, open_shared

VIEWS = {"ask": ask.show, "documents": documents.show}


@st.cache_resource(show_spinner=False, on_release=Shared.close)
def shared(home: str) -> Shared:
    """Return the process's one open library; every tab and every run of this script gets the same."""
    return open_shared(Path(home))


def main() -> None:
    """Draw the page."""
    set_language(os.environ.get("WENDANG_LANG", ""))
    st.set_page_config(page_title=t("page.title"), layout="centered")
    st.html(inert.style())
    st.title(t("page.title"), anchor=False)
    st.caption(t("page.subtitle"))
    home = os.environ.get("WENDANG_HOME") or str(Path(__file__).resolve().parent.parent / "data")
    try:
        library = shared(home)
    except WendangError as exc:
        inert.note(error_text(exc), kind="error")
        return
    if library.busy:
        _show_busy(library.busy)
    view = st.segmented_control(
        t("page.views"),
        list(VIEWS),
        format_func=lambda name: t(f"page.view.{name}"),
        default="ask",
        required=True,
        label_visibility="collapsed",
    )
    VIEWS[view or "ask"](library)


def _show_busy(busy: WendangError) -> None:
    inert.note(f"{error_text(busy)}\n{t('page.read_only')}", kind="warning")
    if st.button(t("page.retry")):
        shared.clear()
        st.rerun()


main()
