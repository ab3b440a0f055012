"""The language models of this machine: which one answers, what else is there and fits the memory; choose, try."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, cast

import streamlit as st

from ingest.errors import WendangError
from models.errors import WorkshopError
from rag.answer import stream_answer
from rag.errors import UnusableModel
from rag.gguf_file import read_header
from rag.language_model import DEFAULT, asks_server, describe
from rag.llms._memory import context_bytes, free_bytes, total_bytes
from rag.settings import Settings, read_settings
from rag.types import Delta, Done, StreamEvent
from ui import model_files
from ui.settings_file import variable_of
from ui.text import error_text, t
from ui.views import inert
from ui.views.shared import Shared

#: Tokens of context that a model gets where the settings do not say; what is shown is for so many.
_CONTEXT = 4096
_GB = 1e9


@dataclass(frozen=True, slots=True)
class Need:
    """The memory that a model takes, in bytes: its weights, and its context where that is known."""

    weights: int
    context: int = 0

    def fits(self, total: int | None) -> bool:
        """Whether a machine with `total` bytes can run it; a machine that does not tell may."""
        return total is None or self.weights + self.context <= total


def need_of(path: Path, *, n_ctx: int) -> Need:
    """Return the memory that a model's file or folder takes. Raises UnusableModel."""
    if path.is_dir():
        return Need(sum(file.stat().st_size for file in path.glob("*.safetensors")))
    header = read_header(path)
    return Need(path.stat().st_size - header.data, context_bytes(header, n_ctx=n_ctx))


def show(shared: Shared) -> None:
    """Show which model answers, and the others."""
    settings = shared.engine.settings
    _answering(settings)
    total, free = total_bytes(), free_bytes()
    if total:
        inert.quiet(t("models.memory", total=_gb(total), free=_gb(free or total)))
    if asks_server(settings):
        return
    records = list(model_files.listed(settings))
    for record in records:
        _model(shared, record, total=total)
    inert.quiet(t("models.more", folder=str(settings.models)))
    _other_file(shared)
    _trial(shared)


def _answering(settings: Settings) -> None:
    try:
        known = describe(settings)
    except (WendangError, WorkshopError) as exc:
        inert.note(error_text(exc), kind="error")
        return
    name = known["name"] or "?"
    if asks_server(settings):
        inert.note(t("models.by_server", model=name, backend=settings.backend))
    else:
        inert.note(t("models.answering", model=name), kind="done")


def _model(shared: Shared, record: dict[str, Any], *, total: int | None) -> None:
    """Show one model in a box, with what can be done with it."""
    path = Path(record["path"])
    with st.container(border=True), st.container(horizontal=True, vertical_alignment="center"):
        st.html(_model_html(record, path, total=total, n_ctx=shared.engine.settings.backend_options.get("n_ctx")))
        if record["reason"]:
            return
        st.button(t("models.try"), key=f"try {path}", on_click=_begin_trial, args=(record["name"],))
        if record["chosen"]:
            st.button(t("models.chosen"), key=f"chosen {path}", disabled=True)
        else:
            label, given = t("models.choose"), variable_of("model")
            help_ = t("settings.from_environment", variable=given) if given else None
            st.button(label, key=f"choose {path}", type="primary", disabled=bool(given), help=help_,
                      on_click=_choose, args=(shared, _name(record)))  # fmt: skip
    _told(f"choose {_name(record)}")


def _name(record: dict[str, Any]) -> str:
    return str(record["name"] if record["name"] == DEFAULT else record["path"])


def _model_html(record: dict[str, Any], path: Path, *, total: int | None, n_ctx: int | None) -> str:
    is_default = record["name"] == DEFAULT
    name = t("models.default") if is_default else record["name"]
    lines = [f"<b>{escape(name)}</b>"]
    if record["reason"]:
        lines.append(f'<div class="wd-quiet">{escape(record["reason"])}</div>')
    elif is_default and not path.exists():
        lines.append(f'<div class="wd-quiet">{t("models.not_made")}</div>')
    else:
        lines.append(_need_html(path, total=total, n_ctx=n_ctx))
    if is_default:
        lines.append(f'<div class="wd-quiet">{t("models.default_help")}</div>')
    return f'<div class="wd">{"".join(lines)}</div>'


