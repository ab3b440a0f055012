"""The plain data of an answer, and the events of a stream."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from ingest.types import Passage

#: How the passages that were found are read (`rag.answer`).
Mode = Literal["stuff", "refine"]
MODES: tuple[Mode, ...] = get_args(Mode)


@dataclass(frozen=True, slots=True)
class Citation:
    """What one marker `[n]` of an answer rests on: `stored_text[start:end] == quote` in `source`.

    `verified` is True only where the sentence's support was located in the passage; otherwise the quote is the
    passage's own beginning, and the sentence is to be shown as unverified.
    """

    n: int
    source: str
    page: int | None
    start: int
    end: int
    quote: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A part of an answer, `answer.text[start:end] == text`, that the passages do not bear out.

    `kind` is "sentence" for one whose support was not found in any passage, "number" for a figure or a date in such a
    sentence that stands in no cited passage.
    """

    kind: Literal["sentence", "number"]
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with what it rests on.

    `passages` are those that the model was given, numbered from 1 in that order (a citation's `n` counts here);
    `dropped` more were found, but left out for lack of room or time. `unsupported` is what to show as not borne out.
    `timings` holds seconds: retrieve_s, first_token_s, total_s. `usage` holds prompt_tokens and completion_tokens.
    A refusal has `refused=True`, the refusal text and no citations. `cut`: the model had more to say than it was let.
    """

    text: str
    citations: tuple[Citation, ...] = ()
    refused: bool = False
    passages: tuple[Passage, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    usage: Mapping[str, int] = field(default_factory=dict)
    model: str = ""
    family: str = ""
    unsupported: tuple[Unsupported, ...] = ()
    dropped: int = 0
    cut: bool = False

    def _repr_html_(self) -> str:
        from rag.notebook import answer_html

        return answer_html(self)


@dataclass(frozen=True, slots=True)
class Found:
    """The passages that the model will read, in the order of their numbers. The first event of a stream."""

    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many requests come first. An event of streams that were asked to tell their progress, as Reading is."""

    ahead: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Of the `total` tokens of a prompt, the model knows `read`."""

    read: int
    total: int


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """The whole answer. The last event of a stream."""

    answer: Answer


StreamEvent = Found | Waiting | Reading | Delta | Done
