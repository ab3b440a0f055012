"""The catalogue of published models (rows A1-A3), and the names that users write for them."""

import pytest

from models.catalog import SUITS, catalog, closest, current_id, find, recognise
from models.checksums import published
from models.errors import DownloadFailed
from models.merge_checks import _CONTEXT as CONTEXTS
from models.sources import is_path, source_of
from models.vocabulary import NAMES

SEED = (
    "LLaMA-Plus-7B", "LLaMA-Plus-13B", "LLaMA-33B", "Alpaca-Plus-7B", "Alpaca-Plus-13B", "Alpaca-33B", "LLaMA-7B",
    "LLaMA-13B", "Alpaca-7B", "Alpaca-13B",
)  # fmt: skip
LATER = ("LLaMA-Plus-33B", "Alpaca-Plus-33B", "Alpaca-Pro-7B", "Alpaca-Pro-13B", "Alpaca-Pro-33B")


@pytest.mark.parametrize("name", [*SEED, *LATER])
def test_A1_every_model_of_the_first_generation_has_its_facts(name):
    entry = find(name)
    assert entry.name == f"chinese-{name.lower()}"
    is_base = name.startswith("LLaMA")
    assert entry.kind == ("base" if is_base else "chat")
    assert entry.vocabulary == (49953 if is_base else 49954)
    assert entry.family == (None if is_base else "alpaca")
    assert entry.base == f"LLaMA-{name.rpartition('-')[2]}"
    assert (entry.loras[-1], len(entry.loras)) == (entry.name, 1 if is_base or name.count("-") == 1 else 2)
    assert (entry.context, entry.licence) == (2048, "llama1")


@pytest.mark.parametrize("kind", ["plus", "pro"])
@pytest.mark.parametrize("size", ["7b", "13b", "33b"])
def test_A1_plus_and_pro_take_two_loras_in_this_order(kind, size):
    entry = find(f"chinese-alpaca-{kind}-{size}")
    assert entry.loras == (f"chinese-llama-plus-{size}", f"chinese-alpaca-{kind}-{size}")
    assert source_of(entry.name).repositories == (
        f"hfl/chinese-llama-plus-lora-{size}",
        f"hfl/chinese-alpaca-{kind}-lora-{size}",
    )


def test_A1_every_lora_whose_hash_was_published_is_in_the_catalogue():
    named = {entry.model.lower() for entry in published() if entry.kind == "lora"}
    assert named == {entry.name for entry in catalog() if entry.generation == 1}


def test_A2_a_model_that_only_continues_texts_suits_no_questions_and_says_so():
    for entry in catalog():
        assert (entry.kind == "base") == (entry.documents == "no") == ("continues" in entry.advice)
        assert (entry.family is None) == (entry.kind == "base")


def test_A2_the_advice_for_documents():
    assert find("alpaca-2-7b-16k").documents == "best"
    suits = {name: SUITS.index(find(f"llama-3-chinese-8b-instruct-{name}").documents) for name in ("v2", "v3")}
    assert suits["v2"] > suits["v3"]


@pytest.mark.parametrize("name", [*SEED, *LATER])
def test_A3_every_model_of_the_first_generation_has_its_old_and_its_new_id(name):
    kind, _, size = name.lower().rpartition("-")
    entry = find(name)
    assert entry.repositories["hub"] == f"hfl/chinese-{kind}-lora-{size}"
    assert entry.repositories["old"] == f"ziqingyang/chinese-{kind}-lora-{size}"
    assert find(entry.repositories["old"]) is entry


def test_A3_old_and_new_ids_are_one_repository():
    entry = find("chinese-alpaca-plus-lora-13b")
    assert entry.repositories == {
        "hub": "hfl/chinese-alpaca-plus-lora-13b",
        "old": "ziqingyang/chinese-alpaca-plus-lora-13b",
        "modelscope": "ChineseAlpacaGroup/chinese-alpaca-plus-lora-13b",
    }
    assert current_id(entry.repositories["old"]) == entry.repositories["hub"]
    assert source_of(entry.repositories["old"]).repositories == (entry.repositories["hub"],)
    assert source_of(entry.name, hub="modelscope").repositories[1] == entry.repositories["modelscope"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ziqingyang/chinese-alpaca-plus-lora-7b", "chinese-alpaca-plus-7b"),
        ("Chinese-Alpaca-30B", "chinese-alpaca-33b"),
        ("alpaca_7b_plus", "chinese-alpaca-plus-7b"),
        ("hfl/chinese-alpaca-2-13b-16k-gguf", "chinese-alpaca-2-13b-16k"),
        ("Llama-3-Chinese-8B-Instruct-v2", "llama-3-chinese-8b-instruct-v2"),
        ("chinese alpaca 2 1.3B RLHF", "chinese-alpaca-2-1.3b-rlhf"),
    ],
)
def test_a_name_is_found_however_it_is_written(written, meant):
    assert find(written).name == meant


@pytest.mark.parametrize("name", ["qwen2.5-7b", "alpaca", "", "chinese-alpaca-2", "llama-65b"])
def test_what_is_not_in_the_catalogue_is_not_guessed(name):
    assert find(name) is None


def test_an_unknown_name_has_the_nearest_ones():
    assert closest("chinese-alpaca-2-7b-16")[0] == "chinese-alpaca-2-7b-16k"
    with pytest.raises(DownloadFailed, match="chinese-alpaca-pro-7b"):
        source_of("chinese-alpaca-prp-7b")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("chinese-alpaca-2-7b-16k-q4_k-im", "chinese-alpaca-2-7b-16k"),
        ("chinese-alpaca-2-7b-q8_0", "chinese-alpaca-2-7b"),
        ("/models/Chinese-Alpaca-Plus-7B-merged", "chinese-alpaca-plus-7b"),
        ("chinese-alpaca-2-7b-160k", "chinese-alpaca-2-7b"),
    ],
)
def test_a_file_s_name_tells_its_model(text, meant):
    assert recognise(text).name == meant


@pytest.mark.parametrize("text", ["llama-7b", "stanford-alpaca-7b-q4_0", "qwen-chinese-7b"])
def test_other_models_are_not_taken_for_chinese_ones(text):
    assert recognise(text) is None


@pytest.mark.parametrize("name", ["hfl/../x", "a/b/c", "http://x/y", "hfl/ x"])
def test_a_repository_s_name_is_an_organisation_and_a_name(name):
    with pytest.raises(DownloadFailed) as failed:
        source_of(name)
    assert failed.value.values["cause"] == "bad_name"


def test_a_form_that_is_nowhere_is_refused():
    with pytest.raises(DownloadFailed) as failed:
        source_of("chinese-alpaca-7b", form="gguf")
    assert failed.value.values["cause"] == "no_such_form"


def test_a_name_that_is_written_like_a_path_is_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "模型").mkdir()
    assert all(map(is_path, ("./x", "/x", "~/x", "C:\\x", "x.gguf", "模型")))
    assert not any(map(is_path, ("hfl/x", "chinese-alpaca-2-7b")))


def test_every_entry_agrees_with_what_the_rest_of_the_workshop_knows():
    names = [entry.name for entry in catalog()]
    assert len(set(names)) == len(names)
    for entry in catalog():
        assert entry.vocabulary in NAMES
        assert set(entry.loras) <= set(names)
        assert entry.context >= CONTEXTS.get(entry.vocabulary, 8192)
