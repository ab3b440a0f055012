"""Models and their settings, M1 to M20: what cannot answer says exactly why, and costs nothing but the answer.

Elsewhere: M5 (numbers in a header) in tests/rag/test_gguf_file.py, M8 (a LoRA of another base) in tests/models, M12
(model folders) in tests/rag/llms/test_model_folder.py, M15 (another processor) in tests/rag/llms/test_llama_process.py.
"""

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import gguf
import numpy as np
import pytest
from langchain_core.messages import HumanMessage
from samples import BigramEmbedder
from tiny_gguf import CONTEXT, write_tiny_model

from ingest import embedders
from ingest.errors import BadSetting
from ingest.sync import Sync
from rag import families, llms, open_library
from rag.errors import ContextTooSmall, ModelFailed, UnusableModel
from rag.gguf_file import read_header
from rag.language_model import model_path
from rag.llms import _memory
from rag.settings import read_settings

ASKED = [HumanMessage("年假有几天")]
CHATML = "<|im_start|>"


@pytest.fixture
def model(tmp_path):
    """A whole model of a few kilobytes, of our own to spoil."""
    return write_tiny_model(tmp_path / "小模型.gguf", template=CHATML)


def load(path, **options):
    return llms.load("llama_cpp", model=str(path), threads=1, **{"max_tokens": 8, **options})


def refusal(path, **options):
    with pytest.raises(UnusableModel) as caught:
        load(path, **options)
    return caught.value


def described(path, *, kind="llama", tokens=300, general_type=None, template=None):
    """Write a GGUF file that has a header and no weights."""
    writer = gguf.GGUFWriter(str(path), kind)
    writer.add_name(path.stem)
    writer.add_context_length(2048)
    writer.add_token_list([f"t{n}" for n in range(tokens)])
    if general_type:
        writer.add_type(general_type)
    if template:
        writer.add_chat_template(template)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    return path


# ── M1: where the file is ──


@pytest.mark.parametrize("name", ["m1-missing.gguf", "m1-folder"])
def test_a_path_without_a_model_is_named_with_the_setting(tmp_path, name):
    (tmp_path / "m1-folder").mkdir()
    with pytest.raises(UnusableModel, match="setting `model`") as caught:
        model_path(str(tmp_path / name), models_dir=tmp_path)
    assert name in str(caught.value)
    assert caught.value.values["cause"] == ("is_folder" if "folder" in name else "not_found")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may open everything")
def test_m1_a_file_that_may_not_be_opened_is_named(model):
    model.chmod(0)
    assert refusal(model).values["cause"] == "not_permitted"


def test_m1_without_a_model_the_search_still_works(tmp_path, models_dir):
    docs = tmp_path / "home" / "docs"
    docs.mkdir(parents=True)
    (docs / "手册.txt").write_text("年假为每年十天，须提前申请。", "utf-8")
    with open_library(tmp_path / "home", models_dir=models_dir, model="没有这个模型") as library:
        list(library.sync())
        assert library.search("年假有几天")[0].source == "手册.txt"
        with pytest.raises(UnusableModel, match="没有这个模型"):
            library.ask("年假有几天？")


# ── M2, M3: no GGUF of today ──

_PAGE = b"<!DOCTYPE html><html><body>404</body></html>"
_POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 4\n"


