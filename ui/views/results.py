"""What evaluations gave: in words, the failures one by one, two runs side by side, and the course over time."""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any

import streamlit as st

from evals.evaluation import MEASURES, Outcome, Run
from evals.history import History, compared
from evals.uncertainty import Difference, Share, share
from ui.text import t
from ui.views import address, charts, inert
from ui.views.evaluating import history_of
from ui.views.shared import Shared

#: Failures on a screen.
_PAGE = 20
#: Runs that are offered and charted, the newest.
_RUNS = 60
_NUMBER = ' class="wd-number"'


def show(shared: Shared) -> None:
    """Show the runs of one question set."""
    history = history_of(shared.engine.settings.home)
    runs = history.runs()
    if not runs:
        inert.note(t("quality.no_runs"))
        return
    names = list(dict.fromkeys(run.name for run in reversed(runs)))
    name = st.selectbox(t("quality.set"), names, width=420, key="quality_results_set")
    chosen = [run for run in runs if run.name == name][-_RUNS:]
    run = _choose(t("quality.run"), chosen, key="quality_run", newest=0)
    whole = history.whole(run)
    st.html(measures_html(whole))
    _show_figures(whole)
    if len(chosen) > 1:
        _compare(history, chosen, whole)
        _chart(chosen)
    _show_failures(whole)
    with st.popover(t("quality.forget")):
        inert.note(t("quality.forget_sure"), kind="warning")
        if st.button(t("quality.forget_button"), key="quality_forget"):
            history.remove(run)
            st.rerun()


def _choose(label: str, runs: Sequence[Run], *, key: str, newest: int) -> Run:
    """Return the run that is chosen; by default the newest, or one so many before it."""
    listed = {run.id: run for run in reversed(runs)}
    index = min(newest, len(listed) - 1)
    id_ = st.selectbox(label, list(listed), index=index, format_func=lambda id_: run_text(listed[id_]), key=key)
    return listed[id_]


def run_text(run: Run) -> str:
    """Return what tells a run from others: its time and its settings."""
    at = datetime.fromisoformat(run.at).strftime("%Y-%m-%d %H:%M")
    model = run.scores.get("answers", {}).get("model") or run.settings.get("model") or ""
    return t(
        "quality.run_text",
        at=at,
        top_k=run.settings.get("top_k"),
        weight=run.settings.get("dense_weight"),
        mode=t(f"inside.mode.{run.settings.get('mode', 'stuff')}"),
        model=model,
    ).rstrip(" ·")


def _values(run: Run, measure: str) -> list[bool]:
    return [value for one in run.outcomes if (value := one.measures[measure]) is not None]


def measures_html(run: Run) -> str:
    """Return what was measured, in words, each with its uncertainty."""
    tiles = "".join(
        _tile(t(f"quality.measure.{name}"), told) for name in MEASURES if (told := share(_values(run, name)))
    )
    return f'<div class="wd wd-steps wd-tiles">{tiles}</div>'


def _tile(title: str, told: Share) -> str:
    detail = t("quality.share", good=told.good, count=told.count, low=_percent(told.low), high=_percent(told.high))
    return (
        f'<div><b>{escape(title)}</b><div class="wd-big">{_percent(told.value)}</div>'
        f'<span class="wd-quiet">{escape(detail)}</span></div>'
    )


def _percent(value: float) -> str:
    return f"{100 * value:.0f}%"


def _show_figures(run: Run) -> None:
    """Show the figures that the command line prints."""
    with st.expander(t("quality.figures")):
        rows = [(name, value) for part in run.scores.values() for name, value in part.items()]
        body = "".join(
            f'<tr><td>{escape(name)}</td><td class="wd-number">{escape("–" if value is None else str(value))}</td></tr>'
            for name, value in rows
        )
        st.html(f'<div class="wd"><table>{body}</table></div>')
        st.caption(t("quality.figures_help"))


def _compare(history: History, runs: Sequence[Run], second: Run) -> None:
    st.subheader(t("quality.compared"), anchor=False)
    others = [run for run in runs if run.id != second.id]
    first = history.whole(_choose(t("quality.compare_with"), others, key="quality_other", newest=0))
    if first.digest != second.digest:
        st.caption(t("quality.other_questions"))
    rows = [(name, found) for name in MEASURES if (found := compared(first, second, measure=name))]
    if not rows:
        inert.note(t("quality.nothing_common"))
        return
    st.html(differences_html(first, second, rows))
    st.caption(t("quality.compared_help"))


