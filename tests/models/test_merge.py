"""Merging LoRAs (rows B2, B3, B4, B6): what comes out is what PEFT makes of the same files."""

import json
import signal
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path

import pytest
import torch
from models_files import flip_byte
from peft import PeftModel
from tiny_llama import Size, base_tensors, config_of, write_base, write_lora, write_tokenizer, write_weights
from transformers import AutoModelForCausalLM, AutoTokenizer

from models.errors import NotEnoughRoom
from models.merge import Options, merge
from models.verify import verify
from models.vocabulary import tokens_in
from models.weights import open_weights

ROWS = 33000


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """A base, a LoRA that extends its vocabulary, and one that extends it again."""
    folder = tmp_path_factory.mktemp("合并")
    write_base(folder / "llama", shards=2)
    write_lora(folder / "first", rows=ROWS)
    write_lora(folder / "second", rows=ROWS + 1, seed=2, r=4, lora_alpha=16)
    return folder


@pytest.fixture(scope="module")
def merged(parts):
    return merge(parts / "llama", loras=[parts / "first", parts / "second"], out=parts / "合并后")


def with_peft(base, loras, *, dtype=torch.float16):
    """Return the weights after PEFT's own merge_and_unload, LoRA by LoRA."""
    model = AutoModelForCausalLM.from_pretrained(base, dtype=dtype)
    with warnings.catch_warnings():
        # PEFT tells of the obsolete keys of 2023 and of how it resizes.
        warnings.simplefilter("ignore")
        for lora in loras:
            rows = next((t.shape[0] for n, t in torch_weights(lora).items() if n.endswith("embed_tokens.weight")), None)
            if rows:
                model.resize_token_embeddings(rows, mean_resizing=False)
            model = PeftModel.from_pretrained(model, lora).merge_and_unload()
    return model


def torch_weights(folder):
    weights = open_weights(folder)
    return {name: weights.read(name) for name in weights.tensors}


def same(folder, expected):
    """Whether a folder's weights are those of a model, bit by bit."""
    made = torch_weights(folder)
    return made.keys() == expected.keys() and all(torch.equal(made[name], expected[name]) for name in made)


def test_B3_two_loras_in_order_give_what_two_steps_of_peft_give(parts, merged):
    expected = with_peft(parts / "llama", [parts / "first", parts / "second"])
    assert same(merged.folder, expected.state_dict())


def logits(model):
    ids = torch.randint(0, 32000, (2, 40), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        return model.eval()(ids).logits


def test_B2_D7_the_folder_loads_in_plain_transformers_with_the_logits_of_peft(parts, tmp_path):
    made = merge(parts / "llama", loras=[parts / "first"], out=tmp_path / "out")
    loaded, told = AutoModelForCausalLM.from_pretrained(made.folder, dtype=torch.float32, output_loading_info=True)
    assert not any(told.values())
    assert len(AutoTokenizer.from_pretrained(made.folder)) == made.vocabulary == tokens_in(made.folder)
    assert torch.equal(logits(loaded), logits(with_peft(parts / "llama", [parts / "first"]).float()))


def test_B2_a_base_in_single_precision_keeps_it_and_the_logits_of_the_lora_beside_it(tmp_path):
    base = tmp_path / "base"
    write_base(base)
    write_weights(base, {name: tensor.float() for name, tensor in base_tensors(rows=32000).items()})
    lora = write_lora(tmp_path / "lora", form="safetensors")
    made = merge(base, loras=[lora], out=tmp_path / "out")
    assert json.loads((made.folder / "config.json").read_text())["torch_dtype"] == "float32"
    merged = AutoModelForCausalLM.from_pretrained(made.folder, dtype=torch.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        beside = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), lora)
    assert (logits(merged) - logits(beside)).abs().max() <= 1e-3
    assert same(made.folder, with_peft(base, [lora], dtype=torch.float32).state_dict())


def test_B4_one_tensor_at_a_time_gives_the_same_files(parts, merged, tmp_path):
    made = merge(
        parts / "llama",
        loras=[parts / "first", parts / "second"],
        out=tmp_path / "out",
        options=Options(shard_by_shard=True),
    )
    assert made.files == merged.files
    assert {p.name: p.read_bytes() for p in made.folder.iterdir()} == {
        p.name: p.read_bytes() for p in merged.folder.iterdir()
    }


@pytest.mark.parametrize(("form", "shards"), [("safetensors", 1), ("safetensors", 3), ("bin", 1), ("bin", 3)])
def test_B4_every_form_of_the_base_gives_the_same_weights(parts, tmp_path, form, shards):
    base = write_base(tmp_path / "base", form=form, shards=shards)
    made = merge(base, loras=[parts / "first"], out=tmp_path / "out", options=Options(shard_by_shard=True))
    assert same(made.folder, with_peft(parts / "llama", [parts / "first"]).state_dict())
    assert len(list(made.folder.glob("*.safetensors"))) == shards


