"""The conversations of a home on the page: found, opened, named, deleted, handed out as a file."""

from collections.abc import Callable
from datetime import datetime

import streamlit as st

from ingest.errors import WendangError
from rag import export
from rag.conversations import Conversation, Conversations, Turn
from ui.text import error_text, one_line, place, t
from ui.views import inert

#: Conversations in the list; more are found by searching.
_LISTED = 30
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

#: What is called with the conversation to show, None for a new one.
Choose = Callable[[int | None], None]


def show_list(kept: Conversations, *, current: int | None, choose: Choose) -> None:
    """Show the conversations, those that changed last first, with a field to search them."""
    wanted = st.text_input(t("ask.find"), placeholder=t("ask.find"), label_visibility="collapsed", key="find")
    found = kept.search(wanted, limit=_LISTED) if wanted.strip() else kept.recent(limit=_LISTED)
    if not found:
        st.caption(t("ask.found_none" if wanted.strip() else "ask.none_yet"))
    for one in found:
        st.button(
            _plain(one.name),
            key=f"conversation-{one.id}",
            help=t("ask.listed", turns=one.turns, changed=_local(one.changed)),
            type="primary" if one.id == current else "tertiary",
            width="stretch",
            on_click=choose,
            args=(one.id,),
        )


def show_current(kept: Conversations, conversation: Conversation, turns: list[Turn], *, choose: Choose) -> None:
    """Offer what can be done with the open conversation: another name, a file of it, its deletion."""
    key = f"name-{conversation.id}"
    st.text_input(
        t("ask.name"), value=conversation.name, max_chars=30, key=key, on_change=_rename, args=(kept, conversation, key)
    )
    name = one_line(conversation.name) or t("ask.conversation")
    st.download_button(
        t("ask.as_markdown"),
        data=lambda: export.as_markdown(conversation, turns, place=place),
        file_name=f"{name}.md",
        mime="text/markdown",
        on_click="ignore",
        width="stretch",
    )
    st.download_button(
        t("ask.as_word"),
        data=lambda: export.as_docx(conversation, turns, place=place),
        file_name=f"{name}.docx",
        mime=_WORD,
        on_click="ignore",
        width="stretch",
    )
    sure = st.checkbox(t("ask.delete_sure"), key=f"sure-{conversation.id}")
    st.button(t("ask.delete"), disabled=not sure, width="stretch", on_click=_delete, args=(kept, conversation, choose))


def _rename(kept: Conversations, conversation: Conversation, key: str) -> None:
    name = st.session_state[key].strip()
    # The name as it was drawn may come once more when the field is gone (see ui.views.settings): of a conversation that
    # is deleted, or has another name by now.
    if name and name != conversation.name:
        _guarded(lambda: kept.rename(conversation.id, name=name))


def _delete(kept: Conversations, conversation: Conversation, choose: Choose) -> None:
    _guarded(lambda: kept.delete(conversation.id))
    choose(None)


def _guarded(change: Callable[[], None]) -> None:
    """Make a change; where the conversation is gone meanwhile, another tab has deleted it, and this is said."""
    try:
        change()
    except WendangError as exc:
        inert.note(error_text(exc), kind="error")


def _plain(name: str) -> str:
    """Return a name as a button's label: no mark of Markdown means anything in it."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]()<>#+-.!|~:$" else char for char in one_line(name)) or "…"


def _local(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")
