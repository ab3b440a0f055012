"""How good the answers are: their words, their citations, their refusals."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evals.metrics import exact_match, f1, holds, share
from evals.questions import Article, Question, QuestionSet, sample
from rag.citations import without_markers
from rag.types import Answer


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of which articles: `unanswerable` questions are about articles that are left out."""

    answerable: tuple[Question, ...]
    unanswerable: tuple[Question, ...]
    articles: tuple[Article, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer with its scores against the gold answers, of which an unanswerable question has none.

    `cited` is whether the passage that the first citation names holds a gold answer.
    """

    question: Question
    answer: Answer
    em: float
    f1: float
    cited: bool

    @property
    def right(self) -> bool:
        """Whether there is nothing to study here: answered as in gold with the right passage, or rightly refused."""
        return bool(self.em and self.cited) if self.question.answers else self.answer.refused


def plan(given: QuestionSet, *, limit: int, seed: int) -> Plan:
    """Choose `limit` answerable questions by `seed`, and a tenth of that number of unanswerable ones.

    Where the set has none of its own, whole articles (at most half of them) are left out of the library, and questions
    about them are asked; so no answerable question is about these.
    """
    wanted = -(-limit // 10)
    left_out: set[str] = set()
    unanswerable = given.unanswerable
    if not unanswerable and given.articles:
        sources = list(given.articles)
        left_out = set(random.Random(seed).sample(sources, min(wanted, len(sources) // 2)))
        unanswerable = [question for question in given.answerable if question.source in left_out]
    answerable = [question for question in given.answerable if question.source not in left_out]
    return Plan(
        answerable=tuple(sample(answerable, limit=limit, seed=seed)),
        unanswerable=tuple(
            Question(question.id, question.text, ()) for question in sample(unanswerable, limit=wanted, seed=seed)
        ),
        articles=tuple(article for source, article in given.articles.items() if source not in left_out),
    )


def judge(question: Question, answer: Answer) -> Judged:
    """Return an answer with its scores; citation markers are no part of its words, and a refusal scores 0."""
    said = "" if answer.refused else without_markers(answer.text)
    first = answer.passages[answer.citations[0].n - 1].text if answer.citations else ""
    return Judged(
        question,
        answer,
        em=exact_match(said, question.answers),
        f1=f1(said, question.answers),
        cited=holds(first, question.answers),
    )


def scores(judged: Sequence[Judged], *, mode: str) -> dict[str, Any]:
    """Return what `eval answers --json` prints.

    em, f1: means over the answerable questions. citation: the share of them whose first citation names a passage that
    holds a gold answer; refusals count as wrong in all three. verified: the share of the citations given to them that
    are verified. false_refusals: the share of them that were refused. refused_unanswerable: the share of the
    unanswerable ones that were refused. None stands for the mean of nothing.
    """
    answerable = [one for one in judged if one.question.answers]
    unanswerable = [one for one in judged if not one.question.answers]
    return {
        "questions": len(answerable),
        "em": share(one.em for one in answerable),
        "f1": share(one.f1 for one in answerable),
        "citation": share(one.cited for one in answerable),
        "verified": share(citation.verified for one in answerable for citation in one.answer.citations),
        "false_refusals": share(one.answer.refused for one in answerable),
        "unanswerable": len(unanswerable),
        "refused_unanswerable": share(one.answer.refused for one in unanswerable),
        "model": next((one.answer.model for one in judged if one.answer.model), None),
        "mode": mode,
    }


def as_record(one: Judged) -> dict[str, Any]:
    """Return a judged answer as a line of `--out`."""
    return {
        "id": one.question.id,
        "question": one.question.text,
        "gold": list(one.question.answers),
        "answer": one.answer.text,
        "refused": one.answer.refused,
        "unsupported": [part.text for part in one.answer.unsupported],
        "em": one.em,
        "f1": round(one.f1, 4),
        "cited": one.cited,
        "found": any(holds(passage.text, one.question.answers) for passage in one.answer.passages),
        "passages": [passage.text for passage in one.answer.passages],
    }