@pytest.mark.parametrize(
    ("data", "cause", "words"),
    [
        pytest.param(b"", "empty", "download it again", id="m2-empty"),
        pytest.param(_PAGE, "web_page", "download the file itself", id="m2-web-page"),
        pytest.param(_POINTER, "lfs_pointer", "git lfs pull", id="m2-lfs-pointer"),
        pytest.param(b"PK\x03\x04" + bytes(90), "not_gguf", "wendang model convert", id="m2-something-else"),
        pytest.param(b"GGUF\x03\x00\x00\x00\x05", "damaged", "download or convert", id="m2-cut-header"),
        pytest.param(b"lmgg" + bytes(90), "old_format", "GGML", id="m3-ggml"),
        pytest.param(b"tjgg\x03\x00\x00\x00" + bytes(90), "old_format", "convert", id="m3-ggjt"),
        pytest.param(b"GGUF\x01\x00\x00\x00" + bytes(90), "old_version", "convert", id="m3-gguf-1"),
        pytest.param(b"GGUF\x00\x00\x00\x03" + bytes(90), "big_endian", "order of bytes", id="m3-big-endian"),
        pytest.param(b"GGUF\x63\x00\x00\x00" + bytes(90), "new_version", "update wendang", id="m3-version-99"),
    ],
)
def test_what_is_no_model_of_today_is_told_exactly(tmp_path, data, cause, words):
    path = tmp_path / "模型.gguf"
    path.write_bytes(data)
    error = refusal(path)
    assert error.values["cause"] == cause
    assert words in str(error)
    assert path.name in str(error)


def test_m2_cut_weights_say_what_there_should_be(model):
    size = model.stat().st_size
    with model.open("r+b") as file:
        file.truncate(size - 2000)
    error = refusal(model)
    assert error.values["cause"] == "incomplete"
    assert error.values["found"] == size - 2000
    assert str(size - 2000) in str(error)


# ── M4, M6, M8: something else than a chat model ──


@pytest.mark.parametrize(
    ("made", "cause"),
    [
        pytest.param({"kind": "bert"}, "embedding_model", id="m4-embedding-model"),
        pytest.param({"tokens": 32000}, "base_model", id="m6-llama"),
        pytest.param({"tokens": 49953}, "base_model", id="m6-chinese-llama"),
        pytest.param({"general_type": "adapter"}, "adapter", id="m8-lora"),
    ],
)
def test_what_cannot_answer_is_refused_with_the_reason(tmp_path, made, cause):
    error = refusal(described(tmp_path / "other.gguf", **made))
    assert error.values["cause"] == cause


def test_m6_an_alpaca_is_told_from_its_base():
    assert families.detect(families.ModelInfo("x", "llama", 49954)) == "alpaca"


def test_m4_an_unknown_architecture_is_named(tmp_path):
    error = refusal(write_tiny_model(tmp_path / "x.gguf", template=CHATML, kind="martian"))
    assert "unknown model architecture: 'martian'" in str(error)


# ── M5, M7: numbers that do not fit together ──


def test_m5_blocks_that_are_not_there_are_refused(tmp_path):
    error = refusal(write_tiny_model(tmp_path / "x.gguf", template=CHATML, blocks=2_000_000_000))
    assert error.values["cause"] in {"memory", "not_loaded"}


def test_m7_weights_for_another_vocabulary_are_told_with_both_shapes(tmp_path):
    path = write_tiny_model(tmp_path / "x.gguf", template=CHATML, rows=301)
    error = refusal(path)
    assert "wrong shape" in str(error)
    assert "301" in str(error)


# ── M9: templates ──


def test_m9_the_template_of_a_file_is_never_run(tmp_path):
    endless = CHATML + "{% for a in range(10**9) %}{% for b in range(10**9) %}{{ a }}{% endfor %}{% endfor %}"
    model = load(write_tiny_model(tmp_path / "x.gguf", template=endless))
    assert model.invoke(ASKED).usage_metadata["output_tokens"]
    model.close()


# ── M10, M11, M18: what the machine and the settings allow ──


def test_m10_what_does_not_fit_into_memory_is_told_with_figures(model, monkeypatch):
    monkeypatch.setattr(_memory, "total_bytes", lambda: 100_000_000)
    error = refusal(model)
    assert error.values["cause"] == "memory"
    assert "0.1 GB" in str(error) and "lower n_ctx" in str(error)


def test_m10_layers_for_a_gpu_that_is_not_there_are_refused(model):
    import llama_cpp

    if llama_cpp.llama_supports_gpu_offload():
        pytest.skip("this llama.cpp has a GPU")
    with pytest.raises(BadSetting, match="gpu_layers = 20"):
        load(model, gpu_layers=20)


