"""Make question sets: write questions with the passage picker, edit, import, export."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st

from evals.own_questions import QuestionSets, doubts, next_id
from evals.question_table import write_table
from evals.questions import Question, QuestionSet
from ingest.errors import WendangError
from ingest.types import Passage
from ui.text import error_text, t
from ui.views import inert
from ui.views.shared import Shared

_PICKED, _OPEN = "quality_picked", "quality_set"
#: Passages that the picker offers.
_OFFERED = 5
_FIELDS = ("question", "answers", "source", "page")


def show(shared: Shared, sets: QuestionSets) -> None:
    """Show one set, with what can be done to it."""
    names = sets.names()
    if not names:
        inert.note(t("quality.first"))
    name = _choose(names)
    _offer_new(sets)
    if name is None:
        return
    given = sets.read(name)
    answerable, unanswerable = len(given.answerable), len(given.unanswerable)
    st.caption(t("quality.counts", answerable=answerable, unanswerable=unanswerable))
    if given.articles:
        inert.note(t("quality.with_articles", articles=len(given.articles)))
        _show_plain(given)
    else:
        _offer_question(shared, sets, name, given)
        _edit(sets, name, given)
        _show_doubts(shared, given)
    _offer_files(sets, name, given)


def _choose(names: Sequence[str]) -> str | None:
    """Return the set that is open: one that is there, or a new one that has no question yet."""
    opened = st.session_state.get(_OPEN)
    offered = [*names, *([opened] if opened and opened not in names else [])]
    if not offered:
        return None
    index = offered.index(opened) if opened in offered else 0
    chosen = str(st.selectbox(t("quality.set"), offered, index=index, width=420))
    st.session_state[_OPEN] = chosen
    return chosen


def _offer_new(sets: QuestionSets) -> None:
    with st.expander(t("quality.new"), expanded=not sets.names() and _OPEN not in st.session_state):
        name = st.text_input(t("quality.name"), placeholder=t("quality.name_example"), key="quality_name").strip()
        with st.container(horizontal=True, vertical_alignment="bottom"):
            if st.button(t("quality.make"), disabled=not name):
                sets.path(name)
                st.session_state[_OPEN] = name
                st.rerun()
        file = st.file_uploader(t("quality.import"), type=["csv", "tsv", "txt", "json"], key="quality_file")
        st.caption(t("quality.import_help"))
        if file is not None and st.button(t("quality.import_button"), key="quality_import"):
            given = Path(file.name)
            added = sets.add(name or given.stem, file.getvalue(), suffix=given.suffix)
            st.session_state[_OPEN] = name or given.stem
            st.toast(t("quality.imported", count=len(added.questions)))
            st.rerun()


def _offer_question(shared: Shared, sets: QuestionSets, name: str, given: QuestionSet) -> None:
    """Write a question: what is asked, where the answer stands, and what it is."""
    with st.expander(t("quality.write"), expanded=not given.questions):
        question = st.text_input(t("quality.question"), key="quality_question", max_chars=1000).strip()
        known = not st.checkbox(t("quality.no_answer"), key="quality_no_answer")
        if known:
            st.text_area(t("quality.answers"), key="quality_answers", height=80, placeholder=t("quality.answers_help"))
            _pick(shared, question)
        picked: Passage | None = st.session_state.get(_PICKED) if known else None
        answers = _lines(st.session_state.get("quality_answers", "")) if known else ()
        ready = bool(question and (answers or not known))
        st.button(
            t("quality.save"),
            type="primary",
            disabled=not ready,
            on_click=_save,
            args=(sets, name, given, question, answers, picked),
        )


def _pick(shared: Shared, question: str) -> None:
    """Search for the passage that answers, and let it be chosen."""
    picked: Passage | None = st.session_state.get(_PICKED)
    if picked is not None:
        st.html(inert.card_html(1, picked, []))
        if st.button(t("quality.pick_other")):
            del st.session_state[_PICKED]
            st.rerun()
        return
    words = st.text_input(t("quality.find"), value=question, key=f"quality_find_{question}").strip()
    if not words:
        return
    try:
        found = shared.engine.search(words, top_k=_OFFERED)
    except WendangError as exc:
        inert.note(error_text(exc), kind="error")
        return
    for number, passage in enumerate(found, 1):
        st.html(inert.card_html(number, passage, []))
        st.button(t("quality.pick", number=number), key=f"quality_pick_{passage.id}", on_click=_take, args=(passage,))


def _take(passage: Passage) -> None:
    st.session_state[_PICKED] = passage


def _save(
    sets: QuestionSets, name: str, given: QuestionSet, question: str, answers: tuple[str, ...], picked: Passage | None
) -> None:
    """Add the question to its set, and clear the form; runs before the page is drawn again."""
    added = Question(
        id=next_id(given.questions),
        text=question,
        answers=answers,
        source=picked.source if picked else None,
        page=picked.page if picked else None,
    )
    sets.write(name, [*given.questions, added])
    for key in ("quality_question", "quality_answers"):
        st.session_state[key] = ""
    st.session_state.pop(_PICKED, None)
    st.session_state["quality_no_answer"] = False


def _edit(sets: QuestionSets, name: str, given: QuestionSet) -> None:
    """Show the questions as a table that can be written in."""
    if not given.questions:
        return
    rows = [
        {
            "question": q.text,
            "answers": "\n".join(q.answers),
            "source": q.source or "",
            "page": str(q.page or ""),
            "remove": False,
        }
        for q in given.questions
    ]
    text = {field: st.column_config.TextColumn(t(f"quality.column.{field}")) for field in _FIELDS}
    edited = st.data_editor(
        rows,
        hide_index=True,
        width="stretch",
        key=f"quality_table_{name}_{hash(given.questions)}",
        column_config={
            **text,
            "remove": st.column_config.CheckboxColumn(t("quality.column.remove"), width="small"),
        },
    )
    if edited != rows and st.button(t("quality.save_table"), type="primary"):
        kept = [
            replace(
                question,
                text=str(row["question"] or "").strip(),
                answers=_lines(str(row["answers"] or "")),
                source=str(row["source"] or "").strip() or None,
                page=_page(str(row["page"] or "")),
            )
            for question, row in zip(given.questions, edited, strict=True)
            if not row["remove"] and str(row["question"] or "").strip()
        ]
        sets.write(name, kept)
        st.rerun()


def _page(text: str) -> int | None:
    """Return a page's number; what is none is left out."""
    return int(text) if text.isascii() and text.isdigit() and int(text) else None


