"""What a document says, in short: by a model that writes, or else in its own key sentences.

`map_reduce` summarises pieces, then the summaries, as often as it takes; `refine` goes through the pieces and betters
one summary. A piece ends with a sentence, and no prompt is longer than the model's context. The sentences of a written
summary are looked for in the document as those of an answer are.
"""

import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from ingest.errors import BadSetting
from rag import families
from rag.asking import model_name, trait
from rag.citations import cite, without_markers
from rag.document import WholeDocument
from rag.errors import ContextTooSmall, ModelFailed
from rag.families import Family
from rag.key_sentences import key_sentences
from rag.pieces import Piece, pieces
from rag.prompts import SUMMARY_SYSTEM, summary_bettered, summary_of, summary_of_parts
from rag.types import Citation, Delta

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

_MODES = ("map_reduce", "refine")
#: Tokens of one summary; less where the context is small.
_SUMMARY_TOKENS = 256
#: The context of a model that does not tell its own; a character then counts as a token, which is on the safe side.
_UNKNOWN_CONTEXT = 4096


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a summary is: `done` of `total` pieces were read, `pages` those of the piece at hand."""

    done: int
    total: int
    pages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary, and what it covers.

    `mode` is how it was made; "extractive" is of sentences taken from the document as they stand. `characters` counts
    those read, of `document_characters` in the stored text (running headers are not read); `silent` counts pieces of
    which the model had nothing to say. `citations` are the places where the summary's sentences were found.
    """

    source: str
    text: str
    mode: Literal["map_reduce", "refine", "extractive"]
    pieces: int
    pages: tuple[int, ...]
    characters: int
    document_characters: int
    citations: tuple[Citation, ...]
    silent: int = 0
    model: str = ""
    family: str = ""


@dataclass(frozen=True, slots=True)
class Summarized:
    """The whole summary. The last event."""

    summary: Summary


SummaryEvent = Reading | Delta | Summarized


def summarize(
    document: WholeDocument,
    *,
    model: "BaseChatModel",
    embed: Callable[[Sequence[str]], npt.NDArray[np.float32]],
    mode: str = "map_reduce",
    family: str | None = None,
) -> Iterator[SummaryEvent]:
    """Yield Readings, the Deltas of the final text, and Summarized.

    A model that only answers questions (`writes` tells) gives the key sentences instead, whatever the mode. The text in
    Summarized has its sources marked and may differ from the Deltas. Closing the iterator stops the model. Raises
    ContextTooSmall, ModelFailed.
    """
    if mode not in _MODES:
        raise BadSetting(
            f"no mode {mode!r}; use map_reduce or refine", name="mode", value=mode, expected="map_reduce, refine"
        )
    name = family or trait(model, "family") or "chatml"
    if not document.passages or not writes(families.load(name)):
        yield from _extracted(document, embed=embed, model=model, family=name)
        return
    run = _Run(document, model, family=name)
    steps = run.mapped_and_reduced() if mode == "map_reduce" else run.refined()
    with closing(steps):
        yield from steps
    yield Summarized(run.summary(mode="map_reduce" if mode == "map_reduce" else "refine"))


def writes(family: Family) -> bool:
    """Tell whether models of a family follow instructions of any kind; those that cannot better an answer do not."""
    return family.refined("", "", (), first=1) is not None


def _extracted(
    document: WholeDocument,
    *,
    embed: Callable[[Sequence[str]], npt.NDArray[np.float32]],
    model: "BaseChatModel",
    family: str,
) -> Iterator[SummaryEvent]:
    yield Reading(0, 1, document.pages)
    citations = key_sentences(document, embed=embed)
    text = "\n".join(f"{_one_line(citation.quote)}[{citation.n}]" for citation in citations)
    yield Delta(text)
    yield Summarized(
        Summary(
            source=document.source,
            text=text,
            mode="extractive",
            pieces=1,
            pages=document.pages,
            characters=sum(len(passage.text) for passage in document.passages),
            document_characters=document.characters,
            citations=tuple(citations),
            model=model_name(model),
            family=family,
        )
    )