@pytest.mark.parametrize("value", [pytest.param(n, id=f"m11-{n}") for n in (0, 1, -1, 128, 255, 10**9)])
def test_a_context_that_cannot_be_names_the_key_and_the_range(model, value):
    with pytest.raises(BadSetting, match=r"backend_options\.n_ctx"):
        load(model, n_ctx=value)


def test_m11_a_context_longer_than_the_model_was_made_for_is_refused(model):
    with pytest.raises(BadSetting, match=f"256 to {CONTEXT}"):
        load(model, n_ctx=CONTEXT + 1)


def test_m11_a_context_without_room_for_the_prompt_says_so(model):
    chat = load(model, n_ctx=256)
    with pytest.raises(ContextTooSmall, match="256"):
        chat.invoke([HumanMessage("很长" * 300)])
    assert chat.invoke(ASKED).usage_metadata["output_tokens"]
    chat.close()


def test_m18_without_llama_cpp_the_package_is_named(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "llama_cpp", None)
    error = refusal(model)
    assert error.values["cause"] == "missing_package"
    assert "pip install llama-cpp-python" in str(error)


# ── M13, M14: embedders ──


@pytest.mark.skipif(find_spec("sentence_transformers") is None, reason="needs the extra: torch")
def test_m13_an_embedder_that_is_not_on_this_machine_is_named_and_nothing_is_fetched(tmp_path):
    with pytest.raises(BadSetting, match="BAAI/bge-small-zh") as caught:
        embedders.load("sentence_transformers", models_dir=tmp_path, model="BAAI/bge-small-zh")
    assert "a folder that exists" in str(caught.value)
    assert "download = true" in str(caught.value)


def not_a_number(rows):
    rows[-1, 3] = np.nan


def endless(rows):
    rows[0, 0] = np.inf


def nothing(rows):
    rows[0] = 0


class _Spoilt(BigramEmbedder):
    def __init__(self, spoil):
        super().__init__()
        self.spoil = spoil

    def embed_passages(self, texts):
        rows = super().embed_passages(texts)
        return self.spoil(rows) if self.spoil in (narrower, too_few) else self.spoil(rows) or rows


def narrower(rows):
    return rows[:, :-1]


def too_few(rows):
    return rows[:-1]


@pytest.mark.parametrize("spoil", [not_a_number, endless, nothing, narrower, too_few])
def test_m14_vectors_that_cannot_be_compared_are_named_and_not_kept(library, folder, spoil):
    (folder / "手册.txt").write_text("年假为每年十天，须提前申请。\n\n病假要有证明。", "utf-8")
    broken = _Spoilt(spoil)
    with pytest.raises(BadSetting, match="bigrams-256") as caught:
        list(Sync(library, embedder=broken).run([folder]))
    assert caught.value.values["name"] == "embedder"
    assert library.catalog.number("SELECT count(*) FROM vectors") == 0
    list(Sync(library, embedder=BigramEmbedder()).run([folder]))
    assert library.catalog.number("SELECT count(*) FROM vectors") > 0


# ── M16: the file of settings ──


@pytest.mark.parametrize(
    ("written", "named"),
    [
        pytest.param(b"top_k = [", "wendang.toml", id="no-toml"),
        pytest.param(b"top_k: 3\n", r"wendang\.toml.*line 1", id="yaml"),
        pytest.param("模型 = 1\n".encode("gbk"), "wendang.toml", id="gbk"),
        pytest.param(b"tpo_k = 3\n", "tpo_k", id="unknown-key"),
        pytest.param(b'top_k = "many"\n', "top_k", id="wrong-type"),
        pytest.param(b"top_k = 0\n", r"top_k.*greater than or equal to 1", id="out-of-range"),
        pytest.param(b'mode = "fast"\n', r"mode.*'stuff' or 'refine'", id="not-a-choice"),
        pytest.param(b"dense_weight = nan\n", "dense_weight", id="not-a-number"),
    ],
)
def test_m16_a_setting_that_cannot_be_names_file_or_key_and_what_it_may_be(tmp_path, written, named):
    (tmp_path / "wendang.toml").write_bytes(written)
    with pytest.raises(BadSetting, match=named):
        read_settings(tmp_path)