def test_B4_files_of_old_torch_are_read(parts, tmp_path):
    base = write_base(tmp_path / "base")
    (base / "model.safetensors").unlink()
    torch.save(base_tensors(rows=32000), base / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    made = merge(base, loras=[parts / "first"], out=tmp_path / "out")
    assert same(made.folder, with_peft(parts / "llama", [parts / "first"]).state_dict())


def test_B6_D7_the_folder_is_complete_and_its_sizes_agree(merged, parts):
    folder = merged.folder
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.json",
        "generation_config.json",
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
        "model.safetensors.index.json",
        "provenance.json",
        "special_tokens_map.json",
        "tokenizer.model",
        "tokenizer_config.json",
    ]
    tensors = torch_weights(folder)
    config = json.loads((folder / "config.json").read_text())
    rows = {config["vocab_size"], *(tensors[name].shape[0] for name in ("model.embed_tokens.weight", "lm_head.weight"))}
    assert rows == {ROWS + 1} == {merged.vocabulary} == {tokens_in(folder)}
    index = json.loads((folder / "model.safetensors.index.json").read_text())
    assert index["metadata"]["total_size"] == sum(tensor.nbytes for tensor in tensors.values())
    assert index["weight_map"].keys() == tensors.keys()
    assert (folder / "tokenizer.model").read_bytes() == (parts / "second" / "tokenizer.model").read_bytes()


def test_the_origin_of_a_merge_is_kept_and_verifies_it(merged, parts):
    kept = json.loads((merged.folder / "provenance.json").read_text())
    assert [lora["name"] for lora in kept["loras"]] == ["first", "second"]
    assert kept["loras"][1]["r"] == 4
    assert kept["base"]["files"].keys() == {"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"}
    report = verify(merged.folder)
    assert (report.ok, report.kind, report.missing) == (True, "merged", ())


def test_a_merged_folder_that_changed_is_told(parts, tmp_path):
    made = merge(parts / "llama", loras=[parts / "first"], out=tmp_path / "out")
    flip_byte(made.folder / "model-00002-of-00002.safetensors", at=-5)
    assert [check.status for check in verify(made.folder).files] == ["ok", "mismatch", "ok"]


def test_a_merged_model_is_merged_again_and_remembers_what_was_before(parts, merged, tmp_path):
    first = merge(parts / "llama", loras=[parts / "first"], out=tmp_path / "one")
    both = merge(first.folder, loras=[parts / "second"], out=tmp_path / "two")
    assert both.files == merged.files
    assert json.loads((both.folder / "provenance.json").read_text())["base"]["merged_before"] == ["first"]


@pytest.mark.parametrize(
    "config",
    [
        {"use_rslora": True},
        {"rank_pattern": {}, "alpha_pattern": {"layers.1.self_attn.q_proj": 3, "down_proj": 7}},
        {"init_lora_weights": "eva", "r": 3},
    ],
)
def test_forms_of_lora_are_merged_as_peft_merges_them(parts, tmp_path, config):
    lora = write_lora(tmp_path / "lora", **config)
    made = merge(parts / "llama", loras=[lora], out=tmp_path / "out")
    assert same(made.folder, with_peft(parts / "llama", [lora]).state_dict())


