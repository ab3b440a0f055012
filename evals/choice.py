"""Multiple choice questions put to a language model: by the likeliest letter, or in its own words."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evals.choice_files import LETTERS, ChoiceQuestion, Subject
from evals.choice_letters import chosen_letter
from ingest.errors import BadSetting
from rag.prompts import choice_asked, choice_example, choice_header

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

    from rag.llms._local_chat import LocalChat

#: Whose words the questions are put in: our own, or Chinese-LLaMA-Alpaca's (English keys, no header without examples).
WORDINGS = ("own", "seed")
#: Tokens of an answer in the model's own words, without and with a chain of thought.
_ANSWER, _THOUGHT = 64, 512


@dataclass(frozen=True, slots=True)
class Exam:
    """How questions are put.

    `mode` is `constrained` (the letter that the model finds likeliest) or `free` (`evals.choice_letters` reads what it
    says). `template` puts the model's own around the prompt; without it, the model goes on with the text. `shots` is
    the most examples shown before a question; `cot` asks for a chain of thought.
    """

    mode: str = "constrained"
    shots: int = 5
    cot: bool = False
    template: bool = True
    wording: str = "own"

    def __post_init__(self) -> None:
        if self.cot and self.mode == "constrained":
            expected = "free: a chain of thought must be written before its letter can be read"
            raise BadSetting(
                f"mode = 'constrained' with a chain of thought: expected {expected}",
                name="mode",
                value="constrained",
                expected=expected,
            )


@dataclass(frozen=True, slots=True)
class Prompted:
    """A question as it is put: its messages, and how many examples they show."""

    question: ChoiceQuestion
    messages: "tuple[BaseMessage, ...]" = field(repr=False)
    shots: int


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer: its letter, None for none; the log-probabilities of A to D or what was said, by the mode."""

    question: ChoiceQuestion
    letter: str | None
    shots: int
    logs: tuple[float, ...] = ()
    said: str = ""

    @property
    def right(self) -> bool | None:
        """Whether it is right, None where nobody knows; no answer is wrong."""
        return None if self.question.answer is None else self.letter == self.question.answer


#: What answers the questions of one subject, in any order.
Answerer = Callable[[Sequence[Prompted]], Iterator[Answered]]


def answer_subject(
    subject: Subject, *, exam: Exam, answerer: Answerer, fits: Callable[["Sequence[BaseMessage]"], bool]
) -> Iterator[Answered]:
    """Yield the answers to a subject's questions, as they come.

    All are shown as many examples as leave room for the longest question, so that what comes before them is the same;
    a question that does not even fit alone is unanswered.
    """
    shots = min(exam.shots, len(subject.examples))
    longest = sorted(subject.questions, key=_length)[-3:]
    while shots and not all(fits(prompt(subject, one, exam=exam, shots=shots).messages) for one in longest):
        shots -= 1
    prompts = [prompt(subject, question, exam=exam, shots=shots) for question in subject.questions]
    fitting = []
    for one in prompts:
        if fits(one.messages):
            fitting.append(one)
        else:
            yield Answered(one.question, None, shots)
    if fitting:
        yield from answerer(fitting)


def prompt(subject: Subject, question: ChoiceQuestion, *, exam: Exam, shots: int) -> Prompted:
    """Return a question behind the header and the first examples of its subject."""
    from langchain_core.messages import HumanMessage

    seed = exam.wording == "seed"
    header = choice_header(subject.key if seed else subject.name, cot=exam.cot, seed=seed)
    shown = [
        choice_example(
            one.text, one.options, answer=one.answer or "", explanation=one.explanation if exam.cot else None
        )
        for one in subject.examples[:shots]
    ]
    asked = choice_asked(question.text, question.options, cot=exam.cot, seed_template=seed and exam.template)
    if seed and exam.cot:
        asked += "1."
    text = "".join([header if shots or not seed else "", *shown, asked])
    return Prompted(question, (HumanMessage(text),), shots)


def fits_into(model: "BaseChatModel", *, exam: Exam) -> Callable[["Sequence[BaseMessage]"], bool]:
    """Return whether a prompt leaves room for its answer; of a server's model nothing is known, and all is tried."""
    count: Callable[[Sequence[BaseMessage]], int] | None = getattr(model, "prompt_tokens", None)
    if count is None:
        return lambda messages: True
    room: int = getattr(model, "n_ctx") - (1 if exam.mode == "constrained" else answer_tokens(exam))  # noqa: B009
    return lambda messages: count(messages) <= room


def answer_tokens(exam: Exam) -> int:
    """Return how many tokens an answer in words may have."""
    return _THOUGHT if exam.cot else _ANSWER


def answerer_of(model: "BaseChatModel", *, exam: Exam) -> Answerer:
    """Return what answers with a model. Raises BadSetting where it cannot tell how likely a letter is."""
    if exam.mode == "free":
        return lambda prompts: _freely(model, prompts, exam=exam)
    if not hasattr(model, "option_scores"):
        expected = "free: a server does not tell how likely each letter is"
        raise BadSetting(
            f"mode = 'constrained': expected {expected}", name="mode", value="constrained", expected=expected
        )
    local: LocalChat = model  # type: ignore[assignment]  # as it can score, it is one
    return lambda prompts: _constrained(local, prompts)


def compare_speed(model: "LocalChat", prompts: Sequence[Prompted]) -> dict[str, Any]:
    """Time the same questions of one subject with their beginning read once, and one by one with nothing shared.

    `speed_ratio` is the time of the second over that of the first, `same_letters` the share of equal answers.
    """
    times, letters = [], []
    for alone in (False, True):
        started = time.perf_counter()
        answers = {one.question: one.letter for one in _constrained(model, prompts, alone=alone)}
        times.append(time.perf_counter() - started)
        letters.append([answers[one.question] for one in prompts])
    return {
        "questions": len(prompts),
        "together_s": round(times[0], 3),
        "one_by_one_s": round(times[1], 3),
        "ratio": round(times[1] / times[0], 2),
        "same_letters": sum(a == b for a, b in zip(*letters, strict=True)) / len(prompts),
    }


def _length(question: ChoiceQuestion) -> int:
    return len(question.text) + sum(map(len, question.options))


def _constrained(model: "LocalChat", prompts: Sequence[Prompted], *, alone: bool = False) -> Iterator[Answered]:
    conversations = [one.messages for one in prompts]
    with closing(model.option_scores(conversations, options=LETTERS, alone=alone)) as scored:
        for number, logs in scored:
            best = max(range(len(LETTERS)), key=logs.__getitem__)
            yield Answered(prompts[number].question, LETTERS[best], prompts[number].shots, logs=tuple(logs))


def _freely(model: "BaseChatModel", prompts: Sequence[Prompted], *, exam: Exam) -> Iterator[Answered]:
    # Without a template a model goes on to the next question of its own making.
    stop = ["\n\n"] if not exam.template and not exam.cot else None
    for one in prompts:
        reply = model.invoke(list(one.messages), stop=stop, max_tokens=answer_tokens(exam))
        letter = chosen_letter(reply.text, options=one.question.options, first=not exam.template)
        yield Answered(one.question, letter, one.shots, said=reply.text)
