"""Any OpenAI-compatible server as the language model: vLLM, llama.cpp's server, Ollama and others.

Nothing is sent anywhere unless the user named a server: `base_url` has no default, and neither has the model.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from ingest.errors import BadSetting, MissingExtra, WendangError
from rag import families
from rag.errors import ModelFailed, UnusableModel
from rag.llms._answer_options import checked

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel, LanguageModelInput
    from langchain_core.outputs import ChatGenerationChunk, ChatResult
    from langchain_openai import ChatOpenAI


class Options(BaseModel):
    """Which server to ask, and how."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    base_url: str = Field(description="the server's address, such as http://127.0.0.1:8000/v1", pattern=r"^https?://")
    api_key: SecretStr = SecretStr("none")
    n_ctx: int = Field(default=8192, ge=256, description="tokens of context that the server gives the model")
    temperature: float = Field(default=0.0, ge=0, le=2)
    max_tokens: int = Field(default=512, ge=1, description="longest answer")
    seed: int = Field(default=0, ge=0, lt=2**32, description="of the sampler, where the temperature is not 0")
    timeout: float = Field(default=120, gt=0, description="seconds to wait for the server")
    dialect: Literal["local", "openai"] = Field(
        default="local",
        description="local: max_tokens, top_k and a penalty on repetition are sent, as vLLM, llama.cpp and Ollama know "
        "them; openai: only what OpenAI's own service takes",
    )


def load(model: str, *, family: str | None = None, options: Options) -> "BaseChatModel":
    """Return the model that the server calls `model`. Raises MissingExtra without langchain-openai.

    `family` chooses how passages are put before the model; the server renders the chat template. Tokens are counted on
    the safe side, one for each character that is not ASCII: exact counts would fetch a tokenizer from the network.
    """
    if not model.strip():
        raise BadSetting(
            "the openai backend needs the server's name of a model; set `model`", name="model", value=model
        )
    if family is not None:
        families.load(family)
    if find_spec("langchain_openai") is None:
        raise MissingExtra(what="the openai backend", package="langchain-openai", extra="openai")
    return _chat_class()(
        model=model,
        base_url=options.base_url,
        api_key=options.api_key,
        temperature=options.temperature,
        max_completion_tokens=options.max_tokens,
        seed=options.seed,
        timeout=options.timeout,
        stream_usage=True,
        custom_get_token_ids=_estimated_tokens,
        options=options,
        metadata={"n_ctx": options.n_ctx, "family": family or "chatml", "max_tokens": options.max_tokens},
    )


@lru_cache(maxsize=1)
def _chat_class() -> "Callable[..., ChatOpenAI]":
    """Return ChatOpenAI with the errors of this program."""
    from langchain_openai import ChatOpenAI

    class ServerChat(ChatOpenAI):
        """A LangChain chat model of a server; what goes wrong there says where, why and what to do."""

        options: Options = Field(exclude=True)

        @classmethod
        def is_lc_serializable(cls) -> bool:
            """Say no: LangChain would look for the class in its own packages."""
            return False

        # The signatures of the four are ChatOpenAI's.

        def _generate(self, *args: Any, **kwargs: Any) -> "ChatResult":  # noqa: ANN401
            with self._translated():
                return super()._generate(*args, **kwargs)

        def _stream(self, *args: Any, **kwargs: Any) -> "Iterator[ChatGenerationChunk]":  # noqa: ANN401
            with self._translated():
                yield from super()._stream(*args, **kwargs)

        async def _agenerate(self, *args: Any, **kwargs: Any) -> "ChatResult":  # noqa: ANN401
            with self._translated():
                return await super()._agenerate(*args, **kwargs)

        async def _astream(self, *args: Any, **kwargs: Any) -> "AsyncIterator[ChatGenerationChunk]":  # noqa: ANN401
            with self._translated():
                async for chunk in super()._astream(*args, **kwargs):
                    yield chunk

        def _get_request_payload(
            self,
            input_: "LanguageModelInput",
            *,
            stop: list[str] | None = None,
            **kwargs: Any,  # noqa: ANN401
        ) -> dict[str, Any]:
            chosen = checked({**kwargs, "stop": stop})
            kwargs = {name: value for name, value in kwargs.items() if name not in _OURS}
            payload = super()._get_request_payload(input_, stop=stop, **kwargs)
            return _in_dialect(payload, chosen, dialect=self.options.dialect)

        @contextmanager
        def _translated(self) -> "Iterator[None]":
            """Turn the errors of the client into our own."""
            import httpx
            import openai

            try:
                yield
            except (openai.OpenAIError, httpx.HTTPError) as exc:
                raise _failure(exc, model=self.model_name, server=str(self.openai_api_base)) from exc

    return ServerChat


#: What a call may ask of every backend and OpenAI's form has no field for; `progress` is for local models alone.
_OURS = ("top_k", "repeat_penalty", "refusal_margin", "progress")


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
    import httpx
    import openai

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


def _estimated_tokens(text: str) -> list[int]:
    """Return as many numbers as the text may have tokens."""
    ascii_characters = sum(char.isascii() for char in text)
    return [0] * (len(text) - ascii_characters + (ascii_characters + 1) // 2)
