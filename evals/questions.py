"""Question sets: SQuAD's form (also CMRC 2018's flat one), which brings its own texts, and Wendang's own.

Ours asks about the files of a library:
{"version": 1, "questions": [{"id": "1", "question": "…", "answers": ["…"], "source": "合同/采购合同.pdf", "page": 3}]}
A question with no answers is one that the files do not answer.
"""

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path
from typing import Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError, field_validator

from evals.errors import BadQuestionFile
from ingest.decode import clean

#: Between two paragraphs of an article's file.
_BLANK_LINE = "\n\n"


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the answers that count as right (none: not to be answered), and where they stand.

    `paragraph` counts the paragraphs of the article in `source`, from 0; it is None in Wendang's form. `page`, from
    1, is for people.
    """

    id: str
    text: str
    answers: tuple[str, ...]
    source: str | None = None
    paragraph: int | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """A text that comes with its questions, and the name of the file that it becomes."""

    source: str
    paragraphs: tuple[str, ...]

    @property
    def text(self) -> str:
        """What the file holds."""
        return _BLANK_LINE.join(self.paragraphs)

    @property
    def starts(self) -> list[int]:
        """Where each paragraph starts in the text, and where one more would."""
        return list(accumulate((len(text) + len(_BLANK_LINE) for text in self.paragraphs), initial=0))

    def paragraph_of(self, start: int, end: int) -> int:
        """Return the paragraph with which the span `start` to `end` has most in common, the first among equals."""
        starts = self.starts
        shared = [min(end, starts[n] + len(text)) - max(start, starts[n]) for n, text in enumerate(self.paragraphs)]
        return shared.index(max(shared))


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """The questions of a file, and the articles (by source) that they ask about, where the file brings them."""

    questions: tuple[Question, ...]
    articles: Mapping[str, Article] = field(default_factory=dict)

    @property
    def answerable(self) -> list[Question]:
        """The questions that have an answer."""
        return [question for question in self.questions if question.answers]

    @property
    def unanswerable(self) -> list[Question]:
        """The questions that have none."""
        return [question for question in self.questions if not question.answers]


def read_questions(path: Path) -> QuestionSet:
    """Return the questions of a JSON file, told by its form. Raises BadQuestionFile."""
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise _bad(path, "unreadable", detail=exc.strerror or str(exc)) from exc
    return parse_questions(content, path=path)


def parse_questions(content: bytes, *, path: Path) -> QuestionSet:
    """Return the questions that the bytes of a JSON file hold; `path` only names it. Raises BadQuestionFile."""
    try:
        raw = json.loads(content.decode("utf-8-sig"))
    except ValueError as exc:  # not UTF-8, or not JSON
        raise _bad(path, "not_json", detail=str(exc)) from exc
    try:
        found = _own(raw) if isinstance(raw, dict) and "questions" in raw else _with_articles(raw)
    except ValidationError as exc:
        first = exc.errors()[0]
        raise _bad(path, "form", detail=f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from exc
    if not found.questions:
        raise _bad(path, "empty", detail="no question in it")
    return found


def sample(questions: Sequence[Question], *, limit: int | None, seed: int) -> list[Question]:
    """Return `limit` of the questions, drawn by `seed`, in their own order; all where there are no more."""
    if limit is None or limit >= len(questions):
        return list(questions)
    return [questions[index] for index in sorted(random.Random(seed).sample(range(len(questions)), limit))]


def simplified(questions: Iterable[Question]) -> list[Question]:
    """Return the questions in Simplified characters; the answers stay as the texts have them."""
    import opencc

    converter = opencc.OpenCC("t2s")
    return [replace(question, text=converter.convert(question.text)) for question in questions]


class _Form(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True, populate_by_name=True)


class _Asked(_Form):
    """A question in SQuAD's form or, with other names and answers as plain texts, in CMRC 2018's."""

    id: str = Field("", validation_alias=AliasChoices("id", "query_id"))
    question: str = Field(validation_alias=AliasChoices("question", "query_text"))
    answers: list[str] = Field(default_factory=list)
    is_impossible: bool = False

    @field_validator("answers", mode="before")
    @classmethod
    def _texts(cls, answers: Any) -> Any:  # noqa: ANN401 - what the file has, right or wrong
        if not isinstance(answers, list):
            return answers
        return [answer.get("text") if isinstance(answer, dict) else answer for answer in answers]


class _Paragraph(_Form):
    context: str = Field(validation_alias=AliasChoices("context", "context_text"))
    qas: list[_Asked]


class _Article(_Form):
    paragraphs: list[_Paragraph]


class _Squad(_Form):
    data: list[_Article]


class _OwnQuestion(_Form):
    id: str = ""
    question: str
    answers: list[str]
    source: str | None = None
    page: int | None = None


class _Own(_Form):
    version: Literal[1]
    questions: list[_OwnQuestion]


def _own(raw: object) -> QuestionSet:
    return QuestionSet(
        tuple(
            Question(
                id=asked.id or str(n),
                text=asked.question,
                answers=tuple(asked.answers),
                source=asked.source,
                page=asked.page,
            )
            for n, asked in enumerate(_Own.model_validate(raw).questions, 1)
        )
    )


def _with_articles(raw: object) -> QuestionSet:
    """Return questions with their articles; a list of paragraphs is CMRC 2018's form, each an article of its own."""
    if isinstance(raw, list):
        raw = {"data": [{"paragraphs": [paragraph]} for paragraph in raw]}
    articles: dict[str, Article] = {}
    questions: list[Question] = []
    for number, read in enumerate(_Squad.model_validate(raw).data, 1):
        # Numbers, not titles: a title in the file's name would give many an answer away.
        source = f"{number:04d}.txt"
        articles[source] = Article(source, tuple(clean(paragraph.context) for paragraph in read.paragraphs))
        questions += _asked_of(read, source)
    return QuestionSet(tuple(questions), articles)


def _asked_of(article: _Article, source: str) -> Iterator[Question]:
    for number, paragraph in enumerate(article.paragraphs):
        for position, asked in enumerate(paragraph.qas, 1):
            yield Question(
                id=asked.id or f"{source}-{number}-{position}",
                text=asked.question,
                # Annotators often agree: each answer counts once.
                answers=() if asked.is_impossible else tuple(dict.fromkeys(asked.answers)),
                source=source,
                paragraph=number,
            )


def _bad(path: Path, cause: str, *, detail: str) -> BadQuestionFile:
    return BadQuestionFile(
        f"{path} is not a question set ({detail}); use SQuAD's form, or the one that evals/questions.py shows",
        file=str(path),
        cause=cause,
        detail=detail,
    )