def made_by_peft(base, out, **config):
    """Write a LoRA with PEFT itself, its matrices random."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = get_peft_model(AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), LoraConfig(**config))
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                parameter.data += torch.randn_like(parameter) * 0.05
        model.save_pretrained(out)
    return out


@pytest.mark.parametrize(
    "config",
    [
        {"r": 4, "target_modules": ["q_proj", "down_proj"], "use_dora": True},
        {"r": 4, "target_modules": ["v_proj", "embed_tokens"], "task_type": "CAUSAL_LM"},
        {"r": 4, "target_modules": ["q_proj", "o_proj"], "rank_pattern": {"q_proj": 2}, "layers_to_transform": [1]},
        {"r": 4, "target_modules": ["q_proj"], "modules_to_save": ["lm_head", "embed_tokens"]},
        {"r": 4, "target_modules": ["q_proj"], "modules_to_save": ["input_layernorm"]},
    ],
    ids=["dora", "embeddings", "one-layer", "saved", "norms"],
)
def test_loras_of_today_s_peft_are_merged_as_it_merges_them(tmp_path, config):
    base = tmp_path / "base"
    write_base(base)
    write_weights(base, {name: tensor.float() for name, tensor in base_tensors(rows=32000).items()})
    lora = made_by_peft(base, tmp_path / "lora", **config)
    made = merge(base, loras=[lora], out=tmp_path / "out")
    expected = with_peft(base, [lora], dtype=torch.float32).state_dict()
    weights = torch_weights(made.folder)
    assert weights.keys() == expected.keys()
    for name, tensor in weights.items():
        assert torch.allclose(tensor, expected[name], atol=1e-5), name


def test_B2_grouped_heads_are_merged(tmp_path):
    size = Size(kv_heads=2)
    base = write_base(tmp_path / "base", size=size)
    lora = write_lora(tmp_path / "lora", size=size)
    made = merge(base, loras=[lora], out=tmp_path / "out")
    assert same(made.folder, with_peft(base, [lora]).state_dict())


def test_padding_and_ends_are_those_of_the_tokenizer(tmp_path):
    """An old conversion's configuration has 0 and 1 where LLaMA's tokenizer has 1 and 2, and pads with -1."""
    base = write_base(tmp_path / "base")
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps(config | {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": -1}))
    lora = write_lora(tmp_path / "alpaca", rows=49954)
    made = merge(base, loras=[lora], out=tmp_path / "out")
    for name in ("config.json", "generation_config.json"):
        kept = json.loads((made.folder / name).read_text())
        assert (kept["bos_token_id"], kept["eos_token_id"], kept["pad_token_id"]) == (1, 2, 49953)


def test_without_a_tokenizer_anywhere_it_is_said(tmp_path):
    base, lora = write_base(tmp_path / "base"), write_lora(tmp_path / "lora")
    for name in ("tokenizer.model", "tokenizer_config.json", "special_tokens_map.json"):
        (base / name).unlink()
    assert merge(base, loras=[lora], out=tmp_path / "out").tokenizer is None
    write_tokenizer(base, rows=32000)
    assert merge(base, loras=[lora], out=tmp_path / "out2").tokenizer == base


@pytest.mark.parametrize("number", [3, 20])
def test_a_kill_leaves_no_folder_that_looks_complete_and_the_next_run_goes_on(parts, merged, tmp_path, number):
    """The process is killed when it reads its n-th tensor, then started again."""
    code = textwrap.dedent("""
        import os, signal, sys
        from pathlib import Path
        from models import merge as merging
        base, first, second, out = map(Path, sys.argv[1:5])
        read, left = merging._Job.tensor, [int(sys.argv[5])]
        def counting(job, name):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return read(job, name)
        merging._Job.tensor = counting
        merging.merge(base, loras=[first, second], out=out, options=merging.Options(shard_by_shard=True))
    """)
    out = tmp_path / "out"
    arguments = [str(path) for path in (parts / "llama", parts / "first", parts / "second", out)]
    ended = subprocess.run([sys.executable, "-c", code, *arguments, str(number)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert not out.exists()
    assert not (tmp_path / "out.partial" / "config.json").exists()
    told = []
    made = merge(
        parts / "llama",
        loras=[parts / "first", parts / "second"],
        out=out,
        options=Options(shard_by_shard=True),
        progress=lambda stage, done, total: told.append((done, total)) if stage == "merge" else None,
    )
    assert made.files == merged.files
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]
    assert not any(path.name.startswith(".") or path.suffix == ".part" for path in out.iterdir())
    assert told[-1][0] == told[-1][1] > 0


def test_what_was_begun_with_other_parts_is_begun_anew(parts, tmp_path):
    left = tmp_path / "out.partial"
    left.mkdir()
    (left / ".plan").write_text("another")
    (left / "model-00001-of-00002.safetensors").write_bytes(b"stale")
    made = merge(parts / "llama", loras=[parts / "first"], out=tmp_path / "out")
    assert same(made.folder, with_peft(parts / "llama", [parts / "first"]).state_dict())


def test_A6_room_is_checked_before_anything_is_written(parts, tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": 10 * 2**20})
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    with pytest.raises(NotEnoughRoom) as caught:
        merge(parts / "llama", loras=[parts / "first"], out=tmp_path / "out")
    assert caught.value.values["cause"] == "disk"
    assert list(tmp_path.iterdir()) == []


def test_A6_memory_is_checked_before_anything_is_written(parts, tmp_path, monkeypatch):
    memory = type("Memory", (), {"available": 2**20})
    monkeypatch.setattr("psutil.virtual_memory", lambda: memory)
    with pytest.raises(NotEnoughRoom) as caught:
        merge(parts / "llama", loras=[parts / "first"], out=tmp_path / "out")
    assert caught.value.values["cause"] == "memory_shard_by_shard"
    assert "--shard-by-shard" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell a process's peak")
def test_B4_the_peak_of_memory_stays_below_the_size_of_the_base(tmp_path):
    """A base of 0.46 GB in one file, of zeros; torch alone takes half of that."""
    size = Size(hidden=1024, layers=13, heads=16, kv_heads=16, inner=2816)
    base = write_base(tmp_path / "base")
    tensors = {f"{name}.weight": torch.zeros(shape, dtype=torch.float16) for name, shape in size.matrices()}
    ends = {
        name: torch.zeros(32000, 1024, dtype=torch.float16) for name in ("model.embed_tokens.weight", "lm_head.weight")
    }
    write_weights(base, ends | tensors)
    (base / "config.json").write_text(json.dumps(config_of(rows=32000, size=size)))
    lora = write_lora(tmp_path / "lora", size=size)
    code = (
        "import sys; from pathlib import Path; from models.merge import Options, merge;"
        "a = [Path(p) for p in sys.argv[1:]];"
        "merge(a[0], loras=[a[1]], out=a[2], options=Options(shard_by_shard=True));"
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    arguments = [str(base), str(lora), str(tmp_path / "out")]
    ended = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    assert int(ended.stdout) * 1024 < (base / "model.safetensors").stat().st_size
