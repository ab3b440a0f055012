"""A question on its way to an answer, in a thread of its own, so that a click elsewhere does not end it.

A tab looks at it. The stop button, or a tab that has not looked for a while (it was closed), ends it within a token,
and what was said by then is kept as a partial answer.
"""

import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import cast

from ingest.errors import WendangError
from ingest.types import Passage
from rag import Engine
from rag.conversations import Conversations
from rag.types import Answer, Delta, Done, Found, Reading, StreamEvent, Waiting

#: Seconds between two looks of a tab at most, and after which nobody is looking any more: a reload takes less.
_LOOK_S = 0.2
_ABANDONED_S = 8.0
#: Seconds between two writes of an unfinished answer, so that a killed program loses little of it.
_KEPT_S = 2.0


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what it is asked about: `sources` are shell patterns, `history` (question, answer) pairs."""

    text: str
    history: Sequence[tuple[str, str]] = ()
    sources: tuple[str, ...] = ()
    mode: str | None = None
    detail: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an answer is.

    `standalone` is the question as it was searched for, empty until then; `passages` are being read, None until they
    are found; `waiting` counts the questions that come first; `read` is the share of the prompt that the model knows.
    """

    seconds: float = 0.0
    standalone: str = ""
    passages: tuple[Passage, ...] | None = None
    waiting: int = 0
    read: float = 0.0
    text: str = ""
    error: WendangError | None = field(default=None, compare=False)
    is_over: bool = False


class Answering:
    """One question being answered. `conversation` and `turn` are where it is kept, from its beginning on."""

    def __init__(self, engine: Engine, question: Question, *, kept: Conversations, conversation: int | None) -> None:
        self.question = question
        self.conversation, self.turn = kept.begin(conversation, question=question.text)
        self._engine = engine
        self._kept = kept
        self._changed = threading.Condition()
        self._progress = Progress()
        self._started = self._looked = self._written = time.monotonic()
        threading.Thread(target=self._work, name=f"answer-{self.turn}", daemon=True).start()

    def follow(self) -> Iterator[Progress]:
        """Yield how far the answer is, several times a second, until it is over."""
        is_over = False
        while not is_over:
            with self._changed:
                self._looked = time.monotonic()
                if not self._progress.is_over:
                    self._changed.wait(_LOOK_S)
                progress = replace(self._progress, seconds=time.monotonic() - self._started)
            is_over = progress.is_over
            yield progress

    def stop(self) -> None:
        """End the answer here; what was said is kept as partial. The model stops at its next token."""
        with self._changed:
            if not self._progress.is_over:
                try:
                    self._keep()
                finally:  # a tab must not wait for ever where the file cannot be written
                    self._update(is_over=True)

    @property
    def is_over(self) -> bool:
        """Whether the answer is complete, or ended early."""
        return self._progress.is_over

    @property
    def error(self) -> WendangError | None:
        """What ended the answer early, None where nothing did."""
        return self._progress.error

    def _work(self) -> None:
        try:
            self._answer()
        except WendangError as exc:
            self._update(error=exc)
        finally:
            self.stop()

    def _answer(self) -> None:
        asked = self.question
        standalone = self._engine.standalone(asked.text, asked.history)
        self._update(standalone=standalone)
        stream = self._engine.stream(
            standalone, sources=asked.sources, mode=asked.mode, detail=asked.detail, progress=True
        )
        # An iterator of the engine is a generator; closing it stops the model.
        with closing(cast("Generator[StreamEvent]", stream)) as events:
            for event in events:
                if isinstance(event, Done):
                    self._finish(event.answer)
                else:
                    self._take(event)
                if self._is_unwanted:
                    return

    def _take(self, event: StreamEvent) -> None:
        if isinstance(event, Found):
            self._update(passages=event.passages)
        elif isinstance(event, Waiting):
            self._update(waiting=event.ahead)
        elif isinstance(event, Reading):
            self._update(waiting=0, read=event.read / max(event.total, 1))
        elif isinstance(event, Delta):
            self._update(waiting=0, read=1.0, text=self._progress.text + event.text)
            with self._changed:
                if not self._progress.is_over and time.monotonic() - self._written > _KEPT_S:
                    self._keep()

    def _finish(self, answer: Answer) -> None:
        """Keep the answer before anybody is shown that it is complete."""
        with self._changed:
            if not self._progress.is_over:
                standalone = self._progress.standalone
                self._kept.finish(self.turn, standalone=standalone, answer=answer)
                self._update(is_over=True)

    def _keep(self) -> None:
        """Keep what was said so far as a partial answer."""
        so_far = self._progress
        seconds = round(time.monotonic() - self._started, 4)
        answer = Answer(so_far.text, passages=so_far.passages or (), timings={"total_s": seconds})
        standalone = so_far.standalone or self.question.text
        self._kept.finish(self.turn, standalone=standalone, answer=answer, partial=True)
        self._written = time.monotonic()

    def _update(self, **changes: object) -> None:
        with self._changed:
            if not self._progress.is_over:
                self._progress = replace(self._progress, **changes)  # type: ignore[arg-type]
            self._changed.notify_all()

    @property
    def _is_unwanted(self) -> bool:
        return self._progress.is_over or time.monotonic() - self._looked > _ABANDONED_S
