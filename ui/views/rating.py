"""Thumbs up or down under an answer, with a reason; kept in the home, nowhere else."""

from functools import partial

import streamlit as st

from rag.conversations import Conversations, Feedback, Turn
from ui.text import t


def show(kept: Conversations, turn: Turn) -> None:
    """Show what was thought of an answer, and let it be said or changed."""
    with st.container(horizontal=True, vertical_alignment="center"):
        _thumb(kept, turn, good=True)
        _thumb(kept, turn, good=False)
        if turn.feedback:
            key = f"reason-{turn.id}"
            st.text_input(
                t("ask.reason"),
                value=turn.feedback.reason,
                placeholder=t("ask.reason"),
                label_visibility="collapsed",
                max_chars=500,
                key=key,
                on_change=partial(_explain, kept, turn, key),
            )
        st.caption(t("page.took", model=turn.model, seconds=round(turn.seconds, 1)), width="content")


def _thumb(kept: Conversations, turn: Turn, *, good: bool) -> None:
    given = turn.feedback is not None and turn.feedback.good == good
    name = "up" if good else "down"
    st.button(
        t(f"ask.thumb_{name}"),
        icon=f":material/thumb_{name}:",
        type="primary" if given else "tertiary",
        key=f"thumb-{name}-{turn.id}",
        on_click=partial(_rate, kept, turn, None if given else good),
    )


def _rate(kept: Conversations, turn: Turn, good: bool | None) -> None:
    reason = turn.feedback.reason if turn.feedback else ""
    kept.rate(turn.id, feedback=None if good is None else Feedback(good, reason))


def _explain(kept: Conversations, turn: Turn, key: str) -> None:
    reason = st.session_state[key]
    # The value as it was drawn may come once more when the field is gone, as a choice (see ui.views.settings): it must
    # not bring a thumb back that was taken away.
    if turn.feedback and reason != turn.feedback.reason:
        kept.rate(turn.id, feedback=Feedback(turn.feedback.good, reason))
