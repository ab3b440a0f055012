"""The place in the page that its address names: `?view=documents&document=…`, so that reload and back keep it.

The address is the one truth about the place. `go` changes it: call it from a widget's callback, or before `st.rerun()`.
"""

import streamlit as st

#: The views by name, in the order in which they are offered; the first is shown where none is named.
VIEWS = ("ask", "documents", "inside", "quality", "settings")

# What a change of place keeps.
_KEPT = ("lang",)


def view() -> str:
    """Return the view that the address names; the first for one that is not known."""
    named = named_in("view")
    return named if named in VIEWS else VIEWS[0]


def named_in(name: str) -> str:
    """Return a parameter of the address, empty where it has none."""
    return str(st.query_params.get(name, ""))


def go(view: str, **parameters: str | int | None) -> None:
    """Let the address name a view and what is open in it; parameters that are not given, or None, are left out."""
    kept = {name: named_in(name) for name in _KEPT if named_in(name)}
    given = {name: str(value) for name, value in parameters.items() if value is not None}
    st.query_params.from_dict({"view": view, **given, **kept})


def change(**parameters: str | int | None) -> None:
    """Change some parameters of the address and keep the others; None takes one out."""
    here = {
        **st.query_params.to_dict(),
        **{name: str(value) for name, value in parameters.items() if value is not None},
    }
    st.query_params.from_dict({name: value for name, value in here.items() if parameters.get(name, value) is not None})
