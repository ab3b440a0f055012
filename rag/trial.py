"""A first look at a model: what it says to a built-in question, or how it goes on with a text, and how quickly."""

import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from ingest.types import Passage
from rag import families
from rag.language_model import free_text
from rag.prompts import TRIAL_BEGINNING, TRIAL_PASSAGE, TRIAL_QUESTION, TRIAL_READING
from rag.summarize import writes
from rag.types import Delta

if TYPE_CHECKING:
    from langchain_core.messages import AIMessageChunk, BaseMessage

    from rag.llms._local_chat import LocalChat

#: Tokens of a trial's text: enough for some sentences, and for a rate.
_LONGEST = 128


@dataclass(frozen=True, slots=True)
class Trial:
    """What a model wrote. Times are in seconds; a rate, in tokens a second, is None where there were none.

    `prompt` is the question or the text to go on with, and `raw` which of the two; `first_token_s` is the time until
    there was a first character, for which the whole prompt was read, template included.
    """

    prompt: str
    raw: bool
    text: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    first_token_s: float
    total_s: float
    read_tokens_per_s: float | None
    written_tokens_per_s: float | None


def try_model(model: "LocalChat", *, text: str = "") -> Generator[Delta | Trial]:
    """Yield the pieces of what a model says, then the Trial.

    A model that was loaded with the family `families.RAW` goes on with `text`, by default one of our own; any other is
    asked a question, one that only reads passages with a passage. Closing the iterator stops the model. Raises
    ModelFailed, ContextTooSmall.
    """
    raw = model.family == families.RAW
    prompt = text or TRIAL_BEGINNING if raw else ""
    messages, settings = _asked(model, text=prompt)
    pieces: list[str] = []
    reading, first, started = 0.0, None, time.perf_counter()
    chunks = cast("Generator[AIMessageChunk]", model.stream(messages, max_tokens=_LONGEST, progress=True, **settings))
    with closing(chunks):
        for chunk in chunks:
            now = time.perf_counter() - started
            if "reading" in chunk.response_metadata:
                reading = now
            elif chunk.text:
                first = first or now
                pieces.append(chunk.text)
                yield Delta(chunk.text)
    total = time.perf_counter() - started
    assert chunk.usage_metadata, "the last chunk counts the tokens"
    read, written = chunk.usage_metadata["input_tokens"], chunk.usage_metadata["output_tokens"]
    yield Trial(
        prompt=prompt or _question(model),
        raw=raw,
        text="".join(pieces),
        finish_reason=chunk.response_metadata["finish_reason"],
        prompt_tokens=read,
        completion_tokens=written,
        first_token_s=round(first or total, 3),
        total_s=round(total, 3),
        read_tokens_per_s=_rate(read, reading),
        written_tokens_per_s=_rate(written, total - reading),
    )


def _asked(model: "LocalChat", *, text: str) -> "tuple[list[BaseMessage], dict[str, Any]]":
    """Return the messages for a model, and how it is to choose its tokens."""
    from langchain_core.messages import HumanMessage

    if text:
        return [HumanMessage(text)], free_text(model)
    if _reads_only(model):
        passage = Passage(1, "", None, 0, len(TRIAL_PASSAGE), None, TRIAL_PASSAGE)
        return families.load(model.family).grounded(TRIAL_READING, [passage]), {}
    return [HumanMessage(TRIAL_QUESTION)], free_text(model)


def _question(model: "LocalChat") -> str:
    return TRIAL_READING if _reads_only(model) else TRIAL_QUESTION


def _reads_only(model: "LocalChat") -> bool:
    return not writes(families.load(model.family))


def _rate(tokens: int, seconds: float) -> float | None:
    return round(tokens / seconds, 1) if tokens > 0 and seconds > 0 else None
