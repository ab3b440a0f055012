"""What a model folder must hold, told before any weight is read; no torch is needed for it."""

import json
import struct

import pytest

from ingest.errors import MissingExtra
from rag import llms
from rag.errors import UnusableModel
from rag.llms._model_folder import read_folder


def safetensors(**shapes) -> bytes:
    tensors, end = {}, 0
    for name, shape in shapes.items():
        start, end = end, end + 4 * shape[0] * shape[1]
        tensors[name] = {"dtype": "F32", "shape": shape, "data_offsets": [start, end]}
    header = json.dumps({"__metadata__": {"format": "pt"}, **tensors}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(end)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "tiny-alpaca"
    made.mkdir()
    changed(
        made / "config.json",
        architectures=["LlamaForCausalLM"],
        model_type="llama",
        vocab_size=49954,
        max_position_embeddings=2048,
    )
    (made / "model.safetensors").write_bytes(safetensors(a=[2, 3], b=[10, 10]))
    return made


def changed(path, **values):
    settings = json.loads(path.read_text("utf-8")) if path.exists() else {}
    path.write_text(json.dumps({**settings, **values}), "utf-8")


def without_weights(folder):
    (folder / "model.safetensors").unlink()


def only_pickles(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def a_shard_missing(folder):
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    shards = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    changed(folder / "model.safetensors.index.json", weight_map=shards)


def a_shard_linked_to_nothing(folder):
    a_shard_missing(folder)
    (folder / "model-00002-of-00002.safetensors").symlink_to(folder / "blobs" / "gone")


def a_shard_elsewhere(folder):
    changed(folder / "model.safetensors.index.json", weight_map={"a": "../../outside.safetensors"})


def an_index_of_nothing(folder):
    changed(folder / "model.safetensors.index.json", weight_map=[1])


def shards_without_an_index(folder):
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")


def weights_cut_short(folder):
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])


def a_pointer_instead_of_weights(folder):
    (folder / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")


def a_header_without_end(folder):
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", 2**62) + b"{}")


def empty_weights(folder):
    (folder / "model.safetensors").write_bytes(b"")


def foreign_code(folder):
    changed(folder / "config.json", auto_map={"AutoModelForCausalLM": "modeling.Evil"})


def foreign_tokenizer_code(folder):
    changed(folder / "tokenizer_config.json", auto_map={"AutoTokenizer": ["tokenization.Evil", None]})


def an_adapter(folder):
    changed(folder / "adapter_config.json", peft_type="LORA")


def an_embedder(folder):
    changed(folder / "config.json", architectures=["BertModel"])


def no_config(folder):
    (folder / "config.json").unlink()


def config_is_no_json(folder):
    (folder / "config.json").write_text("<!DOCTYPE html>")


def config_is_a_list(folder):
    (folder / "config.json").write_text("[]")


def config_without_the_vocabulary(folder):
    changed(folder / "config.json", vocab_size=None)


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (without_weights, "no weights"),
        (only_pickles, r"pickles.*wendang model"),
        (a_shard_missing, "model-00002-of-00002.safetensors"),
        (a_shard_linked_to_nothing, "model-00002-of-00002.safetensors"),
        (a_shard_elsewhere, "outside.safetensors"),
        (an_index_of_nothing, "model.safetensors.index.json"),
        (shards_without_an_index, "model.safetensors.index.json"),
        (weights_cut_short, r"incomplete: \d+ bytes of \d+"),
        (a_pointer_instead_of_weights, "damaged"),
        (a_header_without_end, "damaged"),
        (empty_weights, "damaged"),
        (foreign_code, "auto_map"),
        (foreign_tokenizer_code, "auto_map"),
        (an_adapter, "model merge"),
        (an_embedder, "BertModel"),
        (no_config, "config.json is missing"),
        (config_is_no_json, "config.json cannot be read"),
        (config_is_a_list, "config.json is not a JSON object"),
        (config_without_the_vocabulary, "config.json"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused_with_the_reason(folder, spoil, named):
    spoil(folder)
    with pytest.raises(UnusableModel, match=named):
        read_folder(folder)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UnusableModel, match="gone"):
        read_folder(tmp_path / "gone")


def test_a_whole_folder_tells_what_it_is(folder):
    changed(folder / "tokenizer_config.json", chat_template="{{ 1/0 }}")
    found = read_folder(folder)
    assert found.parameters == 106
    assert found.info.name == "tiny-alpaca"
    assert (found.info.vocabulary_size, found.info.context_length) == (49954, 2048)
    assert found.info.chat_template == "{{ 1/0 }}"


def test_the_numbers_of_a_model_that_sees_pictures_are_those_of_its_language_part(folder):
    changed(folder / "config.json", vocab_size=None, text_config={"vocab_size": 262208})
    assert read_folder(folder).info.vocabulary_size == 262208


def test_shards_are_counted_together(folder):
    a_shard_missing(folder)
    (folder / "model-00002-of-00002.safetensors").write_bytes(safetensors(c=[1, 5]))
    assert read_folder(folder).parameters == 111


@pytest.mark.parametrize("package", ["torch", "transformers"])
def test_a_missing_package_names_the_extra(monkeypatch, package):
    monkeypatch.setattr("rag.llms.transformers.find_spec", lambda name: None if name == package else object())
    with pytest.raises(MissingExtra, match=rf"{package}.*\[torch\]"):
        llms.load("transformers", model="x")
