"""How well the search finds what questions ask about."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evals.metrics import holds, holds_within, mrr_at, recall_at, share
from evals.questions import Article, Question
from ingest.types import Passage
from rag.engine import Engine
from rag.retrieve import Leg

#: Passages asked for: enough for ten paragraphs, of which each may have several passages.
_TOP_K = 40
#: What fits into the prompt of a model with little room, in characters.
_ROOM = 2000


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found for a question.

    `rank` is where its paragraph, or an answer, came (None: nowhere). `answered` is whether the first passages hold an
    answer, as far as they fit into 2,000 characters.
    """

    question: Question
    rank: int | None
    answered: bool


def search_all(
    engine: Engine, questions: Iterable[Question], *, articles: Mapping[str, Article], leg: Leg = "hybrid"
) -> list[Found]:
    """Search for each question, and return where its paragraph or its answer came.

    `articles` are those that the library was made of; where there are none, a passage counts that comes from the
    question's source and holds an answer.
    """
    results = []
    for question in questions:
        passages = engine.search(question.text, top_k=_TOP_K, leg=leg)
        rank = paragraph_rank(question, passages, articles=articles) if articles else answer_rank(question, passages)
        results.append(Found(question, rank, holds_within(passages, question.answers, characters=_ROOM)))
    return results


def paragraph_rank(question: Question, passages: Sequence[Passage], *, articles: Mapping[str, Article]) -> int | None:
    """Return the rank of the question's paragraph among those found; a passage stands for the one it is most of."""
    seen: set[tuple[str, int]] = set()
    for passage in passages:
        places = [
            (source, articles[source].paragraph_of(passage.start, passage.end))
            for source in (passage.source, *passage.also)
        ]
        seen.add(places[0])
        if (question.source, question.paragraph) in places:
            return len(seen)
    return None


def answer_rank(question: Question, passages: Sequence[Passage]) -> int | None:
    """Return the rank of the first passage that holds an answer and is from the question's source, if one is named."""
    for rank, passage in enumerate(passages, 1):
        right = question.source is None or question.source in (passage.source, *passage.also)
        if right and holds(passage.text, question.answers):
            return rank
    return None


def scores(results: Sequence[Found]) -> dict[str, int | float | None]:
    """Return what `eval retrieval --json` prints."""
    ranks = [result.rank for result in results]
    return {
        "questions": len(results),
        **{f"recall@{depth}": recall_at(ranks, depth) for depth in (1, 3, 5, 10)},
        "mrr@10": mrr_at(ranks, 10),
        "answer_in_2000_chars": share(result.answered for result in results),
    }