class _Run:
    """One document on its way to a summary."""

    def __init__(self, document: WholeDocument, model: "BaseChatModel", *, family: str) -> None:
        self._document = document
        self._model = model
        self._family = family
        self._context = int(trait(model, "n_ctx") or _UNKNOWN_CONTEXT)
        self._length = min(_SUMMARY_TOKENS, self._context // 5)
        self._pieces: list[Piece] = []
        self._silent = 0
        self._text = ""

    def mapped_and_reduced(self) -> Generator[SummaryEvent]:
        """Summarise every piece, then groups of summaries that fit together, until there is one."""
        self._pieces = pieces(self._document, fits=lambda text: self._fits(summary_of(text)))
        summaries = []
        for done, piece in enumerate(self._pieces):
            yield Reading(done, len(self._pieces), piece.pages)
            if len(self._pieces) == 1:
                yield from self._final(summary_of(piece.text))
                return
            if said := self._whole(summary_of(piece.text)):
                summaries.append(said)
        self._silent = len(self._pieces) - len(summaries)
        yield Reading(len(self._pieces), len(self._pieces))
        while len(summaries) > 1 and not self._fits(summary_of_parts(summaries)):
            summaries = self._reduced(summaries)
        if len(summaries) == 1:
            self._text = summaries[0]
            yield Delta(self._text)
        elif summaries:
            yield from self._final(summary_of_parts(summaries))

    def refined(self) -> Generator[SummaryEvent]:
        """Summarise the first piece, and better the summary with each that follows; the last step is shown."""
        # A prompt holds the summary so far beside the piece.
        room = "摘" * self._length
        self._pieces = pieces(self._document, fits=lambda text: self._fits(summary_bettered(room, text)))
        for done, piece in enumerate(self._pieces):
            yield Reading(done, len(self._pieces), piece.pages)
            asked = summary_bettered(self._text, piece.text) if self._text else summary_of(piece.text)
            if done + 1 == len(self._pieces):
                before, self._text = self._text, ""
                yield from self._final(asked)
                self._silent += not self._text
                self._text = self._text or before
            elif said := self._whole(asked):
                self._text = said
            else:
                self._silent += 1

    def summary(self, *, mode: Literal["map_reduce", "refine"]) -> Summary:
        """Return the summary with its sentences tied to the document. Raises ModelFailed where there is none."""
        if not self._text:
            raise ModelFailed(
                f"the model {model_name(self._model)} wrote no summary; try another model or mode",
                model=model_name(self._model),
                cause="empty",
            )
        text, citations = _tied(self._text, self._document)
        return Summary(
            source=self._document.source,
            text=text,
            mode=mode,
            pieces=len(self._pieces),
            pages=self._document.pages,
            characters=sum(len(piece.text) for piece in self._pieces),
            document_characters=self._document.characters,
            citations=citations,
            silent=self._silent,
            model=model_name(self._model),
            family=self._family,
        )

    def _reduced(self, summaries: Sequence[str]) -> list[str]:
        """Return fewer summaries: neighbours that fit into one prompt are made one."""
        groups: list[list[str]] = []
        for said in summaries:
            if groups and self._fits(summary_of_parts([*groups[-1], said])):
                groups[-1].append(said)
            else:
                groups.append([said])
        if len(groups) == len(summaries):
            raise self._too_small(summary_of_parts(summaries[:2]))
        made = [self._whole(summary_of_parts(group)) if len(group) > 1 else group[0] for group in groups]
        return [said for said in made if said]

    def _final(self, instruction: str) -> Generator[SummaryEvent]:
        with closing(self._said(instruction)) as said:
            for piece in said:
                self._text += piece
                yield Delta(piece)
        self._text = self._text.strip()

    def _whole(self, instruction: str) -> str:
        """Return what the model says, for a prompt to come; empty where it says nothing."""
        said = "".join(self._said(instruction)).strip()
        # Text that is no language (broken bytes) may have more tokens when it is read than when it was written.
        while said and self._tokens(said) - self._tokens("") > self._length:
            said = said[: len(said) * 3 // 4]
        return said

    def _said(self, instruction: str) -> Generator[str]:
        """Yield the pieces of what the model says, from its first character on."""
        begun = False
        for chunk in self._model.stream(_messages(instruction), max_tokens=self._length):
            piece = chunk.text if begun else chunk.text.lstrip()
            begun = begun or bool(piece)
            if piece:
                yield piece

    def _fits(self, instruction: str) -> bool:
        return self._tokens(instruction) <= self._context - self._length

    def _tokens(self, instruction: str) -> int:
        count = getattr(self._model, "prompt_tokens", None)
        return int(count(_messages(instruction))) if count else len(SUMMARY_SYSTEM) + len(instruction)

    def _too_small(self, instruction: str) -> ContextTooSmall:
        needed, available = self._tokens(instruction), self._context - self._length
        return ContextTooSmall(
            f"a summary needs prompts of {needed} tokens, the model's context has room for {available}; raise n_ctx",
            needed=needed,
            available=available,
        )


def _tied(text: str, document: WholeDocument) -> tuple[str, tuple[Citation, ...]]:
    """Return a summary with markers where the document says the same, numbered from 1 in their order."""
    marked, citations = cite(without_markers(text), document.passages)
    numbers = {n: new for new, n in enumerate(dict.fromkeys(citation.n for citation in citations), 1)}
    renumbered = re.sub(r"\[(\d+)\]", lambda match: f"[{numbers[int(match[1])]}]", marked)
    return renumbered, tuple(replace(citation, n=numbers[citation.n]) for citation in citations)


def _messages(instruction: str) -> "list[BaseMessage]":
    from langchain_core.messages import HumanMessage, SystemMessage

    return [SystemMessage(SUMMARY_SYSTEM), HumanMessage(instruction)]


def _one_line(quote: str) -> str:
    """Return a quote without the breaks of its lines; Chinese needs no blank instead."""
    return re.sub(r"\s*\n\s*", "", quote).strip()
