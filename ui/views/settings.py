"""Models and settings: which model answers, what can be set and what comes of it, and whether all parts are well."""

from html import escape
from itertools import chain

import streamlit as st

from rag.doctor import examine
from ui.commands.doctor import as_record
from ui.model_health import examine_models
from ui.settings_file import NAME
from ui.text import t
from ui.views import address, inert, models, settings_form
from ui.views.shared import Shared

_PARTS = ("models", "choices", "health")
_MARKS = {"ok": "✓", "note": "!", "bad": "✗"}


def show(shared: Shared) -> None:
    """Show one of the three parts; the address keeps which."""
    named = address.named_in("part")
    part = named if named in _PARTS else _PARTS[0]
    st.session_state["settings_part"] = part
    st.segmented_control(
        t("settings.parts"),
        _PARTS,
        format_func=lambda name: t(f"settings.part.{name}"),
        required=True,
        key="settings_part",
        on_change=_open_part,
        label_visibility="collapsed",
    )
    if part == "models":
        models.show(shared)
    elif part == "choices":
        settings_form.show(shared)
        inert.quiet(t("settings.file", path=str(shared.engine.settings.home / NAME)))
    else:
        _health(shared)


def _open_part() -> None:
    # A browser that has just left this view may still send the value of this widget with its next request, and
    # Streamlit takes that for a choice: without this the reader would be brought back.
    if address.view() == "settings":
        address.go("settings", part=st.session_state["settings_part"])


def _health(shared: Shared) -> None:
    """Show the findings of `wendang doctor`, with what to do about each."""
    with st.spinner(t("settings.examining")):
        home = shared.engine.settings.home
        # No file is read whole here, but for a model's whose time has changed: that one is hashed again.
        findings = chain(examine(home, engine=shared.engine), examine_models(home))
        records = [as_record(finding) for finding in findings]
    bad = sum(not record["ok"] for record in records)
    inert.note(t("settings.health_bad", count=bad) if bad else t("settings.health_ok"), kind="error" if bad else "done")
    rows = []
    for record in records:
        mark = "bad" if not record["ok"] else "note" if record["remedy"] else "ok"
        remedy = f'<div class="wd-quiet">→ {escape(record["remedy"])}</div>' if record["remedy"] else ""
        rows.append(
            f'<tr><td class="wd-mark wd-mark-{mark}" title="{t(f"doctor.{mark}")}">{_MARKS[mark]}</td>'
            f"<td>{escape(t('doctor.' + record['name']))}</td><td>{escape(record['detail'])}{remedy}</td></tr>"
        )
    st.html(f'<div class="wd"><table class="wd-health">{"".join(rows)}</table></div>')
    st.button(t("settings.examine_again"), icon=":material/refresh:")
