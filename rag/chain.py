"""A library as LangChain's parts: a retriever, and a Runnable that answers."""

import asyncio
from collections.abc import AsyncIterator, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import run_in_executor
from pydantic import ConfigDict, Field

from rag.errors import BadQuestion
from rag.types import Answer, Delta, Done, StreamEvent

if TYPE_CHECKING:
    from rag.engine import Engine

#: A question, or a mapping with `question` and `history`: pairs of a question and its answer.
Question = str | Mapping[str, Any]


class LibraryRetriever(BaseRetriever):
    """Passages as Documents: `page_content` is the verbatim text, `metadata` the other fields of a Passage."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    engine: Any
    options: dict[str, Any] = Field(default_factory=dict)

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,
        **kwargs: Any,  # noqa: ANN401
    ) -> list[Document]:
        found = []
        for passage in self.engine.search(query, **{**self.options, **kwargs}):
            metadata = asdict(passage)
            found.append(Document(page_content=metadata.pop("text"), metadata=metadata, id=str(passage.id)))
        return found


class AnswerChain(Runnable[Question, Answer]):
    """From a question to an Answer.

    A stream's chunks are the Answer so far: each takes the place of the one before, and the last one is whole, with its
    citations. LangChain's own parts keep the last of chunks that cannot be added, so the chain composes with `|`.
    """

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self.name = "wendang"

    def invoke(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:  # noqa: ANN401
        """Return the answer to a question; keyword arguments are options of `Engine.stream`."""
        return self._call_with_config(self._answer, input, config, **kwargs)

    def stream(
        self,
        input: Question,
        config: RunnableConfig | None = None,
        **kwargs: Any,  # noqa: ANN401
    ) -> Iterator[Answer]:
        """Yield the answer as it grows. Closing the iterator stops the model."""
        yield from self.transform(iter([input]), config, **kwargs)

    def transform(
        self,
        input: Iterator[Question],
        config: RunnableConfig | None = None,
        **kwargs: Any,  # noqa: ANN401
    ) -> Iterator[Answer]:
        """Yield the answer to a question that comes in pieces."""
        yield from self._transform_stream_with_config(input, self._answers, config, **kwargs)

    async def astream(
        self,
        input: Question,
        config: RunnableConfig | None = None,
        **kwargs: Any,  # noqa: ANN401
    ) -> AsyncIterator[Answer]:
        """Yield the answer as it grows; each step runs in a thread. A task that is cancelled stops the model."""
        answers = cast("Generator[Answer]", self.stream(input, config, **kwargs))
        step: asyncio.Future[Answer | None] | None = None
        try:
            while True:
                step = asyncio.ensure_future(run_in_executor(config, next, answers, None))
                # A cancelled step still runs to its end: the iterator can only be closed after that.
                if (answer := await asyncio.shield(step)) is None:
                    return
                yield answer
        finally:
            if step is not None and not step.done():
                await asyncio.wait([step])
            await run_in_executor(config, answers.close)

    def _answer(self, given: Question, **options: Any) -> Answer:  # noqa: ANN401
        question, history = _parts(given)
        return self._engine.ask(question, history=history, **options)

    def _answers(self, given: Iterator[Question], **options: Any) -> Iterator[Answer]:  # noqa: ANN401
        question, history = _parts(_gathered(given))
        events = cast("Generator[StreamEvent]", self._engine.stream(question, history=history, **options))
        text = ""
        with closing(events):
            for event in events:
                if isinstance(event, Delta):
                    text += event.text
                    yield Answer(text)
                elif isinstance(event, Done):
                    yield event.answer


def _gathered(pieces: Iterator[Question]) -> Question:
    """Return a question that came in pieces: pieces of text are joined, of mappings the later ones win."""
    whole: Question = ""
    for piece in pieces:
        if isinstance(piece, str) and isinstance(whole, str):
            whole += piece
        else:
            whole = {**whole, **piece} if isinstance(whole, Mapping) and isinstance(piece, Mapping) else piece
    return whole


def _parts(given: Question) -> tuple[str, list[tuple[str, str]]]:
    """Return the question and the history of what a chain was given. Raises BadQuestion."""
    if isinstance(given, str):
        return given, []
    if not isinstance(given, Mapping) or not isinstance(given.get("question"), str):
        raise BadQuestion(
            f"a chain was given {given!r:.80}; give it a question as text, or {{'question': …, 'history': […]}}",
            cause="form",
            given=f"{given!r:.80}",
        )
    return given["question"], [(asked, answered) for asked, answered in given.get("history") or ()]
