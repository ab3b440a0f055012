"""What clients may send, as pydantic checks it: OpenAI's fields, in the ranges that can be kept.

What OpenAI has and this server has not is refused by name (`unsupported`); fields that nobody knows are passed over.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from rag.types import Mode
from ui.api.errors import ApiError

#: The model that answers from the library.
LIBRARY_MODEL = "wendang"

_LONGEST_REPLY = 1 << 20
_SEEDS = 1 << 32

#: Fields of OpenAI's that are not served, with the values of theirs that ask for nothing.
_UNSUPPORTED: Mapping[str, tuple[object, ...]] = {
    "n": (1,),
    "best_of": (1,),
    "num_beams": (1,),
    "tools": ([],),
    "tool_choice": ("none", "auto"),
    "functions": ([],),
    "function_call": ("none", "auto"),
    "response_format": ({"type": "text"},),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "logit_bias": ({},),
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
    "modalities": (["text"],),
    "audio": (),
    "prediction": (),
    "web_search_options": (),
    "echo": (False,),
    "suffix": ("",),
}

NonEmpty = Annotated[str, Field(min_length=1, max_length=100)]


class _Lenient(BaseModel):
    """Types are as JSON has them; unknown fields are passed over."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)


class StreamOptions(_Lenient):
    """How a stream is made."""

    include_usage: bool | None = Field(None, description="one more chunk at the end, with the tokens used")


