"""The list of documents beside the tree of their folders: drawn in the browser, a page at a time, as plain text."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import streamlit as st

from ui.text import gaps_text, one_line, t
from ui.views import listing
from ui.views.listing import Listed, Wanted

_KEY = "document_list"
_HERE = Path(__file__)
_drawn = st.components.v2.component(
    "wendang.document_list",
    html='<div class="outer"><div class="documents"></div></div>',
    css=_HERE.with_suffix(".css").read_text("utf-8"),
    js=_HERE.with_suffix(".js").read_text("utf-8"),
)


def draw(
    listed: Sequence[Listed],
    *,
    wanted: Wanted,
    page: int,
    can_choose: bool,
    on_event: Callable[[str, str], None],
) -> list[str]:
    """Show a page of what is wanted; return the sources that are picked.

    `on_event` is called with what was clicked (`open`, `folder`, `order`, `page`) and its value.
    """
    found = listing.chosen(listed, wanted)
    pages = max(-(-len(found) // listing.PAGE), 1)
    page = min(page, pages - 1)
    shown = found[page * listing.PAGE : (page + 1) * listing.PAGE]
    picked = [one.document.source for one in shown if one.document.source in _picked()]
    data = {
        "all": len(listed),
        "folder": wanted.folder,
        "folders": [_folder(one) for one in listing.tree(listed, opened=wanted.folder)],
        "columns": _columns(),
        "order": wanted.order,
        "descending": wanted.descending,
        "rows": [_row(one, wanted=wanted) for one in shown],
        "page": page,
        "pages": pages,
        "place": t("documents.place", page=page + 1, pages=pages, count=len(found)),
        "picked": picked,
        "can_choose": can_choose,
        "words": {
            name: t(f"documents.list.{name}")
            for name in ("all", "folders", "colon", "choose", "before", "after", "nothing")
        },
    }

    def told(name: str) -> Callable[[], None]:
        return lambda: on_event(name, str(st.session_state[_KEY][name]))

    names = ("open", "folder", "order", "page")
    calls: dict[str, Any] = {f"on_{name}_change": told(name) for name in names}
    _drawn(key=_KEY, data=data, default={"picked": []}, on_picked_change=_nothing, **calls)
    return picked


def _picked() -> set[str]:
    state = st.session_state.get(_KEY)
    return set(state["picked"]) if state and "picked" in state else set()


def _nothing() -> None:
    """Let a click on a box run the page again, nothing else."""


def _columns() -> list[dict[str, str]]:
    kinds = {"name": "text", "status": "state"}
    return [
        {"name": name, "label": t(f"documents.by.{name}"), "kind": kinds.get(name, name)} for name in listing.ORDERS
    ]


def _folder(folder: listing.Folder) -> dict[str, Any]:
    return {"path": folder.path, "name": one_line(folder.name), "depth": folder.depth, "count": folder.count}


def _row(one: Listed, *, wanted: Wanted) -> dict[str, Any]:
    document = one.document
    reason, _ = gaps_text(document.gaps)
    below = one.folder.removeprefix(wanted.folder).strip("/")
    characters = characters_text(document.read, document.indexed)
    pages = str(document.pages) if document.pages else ""
    modified = date_text(document.modified)
    return {
        "source": document.source,
        "name": one_line(one.name),
        "folder": one_line(below),
        "note": reason or "",
        "status": document.status,
        "state": t(f"status.{document.status}"),
        "cells": [pages, characters, document.encoding or "", modified],
        "brief": " · ".join(filter(None, [characters, modified])),
    }


def characters_text(read: int, indexed: int) -> str:
    """Return how much of a document was read, and the share that can be searched where it is not all."""
    if not read:
        return ""
    share = "" if indexed >= read else f" ({100 * indexed // read}%)"
    return f"{read:,}{share}"


def date_text(seconds: float | None) -> str:
    """Return the day of a time in seconds since 1970, on this machine's clock."""
    return "" if seconds is None else datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d")
