"""The settings that people change, each with what comes of it: checked, written to wendang.toml, and used at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import annotated_types
import streamlit as st
from pydantic.fields import FieldInfo

from ingest import variants
from ingest.errors import WendangError
from ingest.limits import Limits
from rag.llms.llama_cpp import Options
from rag.settings import Settings, read_settings
from rag.types import MODES
from ui.settings_file import change_settings, variable_of
from ui.text import error_text, t
from ui.views import inert
from ui.views.shared import Shared

_MB = 1024**2
#: 20 instead of 20.00.
_AS_SHORT_AS_CAN_BE = "%g"


@dataclass(frozen=True, slots=True)
class Entry:
    """A setting by its name in wendang.toml, and how it is shown; `scale` is what one of the shown units is."""

    name: str
    kind: Literal["number", "share", "choice", "lines"] = "number"
    options: tuple[str, ...] = ()
    scale: int = 1


#: The settings that the page offers, group by group.
GROUPS: dict[str, tuple[Entry, ...]] = {
    "answers": (
        Entry("top_k"),
        Entry("mode", "choice", MODES),
        Entry("followups", "choice", ("rules", "model")),
        Entry("first_token_s"),
        Entry("dense_weight", "share"),
    ),
    "running": (
        Entry("backend_options.n_ctx"),
        Entry("backend_options.threads"),
        Entry("backend_options.gpu_layers"),
        Entry("backend_options.temperature"),
        Entry("backend_options.max_tokens"),
    ),
    "reading": (
        Entry("jobs"),
        Entry("ignore", "lines"),
        Entry("limits.timeout_s"),
        Entry("limits.file_bytes", scale=_MB),
        Entry("limits.pages"),
    ),
}


def show(shared: Shared) -> None:
    """Show the groups, each with a button that saves it."""
    with st.container(key="wd-settings"):
        for group, entries in GROUPS.items():
            _group(shared, group, entries)


def _group(shared: Shared, group: str, entries: Sequence[Entry]) -> None:
    with st.form(f"settings_{group}"):
        st.subheader(t(f"settings.group.{group}"), anchor=False)
        given = {entry.name: _entry(entry, shared.engine.settings) for entry in entries}
        saved = st.form_submit_button(t("settings.save"), type="primary", key=f"save_{group}")
    if saved:
        _save(shared, given)


def value_of(name: str, settings: Settings) -> Any:  # noqa: ANN401 - any setting's type
    """Return the value of a setting by its name in wendang.toml."""
    first, _, rest = name.partition(".")
    value = getattr(settings, first)
    if not rest:
        return value
    if isinstance(value, Limits):
        return getattr(value, rest)
    return value.get(rest, _field(name).default)


def _field(name: str) -> FieldInfo:
    first, _, rest = name.partition(".")
    if not rest:
        return Settings.model_fields[first]
    return (Limits if first == "limits" else Options).model_fields[rest]


def _entry(entry: Entry, settings: Settings) -> Any:  # noqa: ANN401
    """Show a setting and what comes of it; return what is given."""
    variable = variable_of(entry.name)
    value = value_of(entry.name, settings)
    label, key = t(f"setting.{entry.name}"), f"setting {entry.name}"
    off = variable is not None
    given: Any
    if entry.kind == "choice":
        given = st.segmented_control(
            label,
            entry.options,
            format_func=lambda option: t(f"setting.{entry.name}.{option}"),
            default=value,
            required=True,
            key=key,
            disabled=off,
        )
    elif entry.kind == "lines":
        text = st.text_area(label, value="\n".join(value), key=key, disabled=off, height=90)
        given = [line.strip() for line in text.splitlines() if line.strip()]
    elif entry.kind == "share":
        given = st.slider(label, 0.0, 1.0, value=float(value), step=0.05, key=key, disabled=off)
    else:
        given = _number(entry, value, label=label, key=key, off=off)
    inert.quiet(t(f"setting.{entry.name}.help"))
    if variable:
        inert.note(t("settings.from_environment", variable=variable))
        return value
    return given


def _number(entry: Entry, value: float | None, *, label: str, key: str, off: bool) -> float | None:
    """Show a number within its bounds; empty where it may be left to the program."""
    field = _field(entry.name)
    lowest, highest = _bounds(field)
    whole = "int" in str(field.annotation)
    shown = None if value is None else value / entry.scale
    kind = int if whole else float
    given = st.number_input(
        label,
        value=None if shown is None else kind(shown),
        min_value=None if lowest is None else kind(max(lowest / entry.scale, 1) if entry.scale > 1 else lowest),
        max_value=None if highest is None else kind(highest / entry.scale),
        step=kind(1) if whole else 0.5,
        format=_AS_SHORT_AS_CAN_BE,
        placeholder=t("settings.automatic"),
        key=key,
        disabled=off,
    )
    if given is None:
        return None
    return kind(given * entry.scale) if entry.scale == 1 or given != kind(shown or 0) else value


def _bounds(field: FieldInfo) -> tuple[float | None, float | None]:
    """Return the smallest and the largest value of a setting; that a bound is excluded is left to the check."""
    lowest: Any = None
    highest: Any = None
    for rule in field.metadata:
        if isinstance(rule, annotated_types.Ge):
            lowest = rule.ge
        elif isinstance(rule, annotated_types.Gt):
            lowest = rule.gt
        elif isinstance(rule, annotated_types.Le):
            highest = rule.le
    return lowest, highest


def _save(shared: Shared, given: Mapping[str, Any]) -> None:
    """Check what has changed, write it, and use it from now on."""
    settings = shared.engine.settings
    changed = {name: value for name, value in given.items() if value != value_of(name, settings)}
    if not changed:
        inert.note(t("settings.unchanged"))
        return
    try:
        check(settings, changed)
        change_settings(settings.home, changed)
        shared.engine.reconfigure(read_settings(settings.home))
    except WendangError as exc:
        inert.note(error_text(exc), kind="error")
    else:
        inert.note(t("settings.saved"), kind="done")


def check(settings: Settings, changed: Mapping[str, Any]) -> None:
    """Raise BadSetting where the settings would not do with what has changed."""
    whole: dict[str, Any] = {}
    for name, value in changed.items():
        first, _, rest = name.partition(".")
        if not rest:
            whole[first] = value
            continue
        held = getattr(settings, first)
        inside = whole.setdefault(first, dict(held) if isinstance(held, dict) else held.model_dump(exclude_unset=True))
        if value is None:
            inside.pop(rest, None)
        else:
            inside[rest] = value
    read_settings(settings.home, **whole)
    if "backend_options" in whole:
        backend = variants.find("rag.llms", settings.backend or "llama_cpp", setting="backend")
        variants.options(backend, whole["backend_options"], setting="backend_options")
