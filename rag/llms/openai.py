"""Any OpenAI-compatible server as the language model: vLLM, llama.cpp's server, Ollama and others.

Nothing is sent anywhere unless the user named a server: `base_url` has no default, and neither has the model.
"""

from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from ingest.errors import BadSetting, MissingExtra
from rag import families

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


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
    from rag.llms._server_chat import ServerChat

    return ServerChat(
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


def _estimated_tokens(text: str) -> list[int]:
    """Return as many numbers as the text may have tokens."""
    ascii_characters = sum(char.isascii() for char in text)
    return [0] * (len(text) - ascii_characters + (ascii_characters + 1) // 2)
