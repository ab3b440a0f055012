import importlib.util

import numpy as np
import pytest

from ingest import embedders
from ingest.e5 import gpu as e5_torch
from ingest.e5 import weights as e5_weights
from ingest.errors import MissingExtra

TEXTS = ["年假十天。", "试用期为三个月，期满后由部门主管评定。" * 6, "The boiler room is checked twice a day.", "",
         "保修期自验收合格之日起计算，共二十四个月。"]  # fmt: skip

needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")


@needs_torch
def test_vectors_are_near_those_of_the_processor(models_dir):
    on_cpu = embedders.load("e5_onnx", models_dir=models_dir, device="cpu", threads=1)
    encoder = e5_torch.E5Torch(e5_weights.read(e5_weights.locate()), device="cpu")
    vectors = encoder.vectors([on_cpu._ids("passage: " + text) for text in TEXTS])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert ((vectors * on_cpu.embed_passages(TEXTS)).sum(axis=1) > 0.997).all()


@needs_torch
def test_a_vector_does_not_depend_on_what_it_is_embedded_with(models_dir):
    encoder = e5_torch.E5Torch(e5_weights.read(e5_weights.locate()), device="cpu")
    ids = [[0, 6, 7, 8, 2], [0, *range(50, 90), 2], [0, 9, 2]]
    alone = np.concatenate([encoder.vectors([one]) for one in ids])
    assert np.allclose(encoder.vectors(ids), alone, atol=1e-5)


def test_batches_hold_texts_of_like_lengths_and_all_of_them():
    lengths = [500, 3, 400, 2, 500] * 60
    batches = list(e5_torch._batches(lengths))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    assert all(len(batch) * max(lengths[i] for i in batch) <= 32_768 for batch in batches)


@pytest.mark.skipif(e5_torch.available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_names_the_extra(models_dir):
    with pytest.raises(MissingExtra, match="torch"):
        embedders.load("e5_onnx", models_dir=models_dir, device="cuda")