def _need_html(path: Path, *, total: int | None, n_ctx: int | None) -> str:
    try:
        need = need_of(path, n_ctx=n_ctx or _CONTEXT)
    except (UnusableModel, OSError) as exc:
        text = error_text(exc) if isinstance(exc, UnusableModel) else str(exc)
        return f'<div class="wd-quiet">{escape(text)}</div>'
    key = "models.need" if need.context else "models.need_weights"
    told = t(key, weights=_gb(need.weights), context=_gb(need.context), n_ctx=n_ctx or _CONTEXT)
    fits = "" if need.fits(total) else f'<span class="wd-badge">{t("models.too_large")}</span>'
    return f'<div class="wd-quiet">{told}</div>{fits}'


def _gb(size: int) -> str:
    return f"{size / _GB:.1f}" if size >= _GB / 2 else f"{size / _GB:.2f}"


def _other_file(shared: Shared) -> None:
    """Offer to choose a file that lies elsewhere."""
    with (
        st.form("other_model", border=False, clear_on_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        path = st.text_input(t("models.path"), placeholder=t("models.path_example"))
        chosen = st.form_submit_button(t("models.choose"), disabled=bool(variable_of("model")))
    if chosen and path.strip():
        _choose(shared, path.strip().strip("\"'"))
        if not _told(f"choose {path.strip()}"):
            st.rerun()


def _choose(shared: Shared, name: str) -> None:
    """Let a model answer from the next question on; what speaks against it is shown beside it."""
    try:
        model_files.choose(name, family=None, settings=shared.engine.settings)
        shared.engine.reconfigure(read_settings(shared.engine.settings.home))
    except (WendangError, WorkshopError) as exc:
        st.session_state["model_error"] = (f"choose {name}", error_text(exc))
    else:
        st.session_state.pop("model_error", None)


def _told(place: str) -> bool:
    """Show what went wrong at a place; whether anything did."""
    at, text = st.session_state.get("model_error", ("", ""))
    if at == place:
        inert.note(text, kind="error")
    return bool(at == place)


# ── trying a model ──


def _begin_trial(name: str) -> None:
    st.session_state["trial_model"] = name


def _trial(shared: Shared) -> None:
    """Ask one model a question from the library, whichever model is chosen."""
    name = st.session_state.get("trial_model")
    if name is None:
        return
    with st.container(border=True):
        shown = t("models.default") if name == DEFAULT else name
        inert.line(t("models.trial", model=shown))
        with st.form("trial", border=False):
            question = st.text_input(
                t("models.question"), value=t("models.sample_question"), label_visibility="collapsed"
            )
            asked = st.form_submit_button(t("models.ask"), type="primary")
        if asked and question.strip():
            _answer(shared, name, question)


def _answer(shared: Shared, name: str, question: str) -> None:
    """Show the answer as it is written; leaving it stops the model, which is let go of afterwards."""
    box, text = st.empty(), ""
    try:
        with st.spinner(t("models.thinking")):
            for event in _events(shared, name, question):
                if isinstance(event, Delta):
                    text += event.text
                    box.html(inert.answer_html(text))
                elif isinstance(event, Done):
                    answer = event.answer
                    box.html(inert.answer_html(answer.text, refused=answer.refused))
                    inert.quiet(t("page.took", model=name, seconds=round(answer.timings.get("total_s", 0.0), 1)))
    except (WendangError, WorkshopError) as exc:
        inert.note(error_text(exc), kind="error")


def _events(shared: Shared, name: str, question: str) -> Generator[StreamEvent, None, None]:
    """Yield the events of an answer by a model: the chosen one as it is loaded, another one for this answer only."""
    engine = shared.engine
    settings = engine.settings
    path = model_files.model_file(name, settings)
    chosen = model_files.is_chosen(path, settings) or (name == DEFAULT and settings.model in (None, "", DEFAULT))
    loaded = engine.chat_model if chosen else lambda: model_files.opened_model(path, settings, family=None)
    events = stream_answer(question, engine.search(question), model=loaded, wording=settings.wording)
    with closing(cast("Generator[StreamEvent, None, None]", events)) as stream:
        yield from stream
