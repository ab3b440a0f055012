"""Questions and answers: a conversation, the answer as it is made, and beside it the source that was opened."""

import streamlit as st

from ingest.errors import WendangError
from rag.conversations import Conversations, Turn, history_of
from rag.errors import NoConversation
from ui.text import error_text, t
from ui.views import address, conversations, inert, rating, reply, scope, source
from ui.views.answering import Answering, Progress, Question
from ui.views.shared import Shared
from ui.views.source import Opened
from ui.views.targets import targets_of

_PERSON, _PROGRAM = ":material/person:", ":material/description:"
_PARAMETER, _RUNNING, _OPENED = "conversation", "answering", "opened"


def show(shared: Shared) -> None:
    """Show the conversation that the address names, and answer the next question in it.

    Somebody who comes for the first time, to an empty library, is led to where documents are added.
    """
    if not address.named_in("view") and not shared.engine.sources():
        address.go("documents")
        st.rerun()
    kept = shared.engine.conversations()
    number, turns = _conversation(kept)
    running = _running(number)
    _bar(shared, kept, number, turns)
    opened = _opened(turns)
    # Always two columns, so that nothing is drawn anew, and no focus lost, where a source is opened or closed.
    left, right = st.columns([11, 10] if opened else [1, 1], gap="large")
    with left:
        for turn in turns:
            if running is None or turn.id != running.turn:
                _show_turn(kept, turn, opened=opened)
        if not turns:
            _welcome(shared)
        place_of_next = st.container()
    with right:
        if opened:
            source.show(shared.engine, targets_of(_turn_of(turns, opened)), opened, move=_open)
        else:
            st.html('<span class="wd-closed"></span>')
    question = st.chat_input(t("ask.question"), max_chars=shared.engine.settings.question_limit, key="question")
    if question:
        running = _start(shared, kept, question, number, turns)
    if running:
        with place_of_next:
            _follow(running)


def _conversation(kept: Conversations) -> tuple[int | None, list[Turn]]:
    """Return the number of the open conversation, None for a new one, and its turns."""
    named = address.named_in(_PARAMETER)
    if not named.isdecimal() or len(named) > 18:
        return None, []
    try:
        return int(named), kept.turns(int(named))
    except NoConversation:
        address.change(**{_PARAMETER: None})
        return None, []


def _running(number: int | None) -> Answering | None:
    """Return the answer that is being made in this conversation, None where there is none."""
    running = st.session_state.get(_RUNNING)
    if isinstance(running, Answering) and running.conversation == number and not running.is_over:
        return running
    return None


def _bar(shared: Shared, kept: Conversations, number: int | None, turns: list[Turn]) -> None:
    with st.container(horizontal=True, key="ask_bar"):
        st.button(
            t("ask.new"), icon=":material/add:", disabled=number is None, on_click=_choose, args=(None,), key="new"
        )
        with st.popover(t("ask.conversations"), icon=":material/history:"):
            conversations.show_list(kept, current=number, choose=_choose)
        if number is not None and turns:
            with st.popover(t("ask.this"), icon=":material/more_horiz:"):
                conversations.show_current(kept, kept.get(number), turns, choose=_choose)
        scope.show(shared.engine)


def _choose(number: int | None) -> None:
    """Go to another conversation; an answer that is being made in this one is stopped."""
    running = st.session_state.pop(_RUNNING, None)
    if isinstance(running, Answering):
        running.stop()
    _open(None)
    address.change(**{_PARAMETER: number})


def _open(opened: Opened | None) -> None:
    st.session_state[_OPENED] = opened


def _opened(turns: list[Turn]) -> Opened | None:
    """Return what is open, None where it is of no turn of this conversation any more."""
    opened = st.session_state.get(_OPENED)
    if not isinstance(opened, Opened):
        return None
    there = {turn.id: len(targets_of(turn)) for turn in turns}
    return opened if opened.step < there.get(opened.turn, 0) else None


def _turn_of(turns: list[Turn], opened: Opened) -> Turn:
    return next(turn for turn in turns if turn.id == opened.turn)


def _welcome(shared: Shared) -> None:
    files = len(shared.engine.sources())
    if files:
        inert.note(t("ask.welcome", files=files))
        return
    inert.note(t("ask.empty"))
    st.button(t("ask.add_files"), type="primary", on_click=address.go, args=("documents",))


def _show_turn(kept: Conversations, turn: Turn, *, opened: Opened | None) -> None:
    _show_question(turn.question)
    with st.chat_message("assistant", avatar=_PROGRAM):
        if turn.standalone != turn.question:
            st.caption(inert.plain(t("ask.understood", question=turn.standalone)))
        step = opened.step if opened and opened.turn == turn.id else None
        reply.show(turn, opened=step, open_target=lambda target: _open(Opened(turn.id, target)))
        for remark in _remarks(turn):
            inert.note(remark, kind="warning")
        ended = st.session_state.get(_RUNNING)
        if isinstance(ended, Answering) and ended.turn == turn.id and ended.error:
            inert.note(error_text(ended.error), kind="error")
        if not turn.partial:
            rating.show(kept, turn)


def _remarks(turn: Turn) -> list[str]:
    """Return what is to be known of an answer besides its words."""
    kinds = {part.kind for part in turn.unsupported}
    remarks = []
    if turn.partial:
        remarks.append(t("ask.partial" if turn.answer else "ask.unanswered"))
    if "sentence" in kinds:
        remarks.append(t("ask.has_unsupported"))
    if "number" in kinds:
        remarks.append(t("ask.has_made_up"))
    if turn.dropped:
        remarks.append(t("answer.dropped", count=turn.dropped))
    return remarks


def _show_question(question: str) -> None:
    with st.chat_message("user", avatar=_PERSON):
        st.html(inert.answer_html(question))


def _start(
    shared: Shared, kept: Conversations, question: str, number: int | None, turns: list[Turn]
) -> Answering | None:
    """Begin to answer a question; the one before it in this tab ends here."""
    before = st.session_state.get(_RUNNING)
    if isinstance(before, Answering):
        before.stop()
    asked = Question(question, history=history_of(turns), **scope.chosen())
    try:
        running = Answering(shared.engine, asked, kept=kept, conversation=number)
    except WendangError as exc:
        inert.note(error_text(exc), kind="error")
        return None
    st.session_state[_RUNNING] = running
    address.change(**{_PARAMETER: running.conversation})
    return running


def _follow(running: Answering) -> None:
    """Show an answer while it is made. A click elsewhere runs the page anew, which goes on with it."""
    _show_question(running.question.text)
    with st.chat_message("assistant", avatar=_PROGRAM):
        state, text, found = st.empty(), st.empty(), st.empty()
        st.button(t("ask.stop"), icon=":material/stop_circle:", key="stop", on_click=running.stop)
        shown = Progress()
        for progress in running.follow():
            state.caption(inert.plain(_said(progress)))
            if progress.text != shown.text:
                text.html(inert.answer_html(progress.text))
            if progress.passages and not shown.passages:
                found.html(inert.found_html(progress.passages))
            shown = progress
    st.rerun()  # the answer, its citations checked, is drawn with its sources


def _said(progress: Progress) -> str:
    """Return in words how far an answer is."""
    seconds = round(progress.seconds)
    if progress.text:
        return t("ask.writing", seconds=seconds)
    if progress.waiting:
        return t("ask.waiting", ahead=progress.waiting, seconds=seconds)
    if progress.passages is None:
        return t("ask.searching", seconds=seconds)
    share = round(100 * progress.read)
    return t("ask.reading", count=len(progress.passages), share=share, seconds=seconds)
