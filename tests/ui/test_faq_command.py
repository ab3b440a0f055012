"""The seed's frequent questions as `wendang doctor` answers them (row FAQ): on real model files in a home."""

import json

import pytest
import torch
from models_files import flip_byte
from tiny_llama import write_base, write_lora

from models import verify as verifying
from models.checksums import Published, sha256_of
from models.doctor import examine_console
from models.merge import Options, merge
from models.provenance import PROVENANCE


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.delenv("WENDANG_MODELS_DIR", raising=False)
    # What is not about model files takes seconds.
    monkeypatch.setattr("ui.commands.doctor.examine", lambda home: iter(()))
    made = tmp_path / "家"
    (made / "models").mkdir(parents=True)
    return made


@pytest.fixture
def doctor(home, wendang_at):
    """Return what the doctor says: exit status, and the detail and remedy of each finding on model files."""
    run = wendang_at(home)

    def told(*arguments):
        status, out, _ = run("doctor", "--json", *arguments)
        records = [record for record in json.loads(out) if record["name"] == "model_files"]
        return status, [f"{record['detail']} → {record['remedy']}" for record in records]

    return told


def written_in_parts(tmp_path, out):
    """Write a model with an odd vocabulary in two parts of Meta's form, and return its folder."""
    base = write_base(tmp_path / "base", rows=49953)
    return merge(base, loras=[], out=out, options=Options(format="pth", parts=2)).folder


def test_FAQ_the_doctor_names_a_13B_split_that_lost_a_row(doctor, home, tmp_path):
    folder = written_in_parts(tmp_path, home / "models" / "13B")
    last = torch.load(folder / "consolidated.01.pth", weights_only=True)
    last["output.weight"] = last["output.weight"][:-1].clone()
    torch.save(last, folder / "consolidated.01.pth")
    _, findings = doctor()
    (finding,) = [told for told in findings if "49952" in told]
    assert "49953" in finding
    assert "wendang model merge" in finding


def test_FAQ_the_doctor_names_a_missing_lora(doctor, home, tmp_path):
    base = write_base(tmp_path / "llama-7b-hf")
    last = write_lora(tmp_path / "chinese-alpaca-plus-lora-7b", rows=49954)
    merge(base, loras=[last], out=home / "models" / "合并", options=Options(force=True))
    _, findings = doctor()
    (finding,) = [told for told in findings if "chinese-llama-plus-7b" in told]
    assert "chinese-alpaca-plus-7b" in finding


def test_FAQ_the_doctor_names_a_hash_that_differs_with_the_version_of_torch(doctor, home, tmp_path, monkeypatch):
    folder = written_in_parts(tmp_path, home / "models" / "chinese-llama-plus-13b")
    (folder / PROVENANCE).unlink()
    entries = [
        Published("merged", "meta", "Chinese-LLaMA-Plus-13B", file.name, sha256_of(file))
        for file in sorted(folder.glob("*.pth"))
    ]
    monkeypatch.setattr(verifying, "published", lambda: entries)
    assert not [told for told in doctor("--deep")[1] if "consolidated" in told]
    flip_byte(folder / "consolidated.01.pth", at=(folder / "consolidated.01.pth").stat().st_size // 2)
    assert not [told for told in doctor()[1] if "consolidated" in told], "only --deep reads the files whole"
    (finding,) = [told for told in doctor("--deep")[1] if "consolidated.01.pth" in told]
    assert "PyTorch 1.13" in finding


def test_FAQ_the_doctor_says_that_a_lora_is_to_be_merged_first(doctor, home):
    write_lora(home / "models" / "chinese-alpaca-plus-lora-7b", rows=49954)
    status, (finding,) = doctor()
    assert status == 0
    assert "chinese-llama-plus-7b → chinese-alpaca-plus-7b" in finding


def test_FAQ_the_doctor_names_the_code_page_of_windows(doctor, monkeypatch):
    monkeypatch.setattr("ui.model_health._console", lambda: examine_console("win32", code_page=936))
    (finding,) = doctor()[1]
    assert "936" in finding
    assert "65001" in finding
