"""The questions that users ask most, as checks on model files: each finding names the cause."""

import json

import pytest
import torch
from models_files import flip_byte
from tiny_llama import write_base, write_lora, write_tokenizer

from models import verify as verifying
from models.checksums import Published, sha256_of
from models.doctor import Facts, examine, examine_console, examine_folder, examine_record
from models.merge import Options, merge
from models.provenance import PROVENANCE
from models.recorded import remember


def codes(findings):
    return [finding.code for finding in findings]


def facts(name="某模型", *, rows=55296, tokens=None, context=4096, **others):
    return Facts(name=name, rows=rows, tokens=tokens or rows, context=context, **others)


def test_a_sound_model_has_no_findings():
    assert codes(examine(facts("chinese-alpaca-2-7b-16k", context=16384, file_type=15))) == []


@pytest.mark.parametrize(("rows", "tokens"), [(49953, 49954), (49954, 49953), (32000, 49954), (55296, 49954)])
def test_FAQ_mixed_tokenizer_of_a_gguf_file(rows, tokens):
    finding = next(examine(facts(rows=rows, tokens=tokens)))
    assert (finding.code, finding.serious) == ("mixed_tokenizer", True)
    assert str(rows) in str(finding.error)
    assert str(tokens) in str(finding.error)


def test_FAQ_mixed_tokenizer_of_a_folder(tmp_path):
    folder = write_base(tmp_path / "merged", rows=49954)
    assert "mixed_tokenizer" not in codes(examine_folder(folder))
    write_tokenizer(folder, rows=49953)
    assert codes(examine_folder(folder))[0] == "mixed_tokenizer"


def test_FAQ_mixed_tokenizer_of_a_lora(tmp_path):
    folder = write_lora(tmp_path / "chinese-alpaca-plus-lora-7b", rows=49954)
    assert codes(examine_folder(folder)) == ["not_merged"]
    write_tokenizer(folder, rows=49953)
    assert codes(examine_folder(folder)) == ["mixed_tokenizer", "not_merged"]


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """A model with an odd vocabulary in two parts of Meta's form."""
    folder = tmp_path_factory.mktemp("meta")
    base = write_base(folder / "base", rows=49953)
    return merge(base, loras=[], out=folder / "13B", options=Options(format="pth", parts=2)).folder


def test_FAQ_13B_odd_split_is_right_as_it_is_made_here(parts):
    assert codes(examine_folder(parts)) == []
    sizes = {path.stat().st_size for path in parts.glob("*.pth")}
    assert len(sizes) == 2, "the two files differ, which is right"


def test_FAQ_13B_odd_split_that_lost_a_row(parts, tmp_path):
    broken = tmp_path / "13B"
    broken.mkdir()
    for path in parts.iterdir():
        (broken / path.name).write_bytes(path.read_bytes())
    last = torch.load(broken / "consolidated.01.pth", weights_only=True)
    last["output.weight"] = last["output.weight"][:-1].clone()
    torch.save(last, broken / "consolidated.01.pth")
    (finding,) = examine_folder(broken)
    assert (finding.code, finding.serious) == ("odd_split", True)
    assert finding.values == {"rows": 49953, "head": 49952}


def provenance(*loras, before=()):
    return {"base": {"name": "llama-7b-hf", "merged_before": list(before)}, "loras": [{"name": name} for name in loras]}


@pytest.mark.parametrize("kind", ["plus", "pro"])
def test_FAQ_one_lora_missing(kind):
    last = f"chinese-alpaca-{kind}-lora-7b"
    (finding, *_) = examine(facts(rows=49954, context=512, parts=provenance(last)))
    assert (finding.code, finding.serious) == ("missing_lora", True)
    assert finding.values["missing"] == "chinese-llama-plus-7b"
    for whole in (
        provenance("chinese-llama-plus-lora-7b", last),
        provenance(last, before=["chinese-llama-plus-lora-7b"]),
    ):
        assert "missing_lora" not in codes(examine(facts(rows=49954, parts=whole)))


def test_FAQ_one_lora_missing_in_a_folder_that_was_merged_here(tmp_path):
    base = write_base(tmp_path / "llama-7b-hf")
    last = write_lora(tmp_path / "chinese-alpaca-plus-lora-7b", rows=49954)
    made = merge(base, loras=[last], out=tmp_path / "merged", options=Options(force=True)).folder
    assert (made / PROVENANCE).is_file()
    assert "missing_lora" in codes(examine_folder(made))


def test_FAQ_a_single_lora_needs_no_other():
    assert codes(examine(facts(rows=49954, context=512, parts=provenance("chinese-alpaca-lora-7b")))) == []


@pytest.mark.parametrize("files", ["consolidated.00.pth", "model.safetensors"])
def test_FAQ_hash_differs(tmp_path, monkeypatch, files):
    if files.endswith(".pth"):
        base = write_base(tmp_path / "base", rows=49954)
        folder = merge(
            base, loras=[], out=tmp_path / "chinese-alpaca-7b", options=Options(format="pth", parts=1)
        ).folder
        (folder / PROVENANCE).unlink()
    else:
        folder = write_base(tmp_path / "chinese-alpaca-7b", rows=49954)
    entry = Published("merged", "meta", "Chinese-Alpaca-7B", files, sha256_of(folder / files))
    monkeypatch.setattr(verifying, "published", lambda: [entry])
    assert not {"hash_differs", "hash_differs_torch"} & {*codes(examine_folder(folder, deep=True))}
    flip_byte(folder / files, at=-300)
    found = next(f for f in examine_folder(folder, deep=True) if f.code.startswith("hash"))
    # Published hashes of merged .pth files are those of PyTorch 1.13 or later.
    assert found.code == ("hash_differs_torch" if files.endswith(".pth") else "hash_differs")
    assert found.values["files"] == files


