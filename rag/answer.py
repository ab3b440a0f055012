"""A question and its passages, to a cited answer, as a stream of events.

`stuff` puts all passages into one prompt. `refine` goes through them in small groups, the best first, and betters the
answer with each; it suits models with little room.
"""

import re
import time
import unicodedata
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ingest.errors import BadSetting
from ingest.normalize import fold
from ingest.types import Passage
from rag import families
from rag.budget import fit
from rag.citations import cite, complete_length, without_markers
from rag.families import Family
from rag.prompts import REFUSAL, REFUSAL_PATTERN
from rag.types import Answer, Delta, Done, Found, StreamEvent

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

_MODES = ("stuff", "refine")
#: Passages that one step of `refine` reads.
_GROUP = 2
_REFUSAL = re.compile(REFUSAL_PATTERN)
# Only this much of an answer is looked at: a long one that ends with what the documents lack is an answer.
_REFUSAL_LENGTH = 60
_ANSWER_TOKENS = 512
_FIRST_END = re.compile(r"[。！？!?；;\n]|\[\d+\]")


def stream_answer(
    question: str,
    passages: Sequence[Passage],
    *,
    model: "BaseChatModel | Callable[[], BaseChatModel]",
    family: str | None = None,
    mode: str = "stuff",
    detail: bool = False,
) -> Iterator[StreamEvent]:
    """Yield Found, Deltas and Done: the answer to `question` from `passages`, which come best first.

    `model` may be a function that loads it: without passages it is not called, and the answer is the refusal. `family`
    is by default what the model says of itself. The text in Done has its citations checked and may differ from the
    Deltas. Closing the iterator stops the model. Raises ContextTooSmall, ModelFailed, UnusableModel.
    """
    if mode not in _MODES:
        raise BadSetting(f"no mode {mode!r}; use stuff or refine", name="mode", value=mode, expected="stuff, refine")
    clock = _Clock()
    if not passages:
        yield Found(())
        yield Delta(REFUSAL)
        yield Done(Answer(REFUSAL, refused=True, timings=clock.timings()))
        return
    run = _Run(question, _loaded(model), family=family, detail=detail)
    steps = run.stuffed(passages) if mode == "stuff" else run.refined(passages)
    with closing(steps):
        for event in steps:
            if isinstance(event, Delta):
                clock.token()
            yield event
    yield Done(run.answer(timings=clock.timings()))


def is_refusal(text: str) -> bool:
    """Tell whether an answer says that the documents do not hold one."""
    said = "".join(char for char in fold(without_markers(text)) if unicodedata.category(char)[0] in "LN")
    if said.startswith("".join(char for char in REFUSAL if char.isalnum())):
        return True
    return len(said) <= _REFUSAL_LENGTH and bool(_REFUSAL.match(said))


