"""Look inside: how a question is answered, step by step; and the library as a map."""

from collections.abc import Generator
from contextlib import closing
from typing import cast

import streamlit as st

from ingest.errors import WendangError
from rag.trace import Recorder, Trace
from rag.types import MODES, Delta, Done, Reading, StreamEvent, Waiting
from ui.text import error_text, t
from ui.views import address, inert, traced
from ui.views import map as library_map
from ui.views.shared import Shared

_TRACE = "inside_trace"
_PARTS = ("question", "map")


def show(shared: Shared) -> None:
    """Show how a question is answered, or the map."""
    if not shared.engine.library.catalog.number("SELECT count(*) FROM passages"):
        inert.note(t("inside.empty"))
        return
    part = st.segmented_control(
        t("inside.parts"),
        _PARTS,
        format_func=lambda name: t(f"inside.part.{name}"),
        default=_PARTS[0],
        required=True,
        key="inside_part",
        label_visibility="collapsed",
    )
    if part == "map":
        library_map.show(shared)
    else:
        _show_question(shared)


def _show_question(shared: Shared) -> None:
    st.caption(t("inside.help"))
    settings = shared.engine.settings
    with st.form("inside_question", border=False):
        question = st.text_input(
            t("inside.question"),
            value=address.named_in("question"),
            max_chars=settings.question_limit,
            placeholder=t("inside.example"),
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            top_k = st.number_input(t("inside.top_k"), 1, 100, settings.top_k, width=150)
            mode = st.selectbox(
                t("inside.mode"),
                MODES,
                index=MODES.index(settings.mode),
                format_func=lambda name: t(f"inside.mode.{name}"),
                width=230,
            )
            asked = st.form_submit_button(t("inside.look"), type="primary")
    if asked:
        st.session_state.pop(_TRACE, None)
        trace = _followed(shared, question, top_k=int(top_k), mode=mode)
        if trace is None:
            return
        st.session_state[_TRACE] = trace
    if _TRACE in st.session_state:
        traced.show(st.session_state[_TRACE])


def _followed(shared: Shared, question: str, *, top_k: int, mode: str) -> Trace | None:
    """Return how a question is answered, its progress shown meanwhile; None where it cannot be.

    A click elsewhere ends the script at the next step, and closing the stream stops the model.
    """
    recorder = Recorder(question)
    box, text = st.empty(), ""
    box.caption(t("inside.searching"))
    stream = shared.engine.stream(question, top_k=top_k, mode=mode, progress=True, recorder=recorder)
    try:
        with closing(cast("Generator[StreamEvent, None, None]", stream)) as events:
            for event in events:
                if isinstance(event, Waiting):
                    box.caption(t("inside.waiting", ahead=event.ahead))
                elif isinstance(event, Reading):
                    box.caption(t("inside.reading", read=event.read, total=event.total))
                elif isinstance(event, Delta):
                    text += event.text
                    box.html(inert.answer_html(text))
                elif isinstance(event, Done):
                    box.empty()
                    return recorder.trace(event.answer)
    except WendangError as exc:
        box.empty()
        inert.note(error_text(exc), kind="error")
    return None
