"""What a merge refuses (rows B3, B4, B8, A4), each with its cause, and nothing written."""

import json

import pytest
import torch
from tiny_llama import Size, base_tensors, write_base, write_lora, write_tokenizer, write_weights

from models.adapter import open_adapter
from models.errors import BadModelFiles, WorkshopError
from models.merge import Options, merge


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return write_base(tmp_path_factory.mktemp("base") / "llama-7b")


def refusal(base, loras, out, **options):
    """Return the error of a merge, after which nothing may lie beside its output."""
    with pytest.raises(WorkshopError) as caught:
        merge(base, loras=loras, out=out / "out", options=Options(**options))
    assert not (out / "out").exists()
    assert not (out / "out.partial").exists()
    return caught.value


def cause(*arguments, **options):
    return refusal(*arguments, **options).values["cause"]


def rewrite(folder, **changes):
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def change_tensors(folder, change):
    tensors = torch.load(folder / "adapter_model.bin", weights_only=True)
    torch.save(change(tensors), folder / "adapter_model.bin")


def test_B3_the_reversed_order_is_refused(base, tmp_path):
    llama = write_lora(tmp_path / "chinese-llama-plus-lora-7b", rows=49953)
    alpaca = write_lora(tmp_path / "chinese-alpaca-plus-lora-7b", rows=49954)
    error = refusal(base, [alpaca, llama], tmp_path, force=True)
    assert error.values["cause"] == "wrong_order"
    assert "49953" in str(error)
    assert "49954" in str(error)


@pytest.mark.parametrize(
    "name", ["chinese-alpaca-plus-lora-7b", "Chinese-Alpaca-Pro-LoRA-13B", "alpaca_plus", "alpaca-33b-pro"]
)
def test_B3_a_plus_model_without_its_first_lora_is_refused_unless_forced(base, tmp_path, name):
    alpaca = write_lora(tmp_path / name, rows=49954)
    assert cause(base, [alpaca], tmp_path) == "missing_first"
    made = merge(base, loras=[alpaca], out=tmp_path / "out", options=Options(force=True))
    assert made.vocabulary == 49954


def test_B3_what_a_lora_was_trained_on_tells_too(base, tmp_path):
    alpaca = write_lora(tmp_path / "mine", rows=49954, base_model_name_or_path="/data/chinese-llama-plus-7b-merged")
    assert cause(base, [alpaca], tmp_path) == "missing_first"


def test_B3_the_first_lora_may_be_in_the_base_already(tmp_path):
    base = write_base(tmp_path / "chinese-llama-plus-7b", rows=49953)
    alpaca = write_lora(tmp_path / "chinese-alpaca-plus-lora-7b", rows=49954)
    assert merge(base, loras=[alpaca], out=tmp_path / "out").vocabulary == 49954


@pytest.mark.parametrize("size", [Size(hidden=80, inner=160), Size(layers=3), Size(inner=192), Size(kv_heads=2)])
def test_B3_a_lora_of_another_base_is_refused_with_what_it_was_trained_on(base, tmp_path, size):
    lora = write_lora(tmp_path / "lora", size=size, base_model_name_or_path="llama-13b-hf")
    error = refusal(base, [lora], tmp_path)
    assert error.values["cause"] == "wrong_base"
    assert "llama-13b-hf" in str(error)


def test_B3_a_lora_of_llama_1_on_a_base_of_the_second_generation_is_refused(tmp_path):
    base = write_base(tmp_path / "llama-2-7b")
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps(config | {"max_position_embeddings": 4096}))
    assert cause(base, [write_lora(tmp_path / "lora", rows=49953)], tmp_path) == "wrong_generation"


def test_B8_the_tokenizer_of_the_other_kind_is_refused(base, tmp_path):
    lora = write_lora(tmp_path / "chinese-alpaca-lora-7b", rows=49954)
    write_tokenizer(lora, rows=49953)
    error = refusal(base, [lora], tmp_path)
    assert error.values["cause"] == "vocabularies_mixed"
    assert {"49953", "49954"} <= {word.strip(",:") for word in str(error).split()}


