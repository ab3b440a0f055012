"""Find the passages that a question is about: a dense leg and a keyword leg, fused.

The dense leg ranks passages by their best child (small texts embed better), the keyword leg by BM25 over the whole
passage. Fusion is min-max over each leg's best: a passage's score is w·dense + (1 - w)·keyword, each scaled so that the
leg's first is 1 and its last 0.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from ingest.decode import clean
from ingest.embedders import Embedder
from ingest.library import documents
from ingest.library.store import Library
from ingest.normalize import fold
from ingest.types import Passage
from rag.refusal import relevance

Leg = Literal["hybrid", "dense", "keyword"]

#: How many passages of each leg take part in the fusion.
DEPTH = 50
#: Children asked of the dense leg, so that they belong to about `DEPTH` passages.
_CHILDREN = 3 * DEPTH
#: Two passages that share more than this share of their character trigrams say the same.
_SAME_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a leg found: its number, and the leg's own score (a cosine, or BM25)."""

    passage: int
    score: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a search found, and how.

    `passages` is its result; `ranked` are the best of the `found` passages that either leg knew, in the order of their
    fused scores, before near-duplicates were left out. `dense` and `keyword` are the legs, best first, `shares` what
    each of the two adds to the fused score of a passage, by its number. `repeats` names the better passage that says
    the same as one that was left out.
    """

    passages: tuple[Passage, ...] = ()
    ranked: tuple[Passage, ...] = ()
    found: int = 0
    dense: tuple[Hit, ...] = ()
    keyword: tuple[Hit, ...] = ()
    shares: tuple[Mapping[int, float], Mapping[int, float]] = ({}, {})
    repeats: Mapping[int, int] = field(default_factory=dict)


def rank(
    library: Library,
    query: str,
    *,
    embedder: Embedder | None,
    top_k: int,
    sources: Sequence[str] = (),
    leg: Leg = "hybrid",
    dense_weight: float = 0.5,
) -> Ranking:
    """Return a search for up to `top_k` passages, with what each leg found.

    `sources` are shell patterns that a document must match; `embedder` may be None for the keyword leg alone.
    """
    query = clean(query)  # half a character, from a terminal, would stop the word cutter
    chosen = documents.contents_of(library.catalog, sources) if sources else None
    if chosen == {} or not query.strip():
        return Ranking()
    contents = None if chosen is None else sorted(set(chosen.values()))
    keyword = _keyword_leg(library, query, contents=contents) if leg != "dense" else []
    dense = _dense_leg(library, query, embedder=embedder, contents=contents) if embedder and leg != "keyword" else []
    weight = {"hybrid": dense_weight, "dense": 1.0, "keyword": 0.0}[leg]
    shares = leg_shares(dense, keyword, weight=weight)
    fused = fuse(shares)
    ranks = [{hit.passage: rank for rank, hit in enumerate(hits, 1)} for hits in (dense, keyword)]
    relevances = {hit.passage: relevance(hit.score, embedder=embedder.name) for hit in dense} if embedder else {}
    found = _passages(library, fused, sources=chosen, limit=4 * top_k)
    ranked = [
        replace(p, dense_rank=ranks[0].get(p.id), keyword_rank=ranks[1].get(p.id), relevance=relevances.get(p.id))
        for p in found
    ]
    passages, repeats = collapse(ranked, limit=top_k)
    return Ranking(tuple(passages), tuple(ranked), len(fused), tuple(dense), tuple(keyword), shares, repeats)


def _dense_leg(library: Library, query: str, *, embedder: Embedder, contents: Sequence[int] | None) -> list[Hit]:
    children = library.nearest(embedder.embed_question(query), limit=_CHILDREN, contents=contents)
    if not children:
        return []
    rows = library.catalog.rows(
        "SELECT children.id, passage_id FROM children JOIN passages ON passages.id = passage_id"
        f" WHERE children.id IN ({','.join(str(id_) for id_, _ in children)})"
        " AND content_id IN (SELECT content_id FROM documents WHERE content_id NOT NULL)"
    )
    passage_of = {row["id"]: row["passage_id"] for row in rows}
    best: dict[int, float] = {}
    for child, cosine in children:
        if child in passage_of:
            best.setdefault(passage_of[child], cosine)
    return [Hit(passage, cosine) for passage, cosine in best.items()][:DEPTH]


def _keyword_leg(library: Library, query: str, *, contents: Sequence[int] | None) -> list[Hit]:
    return [Hit(id_, score) for id_, score in library.keywords.search(query, limit=DEPTH, contents=contents)]


def leg_shares(
    dense: Sequence[Hit], keyword: Sequence[Hit], *, weight: float
) -> tuple[dict[int, float], dict[int, float]]:
    """Return what each leg adds to the fused score of the passages that it found."""
    by_meaning = {passage: weight * scaled for passage, scaled in _min_max(dense, floor=None).items()}
    by_words = {passage: (1 - weight) * scaled for passage, scaled in _min_max(keyword, floor=0.0).items()}
    return by_meaning, by_words


def fuse(shares: Iterable[Mapping[int, float]]) -> dict[int, float]:
    """Return the fused score of every passage that either leg found, best first."""
    scores: dict[int, float] = {}
    for leg in shares:
        for passage, share in leg.items():
            scores[passage] = scores.get(passage, 0.0) + share
    return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0])))


def _min_max(hits: Sequence[Hit], *, floor: float | None) -> dict[int, float]:
    """Return scores scaled to 0 … 1; a leg that found fewer than `DEPTH` has its floor where it has a natural one."""
    if not hits:
        return {}
    top = hits[0].score
    bottom = floor if floor is not None and len(hits) < DEPTH else hits[-1].score
    spread = top - bottom
    return {hit.passage: (hit.score - bottom) / spread if spread > 0 else 1.0 for hit in hits}


def _passages(
    library: Library, scores: Mapping[int, float], *, sources: Collection[str] | None, limit: int
) -> list[Passage]:
    ids = list(scores)[:limit]
    if not ids:
        return []
    rows = library.catalog.rows(
        "SELECT passages.*, documents.source FROM passages JOIN documents USING (content_id)"
        f" WHERE passages.id IN ({','.join(map(str, ids))}) ORDER BY documents.source"
    )
    named: dict[int, list[str]] = {}
    for row in rows:
        if sources is None or row["source"] in sources:
            named.setdefault(row["id"], []).append(row["source"])
    by_id = {row["id"]: row for row in rows}
    return [
        Passage(
            id=id_,
            source=named[id_][0],
            page=by_id[id_]["page"],
            start=by_id[id_]["start"],
            end=by_id[id_]["end"],
            heading=by_id[id_]["heading"],
            text=by_id[id_]["text"],
            score=round(scores[id_], 6),
            also=tuple(named[id_][1:]),
        )
        for id_ in ids
        if id_ in named
    ]


def collapse(passages: Iterable[Passage], *, limit: int) -> tuple[list[Passage], dict[int, int]]:
    """Return the first `limit` passages that do not say the same as a better one before them.

    And of each passage that was left out for that the number of the better one.
    """
    kept: list[tuple[Passage, set[str]]] = []
    repeats: dict[int, int] = {}
    for passage in passages:
        if len(kept) == limit:
            break
        folded = "".join(fold(passage.text).split())
        grams = {folded[i : i + 3] for i in range(max(1, len(folded) - 2))}
        better = next((other.id for other, others in kept if _same(grams, others)), None)
        if better is None:
            kept.append((passage, grams))
        else:
            repeats[passage.id] = better
    return [passage for passage, _ in kept], repeats


def _same(grams: set[str], others: set[str]) -> bool:
    small, large = sorted((len(grams), len(others)))
    return small > _SAME_SHARE * large and len(grams & others) > _SAME_SHARE * len(grams | others)
