"""How the sync is going: files, pages, what happened to each; cancel; what to confirm when it is done."""

import streamlit as st

from ingest.errors import WendangError
from ingest.types import Failed, Held, Summary, SyncEvent
from ui.commands.sync import as_record
from ui.text import error_text, t
from ui.views import address, inert
from ui.views.shared import Shared
from ui.views.syncing import SyncState

#: Lines of a running sync, and of one that is done, that are shown.
_RUNNING_LINES, _DONE_LINES = 5, 60
_LOOK_S = 0.7
_SEEN = "sync_seen"


def show(shared: Shared) -> None:
    """Show the sync that is running, or how the last one ended until that is closed."""
    state = shared.sync.state()
    if state.running:
        st.fragment(_running, run_every=_LOOK_S)(shared)
    elif state.number and st.session_state.get(_SEEN, 0) < state.number:
        _ended(shared, state)


def brief(shared: Shared) -> None:
    """Say in one line, for the other views, that a sync is running."""
    state = shared.sync.state()
    if state.running:
        st.html(f'<div class="wd wd-quiet">{_head(state)}</div>')


def _running(shared: Shared) -> None:
    state = shared.sync.state()
    if not state.running:
        st.rerun()
    with st.container(border=True, key="wd-sync"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html(f'<div class="wd"><b>{_head(state)}</b></div>')
            label = t("sync_panel.cancelling" if state.cancelled else "sync_panel.cancel")
            st.button(label, on_click=shared.sync.cancel, disabled=state.cancelled)
        read = state.stages.get("read")
        st.progress(min(read.done / max(read.total, 1), 1.0) if read else 0.0)
        inert.quiet(_at_hand(state))
        _lines(state.events[:_RUNNING_LINES])


def _head(state: SyncState) -> str:
    read = state.stages.get("read")
    minutes, seconds = divmod(int(state.seconds), 60)
    taken = f"{minutes}:{seconds:02d}"
    if read is None:
        return t("sync_panel.looking", taken=taken)
    return t("sync_panel.reading", done=read.done, total=read.total, taken=taken)


def _at_hand(state: SyncState) -> str:
    """Return what is being done now: the page of the file at hand, or the texts being embedded."""
    if state.cancelled:
        return t("sync_panel.cancel_help")
    page, read, embed = (state.stages.get(stage) for stage in ("page", "read", "embed"))
    parts = []
    if read and read.source:
        known = page is not None and page.source == read.source
        at = t("sync_panel.page", done=page.done, total=page.total or "?") if page and known else ""
        parts.append(t("sync_panel.file", source=read.source) + at)
    if embed and embed.done < embed.total:
        parts.append(t("sync_panel.embed", done=embed.done, total=embed.total))
    return " · ".join(parts) or t("sync_panel.wait")


def _ended(shared: Shared, state: SyncState) -> None:
    """Show how a sync ended: calmly where all is well, with the files that need attention where not."""
    failed = [event for event in state.events if isinstance(event, Failed)]
    held = next((event for event in state.events if isinstance(event, Held)), None)
    with st.container(horizontal=True, vertical_alignment="center", key="wd-sync-done"):
        inert.note(_outcome(state), kind=_kind(state, failed, held))
        if state.counted.added:
            st.button(t("sync_panel.ask"), type="primary", on_click=address.go, args=("ask",))
        st.button(
            t("sync_panel.close"), on_click=_close, args=(state.number,), icon=":material/close:", type="tertiary"
        )
    if held and shared.busy is None:
        st.button(t("sync_panel.remove_many", count=held.removed), on_click=shared.sync.start,
                  kwargs={"remove_many": True})  # fmt: skip
    if state.events:
        with st.expander(t("sync_panel.details", count=len(state.events)), expanded=False):
            _lines([*failed, *(event for event in state.events if event not in failed)][:_DONE_LINES])


def _outcome(state: SyncState) -> str:
    if isinstance(state.error, WendangError):
        return error_text(state.error)
    if state.error is not None:
        return t("sync_panel.broken", kind=type(state.error).__name__, message=str(state.error))
    told = _counted(state.counted)
    if state.cancelled:
        return t("sync_panel.cancelled", counted=told) if told else t("sync_panel.cancelled_early")
    held = next((event for event in state.events if isinstance(event, Held)), None)
    if held:
        return t("sync_panel.held", removed=held.removed, known=held.known)
    return t("sync_panel.done", counted=told) if told else t("sync_panel.nothing_new")


def _counted(summary: Summary) -> str:
    """Return in words what a sync changed; what it did not do is not mentioned."""
    counts = {name: getattr(summary, name) for name in ("added", "updated", "moved", "removed", "failed")}
    return t("sync_panel.comma").join(
        t(f"sync_panel.counted.{name}", count=count) for name, count in counts.items() if count
    )


def _kind(state: SyncState, failed: list[Failed], held: Held | None) -> str:
    if state.error is not None:
        return "error"
    return "warning" if failed or held or state.cancelled else "done"


def _lines(events: "list[SyncEvent] | tuple[SyncEvent, ...]") -> None:
    if events:
        lines = [t(f"sync.{type(event).__name__.lower()}", **as_record(event)) for event in events]
        st.html(inert.lines_html(lines))


def _close(number: int) -> None:
    st.session_state[_SEEN] = number
