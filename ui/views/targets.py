"""What can be opened of an answer: the spans that its citations rest on, and the other passages that were read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from ingest.types import Passage
from rag.conversations import Turn
from rag.types import Citation

_MARKER = re.compile(r"\[(\d{1,3})\]")
_END = re.compile(r"[。！？!?；;\n]")


@dataclass(frozen=True, slots=True)
class Target:
    """A span of a document, `stored_text[start:end] == quote`, and how it bears on the answer.

    `n` is the number that the answer gives its passage. A "passage" was read and not cited.
    """

    n: int
    kind: Literal["verified", "unverified", "passage"]
    source: str
    page: int | None
    start: int
    end: int
    quote: str
    heading: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of an answer: plain text, or the marker of `target` (its place in `targets_of`).

    `is_unsupported` and `is_made_up` are what `rag.types.Unsupported` says of it.
    """

    text: str
    target: int | None = None
    is_unsupported: bool = False
    is_made_up: bool = False


def targets_of(turn: Turn) -> list[Target]:
    """Return what can be opened of a turn: a target a citation, then one for each passage that is not cited."""
    cited = {citation.n for citation in turn.citations}
    others = [(n, passage) for n, passage in enumerate(turn.passages, 1) if n not in cited]
    return [_of_citation(citation, turn.passages) for citation in turn.citations] + [
        Target(n, "passage", one.source, one.page, one.start, one.end, one.text, one.heading) for n, one in others
    ]


def parts_of(turn: Turn) -> list[Part]:
    """Return the answer of a turn in parts, whose texts joined are the answer."""
    markers = {match.start(): match for match in _MARKER.finditer(turn.answer)}
    cuts = {0, len(turn.answer)}
    for match in markers.values():
        cuts |= {match.start(), match.end()}
    for part in turn.unsupported:
        cuts |= {part.start, part.end}
    edges = sorted(cut for cut in cuts if cut <= len(turn.answer))
    parts = []
    for start, end in pairwise(edges):
        weak = {part.kind for part in turn.unsupported if part.start <= start and end <= part.end}
        marker = markers.get(start)
        target = _target_at(turn, int(marker[1]), start) if marker else None
        parts.append(Part(turn.answer[start:end], target, bool(weak), "number" in weak))
    return parts


def _of_citation(citation: Citation, passages: Sequence[Passage]) -> Target:
    passage = passages[citation.n - 1] if 0 < citation.n <= len(passages) else None
    return Target(
        n=citation.n,
        kind="verified" if citation.verified else "unverified",
        source=citation.source,
        page=citation.page,
        start=citation.start,
        end=citation.end,
        quote=citation.quote,
        heading=passage.heading if passage else None,
    )


def _target_at(turn: Turn, n: int, at: int) -> int | None:
    """Return which citation a marker stands for; of several of one passage, the one nearest to what is said before."""
    own = [index for index, citation in enumerate(turn.citations) if citation.n == n]
    if len(own) < 2:
        return own[0] if own else None
    before = turn.answer[:at].rstrip("。！？!?；;")
    said = _pairs(_MARKER.sub("", _END.split(_MARKER.sub("", before) or before)[-1]))
    return max(own, key=lambda index: (len(said & _pairs(turn.citations[index].quote)), -index))


def _pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}
