"""One question looked into: what was found, what the model was sent, and where the time went."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

import streamlit as st

from rag.trace import Candidate, Prompt, Trace
from ui.text import place, t
from ui.views import charts, inert

_STEPS = ("understand_s", "search_s", "prepare_s", "read_s", "write_s", "check_s")
#: How much longer the axis of times is than the longest bar, so that its figure has room.
_ROOM = 1.12
#: The parts of a model's context, in the order of the bar.
_SHARES = ("template", "question", "passages", "answer", "free")


def show(trace: Trace) -> None:
    """Show the answer, and the three steps to it."""
    st.html(inert.answer_html(trace.answer.text, refused=trace.answer.refused))
    total = sum(trace.timings.values())
    told = t("inside.told", model=trace.answer.model or "–", seconds=f"{total:.1f}", family=trace.answer.family or "–")
    st.html(f'<div class="wd wd-quiet">{escape(told)}</div>')
    if trace.understood != trace.question:
        inert.note(t("inside.understood", question=trace.understood))
    st.subheader(t("inside.found"), anchor=False)
    _show_found(trace)
    st.subheader(t("inside.prompt"), anchor=False)
    _show_prompts(trace)
    st.subheader(t("inside.time"), anchor=False)
    _show_times(trace)


def _show_found(trace: Trace) -> None:
    if not trace.candidates:
        inert.note(t("inside.nothing"))
        return
    read = sum(candidate.fate in ("read", "cut") for candidate in trace.candidates)
    st.caption(t("inside.found_help", found=trace.found, shown=len(trace.candidates), read=read))
    legs = {"meaning": t("inside.leg.meaning"), "words": t("inside.leg.words")}
    rows = [
        {
            "rank": candidate.rank,
            "leg": legs[leg],
            "share": round(share, 4),
            "source": place(candidate.passage),
            "fate": fate_text(candidate),
            "shown": 1.0 if candidate.fate in ("read", "cut") else 0.4,
        }
        for candidate in trace.candidates
        for leg, share in (("meaning", candidate.dense_share), ("words", candidate.keyword_share))
    ]
    charts.draw(rows, _scores_spec(legs), key="inside_scores", height=300)
    st.html(candidates_html(trace.candidates))


def _scores_spec(legs: Mapping[str, str]) -> dict[str, Any]:
    return {
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "encoding": {
            "x": {"field": "rank", "type": "ordinal", "title": t("inside.rank"), "axis": {"labelAngle": 0}},
            "y": {"field": "share", "type": "quantitative", "title": t("inside.score"), "stack": "zero"},
            "color": {
                "field": "leg",
                "type": "nominal",
                "title": None,
                "scale": {"domain": list(legs.values()), "range": [charts.MEANING, charts.WORDS]},
                "legend": {"orient": "top"},
            },
            "opacity": {"field": "shown", "type": "quantitative", "scale": None, "legend": None},
            "tooltip": charts.tip(
                rank=t("inside.rank"),
                source=t("inside.passage"),
                leg=t("inside.leg"),
                share=t("inside.score"),
                fate=t("inside.fate"),
            ),
        },
    }


def candidates_html(candidates: Iterable[Candidate]) -> str:
    """Return the passages as a table, each to be opened and read in its row."""
    heads = (
        ("rank", 1),
        ("passage", 0),
        ("fate", 0),
        ("leg.meaning", 1),
        ("leg.words", 1),
        ("score", 1),
        ("tokens", 1),
    )
    head = "".join(f"<th{_NUMBER if is_number else ''}>{escape(t(f'inside.{name}'))}</th>" for name, is_number in heads)
    body = "".join(_row(candidate) for candidate in candidates)
    return f'<div class="wd"><table class="wd-wide"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


_NUMBER = ' class="wd-number"'


def _row(candidate: Candidate) -> str:
    passage = candidate.passage
    heading = f' <span class="wd-heading">· {escape(passage.heading)}</span>' if passage.heading else ""
    badge = f' <span class="wd-badge wd-good">{escape(t("inside.cited"))}</span>' if candidate.cited else ""
    quiet = "" if candidate.fate in ("read", "cut") else ' class="wd-quiet"'
    text = (
        f"<details><summary>{escape(place(passage))}{heading}<br>"
        f'<span class="wd-quiet">{escape(charts.excerpt(passage.text, length=46))}</span></summary>'
        f'<div class="wd-verbatim wd-read">{escape(passage.text)}</div></details>'
    )
    numbers = (
        _leg(passage.dense_rank, candidate.cosine, places=3),
        _leg(passage.keyword_rank, candidate.bm25, places=1),
        f"{passage.score:.3f}",
        "–" if candidate.tokens is None else str(candidate.tokens),
    )
    cells = "".join(f"<td{_NUMBER}>{escape(number)}</td>" for number in numbers)
    return (
        f"<tr{quiet}><td{_NUMBER}>{candidate.rank}</td><td>{text}</td>"
        f"<td>{escape(fate_text(candidate))}{badge}</td>{cells}</tr>"
    )


def _leg(rank: int | None, score: float | None, *, places: int) -> str:
    if rank is None or score is None:
        return "–"
    return t("inside.leg_rank", rank=rank, score=f"{score:.{places}f}")


def fate_text(candidate: Candidate) -> str:
    """Return what became of a passage, in words."""
    return t(f"inside.fate.{candidate.fate}", number=candidate.number)


def _show_prompts(trace: Trace) -> None:
    if not trace.prompts:
        inert.note(t("inside.no_prompt"))
    for number, prompt in enumerate(trace.prompts, 1):
        if len(trace.prompts) > 1:
            st.caption(t("inside.prompt_of", number=number, count=len(trace.prompts)))
        st.html(budget_html(prompt))
        st.html(prompt_html(prompt))
    if trace.prompts:
        st.caption(t("inside.prompt_help"))


def budget_html(prompt: Prompt) -> str:
    """Return the model's context as a bar, with what takes which part of it."""
    if prompt.tokens is None or prompt.room is None:
        return f'<div class="wd wd-quiet">{escape(t("inside.uncounted"))}</div>'
    n_ctx = prompt.room.n_ctx
    answer = min(prompt.room.answer, n_ctx - prompt.tokens)
    shares = {**prompt.parts, "answer": answer, "free": n_ctx - prompt.tokens - answer}
    bars = "".join(
        f'<span class="wd-share-{name}" style="width:{100 * shares[name] / n_ctx:.2f}%"></span>' for name in _SHARES
    )
    legend = "".join(
        f'<div><i class="wd-share-{name}"></i><span>{escape(t(f"inside.share.{name}"))}</span>{shares[name]}</div>'
        for name in _SHARES
    )
    told = t("inside.budget", used=prompt.tokens, n_ctx=n_ctx)
    return (
        f'<div class="wd"><div class="wd-budget" role="img" aria-label="{escape(told)}">{bars}</div>'
        f'<div class="wd-facts wd-legend"><div>{escape(told)}</div>{legend}</div></div>'
    )