def differences_html(first: Run, second: Run, rows: Sequence[tuple[str, Difference]]) -> str:
    """Return two runs side by side: each measure, the difference, and whether chance would explain it."""
    heads = "".join(
        f"<th{_NUMBER}>{escape(t(f'quality.head.{name}'))}</th>" for name in ("before", "after", "difference")
    )
    body = "".join(_difference_row(first, second, name, found) for name, found in rows)
    measure = escape(t("quality.head.measure"))
    return (
        f'<div class="wd"><table><thead><tr><th>{measure}</th>{heads}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _difference_row(first: Run, second: Run, name: str, found: Difference) -> str:
    before, after = share(_values(first, name)), share(_values(second, name))
    kind = "same" if not found.gained and not found.lost else "sure" if found.is_sure else "unsure"
    verdict = t(f"quality.verdict.{kind}", gained=found.gained, lost=found.lost, chance=f"{found.chance:.2f}")
    numbers = "".join(
        f"<td{_NUMBER}>{escape('–' if told is None else _percent(told.value))}</td>" for told in (before, after)
    )
    between = f"{100 * found.low:+.0f} … {100 * found.high:+.0f}"
    return (
        f'<tr><td>{escape(t(f"quality.measure.{name}"))}<br><span class="wd-quiet">{escape(verdict)}</span></td>'
        f'{numbers}<td{_NUMBER}>{100 * found.value:+.0f}<br><span class="wd-quiet">{escape(between)}</span></td></tr>'
    )


def _chart(runs: Sequence[Run]) -> None:
    st.subheader(t("quality.over_time"), anchor=False)
    rows = [
        {"at": run.at, "measure": t(f"quality.measure.{name}"), "share": round(value, 4), "told": run_text(run)}
        for run in runs
        for name, value in run.shares.items()
    ]
    if not rows:
        return
    spec: dict[str, Any] = {
        "mark": {"type": "line", "point": {"size": 50}},
        "encoding": {
            "x": {
                "field": "at",
                "type": "temporal",
                "title": None,
                "axis": {"format": "%m-%d %H:%M", "labelOverlap": True},
            },
            "y": {
                "field": "share",
                "type": "quantitative",
                "title": None,
                "scale": {"domain": [0, 1]},
                "axis": {"format": ".0%"},
            },
            "color": {
                "field": "measure",
                "type": "nominal",
                "title": None,
                "legend": {"orient": "bottom", "columns": 2},
            },
            "tooltip": [
                *charts.tip(measure=t("quality.head.measure"), told=t("quality.run")),
                {"field": "share", "type": "quantitative", "format": ".0%", "title": t("quality.head.after")},
            ],
        },
    }
    charts.draw(rows, spec, key="quality_over_time", height=360)


def _show_failures(run: Run) -> None:
    """List what went wrong, question by question, by what it was."""
    st.subheader(t("quality.failures"), anchor=False)
    failed = [one for one in run.outcomes if False in one.measures.values()]
    if not failed:
        inert.note(t("quality.all_well"), kind="done")
        return
    kinds = [name for name in MEASURES if any(one.measures[name] is False for one in failed)]
    kind = st.segmented_control(
        t("quality.failures"),
        ["all", *kinds],
        format_func=lambda name: t(f"quality.failed.{name}", count=_count(failed, name)),
        default="all",
        required=True,
        key="quality_kind",
        label_visibility="collapsed",
    )
    listed = [one for one in failed if kind == "all" or one.measures[str(kind)] is False]
    pages = -(-len(listed) // _PAGE)
    page = st.number_input(t("quality.page"), 1, pages, 1, width=120, key=f"quality_page_{kind}") if pages > 1 else 1
    shown = listed[(int(page) - 1) * _PAGE : int(page) * _PAGE]
    st.html("".join(failure_html(one) for one in shown))
    again = st.selectbox(
        t("quality.look"),
        [one.question for one in shown],
        index=None,
        placeholder=t("quality.look_which"),
        width=520,
        key="quality_again",
    )
    if again and st.button(t("inside.look"), key="quality_look"):
        address.go("inside", question=again)
        st.rerun()


def _count(failed: Sequence[Outcome], kind: str) -> int:
    return len(failed) if kind == "all" else sum(one.measures[kind] is False for one in failed)


def failure_html(one: Outcome) -> str:
    """Return a question that went wrong: what was expected, what came, where the passage was found."""
    badges = "".join(
        f' <span class="wd-badge">{escape(t(f"quality.badge.{name}"))}</span>'
        for name, value in one.measures.items()
        if value is False
    )
    lines = [(t("quality.expected"), " / ".join(one.expected) or t("quality.no_answer"))]
    if one.answer is not None:
        lines.append((t("quality.given"), one.answer))
    if one.source:
        lines.append((t("quality.column.source"), one.source))
    if one.rank is not None:
        lines.append((t("quality.rank"), t("quality.rank_no", rank=one.rank) if one.rank else t("quality.not_found")))
    facts = "".join(f"<div><span>{escape(name)}</span>{escape(value)}</div>" for name, value in lines)
    return f'<div class="wd wd-card wd-failure"><p><b>{escape(one.question)}</b>{badges}</p><div>{facts}</div></div>'