def test_B8_the_tokenizer_of_the_base_does_not_fit_an_extended_model(base, tmp_path):
    lora = write_lora(tmp_path / "chinese-llama-lora-7b", rows=49953)
    write_tokenizer(lora, rows=32000)
    assert cause(base, [lora], tmp_path) == "vocabulary"
    (lora / "tokenizer.model").unlink()
    (lora / "tokenizer_config.json").unlink()
    assert cause(base, [lora], tmp_path) == "lora_without_tokenizer"


def test_B8_added_tokens_count(base, tmp_path):
    lora = write_lora(tmp_path / "lora", rows=32001)
    write_tokenizer(lora, rows=32000)
    (lora / "added_tokens.json").write_text(json.dumps({"[PAD]": 32000}))
    assert merge(base, loras=[lora], out=tmp_path / "out").vocabulary == 32001


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.bin", "tokenizer.model"])
def test_A4_a_lora_without_one_of_its_files_is_refused_with_the_file_s_name(base, tmp_path, name):
    lora = write_lora(tmp_path / "lora", rows=49953)
    (lora / name).unlink()
    if name == "tokenizer.model":
        (lora / "tokenizer_config.json").unlink()
    assert name.removesuffix(".bin") in str(refusal(base, [lora], tmp_path))


@pytest.mark.parametrize("name", ["tokenizer_config.json", "special_tokens_map.json"])
def test_A4_what_follows_from_the_tokenizer_is_written_where_a_lora_lacks_it(base, tmp_path, name):
    lora = write_lora(tmp_path / "lora", rows=49953)
    (lora / name).unlink()
    merge(base, loras=[lora], out=tmp_path / "out")
    assert json.loads((tmp_path / "out" / "tokenizer_config.json").read_text())["eos_token"] == "</s>"


def test_A4_obsolete_keys_and_both_forms_of_weights_are_read(base, tmp_path):
    made = []
    for form in ("bin", "safetensors"):
        lora = write_lora(tmp_path / form, rows=49953, form=form, enable_lora=None, merge_weights=False)
        made.append(merge(base, loras=[lora], out=tmp_path / f"{form} merged"))
    assert made[0].files == made[1].files


@pytest.mark.parametrize("lost", ["base_model.model.lm_head.weight", "base_model.model.model.embed_tokens.weight"])
def test_A4_a_lora_that_lost_what_it_saved_is_refused(base, tmp_path, lost):
    lora = write_lora(tmp_path / "lora", rows=49953)
    change_tensors(lora, lambda tensors: {name: tensor for name, tensor in tensors.items() if name != lost})
    error = refusal(base, [lora], tmp_path)
    assert error.values["cause"] == "incomplete_lora"
    assert lost.removesuffix(".weight").rpartition(".")[2] in str(error)


@pytest.mark.parametrize(
    "lost",
    [
        "model.layers.1.self_attn.k_proj.lora_A.weight",
        "model.layers.1.mlp.up_proj.lora_B.weight",
        "model.layers.0.mlp.down_proj.lora_",
        "model.layers.1.",
    ],
)
def test_A4_a_lora_that_lacks_matrices_is_refused(base, tmp_path, lost):
    lora = write_lora(tmp_path / "lora")
    change_tensors(lora, lambda tensors: {n: t for n, t in tensors.items() if f"base_model.model.{lost}" not in n})
    assert cause(base, [lora], tmp_path) == "incomplete_lora"


def test_A4_a_lora_of_no_tensors_is_refused(base, tmp_path):
    lora = write_lora(tmp_path / "lora")
    torch.save({}, lora / "adapter_model.bin")
    assert cause(base, [lora], tmp_path) == "incomplete_lora"


def test_a_lora_that_was_never_trained_is_refused(base, tmp_path):
    lora = write_lora(tmp_path / "lora")
    change_tensors(lora, lambda tensors: {n: t * 0 if "lora_B" in n else t for n, t in tensors.items()})
    assert cause(base, [lora], tmp_path) == "untrained"


