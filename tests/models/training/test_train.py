"""G1 and G2 of the seed: continued pre-training and instruction tuning, on a LLaMA that a test can train."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from small_training import ROWS, SMALL, recipe_for, small_base, write_instructions
from tiny_llama import Size, write_base, write_tokenizer

from models.errors import BadModelFiles, BadRecipe, NotEnoughRoom, TrainingFailed, WrongPart
from models.merge import merge
from models.training.batches import Collator, Examples, packed, split
from models.training.corpus import prepare
from models.training.encoder import open_encoder
from models.training.loop import mean_loss
from models.training.recipe import read_recipe
from models.training.train import train
from models.training.trainable import check_sizes, load, open_parts

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path):
    small_base(tmp_path / "base")
    write_instructions(tmp_path / "data.json")
    (tmp_path / "data.txt").write_text("\n".join(["abcdefgh abcdefgh abcdefgh"] * 40), "utf-8")
    return tmp_path


def logits(model_folder, ids):
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(model_folder, dtype=torch.float32).eval()
    with torch.inference_mode():
        return model(ids).logits


# PEFT asks transformers for an attribute under its old name.
@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")
def test_G2_in_50_steps_the_loss_falls_and_the_adapter_is_whole_and_merges(folder):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    told = []
    made = train(recipe_for(folder, steps=50, gradient_checkpointing=True), told=told.append)
    assert (made.steps, made.losses[1] < made.losses[0] / 3) == (50, True)
    assert made.perplexities[1] < made.perplexities[0] / 10
    assert [facts["step"] for facts in told if "loss" in facts] == [1, 10, 20, 30, 40, 50]
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        "adapter_config.json", "adapter_model.safetensors", "special_tokens_map.json", "tokenizer.model",
        "tokenizer_config.json", "training.json",
    ]  # fmt: skip

    merged = merge(folder / "base", loras=[folder / "out"], out=folder / "merged")
    assert merged.vocabulary == ROWS
    ids = torch.tensor([[1, 300, 301, 302, 303, 304]])
    base = AutoModelForCausalLM.from_pretrained(folder / "base", dtype=torch.float32)
    adapted = PeftModel.from_pretrained(base, str(folder / "out")).eval()
    with torch.inference_mode():
        expected = adapted(ids).logits
    # The merged weights are rounded to half precision.
    assert torch.allclose(logits(folder / "merged", ids), expected, atol=0.02)
    assert not torch.allclose(logits(folder / "base", ids), expected, atol=0.5)


def test_G1_in_50_steps_of_pretraining_the_loss_falls_and_the_adapter_merges(folder):
    made = train(recipe_for(folder, kind="pretrain", steps=50))
    assert (made.steps, made.losses[1] < made.losses[0] / 3) == (50, True)
    assert merge(folder / "base", loras=[folder / "out"], out=folder / "merged").vocabulary == ROWS


def test_G1_G2_only_the_matrices_the_embeddings_and_the_head_change(folder):
    recipe = recipe_for(folder)
    before = {name: tensor.clone() for name, tensor in load_file(folder / "base" / "model.safetensors").items()}
    train(recipe)
    assert all(
        torch.equal(tensor, before[name]) for name, tensor in load_file(folder / "base/model.safetensors").items()
    )
    model = load(recipe, parts=open_parts(recipe), number_format="float32")
    moving = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert all("lora_" in name or "embed_tokens" in name or "lm_head" in name for name in moving)
    assert sum("lora_" in name for name in moving) == 2 * 7 * SMALL.layers
    saved = load_file(folder / "out" / "adapter_model.safetensors")
    whole = {name for name in saved if "lora_" not in name}
    assert whole == {"base_model.model.model.embed_tokens.weight", "base_model.model.lm_head.weight"}
    assert all(bool(saved[name].any()) for name in saved if "lora_B" in name)
    for name in whole:
        old = before[name.removeprefix("base_model.model.")]
        assert not torch.equal(saved[name], old)
        assert saved[name].dtype == old.dtype


def test_a_run_that_was_killed_goes_on_to_the_same_result(folder):
    settings = {"steps": 12, "save_every": 4, "out": "killed", "cache": "cache"}
    values = json.loads(recipe_for(folder).model_dump_json(exclude_none=True)) | settings
    lines = [f"{key} = {json.dumps(value)}" for key, value in values.items() if key != "lora"]
    (folder / "训练.toml").write_text("\n".join(lines), "utf-8")
    program = (
        "import os, signal, sys; from pathlib import Path; from models.training.recipe import read_recipe\n"
        "from models.training.train import train\n"
        "def kill(stage, done, total):\n"
        "    if stage == 'train' and done == 10: os.kill(os.getpid(), signal.SIGKILL)\n"
        "train(read_recipe(Path(sys.argv[1])), progress=kill)\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", program, str(folder / "训练.toml")], cwd=REPOSITORY, env=os.environ, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert not (folder / "killed").exists()
    # What a kill in the midst of writing would leave.
    broken = folder / "killed.partial" / "checkpoints" / "checkpoint-9"
    broken.mkdir()
    (broken / "adapter_model.safetensors").write_bytes(b"half")
    resumed = train(read_recipe(folder / "训练.toml"))
    assert (resumed.resumed_at, resumed.steps) == (8, 12)
    train(recipe_for(folder, steps=12, save_every=4, out=folder / "whole"))
    one, other = (load_file(folder / name / "adapter_model.safetensors") for name in ("killed", "whole"))
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_another_training_does_not_throw_an_unfinished_one_away(folder):
    def stop(stage, done, total):
        if stage == "train" and done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(recipe_for(folder, save_every=2), progress=stop)
    with pytest.raises(BadRecipe, match=r"unfinished training with another learning_rate"):
        train(recipe_for(folder, learning_rate=1e-4))
    assert (folder / "out.partial" / "checkpoints" / "checkpoint-2").is_dir()
    assert train(recipe_for(folder, save_every=3)).resumed_at == 2


def test_a_run_that_was_stopped_after_its_last_step_is_only_written(folder, monkeypatch):
    def stop(*given, **named):
        raise KeyboardInterrupt

    recipe = recipe_for(folder, kind="pretrain", lora={"only_whole": True})
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("models.training.train.save", stop)
        train(recipe)
    made = train(recipe)
    assert (made.resumed_at, made.steps, made.parameters) == (6, 6, 2 * ROWS * SMALL.hidden)
    assert made.perplexities[1] < made.perplexities[0]
    assert (folder / "out" / "adapter_model.safetensors").is_file()


def test_an_output_that_exists_is_refused_before_anything_is_read(folder):
    (folder / "out").mkdir()
    (folder / "out" / "kept").touch()
    with pytest.raises(BadModelFiles, match="not overwritten"):
        train(recipe_for(folder, data=folder / "missing.json"))


def test_G2_training_goes_on_from_a_lora(folder):
    train(recipe_for(folder))
    again = train(recipe_for(folder, start=folder / "out", out=folder / "second", learning_rate=1e-6))
    saved = [load_file(folder / name / "adapter_model.safetensors") for name in ("out", "second")]
    assert saved[0].keys() == saved[1].keys()
    assert all(torch.allclose(saved[0][name].float(), saved[1][name].float(), atol=1e-3) for name in saved[0])
    assert again.losses[0] < 6.0 < torch.tensor(float(ROWS)).log()


def test_G1_the_first_stage_leaves_the_matrices_at_zero(folder):
    recipe = recipe_for(folder, kind="pretrain", lora={"only_whole": True})
    made = train(recipe)
    saved = load_file(folder / "out" / "adapter_model.safetensors")
    assert not any(bool(saved[name].any()) for name in saved if "lora_B" in name)
    assert made.parameters == 2 * ROWS * SMALL.hidden
    assert made.losses[1] < made.losses[0]


def test_G2_the_vocabulary_grows_as_the_seed_s_did(tmp_path):
    size = Size(hidden=16, layers=1, heads=2, kv_heads=2, inner=16)
    write_base(tmp_path / "base", rows=49953, size=size, form="bin")
    write_tokenizer(tmp_path / "alpaca", rows=49954)
    write_instructions(tmp_path / "data.json", count=4)
    train(recipe_for(tmp_path, tokenizer=tmp_path / "alpaca", steps=2, batch=1, validation=0))
    assert merge(tmp_path / "base", loras=[tmp_path / "out"], out=tmp_path / "merged").vocabulary == 49954
    assert json.loads((tmp_path / "merged" / "config.json").read_text())["vocab_size"] == 49954


@pytest.mark.parametrize(
    ("kind", "rows", "tokens"),
    [
        ("pretrain", 32000, 49953), ("pretrain", 32000, 32000), ("pretrain", 49953, 49953), ("pretrain", 49954, 49954),
        ("tune", 49953, 49954), ("tune", 49954, 49954), ("tune", 55296, 55296),
    ],
)  # fmt: skip
def test_B8_a_vocabulary_that_fits_may_be_trained(kind, rows, tokens):
    check_sizes(rows, tokens=tokens, kind=kind)


@pytest.mark.parametrize(
    ("kind", "rows", "tokens"),
    [
        ("pretrain", 32000, 49954), ("pretrain", 49953, 49954), ("pretrain", 49954, 49953), ("pretrain", 49953, 32000),
        ("tune", 32000, 49954), ("tune", 49953, 49953), ("tune", 49954, 49953), ("tune", 32000, 49953),
        ("tune", 49954, 55296),
    ],
)  # fmt: skip
def test_B8_a_vocabulary_that_does_not_fit_is_not_trained_and_both_sizes_are_named(kind, rows, tokens):
    with pytest.raises(WrongPart) as caught:
        check_sizes(rows, tokens=tokens, kind=kind)
    assert str(rows) in str(caught.value)
    assert str(tokens) in str(caught.value)
    assert "take" in str(caught.value)


def test_a_tied_head_gets_weights_of_its_own(folder):
    config = json.loads((folder / "base" / "config.json").read_text()) | {"tie_word_embeddings": True}
    (folder / "base" / "config.json").write_text(json.dumps(config))
    from safetensors.torch import save_file

    tensors = load_file(folder / "base" / "model.safetensors")
    del tensors["lm_head.weight"]
    save_file(tensors, folder / "base" / "model.safetensors", metadata={"format": "pt"})
    train(recipe_for(folder))
    saved = load_file(folder / "out" / "adapter_model.safetensors")
    head, embeddings = (saved[f"base_model.model.{name}.weight"] for name in ("lm_head", "model.embed_tokens"))
    assert not torch.equal(head, embeddings)
    merge(folder / "base", loras=[folder / "out"], out=folder / "merged")
    assert torch.equal(load_file(folder / "merged" / "model.safetensors")["lm_head.weight"], head)


def test_packed_examples_do_not_see_one_another(folder):
    recipe = recipe_for(folder)
    rows = prepare(recipe, encoder=open_encoder(folder / "base")).rows
    used, _ = split(len(rows), validation=0, seed=0)
    groups = packed(rows, used, block=400, seed=0)
    assert sorted(row for group in groups for row in group) == used
    assert all(sum(map(rows.length, group)) <= 400 for group in groups)
    assert len(groups) < len(used)
    model = load(recipe, parts=open_parts(recipe), number_format="float32")
    apart = mean_loss(model, Examples(rows, [[row] for row in used]), collate=Collator(2, packed=False), batch=5)
    together = mean_loss(model, Examples(rows, groups), collate=Collator(2, packed=True), batch=3)
    assert together == pytest.approx(apart, rel=1e-5)


def test_tuning_with_packed_examples_learns(folder):
    made = train(recipe_for(folder, pack=True, block=400, steps=12))
    assert made.losses[1] < made.losses[0] * 0.8


def test_a_loss_that_is_none_ends_the_training_and_no_adapter_is_left(folder):
    with pytest.raises(TrainingFailed, match="not finite any more"):
        train(recipe_for(folder, learning_rate=1e30, warmup=0, steps=20))
    assert not (folder / "out").exists()


def test_a_gpu_that_is_full_is_told_with_the_remedy(folder):
    def full(stage, done, total):
        if stage == "train" and done == 1:
            raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(NotEnoughRoom, match="smaller batch"):
        train(recipe_for(folder), progress=full)


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"lora": {"targets": ["q_proj", "query"]}}, BadRecipe, "no query; it has"),
        ({"lora": {"whole": ["wte"]}}, BadRecipe, "no wte; it has"),
        ({"precision": "fp16"}, BadRecipe, "needs a GPU"),
        ({"base": "没有"}, BadModelFiles, "there is no folder"),
        ({"start": "没有"}, BadModelFiles, "there is no folder"),
    ],
)
def test_what_cannot_be_trained_is_refused_with_the_reason(folder, settings, error, said):
    if settings.get("precision") and torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(error, match=said):
        train(recipe_for(folder, **settings))


def test_a_base_in_meta_s_form_is_refused_with_the_command_that_changes_it(folder):
    from models.merge import Options

    merge(folder / "base", loras=[], out=folder / "meta", options=Options(format="pth", parts=1))
    with pytest.raises(BadModelFiles, match="wendang model merge --no-lora"):
        train(recipe_for(folder, base=folder / "meta"))
