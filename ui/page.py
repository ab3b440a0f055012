"""The page: ask the documents, and look after them. `wendang page` starts it; Streamlit runs it anew at each click."""

import os
from importlib import import_module
from pathlib import Path

import streamlit as st

from ingest.errors import WendangError
from ui.text import error_text, t
from ui.views import address, inert, language, style, sync_panel
from ui.views.shared import Shared, shared_of

_ICON = Path(__file__).resolve().parent / "views" / "icon.svg"
#: Seconds between looks at whether another process has let the library go.
_LOOK_S = 4


def main() -> None:
    """Draw the page."""
    language.follow(os.environ.get("WENDANG_LANG"))
    st.set_page_config(page_title=t("page.title"), page_icon=str(_ICON), layout="wide")
    st.html(style.css())
    view = _top()
    home = os.environ.get("WENDANG_HOME") or str(Path(__file__).resolve().parent.parent / "data")
    try:
        shared = shared_of(Path(home))
    except WendangError as exc:
        inert.note(error_text(exc), kind="error")
        return
    if shared.busy:
        _wait_for_library(shared)
    if view != "documents":
        sync_panel.brief(shared)
    import_module(f"ui.views.{view}").show(shared)


def _top() -> str:
    """Show the name, the views and the language; return the view that is open."""
    view = address.view()
    st.session_state["view"] = view
    with st.container(horizontal=True, vertical_alignment="center", key="wd-top"):
        st.html(f'<div class="wd-name">{t("page.title")}</div>', width="content")
        st.segmented_control(
            t("page.views"),
            address.VIEWS,
            format_func=lambda name: t(f"page.view.{name}"),
            required=True,
            key="view",
            on_change=_open_chosen,
            label_visibility="collapsed",
        )
        language.switch()
    return view


def _open_chosen() -> None:
    address.go(st.session_state["view"])


@st.fragment(run_every=_LOOK_S)
def _wait_for_library(shared: Shared) -> None:
    """Say who has the library, and go on by itself once it is free."""
    if shared.own():
        st.rerun()
    if shared.busy:
        inert.note(t("page.busy", owner=shared.busy.values.get("owner", "?")), kind="warning")


main()
