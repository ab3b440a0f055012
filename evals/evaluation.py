"""A question set asked under some settings: what `wendang eval` measures, with what became of each question.

The questions, the drawing of a sample, the search and the scores are those of `wendang eval retrieval` and `answers`,
so that the same file gives the same figures.
"""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal, cast

from evals import answers, retrieval
from evals.corpus import library_of
from evals.metrics import holds, share
from evals.questions import Article, Question, QuestionSet, sample
from ingest.types import SyncEvent
from rag.engine import Engine
from rag.types import Answer, Done, StreamEvent

Part = Literal["retrieval", "answers"]
PARTS: tuple[Part, ...] = ("retrieval", "answers")
#: Questions that are asked where no limit is given, as by `wendang eval answers`.
LIMIT = 300
#: A passage counts as found among so many.
FIRST = 5


@dataclass(frozen=True, slots=True)
class Step:
    """How far an evaluation is: `done` of `total` questions of a part; before it, the library may be made ("sync")."""

    stage: Literal["sync", "retrieval", "answers"]
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a question; None where that was not measured, or cannot be for this question.

    `rank` is where its passage came in the search, 0 where it did not. `right`: the answer holds one of the expected
    ones. `cited`: the first citation names a passage that holds one. `read` are the sources of what the model read.
    """

    id: str
    question: str
    expected: tuple[str, ...]
    source: str | None = None
    rank: int | None = None
    answer: str | None = None
    refused: bool | None = None
    right: bool | None = None
    cited: bool | None = None
    read: tuple[str, ...] = ()

    @property
    def answerable(self) -> bool:
        """Whether there is an expected answer."""
        return bool(self.expected)

    @property
    def found(self) -> bool | None:
        """Whether its passage was among the first five of the search."""
        return None if self.rank is None else 1 <= self.rank <= FIRST

    @property
    def measures(self) -> dict[str, bool | None]:
        """What is counted of it, by name; True is good."""
        return {
            "found": self.found,
            "right": self.right if self.answerable else None,
            "cited": self.cited if self.answerable else None,
            "answered": None if self.refused is None or not self.answerable else not self.refused,
            "refused": self.refused if not self.answerable else None,
        }


#: What is counted, in the order in which it is told.
MEASURES = ("found", "right", "cited", "answered", "refused")


@dataclass(frozen=True, slots=True)
class Run:
    """One evaluation: when, of which set (`digest` changes with its questions), under which settings, with what result.

    `scores` holds the figures of `wendang eval`, by part; `shares` those of MEASURES, where one was measured.
    `at` is local time, ISO 8601.
    """

    id: str
    at: str
    name: str
    digest: str
    settings: Mapping[str, Any]
    scores: Mapping[str, Mapping[str, Any]]
    shares: Mapping[str, float]
    seconds: float
    outcomes: tuple[Outcome, ...] = field(default=(), compare=False)


def evaluate(
    engine: Engine,
    given: QuestionSet,
    *,
    name: str,
    settings: Mapping[str, Any],
    parts: Sequence[Part] = PARTS,
    limit: int = LIMIT,
    tell: Callable[[Step], None] = lambda step: None,
) -> Run:
    """Return what a question set gives under `settings`, which go before those of the engine.

    Questions with articles of their own are asked of a library that is made of these, others of the engine's. `tell` is
    called before each question and at each piece of an answer; what it raises ends the evaluation.
    """
    started = time.monotonic()
    at = datetime.now().astimezone()
    measured = _Measured(engine, dict(settings), tell)
    if "retrieval" in parts:
        measured.retrieval(given, limit=limit)
    if "answers" in parts:
        measured.answers(given, limit=limit)
    outcomes = tuple(measured.outcomes())
    return Run(
        id=at.strftime("%Y%m%d-%H%M%S-%f"),
        at=at.isoformat(timespec="seconds"),
        name=name,
        digest=digest(given),
        settings=measured.used,
        scores=measured.scores,
        shares=shares(outcomes),
        seconds=round(time.monotonic() - started, 1),
        outcomes=outcomes,
    )


def shares(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Return the share of the outcomes that are good, for each measure that there is anything to say of."""
    found = {name: share(value for one in outcomes if (value := one.measures[name]) is not None) for name in MEASURES}
    return {name: value for name, value in found.items() if value is not None}


