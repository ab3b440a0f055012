"""The documents: what is in the library, what is missing and why; add, sync, remove."""

from collections.abc import Generator
from contextlib import closing
from typing import cast

import streamlit as st

from ingest.errors import WendangError
from ingest.library.report import DocumentStatus
from ingest.scan import is_temporary
from ingest.types import Progress, Summary, SyncEvent, Unchanged
from ui.commands.sync import as_record
from ui.text import error_text, gaps_text, t
from ui.views import inert, uploads
from ui.views.shared import Shared

#: Lines of a running sync that stay in sight.
_LINES = 12


def show(shared: Shared) -> None:
    """Show the documents, and do what is asked with them."""
    if not shared.engine.library.read_only:
        with st.form("upload", clear_on_submit=True):
            files = st.file_uploader(t("page.files"), accept_multiple_files=True)
            added = st.form_submit_button(t("page.add"), type="primary")
        asked = st.button(t("page.sync"))
        if added:
            _store(shared, [(file.name, file.getvalue()) for file in files])
        if added or asked:
            _sync(shared)
    documents = shared.engine.status()
    if not documents:
        inert.note(t("page.empty"))
        return
    _show_table(documents)
    if not shared.engine.library.read_only:
        _offer_removal(shared, [document.source for document in documents])


def _store(shared: Shared, files: list[tuple[str, bytes]]) -> None:
    """Put the files into the drop folder, and tell what became of those that are not there under their own name."""
    for name, content in files:
        if is_temporary(uploads.safe_name(name)):
            inert.note(t("page.temporary", name=name))
            continue
        try:
            stored = uploads.store(content, name=name, folder=shared.engine.settings.documents)
        except OSError as exc:
            inert.note(t("page.not_stored", name=name, cause=exc.strerror), kind="error")
            continue
        if not stored.is_new:
            inert.note(t("page.known", name=stored.path.name))
        elif stored.path.name != name:
            inert.note(t("page.stored_as", name=name, stored=stored.path.name))


def _sync(shared: Shared) -> None:
    """Sync and show what happens; one tab at a time."""
    bar, box, lines = st.progress(0.0), st.empty(), list[str]()
    try:
        stream = cast("Generator[SyncEvent, None, None]", shared.engine.sync())
        with closing(stream) as events:
            for event in events:
                if isinstance(event, Progress):
                    label = f"{t(f'progress.{event.stage}')} {event.done}/{event.total or '?'}"
                    bar.progress(event.done / max(event.total, 1), text=label)
                elif not isinstance(event, Unchanged):
                    lines.append(t(f"sync.{type(event).__name__.lower()}", **as_record(event)))
                    box.html(inert.lines_html(lines[-_LINES:]))
                if isinstance(event, Summary):
                    bar.empty()
    except WendangError as exc:
        inert.note(error_text(exc), kind="error")


def _show_table(documents: list[DocumentStatus]) -> None:
    columns = t("page.columns").split("|")
    rows = [dict(zip(columns, _row(document), strict=True)) for document in documents]
    troubled = any(document.gaps for document in documents)
    wide = {columns[2]: st.column_config.TextColumn(width=345)} if troubled else None
    st.dataframe(rows, hide_index=True, width="stretch", column_config=wide)


def _row(document: DocumentStatus) -> tuple[str, str, str, int, int, str]:
    reason, remedy = gaps_text(document.gaps)
    remarks = t("reason_and_remedy", reason=reason, remedy=remedy) if reason else ""
    return (
        document.source,
        t(f"status.{document.status}"),
        remarks,
        document.pages,
        document.indexed,
        document.encoding or "",
    )


def _offer_removal(shared: Shared, sources: list[str]) -> None:
    with st.expander(t("page.remove")):
        st.caption(t("page.remove_help"))
        chosen = st.multiselect(t("page.remove_which"), sources, label_visibility="collapsed")
        if st.button(t("page.remove_button"), disabled=not chosen):
            try:
                shared.engine.remove(chosen)
            except WendangError as exc:
                inert.note(error_text(exc), kind="error")
            else:
                st.rerun()
