"""Tie each sentence of an answer to the span of a passage that supports it.

A model writes markers, `[1]`; nothing makes them true. Here the support of every sentence is looked for in the passage
that it names: first as it stands, then folded (width, case, Traditional → Simplified, spaces left out), then as the
stretch of text that shares most of its character pairs. Only what is found is called verified.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.types import Passage
from rag.support import Span, locate, sentence_around
from rag.types import Citation

_MARKER = r"[\[【［〔]\s*(?:资料|来源|文献)?\s*\d{1,3}(?:\s*[,，、;；]\s*\d{1,3})*\s*[\]】］〕]"
_END = r"(?:[。！？!?；;…\n]+|\.(?=\s|$))[”’」』）)\"]*"
# A claim ends with its markers, or with its final punctuation and the markers behind it.
_CLAIM_END = re.compile(rf"(?P<before>(?:\s*{_MARKER})+)|(?:{_END})(?P<after>(?:[^\S\n]*{_MARKER})*)")
_MARKERS = re.compile(rf"\s*{_MARKER}")
#: The beginning of a marker that is not complete yet, at the end of a text.
_HALF_MARKER = re.compile(r"[\[【［〔][^\]】］〕]{0,24}$")
#: A claim shorter than this, in folded characters, is found by chance: it is looked for only where it points.
_TELLING = 4


@dataclass(frozen=True, slots=True)
class _Claim:
    """A stretch of an answer, the numbers it cites, and what stood around the markers."""

    text: str
    end: str
    numbers: tuple[int, ...]
    marked_after_end: bool


def cite(text: str, passages: Sequence[Passage], *, question: str = "") -> tuple[str, tuple[Citation, ...]]:
    """Return the answer with its markers put right, and what each of them rests on.

    A marker that names no given passage, or one without the support, is corrected where another passage has it;
    otherwise the first kind is dropped, the second kept as unverified. A sentence without a marker gets one where its
    support is found. `question` only chooses between several places that say the same.
    """
    parts: list[str] = []
    citations: list[Citation] = []
    for claim in _claims(text):
        found = _supported(claim, passages, question=question) if claim.text.strip() else {}
        marks = "".join(f"[{n}]" for n in found)
        parts.append(claim.text + (claim.end + marks if claim.marked_after_end else marks + claim.end))
        citations += [_citation(n, passages[n - 1], span) for n, span in found.items()]
    return "".join(parts), tuple(dict.fromkeys(citations))


def without_markers(text: str) -> str:
    """Return `text` with its citation markers taken out."""
    return _MARKERS.sub("", text)


def complete_length(text: str) -> int:
    """Return how many characters of a growing text can be shown: a marker that may not be complete is held back."""
    half = _HALF_MARKER.search(text)
    return half.start() if half else len(text)


def _claims(text: str) -> Iterator[_Claim]:
    at = 0
    for match in _CLAIM_END.finditer(text):
        before, after = match["before"], match["after"] or ""
        marks = before or after
        end = "" if before else match.group()[: len(match.group()) - len(after)]
        numbers = tuple(dict.fromkeys(int(number) for number in re.findall(r"\d+", marks)))
        yield _Claim(text[at : match.start()], end, numbers, bool(after))
        at = match.end()
    if at < len(text):
        yield _Claim(text[at:], "", (), False)


def _supported(claim: _Claim, passages: Sequence[Passage], *, question: str) -> dict[int, Span | None]:
    """Return the numbers to cite, each with the span that supports the claim, None where it is not located."""
    spans: dict[int, Span | None] = {}
    given = [n for n in claim.numbers if 1 <= n <= len(passages)]
    for n in given:
        spans[n] = locate(claim.text, passages[n - 1].text, question=question)
    found = {n: span for n, span in spans.items() if span}
    if found:
        return {**spans, **found} if len(found) == len(spans) else dict(found)
    other = _elsewhere(claim.text, passages, but=given, question=question)
    return other or spans


def _elsewhere(text: str, passages: Sequence[Passage], *, but: Sequence[int], question: str) -> dict[int, Span | None]:
    """Return the best-ranked passage, `but` some, that supports a telling text; empty where none does."""
    if len("".join(text.split())) < _TELLING:
        return {}
    for n, passage in enumerate(passages, 1):
        if n not in but and (span := locate(text, passage.text, question=question)):
            return {n: span}
    return {}


def _citation(n: int, passage: Passage, span: Span | None) -> Citation:
    """Return the citation of the sentences that hold `span`; of the passage's first where there is no support."""
    start, end = sentence_around(passage.text, span or (0, 0))
    return Citation(
        n=n,
        source=passage.source,
        page=passage.page,
        start=passage.start + start,
        end=passage.start + end,
        quote=passage.text[start:end],
        verified=span is not None,
    )
