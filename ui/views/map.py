"""The library as a map: every point a passage, near those that say like things."""

from collections import Counter
from html import escape
from typing import Any

import streamlit as st

from ingest.library.report import stored_text
from ingest.types import Passage
from rag import Engine
from rag.library_map import LibraryMap, version
from ui.text import one_line, place, t
from ui.views import address, charts, inert
from ui.views.shared import Shared

#: Colours that can be told apart; the smallest groups share one.
_GROUPS = 10
#: Characters of a document around the passage that is opened.
_AROUND = 400


def show(shared: Shared) -> None:
    """Draw the map, and the passage whose point is chosen."""
    with st.spinner(t("map.drawing")):
        drawn = _drawn(shared.engine, version(shared.engine.library))
    st.caption(t("map.help", shown=len(drawn.points), passages=drawn.passages))
    by = st.segmented_control(
        t("map.colour"),
        ("folder", "file"),
        format_func=lambda name: t(f"map.by.{name}"),
        default="folder",
        required=True,
        key="map_colour",
    )
    groups = _groups([point.passage for point in drawn.points], by_file=by == "file")
    rows = [
        {
            "id": point.passage.id,
            "x": point.x,
            "y": point.y,
            "group": groups[point.passage.id],
            "source": place(point.passage),
            "heading": one_line(point.passage.heading or ""),
            "text": charts.excerpt(point.passage.text),
        }
        for point in drawn.points
    ]
    event: Any = st.vega_lite_chart(
        charts.columns(rows), _spec(groups), width="stretch", key="map", on_select="rerun", selection_mode="picked"
    )
    picked = event.selection.get("picked") or []
    chosen = next((p.passage for p in drawn.points if picked and p.passage.id == picked[0].get("id")), None)
    if chosen is None:
        st.caption(t("map.choose"))
    else:
        _open(shared.engine, chosen)


@st.cache_data(show_spinner=False, max_entries=4)
def _drawn(_engine: Engine, _version: tuple[int, int]) -> LibraryMap:
    return _engine.library_map()


def _groups(passages: list[Passage], *, by_file: bool) -> dict[int, str]:
    """Return the group of each passage, by its number: its file or its outermost folder, the rarest together."""
    named = {
        p.id: p.source if by_file else p.source.split("/", 1)[0] if "/" in p.source else t("map.top") for p in passages
    }
    common = [name for name, _ in Counter(named.values()).most_common()]
    kept = common if len(common) <= _GROUPS else common[: _GROUPS - 1]
    return {id_: one_line(name) if name in kept else t("map.others") for id_, name in named.items()}


def _spec(groups: dict[int, str]) -> dict[str, Any]:
    plain: dict[str, Any] = {"type": "quantitative", "axis": None}
    return {
        "height": 480,
        "params": [{"name": "picked", "select": {"type": "point", "fields": ["id"], "toggle": False}}],
        "mark": {"type": "circle", "size": 60, "cursor": "pointer"},
        "encoding": {
            "x": {"field": "x", **plain},
            "y": {"field": "y", **plain},
            "color": {
                "field": "group",
                "type": "nominal",
                "title": None,
                "scale": {
                    "scheme": "tableau10",
                    "domain": [name for name, _ in Counter(groups.values()).most_common()],
                },
                "legend": {"orient": "bottom", "columns": 2, "labelLimit": 160},
            },
            "opacity": {"condition": {"param": "picked", "value": 0.85}, "value": 0.2},
            "tooltip": charts.tip(source=t("map.source"), heading=t("map.heading"), text=t("map.text")),
        },
        "config": {"view": {"stroke": None}},
    }


def _open(engine: Engine, passage: Passage) -> None:
    """Show a passage with what stands around it in its document."""
    text = stored_text(engine.library.catalog, passage.source).text
    before = text[max(0, passage.start - _AROUND) : passage.start]
    after = text[passage.end : passage.end + _AROUND]
    heading = f' <span class="wd-heading">· {escape(passage.heading)}</span>' if passage.heading else ""
    st.html(
        f'<div class="wd wd-card"><p><b>{escape(place(passage))}</b>{heading}</p><div class="wd-verbatim">'
        f'<span class="wd-quiet">{escape(before)}</span>{inert.marked(passage.text, [(0, len(passage.text))])}'
        f'<span class="wd-quiet">{escape(after)}</span></div></div>'
    )
    if st.button(t("map.open"), key="map_open"):
        address.go("documents", document=passage.source)
        st.rerun()