def test_FAQ_hash_differs_from_that_of_the_first_use(tmp_path):
    model = tmp_path / "a.gguf"
    model.write_bytes(b"GGUF" + bytes(100))
    assert codes(examine_record(model, models_dir=tmp_path)) == []
    remember(model, models_dir=tmp_path)
    assert codes(examine_record(model, models_dir=tmp_path)) == []
    flip_byte(model, at=50)
    (finding,) = examine_record(model, models_dir=tmp_path)
    assert (finding.code, finding.values["files"]) == ("changed", "a.gguf")


@pytest.mark.parametrize(
    ("name", "rows"),
    [("llama", 32000), ("x", 49953), ("chinese-llama-2-7b-q8_0", 55296), ("llama-3-chinese-8b", 128256)],
)
def test_FAQ_base_model_chosen_for_questions(name, rows):
    assert "base_model" in codes(examine(facts(name, rows=rows)))


@pytest.mark.parametrize(
    ("name", "rows", "has_template"),
    [("x", 49954, False), ("chinese-alpaca-2-7b", 55296, False), ("llama-2-chat", 32000, True)],
)
def test_FAQ_a_chat_model_is_no_base_model(name, rows, has_template):
    assert "base_model" not in codes(examine(facts(name, rows=rows, has_template=has_template)))


@pytest.mark.parametrize(("file_type", "told"), [(10, "Q2_K"), (12, "Q3_K_M"), (26, "IQ3_S")])
def test_FAQ_short_answers_by_quantisation(file_type, told):
    (finding,) = examine(facts(file_type=file_type))
    assert (finding.code, finding.serious, finding.values["type"]) == ("coarse", False, told)


@pytest.mark.parametrize("file_type", [1, 2, 7, 15, 17, 18, None])
def test_FAQ_four_bits_and_more_are_no_cause(file_type):
    assert codes(examine(facts(file_type=file_type))) == []


def test_FAQ_short_answers_of_plus_models():
    found = [f for f in examine(facts("chinese-alpaca-plus-7b-q4_k_m", rows=49954)) if f.code == "terse"]
    assert found[0].values["better"] == "chinese-alpaca-pro-7b"


@pytest.mark.parametrize(
    ("name", "width", "told"),
    [("alpaca-30b", 6656, True), ("LLaMA-30B-hf", 6656, True), ("alpaca-33b", 6656, False), ("qwen-30b", 2048, False)],
)
def test_FAQ_33B_named_30B(name, width, told):
    assert ("named_30b" in codes(examine(facts(name, width=width)))) == told


def test_FAQ_context_beyond_what_the_model_was_made_for():
    (finding,) = examine(facts("chinese-alpaca-2-7b"), context=8192)
    assert (finding.code, finding.values) == ("long_context", {"asked": 8192, "context": 4096})
    assert codes(examine(facts("chinese-alpaca-2-7b"), context=4096)) == []


def test_FAQ_context_beyond_what_the_first_generation_learned_from():
    first = facts(rows=49954, context=2048)
    (finding,) = examine(first)
    assert (finding.code, finding.values) == ("short_training", {"context": 2048, "tuned": 512})
    assert codes(examine(first, context=512)) == []


@pytest.mark.parametrize(
    ("platform", "code_page", "told"),
    [
        ("win32", 936, True),
        ("win32", 437, True),
        ("win32", 65001, False),
        ("win32", None, False),
        ("linux", 936, False),
    ],
)
def test_FAQ_windows_code_page(platform, code_page, told):
    assert bool([*examine_console(platform, code_page=code_page)]) == told


def test_A4_a_lora_that_lacks_a_file_is_named(tmp_path):
    folder = write_lora(tmp_path / "lora", rows=49954)
    (folder / "adapter_model.bin").unlink()
    (finding,) = examine_folder(folder)
    assert (finding.code, finding.serious) == ("broken", True)
    assert "adapter_model" in str(finding.error)


def test_A4_a_lora_of_a_few_hundred_kilobytes_is_named(tmp_path):
    folder = write_lora(tmp_path / "lora", modules_to_save=["embed_tokens", "lm_head"])
    (finding,) = examine_folder(folder)
    assert finding.code == "broken"


def test_a_damaged_config_is_told_and_ends_nothing(tmp_path):
    folder = write_base(tmp_path / "merged")
    for content in ("{", "[]", json.dumps({"vocab_size": "many"})):
        (folder / "config.json").write_text(content)
        assert set(codes(examine_folder(folder))) <= {"broken"}


def test_a_package_that_is_missing_is_a_note(tmp_path, monkeypatch):
    folder = write_lora(tmp_path / "lora", rows=49954)
    monkeypatch.setitem(__import__("sys").modules, "sentencepiece", None)
    (finding,) = examine_folder(folder)
    assert (finding.code, finding.values) == ("not_opened", {"package": "sentencepiece"})