def digest(given: QuestionSet) -> str:
    """Return what changes whenever a question or an expected answer does."""
    said = [(question.id, question.text, question.answers, question.source) for question in given.questions]
    return sha256(repr(said).encode()).hexdigest()[:16]


class _Measured:
    """The parts of one evaluation, as they are done."""

    def __init__(self, engine: Engine, settings: dict[str, Any], tell: Callable[[Step], None]) -> None:
        self._engine = engine
        self._asked = settings
        self._tell = tell
        self._questions: dict[tuple[str, str], Question] = {}
        self._ranks: dict[tuple[str, str], int] = {}
        self._judged: dict[tuple[str, str], answers.Judged] = {}
        self.scores: dict[str, dict[str, Any]] = {}
        self.used: dict[str, Any] = {}

    def retrieval(self, given: QuestionSet, *, limit: int) -> None:
        """Search for the answerable questions."""
        asked = sample(given.answerable, limit=limit, seed=0)
        with self._library(given.articles) as library:
            found = retrieval.search_all(library, self._tracked(asked, "retrieval"), articles=given.articles)
        self.scores["retrieval"] = retrieval.scores(found)
        self._ranks = {_key(one.question): one.rank or 0 for one in found}

    def answers(self, given: QuestionSet, *, limit: int) -> None:
        """Ask the questions, the unanswerable ones too."""
        planned = answers.plan(given, limit=limit, seed=0)
        asked = (*planned.answerable, *planned.unanswerable)
        with self._library({article.source: article for article in planned.articles}) as library:
            judged = [
                answers.judge(question, self._answer(library, question, done=n, total=len(asked)))
                for n, question in enumerate(self._tracked(asked, "answers"))
            ]
            mode = library.settings.mode
        self.scores["answers"] = answers.scores(judged, mode=mode)
        self._judged = {_key(one.question): one for one in judged}

    def outcomes(self) -> Iterator[Outcome]:
        """Yield what became of each question."""
        for key, question in self._questions.items():
            judged = self._judged.get(key)
            answer = judged.answer if judged else None
            yield Outcome(
                id=question.id,
                question=question.text,
                expected=question.answers,
                source=question.source,
                rank=self._ranks.get(key),
                answer=answer.text if answer else None,
                refused=answer.refused if answer else None,
                right=not answer.refused and holds(answer.text, question.answers) if answer else None,
                cited=judged.cited if judged else None,
                read=tuple(passage.source for passage in answer.passages) if answer else (),
            )

    @contextmanager
    def _library(self, articles: Mapping[str, Article]) -> Iterator[Engine]:
        """Open the library to ask, under the settings asked for."""
        if articles:
            home = self._engine.settings.home
            made = library_of(articles.values(), home=home, on_event=self._synced, **self._asked)
            with made as library:
                self._note(library)
                yield library
        else:
            with self._engine.with_settings(**self._asked) as library:
                self._note(library)
                yield library

    def _note(self, library: Engine) -> None:
        settings = library.settings
        self.used = {name: getattr(settings, name) for name in ("top_k", "mode", "model", "dense_weight")}

    def _synced(self, event: SyncEvent) -> None:
        self._tell(Step("sync", 0, 0))

    def _tracked(self, questions: Iterable[Question], stage: Part) -> Iterator[Question]:
        listed = list(questions)
        for done, question in enumerate(listed):
            self._tell(Step(stage, done, len(listed)))
            self._questions.setdefault(_key(question), question)
            yield question
        self._tell(Step(stage, len(listed), len(listed)))

    def _answer(self, library: Engine, question: Question, *, done: int, total: int) -> Answer:
        """Return the answer that `library.ask` gives; whoever is told of its pieces may end it."""
        stream = cast("Generator[StreamEvent, None, None]", library.stream(question.text, progress=True))
        with closing(stream) as events:
            for event in events:
                self._tell(Step("answers", done, total))
                if isinstance(event, Done):
                    return event.answer
        raise AssertionError("a stream ends with Done")


def _key(question: Question) -> tuple[str, str]:
    """Return what tells questions apart: a table's numbers may come twice."""
    return question.id, question.text