def _lines(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (line.strip() for line in text.splitlines()))))


def _show_plain(given: QuestionSet) -> None:
    rows = [{"question": q.text, "answers": "\n".join(q.answers)} for q in given.questions]
    titles = {field: st.column_config.TextColumn(t(f"quality.column.{field}")) for field in _FIELDS[:2]}
    st.dataframe(rows, hide_index=True, width="stretch", column_config=titles)


def _show_doubts(shared: Shared, given: QuestionSet) -> None:
    found = doubts(shared.engine, given.questions)
    if found:
        lines = [
            t(f"quality.doubt.{doubt.cause}", question=doubt.question.text, source=doubt.question.source)
            for doubt in found
        ]
        inert.note("\n".join([t("quality.doubts", count=len(found)), *lines]), kind="warning")


def _offer_files(sets: QuestionSets, name: str, given: QuestionSet) -> None:
    """Offer the set as a file, and its removal."""
    path = sets.path(name)
    if not path.exists():
        return
    with st.container(horizontal=True):
        st.download_button(t("quality.export_json"), path.read_bytes(), f"{name}.json", "application/json")
        st.download_button(t("quality.export_csv"), write_table(given.questions), f"{name}.csv", "text/csv")
        with st.popover(t("quality.remove")):
            inert.note(t("quality.remove_sure", name=name), kind="warning")
            if st.button(t("quality.remove_button"), key="quality_remove"):
                sets.remove(name)
                st.session_state.pop(_OPEN, None)
                st.rerun()
