"""An answer on the page: numbered markers in its sentences that open their source, and the list of what it rests on."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from rag.conversations import Turn
from ui.text import one_line, place, t
from ui.views.targets import Part, Target, parts_of, targets_of

_HERE = Path(__file__).parent
#: Characters of a quote in a list.
_QUOTE = 120

_draw = st.components.v2.component(
    "wendang_reply",
    html='<div class="reply"></div>',
    css=(_HERE / "reply.css").read_text("utf-8"),
    js=(_HERE / "reply.js").read_text("utf-8"),
)


def show(turn: Turn, *, opened: int | None, open_target: Callable[[int], None]) -> None:
    """Show the answer of a turn; `open_target` is called with the place in `targets_of` of what is to be opened.

    `opened` is what is open now, None where it belongs to another turn.
    """
    targets = targets_of(turn)
    cited = [(index, target) for index, target in enumerate(targets) if target.kind != "passage"]
    others = [(index, target) for index, target in enumerate(targets) if target.kind == "passage"]
    nearest = turn.refused and not cited
    data = {
        "parts": [_part(part, targets, opened=opened) for part in parts_of(turn)],
        "rows": [_row(index, target, opened=opened) for index, target in (others if nearest else cited)],
        "heading": t("ask.nearest" if nearest else "ask.rests_on"),
        "refused": turn.refused,
    }
    _mount(f"reply-{turn.id}", data, open_target)
    if others and not nearest:
        with st.expander(t("ask.others", count=len(others))):
            rows = [_row(index, target, opened=opened) for index, target in others]
            _mount(f"others-{turn.id}", {"parts": [], "rows": rows, "heading": "", "refused": False}, open_target)


def _mount(key: str, data: dict[str, Any], open_target: Callable[[int], None]) -> None:
    _draw(key=key, data=data, on_open_change=partial(_clicked, key, open_target))


def _clicked(key: str, open_target: Callable[[int], None]) -> None:
    chosen = st.session_state[key].get("open")
    if chosen is not None:
        open_target(int(chosen))


def _part(part: Part, targets: list[Target], *, opened: int | None) -> dict[str, Any]:
    if part.target is not None:
        target = targets[part.target]
        return {"n": str(target.n), **_button(part.target, target, opened=opened)}
    classes = ["weak"] * part.is_unsupported + ["made-up"] * part.is_made_up
    label = t("ask.made_up") if part.is_made_up else t("ask.unsupported") if part.is_unsupported else ""
    return {"text": part.text, "classes": " ".join(classes), "label": label}


def _row(index: int, target: Target, *, opened: int | None) -> dict[str, Any]:
    heading = f" · {one_line(target.heading)}" if target.heading else ""
    quote = " ".join(target.quote.split())
    return {
        "n": str(target.n),
        "place": place(target) + heading,
        "quote": quote[:_QUOTE] + "…" * (len(quote) > _QUOTE),
        "badge": t("page.unverified") if target.kind == "unverified" else "",
        **_button(index, target, opened=opened),
    }


def _button(index: int, target: Target, *, opened: int | None) -> dict[str, Any]:
    known = "ask.open_unverified" if target.kind == "unverified" else "ask.open"
    return {
        "target": index,
        "kind": target.kind,
        "open": index == opened,
        "label": t(known, n=target.n, place=place(target)),
    }
