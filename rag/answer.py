"""A question and its passages, to a cited answer, as a stream of events.

`stuff` puts all passages into one prompt. `refine` goes through them in small groups, the best first, and betters the
answer with each; it suits models with little room. A model that cannot better an answer stops at the first that it has.

A model that answers with a span of a passage answers one question: where several are asked at once, `stuff` asks them
one after the other, over the same passages.
"""

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ingest.decode import clean
from ingest.errors import BadSetting
from ingest.types import Passage
from rag.asking import Asking, model_name
from rag.citations import cite, complete_length, unsupported
from rag.compound import asked_in, left_open
from rag.errors import BadQuestion
from rag.history import standalone
from rag.refusal import is_refusal, is_unsure, may_refuse, refusal
from rag.types import MODES, Answer, Citation, Delta, Done, Found, Reading, StreamEvent, Unsupported, Waiting

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


def stream_answer(
    question: str,
    passages: Sequence[Passage],
    *,
    model: "BaseChatModel | Callable[[], BaseChatModel]",
    mode: str = "stuff",
    **asking: Any,  # noqa: ANN401 - the options of Asking
) -> Iterator[StreamEvent]:
    """Yield Found, Deltas and Done: the answer to `question` from `passages`, which come best first.

    `model` may be a function that loads it: without passages it is not called, and the answer is the refusal. The
    options are those of `rag.asking.Asking`: `family` (by default what the model says of itself), `detail`, `wording`,
    `first_token_s`, so that fewer passages are read where the first word would come later, and `progress`, so that a
    local model's Waiting and Reading are yielded too. The text in Done has its
    citations checked and may differ from the Deltas; an answer that nothing bears out may become the refusal. Closing
    the iterator stops the model. Raises BadQuestion, BadSetting, ContextTooSmall, ModelFailed, UnusableModel.
    """
    if mode not in MODES:
        raise BadSetting(f"no mode {mode!r}; use one of {MODES}", name="mode", value=mode, expected=", ".join(MODES))
    if not any(char.isalnum() for char in question):
        raise BadQuestion("a question without a word; ask one", cause="empty", length=len(question))
    clock = _Clock()
    if not passages:
        yield Found(())
        yield Delta(refusal(question))
        yield Done(Answer(refusal(question), refused=True, timings=clock.timings()))
        return
    run = _Run(clean(question), passages, Asking(_loaded(model), **asking))
    steps = run.stuffed() if mode == "stuff" else run.refined()
    with closing(steps):
        for event in steps:
            if isinstance(event, Delta):
                clock.token()
            yield event
    yield Done(run.answer(timings=clock.timings()))


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


@dataclass(slots=True)
class _Part:
    """One of the questions that are asked at once, and what the model says to it."""

    question: str
    text: str = ""

    @property
    def refused(self) -> bool:
        return not self.text.strip() or is_refusal(self.text)