def prompt_html(prompt: Prompt) -> str:
    """Return a prompt as text, the control tokens of the template framed."""
    pieces = "".join(
        f'<span class="wd-token">{escape(text)}</span>' if special else escape(text) for text, special in prompt.pieces
    )
    return f'<div class="wd wd-verbatim wd-prompt" tabindex="0">{pieces}</div>'


def _show_times(trace: Trace) -> None:
    rows = [
        {"step": t(f"inside.step.{name}"), "seconds": trace.timings[name], "told": f"{trace.timings[name]:.2f}"}
        for name in _STEPS
    ]
    steps = [row["step"] for row in rows]
    longest = max(trace.timings[name] for name in _STEPS)
    room = {"domain": [0, max(longest, 0.1) * _ROOM]}
    across = {"field": "seconds", "type": "quantitative", "title": t("inside.seconds"), "scale": room}
    down = {"field": "step", "type": "nominal", "title": None, "sort": steps, "axis": {"labelLimit": 220}}
    spec = {
        "encoding": {"x": across, "y": down, "tooltip": charts.tip(step=t("inside.step"), told=t("inside.seconds"))},
        "layer": [
            {"mark": {"type": "bar", "color": charts.PLAIN, "cornerRadiusEnd": 3}},
            {
                "mark": {"type": "text", "align": "left", "dx": 5, "color": "#888888"},
                "encoding": {"text": {"field": "told"}},
            },
        ],
    }
    charts.draw(rows, spec, key="inside_times", height=270)
