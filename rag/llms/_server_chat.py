"""The chat model of a server, as LangChain knows it. Only `rag.llms.openai` imports this, to load such a model."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import openai
from langchain_core.language_models import LanguageModelInput
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_openai import ChatOpenAI  # noqa: TID253 - see above
from pydantic import Field

from ingest.errors import WendangError
from rag.errors import ModelFailed, UnusableModel
from rag.llms._answer_options import checked
from rag.llms.openai import Options

#: What a call may ask of every backend and OpenAI's form has no field for; `progress` is for local models alone.
_OURS = ("top_k", "repeat_penalty", "refusal_margin", "progress")


class ServerChat(ChatOpenAI):
    """ChatOpenAI with the errors of this program: what goes wrong at the server says where, why and what to do."""

    options: Options = Field(exclude=True)

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """Say no: LangChain would look for the class in its own packages."""
        return False

    # The signatures of the four are ChatOpenAI's.

    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:  # noqa: ANN401
        with self._translated():
            return super()._generate(*args, **kwargs)

    def _stream(self, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:  # noqa: ANN401
        with self._translated():
            yield from super()._stream(*args, **kwargs)

    async def _agenerate(self, *args: Any, **kwargs: Any) -> ChatResult:  # noqa: ANN401
        with self._translated():
            return await super()._agenerate(*args, **kwargs)

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:  # noqa: ANN401
        with self._translated():
            async for chunk in super()._astream(*args, **kwargs):
                yield chunk

    def _get_request_payload(
        self,
        input_: LanguageModelInput,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,  # noqa: ANN401
    ) -> dict[str, Any]:
        chosen = checked({**kwargs, "stop": stop})
        kwargs = {name: value for name, value in kwargs.items() if name not in _OURS}
        payload = super()._get_request_payload(input_, stop=stop, **kwargs)
        return _in_dialect(payload, chosen, dialect=self.options.dialect)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn the errors of the client into our own."""
        try:
            yield
        except (openai.OpenAIError, httpx.HTTPError) as exc:
            raise _failure(exc, model=self.model_name, server=str(self.openai_api_base)) from exc


def _in_dialect(payload: dict[str, Any], chosen: dict[str, Any], *, dialect: str) -> dict[str, Any]:
    """Return the body of a request in the words of the server.

    Ollama passes over `max_completion_tokens`, OpenAI's newer models refuse `max_tokens`. For the penalty, llama.cpp
    and Ollama say `repeat_penalty`, vLLM `repetition_penalty`; each passes over the other's word.
    """
    if dialect == "openai":
        return payload
    extra = {"top_k": chosen.get("top_k")}
    extra |= dict.fromkeys(("repeat_penalty", "repetition_penalty"), chosen.get("repeat_penalty"))
    sent = {name: value for name, value in extra.items() if value is not None}
    spoken = {("max_tokens" if name == "max_completion_tokens" else name): value for name, value in payload.items()}
    return {**spoken, "extra_body": {**payload.get("extra_body", {}), **sent}} if sent else spoken


def _failure(exc: Exception, *, model: str, server: str) -> WendangError:
    # The first that fits: the class of error, its code, what to do, and whether the model itself is the matter.
    known: tuple[tuple[tuple[type[Exception], ...], str, str, bool], ...] = (
        ((openai.APITimeoutError, httpx.TimeoutException), "timeout", "wait longer (timeout), or ask for less", False),
        ((openai.APIConnectionError, httpx.HTTPError), "unreachable", "start the server, or correct base_url", False),
        ((openai.AuthenticationError, openai.PermissionDeniedError), "not_permitted", "correct api_key", True),
        ((openai.NotFoundError,), "not_there", "correct `model` or base_url (it mostly ends with /v1)", True),
        ((openai.RateLimitError,), "busy", "wait, then ask again", False),
        ((openai.BadRequestError,), "refused", "lower n_ctx or max_tokens to what the server gives the model", False),
        ((Exception,), "failed", "look at the server's log", False),
    )
    cause, remedy, is_model = next(
        (code, advice, about) for kinds, code, advice, about in known if isinstance(exc, kinds)
    )
    detail = " ".join(str(exc).split())
    kind = UnusableModel if is_model else ModelFailed
    return kind(
        f"the model {model} at {server}: {detail}; {remedy}",
        model=model,
        server=server,
        cause=cause,
        detail=detail,
        remedy=remedy,
    )
