"""Questions and answers: the answer as it is made, then what it rests on."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import cast

import streamlit as st

from ingest.errors import WendangError
from rag.types import Answer, Delta, Done, StreamEvent
from ui.text import error_text, t
from ui.views import inert
from ui.views.shared import Shared

_PERSON, _PROGRAM = ":material/person:", ":material/description:"


@dataclass(frozen=True)
class Turn:
    """A question of this tab, and its answer."""

    question: str
    answer: Answer


def show(shared: Shared) -> None:
    """Show the conversation so far, and answer the next question."""
    turns: list[Turn] = st.session_state.setdefault("turns", [])
    question = st.chat_input(t("page.ask"), max_chars=shared.engine.settings.question_limit)
    if not shared.engine.status():
        inert.note(t("page.empty"))
    if turns and st.button(t("page.new")):
        turns.clear()
        st.rerun()
    for turn in turns:
        _show_question(turn.question)
        with st.chat_message("assistant", avatar=_PROGRAM):
            st.html(inert.answer_html(turn.answer.text, refused=turn.answer.refused))
            _show_sources(turn.answer)
    if question:
        _show_question(question)
        with st.chat_message("assistant", avatar=_PROGRAM):
            _answer(shared, question, turns)


def _show_question(question: str) -> None:
    with st.chat_message("user", avatar=_PERSON):
        st.html(inert.answer_html(question))


def _answer(shared: Shared, question: str, turns: list[Turn]) -> None:
    """Stream the answer. A click meanwhile ends the script at its next word, and closing the stream stops the model."""
    box, text = st.empty(), ""
    history = [(turn.question, turn.answer.text) for turn in turns]
    stream = cast("Generator[StreamEvent, None, None]", shared.engine.stream(question, history=history))
    try:
        with st.spinner(t("page.thinking")), closing(stream) as events:
            for event in events:
                if isinstance(event, Delta):
                    text += event.text
                    box.html(inert.answer_html(text))
                elif isinstance(event, Done):
                    turns.append(Turn(question, event.answer))
    except WendangError as exc:
        inert.note(error_text(exc), kind="error")
    else:
        st.rerun()  # the answer, its citations checked, is drawn with its sources


def _show_sources(answer: Answer) -> None:
    """Show the cited passages as cards, and the others that were read in a fold; after a refusal, the nearest."""
    cited = {citation.n for citation in answer.citations}
    for n, passage in enumerate(answer.passages, 1):
        if n in cited:
            st.html(inert.card_html(n, passage, [c for c in answer.citations if c.n == n]))
    others = [(n, passage) for n, passage in enumerate(answer.passages, 1) if n not in cited]
    if others:
        label = t("page.nearest" if answer.refused else "page.others", count=len(others))
        with st.expander(label, expanded=False):
            for n, passage in others:
                st.html(inert.card_html(n, passage, []))
    st.caption(t("page.took", model=answer.model, seconds=round(answer.timings.get("total_s", 0), 1)))