class Sampled(_Lenient):
    """How a text is made: what chat and completion have in common."""

    model: str = Field(LIBRARY_MODEL, description=f"`{LIBRARY_MODEL}` or the language model's own name")
    temperature: float | None = Field(None, ge=0, le=2, description="0 takes the likeliest token")
    top_p: float | None = Field(None, gt=0, le=1)
    top_k: int | None = Field(None, ge=0, le=1_000_000, description="only the likeliest tokens; 0 is all")
    repetition_penalty: float | None = Field(None, ge=1, le=2, description="1 is none")
    max_tokens: int | None = Field(None, ge=1, le=_LONGEST_REPLY)
    seed: int | None = Field(None, ge=-(1 << 63), lt=1 << 64)
    stop: NonEmpty | Annotated[list[NonEmpty], Field(max_length=16)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    sources: list[str] | None = Field(None, max_length=1000, description=f"`{LIBRARY_MODEL}` only: shell patterns")
    mode: Mode | None = Field(None, description=f"`{LIBRARY_MODEL}` only")
    detail: bool | None = Field(None, description=f"`{LIBRARY_MODEL}` only: a longer answer")

    @model_validator(mode="before")
    @classmethod
    def unsupported(cls, body: object) -> object:
        """Refuse by name what is not served."""
        if isinstance(body, dict):
            for name, harmless in _UNSUPPORTED.items():
                value = body.get(name)
                if value is not None and not any(value == one for one in harmless):
                    raise ApiError(400, "unsupported", param=name)
        return body

    @model_validator(mode="after")
    def _only_streams_have_options(self) -> "Sampled":
        if self.stream_options and not self.stream:
            raise ApiError(400, "needs_stream", param="stream_options")
        return self

    @property
    def wants_usage(self) -> bool:
        """Whether a stream ends with the tokens used."""
        return bool(self.stream_options and self.stream_options.include_usage)

    def sampling(self) -> dict[str, Any]:
        """Return what was asked for, as `rag.llms` calls it."""
        stop = [self.stop] if isinstance(self.stop, str) else self.stop
        asked = {
            "temperature": self.temperature,
            "top_p": self.top_p,
            "top_k": self.top_k,
            "repeat_penalty": self.repetition_penalty,
            "max_tokens": self.max_tokens,
            "seed": None if self.seed is None else self.seed % _SEEDS,
            "stop": stop or None,
        }
        return {name: value for name, value in asked.items() if value is not None}


class TextPart(_Lenient):
    """A piece of a message."""

    type: Literal["text"]
    text: str


class Message(_Lenient):
    """One message. `message` is what the server of Chinese-LLaMA-Alpaca called `content`."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart] | None = None
    message: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Message":
        if self.content is None and self.message is None:
            raise PydanticCustomError("no_content", "a message needs content")
        return self

    @property
    def text(self) -> str:
        """What the message says."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content)
        return self.content if self.content is not None else self.message or ""


class ChatRequest(Sampled):
    """`POST /v1/chat/completions`."""

    messages: list[Message] = Field(min_length=1, max_length=2000)
    max_completion_tokens: int | None = Field(None, ge=1, le=_LONGEST_REPLY, description="max_tokens by its new name")

    @model_validator(mode="before")
    @classmethod
    def only_text(cls, body: object) -> object:
        """Refuse by name messages of tools, and parts that are no text."""
        messages = body.get("messages") if isinstance(body, dict) else None
        for i, message in enumerate(messages if isinstance(messages, list) else []):
            if not isinstance(message, dict):
                continue
            if message.get("role") in ("tool", "function"):
                raise ApiError(400, "unsupported", param=f"messages[{i}].role")
            if message.get("tool_calls"):
                raise ApiError(400, "unsupported", param=f"messages[{i}].tool_calls")
            parts = message.get("content")
            for j, part in enumerate(parts if isinstance(parts, list) else []):
                if isinstance(part, dict) and isinstance(part.get("type"), str) and part["type"] != "text":
                    raise ApiError(400, "not_text", param=f"messages[{i}].content[{j}]", kind=part["type"])
        return body

    @model_validator(mode="after")
    def _ends_with_a_question(self) -> "ChatRequest":
        if self.messages[-1].role != "user":
            raise ApiError(400, "no_question", param="messages")
        return self

    def sampling(self) -> dict[str, Any]:
        """Return what was asked for, as `rag.llms` calls it."""
        asked = super().sampling()
        return asked if self.max_completion_tokens is None else {**asked, "max_tokens": self.max_completion_tokens}

    def question(self) -> tuple[str, list[tuple[str, str]]]:
        """Return the last message, and the (question, answer) pairs before it; system messages are in neither."""
        asked, history = "", list[tuple[str, str]]()
        *earlier, last = [message for message in self.messages if message.role in ("user", "assistant")]
        for message in earlier:
            if message.role == "user":
                asked = message.text
            elif asked:
                history.append((asked, message.text))
                asked = ""
        return last.text, history


class CompletionRequest(Sampled):
    """`POST /v1/completions`."""

    prompt: str | Annotated[list[str], Field(min_length=1, max_length=1)]

    @property
    def text(self) -> str:
        """The text to continue, or the question."""
        return self.prompt if isinstance(self.prompt, str) else self.prompt[0]


class EmbeddingRequest(_Lenient):
    """`POST /v1/embeddings`. Token numbers are refused: they would need the client to have the same tokenizer."""

    model: str = LIBRARY_MODEL
    input: (
        Annotated[str, Field(min_length=1)]
        | Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1, max_length=2048)]
    )
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = Field(None, ge=1, description="must be the embedder's own, if given")
    input_type: Literal["passage", "query"] = Field(
        "passage", description="what the texts are: the embedder puts questions and passages in different words"
    )

    @property
    def texts(self) -> list[str]:
        """The texts, in order."""
        return [self.input] if isinstance(self.input, str) else self.input


class SearchRequest(_Lenient):
    """`POST /v1/library/search`."""

    query: str
    top_k: int | None = Field(None, ge=1, le=100)
    sources: list[str] = Field(default_factory=list, max_length=1000, description="shell patterns")
    leg: Literal["hybrid", "dense", "keyword"] = "hybrid"


class SyncRequest(_Lenient):
    """`POST /v1/library/sync`; the folders are those that the library knows."""

    force: bool = Field(default=False, description="read every file again")
    remove_many: bool = Field(default=False, description="confirm that more than half of the files are meant to go")
    stream: bool = Field(default=False, description="server-sent events as they happen, instead of the summary")
