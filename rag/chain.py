"""A library as LangChain's parts: a retriever, and a Runnable that answers."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import ConfigDict, Field

from rag.types import Answer

if TYPE_CHECKING:
    from rag.engine import Engine


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


def answer_chain(engine: "Engine") -> Runnable[str | Mapping[str, Any], Answer]:
    """Return a Runnable from a question, or a mapping with `question` and `history`, to an Answer."""

    def answer(given: str | Mapping[str, Any]) -> Answer:
        if isinstance(given, str):
            return engine.ask(given)
        return engine.ask(given["question"], history=given.get("history", ()))

    return RunnableLambda(answer, name="wendang")
