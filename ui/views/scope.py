"""What a question is asked about, and how it is answered: folders and files, length, manner."""

from glob import escape
from typing import Any

import streamlit as st

from rag import Engine
from rag.types import MODES
from ui.text import one_line, t


def show(engine: Engine) -> None:
    """Show the choice; it holds for the questions of this tab."""
    places = st.session_state.get("scope_places", [])
    label = t("ask.scope_some", count=len(places)) if places else t("ask.scope")
    with st.popover(label, icon=":material/tune:"):
        sources = engine.sources()
        st.multiselect(
            t("ask.places"),
            [*_folders(sources), *sources],
            format_func=one_line,
            placeholder=t("ask.places_all"),
            key="scope_places",
            persist_state="session",
        )
        st.toggle(t("ask.detail"), key="scope_detail", help=t("ask.detail_help"), persist_state="session")
        st.segmented_control(
            t("ask.mode"),
            MODES,
            format_func=lambda mode: t(f"inside.mode.{mode}"),
            default=engine.settings.mode,
            required=True,
            key="scope_mode",
            help=t("ask.mode_help"),
            persist_state="session",
        )


def chosen() -> dict[str, Any]:
    """Return the choice as the fields of `ui.views.answering.Question`."""
    places = st.session_state.get("scope_places", [])
    return {
        "sources": tuple(escape(place) + "*" if place.endswith("/") else escape(place) for place in places),
        "detail": bool(st.session_state.get("scope_detail", False)),
        "mode": st.session_state.get("scope_mode"),
    }


def _folders(sources: list[str]) -> list[str]:
    """Return the folders of the sources, outer ones too, each with a slash at its end."""
    found = {source[: at + 1] for source in sources for at, char in enumerate(source) if char == "/"}
    return sorted(found)
