"""A library as a map: its passages as points of a plane, near where they say like things.

A passage's vector is the mean of those of its children; `rag.projection` finds the places. Of a large library an even
sample of the passages is shown.
"""

from dataclasses import dataclass

import numpy as np

from ingest.library.store import Library
from ingest.library.vectors import Vectors, as_matrix
from ingest.types import Passage
from rag.projection import project

_VISIBLE = " FROM passages WHERE content_id IN (SELECT content_id FROM documents WHERE content_id IS NOT NULL)"


@dataclass(frozen=True, slots=True)
class Point:
    """A passage, and its place on the map: both coordinates lie within -1 … 1."""

    passage: Passage
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class LibraryMap:
    """The points of a library with so many `passages`; an even sample of them where there are many."""

    points: tuple[Point, ...]
    passages: int


def library_map(library: Library, *, limit: int = 1000) -> LibraryMap:
    """Return the map of at most `limit` passages, evenly spread over the library; the same for the same library."""
    total = library.catalog.number(f"SELECT count(*){_VISIBLE}")
    passages = _sampled(library, step=max(1, -(-total // limit)))
    if not passages:
        return LibraryMap((), total)
    places = project(_vectors(library, passages))
    points = tuple(Point(passage, float(x), float(y)) for passage, (x, y) in zip(passages, places, strict=True))
    return LibraryMap(points, total)


def _sampled(library: Library, *, step: int) -> list[Passage]:
    rows = library.catalog.rows(
        "SELECT id, page, start, end, heading, text,"
        " (SELECT min(source) FROM documents WHERE documents.content_id = chosen.content_id) AS source"
        f" FROM (SELECT *, row_number() OVER (ORDER BY id) AS n{_VISIBLE}) AS chosen WHERE (n - 1) % ? = 0 ORDER BY id",
        step,
    )
    return [
        Passage(row["id"], row["source"], row["page"], row["start"], row["end"], row["heading"], row["text"])
        for row in rows
    ]


def _vectors(library: Library, passages: list[Passage]) -> Vectors:
    """Return a unit vector a passage: (passages, dimensions)."""
    rows = library.catalog.rows(
        "SELECT passage_id, vector FROM children JOIN vectors ON key = vector_key"
        f" WHERE passage_id IN ({','.join(str(passage.id) for passage in passages)})"
    )
    place = {passage.id: n for n, passage in enumerate(passages)}
    children = as_matrix(row["vector"] for row in rows)
    sums = np.zeros((len(passages), children.shape[1]), np.float32)
    np.add.at(sums, [place[row["passage_id"]] for row in rows], children)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    return (sums / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)


def version(library: Library) -> tuple[int, int]:
    """Return what changes whenever other passages are visible."""
    row = library.catalog.row("SELECT count(content_id), total(content_id) FROM documents")
    return (int(row[0]), int(row[1])) if row else (0, 0)