class _Run:
    """What was asked, on its way to an answer."""

    def __init__(self, question: str, passages: Sequence[Passage], asking: Asking) -> None:
        self._question = question
        self._found = passages
        self._asking = asking
        self._given: list[Passage] = []
        self._parts = [_Part(question)]
        self._cut = False

    def stuffed(self) -> Generator[StreamEvent]:
        """Answer from all the passages that fit into one prompt."""
        self._given = self._asking.fitted(self._question, self._found)
        yield Found(tuple(self._given))
        if not self._asking.betters:
            self._parts = [_Part(question) for question in asked_in(self._question)]
        is_shown, open_lines = False, list[str]()
        for at, part in enumerate(self._parts):
            question = standalone(part.question, [(one.question, one.text) for one in self._parts[:at]])
            asked = self._asking.question(question, self._given)
            before = "".join(f"{line}\n" for line in open_lines)
            with closing(self._asking.reply(asked, self._given)) as reply:
                if (yield from _shown(_kept(reply, part), before=f"\n{before}" if is_shown else before)):
                    is_shown, open_lines = True, []
                else:
                    open_lines.append(left_open(part.question))
            self._cut |= self._asking.cut
        if not is_shown:
            yield self._whole()
        elif open_lines:
            yield Delta("".join(f"\n{line}" for line in open_lines))

    def refined(self) -> Generator[StreamEvent]:
        """Answer from a few passages at a time; what is shown is the last answer, while it is said if none follows."""
        size = self._asking.group
        parts = [self._found[start : start + size] for start in range(0, len(self._found), size)]
        # Later prompts hold the answer so far, so there is room for two.
        groups = [self._asking.fitted(self._question, part, answers=2) for part in parts]
        self._given = [passage for group in groups for passage in group]
        yield Found(tuple(self._given))
        first, is_shown = 1, False
        for group in groups:
            with closing(self._step(group, first=first)) as step:
                if self._asking.betters:
                    yield from (piece for piece in step if not isinstance(piece, str))
                else:
                    is_shown = (yield from _shown(step)) or is_shown
            first += len(group)
        self._cut = self._asking.cut
        if not is_shown:
            yield self._whole()

    def _whole(self) -> Delta:
        """Return what was said as one piece; its refusal in the product's words."""
        text = self._parts[0].text
        return Delta(refusal(self._question, said=text) if self._refused else text)

    def _step(self, group: Sequence[Passage], *, first: int) -> Generator[str | Waiting | Reading]:
        """Answer from one group, or better the answer so far with it; a family that cannot keeps what it has."""
        part = self._parts[0]
        answered = not part.refused
        if answered:
            asked = self._asking.improvement(self._question, part.text, group, first=first)
        else:
            asked = self._asking.question(self._question, group, first=first, stepwise=True)
        if asked is None:
            return
        said = ""
        with closing(self._asking.reply(asked, group)) as reply:
            for piece in reply:
                if isinstance(piece, str):
                    said += piece
                yield piece
        if said.strip() and not (answered and is_refusal(said)):
            part.text = said

    def answer(self, *, timings: Mapping[str, float]) -> Answer:
        """Return the whole answer, its citations checked."""
        text, citations, loose = self._checked()
        refused = self._refused or is_unsure(self._given, citations)
        return Answer(
            text=refusal(self._question, said=self._parts[0].text) if refused else text,
            citations=() if refused else tuple(citations),
            refused=refused,
            passages=tuple(self._given),
            timings=timings,
            usage=dict(self._asking.usage),
            model=model_name(self._asking.model),
            family=self._asking.family_name,
            unsupported=() if refused else tuple(loose),
            dropped=len(self._found) - len(self._given),
            cut=self._cut and not refused,
        )

    def _checked(self) -> tuple[str, list[Citation], list[Unsupported]]:
        """Return the text of all parts, a line each, with what its markers rest on and what nothing bears out."""
        text, citations, loose = "", list[Citation](), list[Unsupported]()
        for at, part in enumerate(self._parts):
            text += "\n" if at else ""
            if part.refused:
                text += left_open(part.question)
                continue
            line, cited = cite(part.text, self._given, question=part.question)
            citations += [citation for citation in cited if citation not in citations]
            loose += [
                replace(one, start=one.start + len(text), end=one.end + len(text))
                for one in unsupported(line, self._given)
            ]
            text += line
        return text, citations, loose

    @property
    def _refused(self) -> bool:
        return all(part.refused for part in self._parts)


def _kept(reply: Iterator[str | Waiting | Reading], part: _Part) -> Iterator[str | Waiting | Reading]:
    for piece in reply:
        if isinstance(piece, str):
            part.text += piece
        yield piece


def _shown(
    said: Iterator[str | Waiting | Reading], *, before: str = ""
) -> Generator[Delta | Waiting | Reading, None, bool]:
    """Yield what can be shown: no part of a marker, and no refusal in the model's own words. Return if anything was.

    `before` goes before it, where there is anything.
    """
    text, shown = "", 0
    for piece in said:
        if not isinstance(piece, str):
            yield piece
            continue
        text += piece
        end = complete_length(text)
        if end > shown and (shown or not may_refuse(text)):
            yield Delta(("" if shown else before) + text[shown:end])
            shown = end
    if not shown and (is_refusal(text) or not text.strip()):
        return False
    if text[shown:]:
        yield Delta(("" if shown else before) + text[shown:])
    return True


def _loaded(model: "BaseChatModel | Callable[[], BaseChatModel]") -> "BaseChatModel":
    from langchain_core.language_models import BaseChatModel

    return model if isinstance(model, BaseChatModel) else model()
