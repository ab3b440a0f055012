"""Quality: questions of one's own with their expected answers, how well they are answered, and how that changed."""

import streamlit as st

from evals.own_questions import QuestionSets
from ingest.errors import WendangError
from ui.text import error_text, t
from ui.views import address, inert, question_sets, results, running
from ui.views.evaluating import QUESTIONS, jobs_of
from ui.views.shared import Shared

_PARTS = ("questions", "run", "results")


def show(shared: Shared) -> None:
    """Show the question sets, the evaluation, or its results."""
    sets = QuestionSets(shared.engine.settings.home / QUESTIONS)
    st.session_state.setdefault("quality_part", _named(sets))
    part = st.segmented_control(
        t("quality.parts"),
        _PARTS,
        format_func=lambda name: t(f"quality.part.{name}"),
        required=True,
        key="quality_part",
        label_visibility="collapsed",
    )
    jobs = jobs_of(shared.engine.settings.home)
    if part != "run" and jobs.last is not None and jobs.last.state == "running":
        st.caption(t("quality.running_elsewhere", name=jobs.last.name))
    try:
        if part == "questions":
            question_sets.show(shared, sets)
        elif part == "run":
            running.show(shared, sets, jobs)
        else:
            results.show(shared)
    except WendangError as exc:
        inert.note(error_text(exc), kind="error")


def _named(sets: QuestionSets) -> str:
    """Return the part that the address names, else the one that a newcomer needs first."""
    named = address.named_in("part")
    if named in _PARTS:
        return named
    return _PARTS[1] if sets.names() else _PARTS[0]
