"""The key sentences of a document, verbatim: an extractive summary, for models that cannot write one.

Parts are ranked by their cosine with the mean of the whole document and of their section (the centroid method of Radev
et al. 2004, "Centroid-based summarization of multiple documents", on sentence vectors); every section is heard before
one is heard twice, and what was said is not said again (maximal marginal relevance, Carbonell and Goldstein 1998). No
randomness: the same document gives the same sentences.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from rag.document import Part, WholeDocument, sections, sentences
from rag.types import Citation

_Vectors = npt.NDArray[np.float32]

_FEWEST, _MOST = 3, 12
#: Characters of a sentence that can stand alone.
_LEAST, _LONGEST = 12, 160
#: How much being like what is chosen already counts against a part.
_REPEATED = 0.5


def key_sentences(
    document: WholeDocument, *, embed: Callable[[Sequence[str]], _Vectors], wanted: int | None = None
) -> list[Citation]:
    """Return the sentences that say most of a document, in its order, as verified citations numbered from 1.

    `embed` gives the vectors of texts as the document's own were made. `wanted` is by default 3 to 12, by its length.
    """
    if not document.parts:
        return []
    count = wanted or _fitting(document.characters)
    named = sections(document.passages)
    scores = _centrality(document, named)
    spans: list[tuple[int, int, int]] = []
    for part in _spread(document, named, scores, count=count):
        if (span := _best_sentence(document, part, embed=embed)) and span not in spans:
            spans.append(span)
        if len(spans) == count:
            break
    return [_citation(document, span, n=n) for n, span in enumerate(sorted(spans), 1)]


def _fitting(characters: int) -> int:
    """Return how many sentences suit a document: few for a page, the most from about 5,000 characters."""
    return max(_FEWEST, min(_MOST, round(float(np.sqrt(characters)) / 6)))


def _centrality(document: WholeDocument, named: Sequence[str]) -> _Vectors:
    """Return for each part its cosine with the mean of the document and with that of its section, added."""
    vectors = document.vectors
    scores: _Vectors = vectors @ _mean(vectors)
    labels = np.array([named[part.passage] for part in document.parts])
    for name in dict.fromkeys(labels.tolist()):
        inside = labels == name
        scores[inside] += vectors[inside] @ _mean(vectors[inside])
    return scores


def _mean(vectors: _Vectors) -> _Vectors:
    mean: _Vectors = vectors.mean(axis=0)
    length = float(np.linalg.norm(mean))
    return mean / length if length else mean


def _spread(document: WholeDocument, named: Sequence[str], scores: _Vectors, *, count: int) -> list[Part]:
    """Return parts, the best of each section first (long sections before short ones), then the best of the rest."""
    weight: dict[str, int] = {}
    for part in document.parts:
        weight[named[part.passage]] = weight.get(named[part.passage], 0) + part.end - part.start
    firsts = []
    for name in sorted(weight, key=lambda name: -weight[name]):
        inside = [n for n, part in enumerate(document.parts) if named[part.passage] == name]
        firsts.append(max(inside, key=lambda n: (scores[n], -n)))
    chosen = firsts[: 2 * count]
    left = scores.copy()
    left[chosen] = -np.inf
    # Some parts hold no sentence that stands alone (a table, a heading): twice as many are offered.
    while len(chosen) < min(2 * count, len(document.parts)):
        alike = (document.vectors @ document.vectors[chosen].T).max(axis=1)
        best = int(np.argmax(left - _REPEATED * alike))
        chosen.append(best)
        left[best] = -np.inf
    return [document.parts[n] for n in chosen]


def _best_sentence(
    document: WholeDocument, part: Part, *, embed: Callable[[Sequence[str]], _Vectors]
) -> tuple[int, int, int] | None:
    """Return the sentence of a part that is most like all of its text, as (passage, start, end); None where none fits.

    The offsets count in the stored text.
    """
    passage = document.passages[part.passage]
    offset = passage.start
    spans = [
        (start, end)
        for start, end in sentences(passage.text)
        if part.start <= offset + (start + end) // 2 < part.end and _stands_alone(passage.text[start:end])
    ]
    if not spans:
        return None
    vectors = embed([passage.text[start:end] for start, end in spans])
    whole = embed([passage.text[part.start - offset : part.end - offset]])[0]
    best = int(np.argmax(vectors @ whole))
    return part.passage, offset + spans[best][0], offset + spans[best][1]


def _stands_alone(sentence: str) -> bool:
    """Whether a stretch is a sentence, and no heading, table row or list of fields."""
    complete = sentence.rstrip("”’」』）)")[-1:] in "。！？!?；;…"
    return complete and _LEAST <= len(sentence) <= _LONGEST and " | " not in sentence


def _citation(document: WholeDocument, span: tuple[int, int, int], *, n: int) -> Citation:
    place, start, end = span
    passage = document.passages[place]
    quote = passage.text[start - passage.start : end - passage.start]
    return Citation(n, document.source, passage.page, start, end, quote, verified=True)
