"""When an answer is withheld: the model says that there is none, or neither it nor the search is sure enough.

The relevance of a passage is its cosine with the question on a scale that means the same for every embedder: at 0 a
question is let through only if the model itself does not lean towards a refusal, and each step of 1 makes it e times
likelier that the documents answer it. The scale is the logistic regression of "the documents answer it" on the best
cosine, the model's leaning and whether its answer is verified, fitted on 292 answerable and 118 unanswerable questions
of CMRC 2018's development set (about articles left out of the library; default reader, four passages). On the articles
not used for it, 308 answerable questions: 2.6 % refused wrongly; 111 unanswerable ones: 11 % answered. On the sample
documents, 113 and 18 questions: 11 % refused wrongly, 9 of 18 answered; with a margin of 3 logits for every question,
as before, 24 % and 8 of 18; left to the model, 50 % and 2 of 18.
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
_SCALES: Mapping[str, _Scale] = {"multilingual-e5-small-int8-v1": _Scale(middle=0.870, slope=75.6)}
#: How many logits the model's leaning towards a refusal weighs against 1 of relevance.
_LOGITS = 3.7
#: An answer of which nothing is borne out is withheld below this relevance.
_UNSURE = 2.5


def relevance(cosine: float, *, embedder: str) -> float | None:
    """Return the relevance of a passage by its cosine with the question; None for an embedder without a scale."""
    scale = _SCALES.get(embedder)
    return None if scale is None else round(scale.slope * (cosine - scale.middle), 3)


def margin(passages: Iterable[Passage], *, default: float) -> float:
    """Return by how many logits a model must prefer a refusal for it to be let through: the more, the more relevant.

    A small model refuses too soon; what a good search has found speaks against it. `default` holds without relevance.
    """
    best = _best(passages)
    return default if best is None else max(0.0, _LOGITS * best)


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
