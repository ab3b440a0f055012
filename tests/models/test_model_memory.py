"""What a model takes on the disk and in memory (row A6): against llama.cpp, and against what was published."""

import pytest
from bare_llama import dry_run_size, write_bare_llama
from tiny_llama import Size

from models.errors import BadModelFiles
from models.memory import SHAPES, SIZED, Shape, best_type, cache_size, file_size, needed_memory

GB, GIB = 1e9, 2**30
# Two shapes on both sides of llama.cpp's rule for grouped heads, with layers enough for each kind of place.
PLAIN = Size(hidden=256, layers=20, heads=4, kv_heads=4, inner=512)
GROUPED = Size(hidden=256, layers=9, heads=8, kv_heads=2, inner=512)


TOKENS = 2000
MIXED = ("q5_k_m", "q4_k_m", "q3_k_m", "q2_k")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A file of each shape, and the bytes before its tensors."""
    folder = tmp_path_factory.mktemp("models")
    paths = {size: folder / f"{size.layers}.gguf" for size in (PLAIN, GROUPED)}
    return {size: (path, write_bare_llama(path, size=size, tokens=TOKENS)) for size, path in paths.items()}


@pytest.mark.parametrize(
    ("size", "kind"), [*((PLAIN, kind) for kind in SIZED), *((GROUPED, kind) for kind in MIXED)], ids=str
)
def test_A6_a_predicted_size_is_that_of_the_file_within_2_percent(files, size, kind):
    file, header = files[size]
    shape = Shape(size.hidden, size.inner, size.layers, size.heads, size.kv_heads, TOKENS)
    real = file.stat().st_size if kind == "f16" else header + dry_run_size(file, kind=kind)
    assert file_size(shape, kind=kind) == pytest.approx(real, rel=0.02)


@pytest.mark.parametrize(
    ("size", "kind", "published"),
    [("7b", "f16", 13.77), ("7b", "q5_0", 4.74), ("7b", "q5_1", 5.17), ("13b", "f16", 26.4)],
)
def test_A6_sizes_of_the_first_generation_within_5_percent(size, kind, published):
    assert file_size(SHAPES[size].with_vocabulary(49954), kind=kind) / GB == pytest.approx(published, rel=0.05)


@pytest.mark.parametrize(
    ("size", "kind", "published", "before", "now"),
    [
        ("7b", "q4_0", 4.31, 20, 18),
        ("7b", "q4_1", 5.17, 24, 20),
        ("7b", "q8_0", 7.75, 36, 34),
        ("13b", "q4_0", 8.25, 20, 18),
        ("13b", "q8_0", 14.85, 36, 34),
    ],
)
def test_A6_sizes_whose_scales_were_halved_since_within_5_percent(size, kind, published, before, now):
    """Files of these types had scales in F32 in May 2023: so many bytes for 32 numbers then and now."""
    predicted = file_size(SHAPES[size].with_vocabulary(49954), kind=kind) / GB
    assert predicted == pytest.approx(published * now / before, rel=0.05)


@pytest.mark.parametrize(
    ("size", "vocabulary", "published"),
    [
        (
            "7b",
            55296,
            {"f16": 12.91, "q2_k": 2.41, "q3_k": 3.18, "q4_0": 3.69, "q4_k": 3.92, "q5_k": 4.59, "q6_k": 5.3},
        ),
        (
            "8b",
            128256,
            {"f16": 14.97, "q2_k": 2.96, "q3_k": 3.74, "q4_0": 4.34, "q4_k": 4.58, "q5_k": 5.34, "q6_k": 6.14},
        ),
    ],
)
def test_A6_sizes_of_the_later_generations_within_5_percent(size, vocabulary, published):
    for kind, gib in published.items():
        assert file_size(SHAPES[size].with_vocabulary(vocabulary), kind=kind) / GIB == pytest.approx(gib, rel=0.05)


@pytest.mark.parametrize(("size", "gb"), [("7b", 13), ("13b", 24), ("33b", 60), ("65b", 120)])
def test_A6_the_original_models_in_f16(size, gb):
    # The table rounds, and mixes GB with GiB.
    assert gb * 0.95 < file_size(SHAPES[size], kind="f16") / GB < gb * 1.1


def test_A6_a_7b_in_four_bits_takes_4_to_6_gb_of_memory():
    shape = SHAPES["7b"].with_vocabulary(49954)
    assert 4 < needed_memory(shape, kind="q4_k_m", context=2048) / GB < 6


def test_the_cache_grows_with_the_context_and_shrinks_with_grouped_heads():
    assert cache_size(SHAPES["7b"], context=2048) == 2 * 2 * 32 * 4096 * 2048
    assert cache_size(SHAPES["8b"], context=2048) * 4 == cache_size(SHAPES["7b"], context=2048)


def test_the_best_type_is_the_finest_that_fits():
    shape = SHAPES["7b"].with_vocabulary(49954)
    types = [best_type(shape, context=2048, memory=int(gb * GB)) for gb in (4, 7.2, 8, 9, 16)]
    assert types == [None, "q4_k_m", "q5_k_m", "q6_k", "q8_0"]


def test_an_unknown_type_is_refused():
    with pytest.raises(BadModelFiles):
        file_size(SHAPES["7b"], kind="q9")