class _Clock:
    """Seconds since the question came."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._first: float | None = None

    def token(self) -> None:
        self._first = self._first or time.monotonic()

    def timings(self) -> dict[str, float]:
        now = time.monotonic()
        return {
            "first_token_s": round((self._first or now) - self._started, 4),
            "total_s": round(now - self._started, 4),
        }


@dataclass
class _Reply:
    """What the model has said to one prompt so far."""

    text: str = ""
    usage: Mapping[str, int] = field(default_factory=dict)


class _Run:
    """One question on its way to an answer."""

    def __init__(self, question: str, model: "BaseChatModel", *, family: str | None, detail: bool) -> None:
        self._question = question
        self._model = model
        self._family_name: str = family or _trait(model, "family") or "chatml"
        self._family: Family = families.load(self._family_name)
        self._detail = detail
        self._given: list[Passage] = []
        self._text = ""
        self._usage = {"prompt_tokens": 0, "completion_tokens": 0}

    def stuffed(self, passages: Sequence[Passage]) -> Generator[StreamEvent]:
        """Answer from all the passages that fit into one prompt."""
        self._given = self._fitted(passages)
        yield Found(tuple(self._given))
        reply = _Reply()
        with closing(self._said(self._asked(self._given), reply)) as said:
            yield from _shown(said)
        self._text = reply.text

    def refined(self, passages: Sequence[Passage]) -> Generator[StreamEvent]:
        """Answer from a few passages at a time; what is shown is the last answer."""
        pairs = [passages[start : start + _GROUP] for start in range(0, len(passages), _GROUP)]
        # Later prompts hold the answer so far, so there is room for two.
        groups = [self._fitted(pair, answers=2) for pair in pairs]
        self._given = [passage for group in groups for passage in group]
        yield Found(tuple(self._given))
        first = 1
        for group in groups:
            self._step(group, first=first)
            first += len(group)
        yield Delta(REFUSAL if self._refused else self._text)

    def _step(self, group: Sequence[Passage], *, first: int) -> None:
        """Answer from one group, or better the answer so far with it; a family that cannot keeps what it has."""
        answered = not self._refused
        if answered:
            asked = self._family.refined(self._question, self._text, group, first=first, detail=self._detail)
        else:
            asked = self._family.grounded(self._question, group, first=first, detail=self._detail)
        if asked is None:
            return
        reply = _Reply()
        for _ in self._said(asked, reply):
            pass
        if not (answered and is_refusal(reply.text)):
            self._text = reply.text

    def answer(self, *, timings: Mapping[str, float]) -> Answer:
        """Return the whole answer, its citations checked."""
        refused = self._refused
        text, citations = (REFUSAL, ()) if refused else cite(self._text, self._given, question=self._question)
        return Answer(
            text=text,
            citations=citations,
            refused=refused,
            passages=tuple(self._given),
            timings=timings,
            usage=dict(self._usage),
            model=_trait(self._model, "model_name") or _trait(self._model, "model") or type(self._model).__name__,
            family=self._family_name,
        )

    @property
    def _refused(self) -> bool:
        return not self._text.strip() or is_refusal(self._text)

    def _asked(self, passages: Sequence[Passage]) -> "list[BaseMessage]":
        return self._family.grounded(self._question, passages, detail=self._detail)

    def _fitted(self, passages: Sequence[Passage], *, answers: int = 1) -> list[Passage]:
        """Return the passages that leave room for so many answers; all where the model's context is unknown."""
        n_ctx = _trait(self._model, "n_ctx")
        if n_ctx is None:
            return list(passages)
        room = min(answers * (_trait(self._model, "max_tokens") or _ANSWER_TOKENS), n_ctx // 2)
        return fit(passages, prompt_tokens=lambda part: _tokens(self._model, self._asked(part)), limit=n_ctx - room)

    def _said(self, messages: "list[BaseMessage]", reply: _Reply) -> Generator[str]:
        """Yield the pieces of what the model says, collected in `reply`."""
        for chunk in self._model.stream(messages):
            piece = chunk.text if reply.text else chunk.text.lstrip()
            reply.text += piece
            usage = getattr(chunk, "usage_metadata", None)
            if usage:
                self._usage["prompt_tokens"] += usage["input_tokens"]
                self._usage["completion_tokens"] += usage["output_tokens"]
            if piece:
                yield piece


def _shown(said: Iterator[str]) -> Iterator[Delta]:
    """Yield what can be shown: no part of a marker, and no refusal in the model's own words."""
    text, shown = "", 0
    for piece in said:
        text += piece
        end = complete_length(text)
        if end > shown and (shown or not _may_refuse(text)):
            yield Delta(text[shown:end])
            shown = end
    rest = REFUSAL if not shown and (is_refusal(text) or not text.strip()) else text[shown:]
    if rest:
        yield Delta(rest)


def _may_refuse(text: str) -> bool:
    """Whether a beginning may turn out to be a refusal: its first sentence is not complete, or it is one."""
    complete = len(text) > _REFUSAL_LENGTH or _FIRST_END.search(text)
    return not complete or is_refusal(text)


def _loaded(model: "BaseChatModel | Callable[[], BaseChatModel]") -> "BaseChatModel":
    from langchain_core.language_models import BaseChatModel

    return model if isinstance(model, BaseChatModel) else model()


def _trait(model: "BaseChatModel", name: str) -> Any:  # noqa: ANN401 - a name or a number
    """Return what the model says of itself, as an attribute or in its metadata; None where it says nothing."""
    value = getattr(model, name, None)
    return value if value is not None else (model.metadata or {}).get(name)


def _tokens(model: "BaseChatModel", messages: "Sequence[BaseMessage]") -> int:
    """Return how many tokens a prompt has: exactly for a model in this process, on the safe side for another."""
    count = getattr(model, "prompt_tokens", None)
    if count is not None:
        return int(count(messages))
    return sum(model.get_num_tokens(message.text) + 8 for message in messages)
