"""Adding documents: files and folders from the browser, folders of this machine, and letting folders go again."""

from pathlib import Path
from typing import IO, Literal

import streamlit as st

from ingest.errors import WendangError
from ingest.scan import is_temporary
from rag.folders import chosen_folders
from ui.text import error_text, t
from ui.views import inert, uploads
from ui.views.shared import Shared

#: Megabytes of one file from the browser, which come through memory; larger ones are added with their folder.
LARGEST_MB = 200

_ROUND, _NOTES = "upload_round", "upload_notes"


def first_steps(shared: Shared) -> None:
    """Show an empty library: where the files go, and what comes then."""
    st.subheader(t("adding.first"), anchor=False)
    inert.quiet(t("page.subtitle"))
    steps = "".join(
        f"<div><b><i>{n}</i>{t(f'adding.step_{n}')}</b><span class='wd-quiet'>{t(f'adding.step_{n}_help')}</span></div>"
        for n in (1, 2, 3)
    )
    st.html(f'<div class="wd wd-steps">{steps}</div>')
    _drop(shared)
    _tell()


def show(shared: Shared) -> None:
    """Offer to add documents, folded away."""
    _tell()
    with st.expander(t("adding.title"), icon=":material/add:"):
        _drop(shared)
        _folder_form(shared)
        _synced(shared)


def folders(shared: Shared) -> None:
    """Offer folders of this machine, for a library that is empty."""
    with st.expander(t("adding.folder_title"), icon=":material/folder_open:"):
        _folder_form(shared)
        _synced(shared)


def _drop(shared: Shared) -> None:
    key = f"upload_{st.session_state.setdefault(_ROUND, 0)}"
    whole = st.segmented_control(
        t("adding.what"),
        ("files", "folder"),
        format_func=lambda name: t(f"adding.what.{name}"),
        default="files",
        required=True,
        key="upload_what",
        label_visibility="collapsed",
    )
    several: Literal[True, "directory"] = "directory" if whole == "folder" else True
    st.file_uploader(
        t("adding.drop"),
        accept_multiple_files=several,
        max_upload_size=LARGEST_MB,
        key=f"{key}_{whole}",
        on_change=_take,
        args=(shared, f"{key}_{whole}"),
        label_visibility="collapsed",
    )
    inert.quiet(t("adding.drop_help", largest=LARGEST_MB, folder=str(shared.engine.settings.documents)))


def _take(shared: Shared, key: str) -> None:
    """Put what came into the drop folder, and sync it; the uploader is then empty again."""
    files = st.session_state[key]
    # An uploader that is no longer drawn may be reported once more (see ui.views.settings): emptied, or with what was
    # taken from it already.
    if not files or not key.startswith(f"upload_{st.session_state[_ROUND]}_"):
        return
    st.session_state[_ROUND] += 1
    notes: list[str] = []
    st.session_state[_NOTES] = notes
    stored = 0
    for file in files:
        stored += _store(shared, file.name, file, notes)
    if stored:
        shared.sync.start()


def _store(shared: Shared, name: str, file: IO[bytes], notes: list[str]) -> bool:
    """Whether a file lies in the drop folder now; notes tell what became of one that is not there under its name."""
    if is_temporary(uploads.safe_name(name)):
        notes.append(t("page.temporary", name=name))
        return False
    try:
        folder = uploads.made_folder(name, folder=shared.engine.settings.documents)
        stored = uploads.store(file, name=name, folder=folder)
    except OSError as exc:
        notes.append(t("page.not_stored", name=name, cause=exc.strerror or str(exc)))
        return False
    shown = stored.path.relative_to(shared.engine.settings.documents).as_posix()
    if not stored.is_new:
        notes.append(t("page.known", name=shown))
    elif shown != name:
        notes.append(t("page.stored_as", name=name, stored=shown))
    return True


def _tell() -> None:
    """Show what became of files that are not there under their own name, until that is closed."""
    notes: list[str] = st.session_state.get(_NOTES, [])
    if notes:
        with st.container(horizontal=True, vertical_alignment="center", key="wd-upload-notes"):
            inert.note("\n".join(notes), kind="warning")
            st.button(t("sync_panel.close"), key="close_notes", type="tertiary", icon=":material/close:",
                      on_click=notes.clear)  # fmt: skip


def _folder_form(shared: Shared) -> None:
    with (
        st.form("folder", border=False, clear_on_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        path = st.text_input(t("adding.folder"), placeholder=t("adding.folder_example"))
        added = st.form_submit_button(t("adding.folder_add"))
    inert.quiet(t("adding.folder_help"))
    if added and path.strip():
        try:
            folder = check_folder(path, shared=shared)
        except WendangError as exc:
            inert.note(error_text(exc), kind="error")
        else:
            shared.sync.start([folder])
            st.rerun()


def check_folder(path: str, *, shared: Shared) -> Path:
    """Return a folder that can be synced; BadSetting names one that cannot."""
    folder = Path(path.strip().strip("\"'")).expanduser()
    [first, *_] = chosen_folders([folder], known=[])
    return first


def _synced(shared: Shared) -> None:
    """List the folders that are synced, each with the offer to let it go."""
    drop = shared.engine.settings.documents.resolve()
    others = [folder for folder in shared.engine.folders() if folder != drop]
    if not others:
        return
    st.html(f'<div class="wd wd-quiet">{t("adding.synced")}</div>')
    for number, folder in enumerate(others):
        with st.container(horizontal=True, vertical_alignment="center"):
            inert.line(str(folder))
            if st.button(t("adding.forget"), key=f"forget_{number}", type="tertiary"):
                st.dialog(t("adding.forget_title"))(_confirm)(shared, folder)


def _confirm(shared: Shared, folder: Path) -> None:
    inert.line(str(folder))
    st.caption(t("adding.forget_help"))
    if st.button(t("adding.forget_sure"), type="primary"):
        try:
            shared.engine.remove([str(folder)])
        except WendangError as exc:
            inert.note(error_text(exc), kind="error")
        else:
            st.rerun()