@pytest.mark.parametrize(
    "config",
    [
        {"peft_type": "IA3"},
        {"init_lora_weights": "pissa_niter_4"},
        {"layer_replication": [[0, 1]]},
        {"trainable_token_indices": [1, 2]},
        {"lora_bias": True},
        {"use_qalora": True},
    ],
)
def test_forms_that_cannot_be_added_are_named(base, tmp_path, config):
    lora = write_lora(tmp_path / "lora", **config)
    error = refusal(base, [lora], tmp_path)
    assert error.values["cause"] == "lora_form"
    assert str(next(iter(config))) in str(error)


def test_a_bias_that_the_base_does_not_have_is_refused(base, tmp_path):
    lora = write_lora(tmp_path / "lora", bias="lora_only")
    bias = {"base_model.model.model.layers.0.self_attn.q_proj.bias": torch.ones(64)}
    change_tensors(lora, lambda tensors: tensors | bias)
    assert cause(base, [lora], tmp_path) == "wrong_base"


def test_a_rank_that_the_configuration_does_not_say_is_refused(base, tmp_path):
    lora = write_lora(tmp_path / "lora")
    rewrite(lora, r=16)
    assert cause(base, [lora], tmp_path) == "rank"


def test_matrices_that_are_not_finite_are_refused(base, tmp_path):
    lora = write_lora(tmp_path / "lora")
    change_tensors(lora, lambda tensors: {n: t * float("nan") if "layers.1" in n else t for n, t in tensors.items()})
    with pytest.raises(BadModelFiles) as caught:
        merge(base, loras=[lora], out=tmp_path / "out")
    assert caught.value.values["cause"] == "not_finite"
    assert not (tmp_path / "out").exists()


def test_fan_in_fan_out_is_turned(tmp_path):
    lora = write_lora(tmp_path / "lora", fan_in_fan_out=True)
    adapter = open_adapter(lora)
    name = "model.layers.0.mlp.up_proj.weight"
    first, second = (adapter.weights.read(part) for part in adapter.updates[name].names)
    weight = torch.zeros(64, 160)
    assert torch.allclose(adapter.add(name, weight), (second @ first).T * 4.0)


@pytest.mark.parametrize(
    ("left", "told"),
    [
        ([], "no_weights"),
        (["model.safetensors.index.json"], "bad_index"),
        (["pytorch_model-00001-of-00002.bin"], "missing_files"),
    ],
)
def test_B4_a_base_without_its_weights_is_refused(base, tmp_path, left, told):
    folder = tmp_path / "empty"
    folder.mkdir()
    for name in ("config.json", "tokenizer.model"):
        (folder / name).write_bytes((base / name).read_bytes())
    for name in left:
        (folder / name).write_text("{}")
    assert cause(folder, [write_lora(tmp_path / "lora")], tmp_path) == told


def test_a_lora_given_as_the_base_is_refused(tmp_path):
    lora = write_lora(tmp_path / "lora")
    (lora / "config.json").write_text("{}")
    assert cause(lora, [lora], tmp_path) == "not_a_model"


def test_a_quantised_base_is_refused(tmp_path):
    base = write_base(tmp_path / "base")
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps(config | {"quantization_config": {"load_in_8bit": True}}))
    assert cause(base, [write_lora(tmp_path / "lora")], tmp_path) == "quantised"


def test_a_head_that_is_the_embeddings_is_not_changed_alone(tmp_path):
    base = write_base(tmp_path / "base")
    tensors = base_tensors(rows=32000)
    del tensors["lm_head.weight"]
    write_weights(base, tensors)
    lora = write_lora(tmp_path / "lora", rows=32000, modules_to_save=["embed_tokens"])
    change_tensors(lora, lambda found: {name: tensor for name, tensor in found.items() if "lm_head" not in name})
    assert cause(base, [lora], tmp_path) == "tied"


def test_a_folder_in_use_is_not_written_to(base, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("kept")
    with pytest.raises(BadModelFiles) as caught:
        merge(base, loras=[write_lora(tmp_path / "lora")], out=out)
    assert caught.value.values["cause"] == "exists"
    assert [path.name for path in out.iterdir()] == ["mine.txt"]
