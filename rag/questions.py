"""A question on its way through a library: checked, made to stand alone, searched for, answered."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ingest.errors import BadSetting
from ingest.library.report import page_at
from rag.errors import BadQuestion
from rag.retrieve import Leg, Ranking, rank
from rag.types import Answer, Done, StreamEvent

if TYPE_CHECKING:
    from rag.engine import Engine
    from rag.trace import Recorder


def ask(engine: "Engine", question: str, **options: Any) -> Answer:  # noqa: ANN401 - those of `Engine.stream`
    """Return the answer to a question."""
    answer = None
    for event in engine.stream(question, **options):
        if isinstance(event, Done):
            answer = event.answer
    assert answer is not None, "a stream ends with Done"
    return answer


def stream(
    engine: "Engine",
    question: str,
    *,
    history: Sequence[tuple[str, str]],
    search: Mapping[str, Any],
    mode: str | None,
    recorder: "Recorder | None",
    **manner: Any,  # noqa: ANN401 - the fields of rag.asking.Manner
) -> Iterator[StreamEvent]:
    """Yield the events of an answer, as `Engine.stream` describes them; `search` holds the options of `ranking`."""
    from rag.answer import stream_answer

    started = time.monotonic()
    # A model that rewrites follow-ups is not bothered with what cannot be asked.
    check(engine, question)
    question = standalone(engine, question, history)
    if recorder:
        recorder.understood(question)
    found = ranking(engine, question, **search)
    if recorder:
        recorder.searched(found)
    retrieved = time.monotonic() - started
    settings = engine.settings
    events = stream_answer(
        question,
        found.passages,
        model=engine.chat_model,
        mode=mode or settings.mode,
        recorder=recorder,
        **{"wording": settings.wording, "first_token_s": settings.first_token_s, **manner},
    )
    for event in events:
        yield _completed(engine, event, retrieved) if isinstance(event, Done) else event


def standalone(engine: "Engine", question: str, history: Sequence[tuple[str, str]]) -> str:
    """Return a question as it reads alone, as `Engine.standalone` describes it."""
    from rag import families
    from rag.history import standalone, standalone_by
    from rag.summarize import writes

    if not history or engine.settings.followups == "rules":
        return standalone(question, history)
    model = engine.chat_model()
    family = getattr(model, "family", None) or engine.settings.family or "chatml"
    if not writes(families.load(family)):
        return standalone(question, history)
    return standalone_by(model, question, history)


def ranking(
    engine: "Engine", query: str, *, top_k: int | None = None, sources: Sequence[str] = (), leg: Leg = "hybrid"
) -> Ranking:
    """Return a search with what each leg found. Raises BadQuestion, BadSetting."""
    check(engine, query)
    if top_k is not None and top_k < 1:
        raise BadSetting(f"top_k = {top_k}: ask for 1 passage or more", name="top_k", value=top_k, expected="≥ 1")
    _check_embedder(engine, leg)
    return rank(
        engine.library,
        query,
        embedder=None if leg == "keyword" else engine.embedder,
        top_k=top_k or engine.settings.top_k,
        sources=sources,
        leg=leg,
        dense_weight=engine.settings.dense_weight,
    )


def check(engine: "Engine", question: str) -> None:
    """Refuse a question that is empty or too long. Raises BadQuestion."""
    limit, length = engine.settings.question_limit, len(question)
    if not question.strip():
        raise BadQuestion("an empty question; write one", cause="empty", length=length, limit=limit)
    if length > limit:
        raise BadQuestion(f"a question of {length} characters; ask one of 1 to {limit}", length=length, limit=limit)


def _check_embedder(engine: "Engine", leg: Leg) -> None:
    """Refuse a search among vectors that another embedder made."""
    made_with = engine.library.catalog.setting("embedder")
    if leg != "keyword" and made_with not in (None, engine.embedder.name):
        raise BadSetting(
            f"the library's vectors are by {made_with}, the settings name {engine.embedder.name}: "
            "run `wendang sync`, or set the embedder back",
            name="embedder",
            value=engine.embedder.name,
            expected=made_with,
        )


def _completed(engine: "Engine", event: Done, seconds: float) -> Done:
    """Return the answer with the time of retrieval in its timings, and each citation on the page of its own quote."""
    answer = event.answer
    timings = {name: value + seconds for name, value in answer.timings.items()}
    citations = tuple(
        replace(one, page=page_at(engine.library.catalog, answer.passages[one.n - 1], offset=one.start))
        for one in answer.citations
    )
    return Done(replace(answer, citations=citations, timings={"retrieve_s": round(seconds, 4), **timings}))
