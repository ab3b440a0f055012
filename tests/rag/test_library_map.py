import numpy as np
import pytest
from samples import story, sync_all

from rag.library_map import library_map, version
from rag.projection import principal, project


def clusters(*, count=3, each=15, dimensions=24, seed=4):
    chosen = np.random.default_rng(seed)
    centres = chosen.normal(0, 1, (count, dimensions))
    rows = np.repeat(centres, each, axis=0) + chosen.normal(0, 0.05, (count * each, dimensions))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), np.repeat(range(count), each)


def test_what_is_alike_lies_together():
    vectors, kinds = clusters()
    places = project(vectors)
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (kinds[apart.argmin(axis=1)] == kinds).all()


def test_the_same_vectors_give_the_same_map_within_its_bounds():
    vectors, _ = clusters()
    places = project(vectors)
    assert (project(vectors) == places).all()
    assert places.shape == (45, 2) and np.abs(places).max() == pytest.approx(1)


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5])
def test_few_or_equal_vectors_have_places_too(rows):
    vectors, _ = clusters()
    for given in (vectors[:rows], np.repeat(vectors[:1], rows, axis=0)):
        assert np.isfinite(project(given)).all()


def test_the_principal_directions_are_those_of_the_greatest_difference():
    vectors = np.zeros((4, 5), np.float32)
    vectors[:, 3] = [1, -1, 1, -1]
    vectors[:, 1] = [0.5, 0.5, -0.5, -0.5]
    assert np.abs(principal(vectors)) == pytest.approx(np.array([[1, 0.5]] * 4))


def test_a_map_shows_every_passage_of_the_documents(library, folder, embedder):
    (folder / "甲.txt").write_text(story(60), "utf-8")
    (folder / "乙.txt").write_text("押金为两个月租金。", "utf-8")
    sync_all(library, folder, embedder)
    drawn = library_map(library)
    stored = {row["id"]: row["text"] for row in library.catalog.rows("SELECT id, text FROM passages")}
    assert {point.passage.id: point.passage.text for point in drawn.points} == stored
    assert drawn.passages == len(stored) > 3
    assert {point.passage.source for point in drawn.points} == {"甲.txt", "乙.txt"}


def test_a_large_library_is_sampled_evenly_and_says_so(library, folder, embedder):
    (folder / "甲.txt").write_text(story(120), "utf-8")
    sync_all(library, folder, embedder)
    drawn = library_map(library, limit=4)
    assert 1 < len(drawn.points) <= 4 < drawn.passages
    starts = [point.passage.start for point in drawn.points]
    assert starts == sorted(starts)


def test_an_empty_library_has_an_empty_map_and_changes_change_the_version(library, folder, embedder):
    assert library_map(library).points == ()
    before = version(library)
    (folder / "甲.txt").write_text("押金为两个月租金。", "utf-8")
    sync_all(library, folder, embedder)
    assert version(library) != before
