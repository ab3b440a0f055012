"""When an answer is withheld: the model says that there is none, or neither it nor the search is sure enough.

The relevance of a passage is the log-odds, by its cosine with the question alone, that the documents answer it: a scale
that means the same for every embedder. It is the logistic regression on 410 questions that a library answered and 237
that it did not. They are about articles of CMRC 2018's development set, the sample documents (the follow-ups of
`data/questions`, asked so that they stand alone), and synthetic documents of kinds that the reader was not trained on;
for a part of them, their document was left out. The table of answers in docs/measurements.md has none of these
questions: those about articles are about others, those about the sample documents ask for other things.

How many logits a refusal leads by in the model's own words is laid against it. The same regression, on 220 of these
questions and the reader, weighs 1 of relevance like 0.98 logits, so that the two are simply added. With the reader's
margin of 2 at relevance 0, it refused wrongly 1 of 68, 4 of 27 and 3 of 41 (articles, sample documents, synthetic
ones), and answered 2 of 36, 5 of 24 and 7 of 24 that it should not.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ingest.normalize import fold
from ingest.types import Passage
from rag.citations import without_markers
from rag.prompts import NO_ANSWER, NO_ANSWER_ENGLISH, REFUSAL, REFUSAL_ENGLISH, REFUSAL_PATTERN
from rag.types import Citation

_REFUSAL = re.compile(REFUSAL_PATTERN)
# Only this much of an answer is looked at: a long one that ends with what the documents lack is an answer.
_REFUSAL_LENGTH = 60
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_FIRST_END = re.compile(r"[。！？!?；;\n]|\[\d+\]")


@dataclass(frozen=True, slots=True)
class _Scale:
    """An embedder's cosine at relevance 0, and the relevance that a whole 1 of cosine is worth."""

    middle: float
    slope: float


#: By the embedder's fingerprint; another's cosines mean something else, so that its searches have no relevance.
_SCALES: Mapping[str, _Scale] = {"multilingual-e5-small-int8-v1": _Scale(middle=0.884, slope=82.0)}
#: An answer of which nothing is borne out is withheld below this relevance.
_UNSURE = 1.6


def relevance(cosine: float, *, embedder: str) -> float | None:
    """Return the relevance of a passage by its cosine with the question; None for an embedder without a scale."""
    scale = _SCALES.get(embedder)
    return None if scale is None else round(scale.slope * (cosine - scale.middle), 3)


def margin(passages: Iterable[Passage], *, default: float) -> float:
    """Return by how many logits a model must prefer a refusal for it to be let through: the more, the more relevant.

    A small model refuses too soon; what a good search has found speaks against it. `default` holds at relevance 0, and
    where there is none.
    """
    best = _best(passages)
    return default if best is None else max(0.0, default + best)


def is_unsure(passages: Iterable[Passage], citations: Iterable[Citation]) -> bool:
    """Tell whether an answer is withheld: no part of it is verified, and the search found nothing that is near."""
    best = _best(passages)
    return best is not None and best < _UNSURE and not any(citation.verified for citation in citations)


def refusal(question: str, *, said: str = REFUSAL) -> str:
    """Return what to show instead of an answer, in the question's language; `said` is what the model said."""
    chinese = _CHINESE.search(question) or not re.search("[A-Za-z]", question)
    if not said.strip():
        return NO_ANSWER if chinese else NO_ANSWER_ENGLISH
    return REFUSAL if chinese else REFUSAL_ENGLISH


def is_refusal(text: str) -> bool:
    """Tell whether an answer says that the documents do not hold one."""
    said = _plain(without_markers(text))
    if said.startswith((_plain(REFUSAL), _plain(REFUSAL_ENGLISH))):
        return True
    return len(said) <= _REFUSAL_LENGTH and bool(_REFUSAL.match(said))


def may_refuse(text: str) -> bool:
    """Whether a beginning may turn out to be a refusal: its first sentence is not complete, or it is one."""
    complete = len(text) > _REFUSAL_LENGTH or _FIRST_END.search(text)
    return not complete or is_refusal(text)


def _plain(text: str) -> str:
    return "".join(char for char in fold(text) if unicodedata.category(char)[0] in "LN")


def _best(passages: Iterable[Passage]) -> float | None:
    return max((p.relevance for p in passages if p.relevance is not None), default=None)