def test_m16_an_empty_file_of_settings_is_none(tmp_path):
    (tmp_path / "wendang.toml").write_bytes(b"")
    assert read_settings(tmp_path).top_k == read_settings(tmp_path / "ohne").top_k


def test_m16_nonsense_in_the_environment_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("WENDANG_TOP_K", "viele")
    with pytest.raises(BadSetting, match=r"top_k = 'viele'.*environment"):
        read_settings(tmp_path)


@pytest.mark.parametrize("backend", ["llama_cpp", "transformers", "openai", "telepathy"])
def test_m19_whatever_backend_is_broken_the_search_works_and_the_reason_is_told(tmp_path, models_dir, backend):
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "手册.txt").write_text("年假为每年十天，须提前申请。", "utf-8")
    with open_library(tmp_path, models_dir=models_dir, backend=backend, model="没有这个模型") as library:
        list(library.sync())
        assert "十天" in library.search("年假有几天")[0].text
        with pytest.raises((UnusableModel, BadSetting)) as caught:
            library.ask("年假有几天？")
    assert {"model", "name"} & set(caught.value.values)


# ── M17: the file changes ──


def test_m17_a_file_of_the_same_kind_is_loaded_anew(model, tmp_path):
    chat = load(model)
    first = chat.invoke(ASKED).text
    other = write_tiny_model(tmp_path / "other.gguf", template=CHATML, seed=6)
    other.replace(model)
    second = chat.invoke(ASKED).text
    assert second != first
    chat.close()
    fresh = load(model)
    assert fresh.invoke(ASKED).text == second
    fresh.close()


def test_m17_another_kind_of_model_is_refused(model, tmp_path):
    chat = load(model)
    chat.invoke(ASKED)
    write_tiny_model(tmp_path / "other.gguf", template=CHATML, name="other", vocabulary=400).replace(model)
    with pytest.raises(UnusableModel, match="replaced"):
        chat.invoke(ASKED)
    chat.close()


def test_m17_a_file_that_is_deleted_goes_on_answering(model):
    chat = load(model)
    first = chat.invoke(ASKED).text
    model.unlink()
    assert chat.invoke(ASKED).text == first
    chat.close()


def test_m17_a_file_that_was_cut_under_the_running_model_costs_an_answer(tmp_path):
    path = write_tiny_model(tmp_path / "x.gguf", template=CHATML)
    chat = load(path)
    chat.invoke(ASKED)
    with path.open("r+b") as file:
        file.truncate(5000)
    with pytest.raises((ModelFailed, UnusableModel)):
        chat.invoke(ASKED)
    chat.close()


# ── M20: where text is not UTF-8 ──


def test_m20_a_chinese_path_works_in_the_c_locale(model, tmp_path):
    copy = tmp_path / "模型 文件夹" / "小型.gguf"
    copy.parent.mkdir()
    shutil.copy(model, copy)
    code = (
        "import json, sys; from rag import llms; from langchain_core.messages import HumanMessage as H\n"
        "chat = llms.load('llama_cpp', model=sys.argv[1], threads=1, max_tokens=8)\n"
        "print(json.dumps(chat.invoke([H(json.loads(sys.argv[2]))]).text)); chat.close()"
    )
    environment = {
        **os.environ,
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONIOENCODING": "ascii",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    ended = subprocess.run(
        [sys.executable, "-c", code, os.fsencode(copy), json.dumps(ASKED[0].text)],
        env=environment,
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr.decode()
    chat = load(model)
    assert json.loads(ended.stdout) == chat.invoke(ASKED).text
    chat.close()


def test_a_header_of_a_whole_model_is_read(model):
    assert read_header(model).values["general.name"] == "tiny"
