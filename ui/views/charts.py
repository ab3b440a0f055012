"""Charts in Vega-Lite, drawn by what Streamlit brings along: nothing is fetched, and texts in tooltips are plain text.

Field names are our own identifiers; what people read of them stands in `title`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

Rows = Sequence[Mapping[str, object]]

#: One colour for each of the two legs, and for what stands alone; readable on light and dark.
MEANING, WORDS, PLAIN = "#3b82f6", "#f59e0b", "#5b8def"
#: A document's text in a tooltip, in characters.
EXCERPT = 90


def excerpt(text: str, *, length: int = EXCERPT) -> str:
    """Return the beginning of a text, in one line."""
    plain = " ".join(text.split())
    return plain if len(plain) <= length else f"{plain[:length]}…"


def draw(rows: Rows, spec: Mapping[str, Any], *, key: str, height: int) -> None:
    """Draw a chart of rows that all have the same fields, as wide as the page."""
    st.vega_lite_chart(columns(rows), {**spec, "height": height}, width="stretch", key=key)


def columns(rows: Rows) -> dict[str, list[object]]:
    """Return rows as the columns that Streamlit sends to the browser."""
    return {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}


def tip(**titles: str) -> list[dict[str, str]]:
    """Return a tooltip that shows fields under these titles."""
    return [{"field": field, "type": "nominal", "title": title} for field, title in titles.items()]
