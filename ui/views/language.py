"""The language of a tab: chosen on the page, kept in its address, and known wherever the tab's script runs."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui.text import ask_language, language, t
from ui.views import address

_KEY, _PARAMETER = "language", "lang"
_NAMES = {"zh": "中文", "en": "English"}


def follow(initial: str | None) -> None:
    """Let all texts of this tab be in its own language: what its address says, or the `initial` one, to begin with."""
    ask_language(_of_tab)
    if _KEY not in st.session_state:
        st.session_state[_KEY] = address.named_in(_PARAMETER) or initial or language()


def switch() -> None:
    """Show the button that changes the language; it is named in the language that it changes to."""
    other = "zh" if language() == "en" else "en"
    st.button(_NAMES[other], key="switch_language", help=t("page.language"), on_click=_speak, args=(other,))


def _speak(name: str) -> None:
    st.session_state[_KEY] = name
    address.change(**{_PARAMETER: name})


def _of_tab() -> str | None:
    """Return the tab's language; None outside of a tab's script, such as in a thread of our own."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return None
    asked = st.session_state.get(_KEY)
    return None if asked is None else str(asked)
