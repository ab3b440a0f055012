"""What clients get, as the OpenAPI document describes it. Fields that are not OpenAI's say so."""

from typing import Any, Literal

from pydantic import BaseModel, Field


class Problem(BaseModel):
    """What went wrong."""

    message: str = Field(description="one line: what failed, the value, what to do")
    type: str
    param: str | None = Field(description="the field of the request")
    code: str | None


class ErrorReply(BaseModel):
    """Any failure, with a fitting status."""

    error: Problem


class Usage(BaseModel):
    """Tokens, as the model counts them."""

    prompt_tokens: int
    completion_tokens: int = 0
    total_tokens: int


class Said(BaseModel):
    """The answer."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class Choice(BaseModel):
    """The one answer."""

    index: Literal[0] = 0
    message: Said
    finish_reason: Literal["stop", "length"]
    logprobs: None = None


class FromLibrary(BaseModel):
    """What an answer from the library has beside OpenAI's fields; as in `wendang ask --json`."""

    answer: str | None = Field(None, description="the text with its citations checked; a stream may have said more")
    refused: bool | None = None
    citations: list[dict[str, Any]] | None = None
    unsupported: list[dict[str, Any]] | None = None
    passages: list[dict[str, Any]] | None = None
    dropped: int | None = None
    timings: dict[str, float] | None = None
    language_model: str | None = None


class ChatReply(FromLibrary):
    """`POST /v1/chat/completions`; a stream has `chat.completion.chunk` objects instead, and then `[DONE]`."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage


class TextChoice(BaseModel):
    """The one text."""

    index: Literal[0] = 0
    text: str
    finish_reason: Literal["stop", "length"]
    logprobs: None = None


class CompletionReply(FromLibrary):
    """`POST /v1/completions`."""

    id: str
    object: Literal["text_completion"] = "text_completion"
    created: int
    model: str
    choices: list[TextChoice]
    usage: Usage


class ModelReply(BaseModel):
    """One model."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "wendang"


class ModelList(BaseModel):
    """`GET /v1/models`."""

    object: Literal["list"] = "list"
    data: list[ModelReply]


class Vector(BaseModel):
    """The vector of one text: numbers, or base64 of little-endian float32."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class EmbeddingReply(BaseModel):
    """`POST /v1/embeddings`."""

    object: Literal["list"] = "list"
    data: list[Vector]
    model: str
    usage: Usage


class StoredFile(BaseModel):
    """A file that was sent, in the drop folder; it is read at the next sync."""

    name: str = Field(description="as it was sent")
    source: str = Field(description="as it is stored")
    bytes: int
    is_new: bool = Field(description="false where the same bytes lay there already")


class Uploaded(BaseModel):
    """`POST /v1/library/files`."""

    files: list[StoredFile]


class Removed(BaseModel):
    """`DELETE /v1/library/files/{source}`: forgotten until it changes; the file itself is left alone."""

    removed: list[str]


class Healthy(BaseModel):
    """`GET /healthz`."""

    status: Literal["ok"] = "ok"


#: The failures that any route may have, for the OpenAPI document.
FAILURES: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorReply, "description": what}
    for status, what in {
        400: "a field is missing, wrong or not supported: `param` names it",
        401: "the key is missing or wrong",
        403: "a foreign Host or Origin",
        404: "no such model or document",
        408: "the request took too long to arrive",
        409: "the library is being changed, or another process owns it",
        413: "the body is too large",
        415: "not the content type that is needed",
        429: "too many are waiting; `Retry-After` says when to come again",
        503: "the model or the server cannot answer now",
    }.items()
}
