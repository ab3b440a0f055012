"""Texts as they are made: an answer from the library, a free answer, a continuation."""

from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from rag import families
from rag.language_model import free_text
from rag.types import Answer, Delta, Done
from ui.api.errors import ApiError
from ui.api.requests import ChatRequest, Sampled
from ui.commands.ask import as_record

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessageChunk, BaseMessage

    from rag import Engine


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a text: why, the tokens used, the whole text, and what goes beside OpenAI's fields."""

    text: str
    reason: str
    usage: Mapping[str, int]
    beside: dict[str, Any] = field(default_factory=dict)


#: A text: its pieces, None where nothing is to be told (but the work can be stopped), and its end.
Text = Generator[str | Ended | None]


def from_library(engine: "Engine", request: Sampled, *, question: str, history: list[tuple[str, str]]) -> Text:
    """Yield an answer from the library; beside it are its citations, passages and what nothing bears out.

    System messages have no part in it: the prompt that binds an answer to the passages is a fixed one.
    """
    stream = engine.stream(
        question,
        history=history,
        sources=request.sources or (),
        mode=request.mode,
        detail=bool(request.detail),
        progress=True,
        sampling=request.sampling(),
    )
    with closing(cast("Generator[Any]", stream)) as events:
        for event in events:
            if isinstance(event, Done):
                yield _ended(question, event.answer)
            else:
                yield event.text if isinstance(event, Delta) else None


def _ended(question: str, answer: Answer) -> Ended:
    record = as_record(question, answer)
    names = ("answer", "refused", "citations", "unsupported", "passages", "dropped", "timings")
    usage = {name: answer.usage.get(name, 0) for name in ("prompt_tokens", "completion_tokens")}
    return Ended(
        answer.text,
        reason="length" if answer.cut else "stop",
        usage=usage,
        beside={**{name: record[name] for name in names}, "language_model": answer.model},
    )


def freely(engine: "Engine", request: ChatRequest) -> Text:
    """Yield what the language model says to a conversation, without the library."""
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

    kinds = {"user": HumanMessage, "assistant": AIMessage}
    messages = [kinds.get(message.role, SystemMessage)(message.text) for message in request.messages]
    return _said(engine.chat_model(), messages, request)


def continued(engine: "Engine", request: Sampled, *, text: str) -> Text:
    """Yield how the language model continues a text, which is given to it as it is: no template, no instruction."""
    from langchain_core.messages import HumanMessage

    model = engine.chat_model()
    if not hasattr(model, "prompt_tokens"):  # a server puts its template around it
        raise ApiError(400, "no_continuation", param="model")
    return _said(model.model_copy(update={"family": families.RAW}), [HumanMessage(text)], request)


def _said(model: "BaseChatModel", messages: "list[BaseMessage]", request: Sampled) -> Text:
    asked = {**free_text(model, **request.sampling()), "progress": True}
    text, reason, usage = "", "stop", {"prompt_tokens": 0, "completion_tokens": 0}
    with closing(cast("Generator[AIMessageChunk]", model.stream(messages, **asked))) as chunks:
        for chunk in chunks:
            text += chunk.text
            reason = chunk.response_metadata.get("finish_reason") or reason
            if chunk.usage_metadata:
                usage["prompt_tokens"] += chunk.usage_metadata["input_tokens"]
                usage["completion_tokens"] += chunk.usage_metadata["output_tokens"]
            yield chunk.text or None
    yield Ended(text, reason="length" if reason == "length" else "stop", usage=usage)
