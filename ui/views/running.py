"""Run an evaluation: under the settings of now, or two settings side by side."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from evals.evaluation import LIMIT, PARTS
from evals.own_questions import QuestionSets
from rag.language_model import DEFAULT
from rag.types import MODES
from ui.model_files import listed
from ui.text import error_text, t
from ui.views import inert
from ui.views.evaluating import Job, Jobs, history_of
from ui.views.shared import Shared

#: Seconds between two looks at a job that runs.
_LOOK_S = 1.0


def show(shared: Shared, sets: QuestionSets, jobs: Jobs) -> None:
    """Offer an evaluation, or show the one that runs."""
    job = jobs.last
    if job is not None and job.state == "running":
        _watch(jobs)
        return
    if job is not None:
        _tell_end(job)
    names = sets.names()
    if not names:
        inert.note(t("quality.first"))
        return
    opened = st.session_state.get("quality_set")
    name = st.selectbox(t("quality.set"), names, index=names.index(opened) if opened in names else 0, width=420)
    given = sets.read(name)
    st.caption(t("quality.counts", answerable=len(given.answerable), unanswerable=len(given.unanswerable)))
    parts = [part for part in PARTS if st.checkbox(t(f"quality.measure.{part}"), value=True, key=f"quality_{part}")]
    limit = st.number_input(t("quality.limit"), 1, 10_000, LIMIT, width=220)
    if len(given.questions) > limit:
        st.caption(t("quality.limit_help"))
    variants = _variants(shared)
    if st.button(t("quality.start"), type="primary", disabled=not parts):
        began = Job(name, given, variants, parts, int(limit))
        jobs.start(began, engine=shared.engine, history=history_of(shared.engine.settings.home))
        st.rerun()


def _variants(shared: Shared) -> list[Mapping[str, Any]]:
    """Return the settings to run under: one, or two that are compared."""
    models = _models(shared)
    compare = st.toggle(t("quality.compare"), key="quality_compare")
    st.caption(t("quality.compare_help"))
    if not compare:
        with st.expander(t("quality.settings")):
            return [_settings(shared, models, "a")]
    first, second = st.columns(2)
    with first:
        st.markdown(f"**{t('quality.variant_a')}**")
        one = _settings(shared, models, "a")
    with second:
        st.markdown(f"**{t('quality.variant_b')}**")
        other = _settings(shared, models, "b")
    if one == other:
        st.caption(t("quality.same_settings"))
    return [one, other]


def _settings(shared: Shared, models: list[str], column: str) -> Mapping[str, Any]:
    """Return the settings that a column asks for; what is left as it is comes from the home."""
    now = shared.engine.settings
    top_k = st.number_input(t("quality.top_k"), 1, 100, now.top_k, key=f"quality_top_k_{column}")
    weight = st.slider(
        t("quality.dense_weight"),
        0.0,
        1.0,
        now.dense_weight,
        0.05,
        key=f"quality_weight_{column}",
    )
    mode = st.selectbox(
        t("inside.mode"),
        MODES,
        index=MODES.index(now.mode),
        format_func=lambda name: t(f"inside.mode.{name}"),
        key=f"quality_mode_{column}",
    )
    asked: dict[str, Any] = {"top_k": int(top_k), "dense_weight": float(weight), "mode": mode}
    if len(models) > 1:
        model = st.selectbox(t("quality.model"), models, key=f"quality_model_{column}")
        if model != models[0]:
            asked["model"] = model
    return asked


def _models(shared: Shared) -> list[str]:
    """Return the models of this machine that can answer, the chosen one first."""
    settings = shared.engine.settings
    chosen = settings.model or DEFAULT
    if settings.backend != "llama_cpp":
        return [chosen]
    usable = [record["name"] for record in listed(settings) if not record["reason"] and not record["chosen"]]
    return [chosen, *usable]


@st.fragment(run_every=_LOOK_S)
def _watch(jobs: Jobs) -> None:
    """Show how far the job is; the whole page is drawn again when it ends."""
    job = jobs.last
    if job is None or job.state != "running":
        st.rerun()
    step = job.step
    told = t("quality.preparing")
    share = 0.0
    if step is not None:
        told = t(f"quality.step.{step.stage}", done=step.done, total=step.total)
        share = step.done / step.total if step.total else 0.0
    variant = t("quality.variant", number=job.variant + 1, count=len(job.variants)) if len(job.variants) > 1 else ""
    inert.note(t("quality.running", name=job.name, variant=variant))
    st.progress(share, text=told)
    st.caption(t("quality.go_on"))
    if job.is_stopping:
        st.caption(t("quality.stopping"))
    elif st.button(t("quality.cancel"), key="quality_cancel"):
        job.cancel()
        st.rerun(scope="fragment")


def _tell_end(job: Job) -> None:
    if job.error is not None:
        inert.note(error_text(job.error), kind="error")
    elif job.state == "done":
        inert.note(t("quality.done", name=job.name, seconds=round(sum(run.seconds for run in job.runs))), kind="done")
        st.button(t("quality.see"), on_click=_see_results)
    else:
        inert.note(t(f"quality.{job.state}", name=job.name, runs=len(job.runs)), kind="warning")


def _see_results() -> None:
    st.session_state["quality_part"] = "results"
