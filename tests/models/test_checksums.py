"""The published hashes, and files held against them (row A5)."""

import hashlib
import json
import subprocess
import sys

import pytest
from models_files import flip_byte
from tiny_llama import write_lora, write_tokenizer

from models.checksums import Published, known_as, published, sha256_of
from models.errors import BadModelFiles
from models.verify import verify


def entries(kind, form=None):
    return [entry for entry in published() if entry.kind == kind and form in (None, entry.form)]


def test_A5_the_table_has_as_many_files_as_were_published():
    assert len(entries("base", "meta")) == 7
    assert len(entries("base", "huggingface")) == 12
    assert len(entries("tokenizer", "sentencepiece")) == 2
    assert len(entries("lora")) == 15
    merged = {
        entry.model: [e.sha256 for e in entries("merged") if e.model == entry.model] for entry in entries("merged")
    }
    assert sum(all(hashes) for hashes in merged.values()) == 11
    assert sum(not any(hashes) for hashes in merged.values()) == 4
    assert all(len(entry.sha256) == 64 for entry in published() if entry.sha256)
    assert known_as("8c928db86b2a0cf73f019832f921eb7e1e069ca21441b4bfa12c4381c6cc46be").model == "Chinese-LLaMA-Plus-7B"


@pytest.fixture
def lora(tmp_path):
    return write_lora(tmp_path / "chinese-alpaca-plus-lora-7b", rows=49954)


def table_of(folder, *, model="Chinese-Alpaca-Plus-7B"):
    """A table in which a folder's own files are the published ones."""
    file = folder / "adapter_model.bin"
    tokenizer = folder / "tokenizer.model"
    return [
        Published("lora", "peft", model, file.name, sha256_of(file)),
        Published("tokenizer", "sentencepiece", "Chinese-Alpaca", tokenizer.name, sha256_of(tokenizer)),
    ]


def test_A5_the_right_files_pass(lora):
    report = verify(lora, table=table_of(lora))
    assert (report.ok, report.kind, report.model) == (True, "lora", "Chinese-Alpaca-Plus-7B")
    assert {check.status for check in report.files} == {"ok"}


def test_A5_one_flipped_byte_fails(lora):
    table = table_of(lora)
    flip_byte(lora / "adapter_model.bin", at=-1000)
    report = verify(lora, table=table)
    assert report.wrong
    assert {check.file: check.status for check in report.files} == {
        "adapter_model.bin": "mismatch",
        "tokenizer.model": "ok",
    }
    assert report.files[0].expected == table[0].sha256


def test_A5_nothing_is_asked_of_a_network(lora, monkeypatch):
    monkeypatch.setattr("socket.socket", lambda *_, **__: pytest.fail("a connection was opened"))
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: pytest.fail("a name was looked up"))
    assert verify(lora, table=table_of(lora)).ok


def test_A5_a_tokenizer_of_the_other_kind_is_told(lora):
    table = table_of(lora)
    write_tokenizer(lora, rows=49953)
    other = Published(
        "tokenizer", "sentencepiece", "Chinese-LLaMA", "tokenizer.model", sha256_of(lora / "tokenizer.model")
    )
    report = verify(lora, table=[*table, other])
    assert report.files[1].status == "mismatch"
    assert [exc.values["cause"] for exc in report.problems] == ["vocabularies_mixed"]


def test_A5_what_was_never_published_is_unknown_and_not_ok(tmp_path):
    folder = tmp_path / "chinese-alpaca-pro-7b"
    folder.mkdir()
    (folder / "consolidated.00.pth").write_bytes(b"x" * 5000)
    report = verify(folder, kind="merged")
    assert (report.files[0].status, report.model, report.ok) == ("unknown", "Chinese-Alpaca-Pro-7B", False)
    assert report.remarks == ("torch_version", "unpublished")
    assert report.missing == ("params.json", "tokenizer.model")


def test_A5_parts_of_one_model_are_held_against_it_whatever_the_folder_is_called(tmp_path):
    table = []
    for number in range(2):
        file = tmp_path / f"consolidated.{number:02}.pth"
        file.write_bytes(bytes([number]) * 3000)
        table.append(Published("base", "meta", "LLaMA-13B", file.name, sha256_of(file)))
    flip_byte(tmp_path / "consolidated.01.pth", at=7)
    report = verify(tmp_path, kind="base", table=table)
    assert [check.status for check in report.files] == ["ok", "mismatch"]


@pytest.mark.parametrize(
    "name",
    ["adapter_config.json", "adapter_model.bin", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json"],
)
def test_A4_a_file_that_a_lora_package_lacks_is_named(lora, name):
    (lora / name).unlink()
    assert verify(lora).missing == (name,)


def test_a_part_of_the_base_that_is_missing_is_named(tmp_path):
    folder = tmp_path / "13B"
    folder.mkdir()
    (folder / "params.json").write_text(json.dumps({"dim": 5120}))
    (folder / "consolidated.00.pth").write_bytes(b"x")
    report = verify(folder)
    assert report.missing == ("consolidated.01.pth", "tokenizer.model")
    assert (report.kind, report.model, report.files[0].status) == ("base", "LLaMA-13B", "mismatch")


def test_one_file_is_verified_alone(lora):
    report = verify(lora / "tokenizer.model", table=table_of(lora))
    assert (report.ok, report.missing, [check.file for check in report.files]) == (True, (), ["tokenizer.model"])


def test_a_folder_of_nothing_is_refused(tmp_path):
    with pytest.raises(BadModelFiles) as caught:
        verify(tmp_path)
    assert caught.value.values["cause"] == "nothing_to_verify"


def test_A5_hashing_takes_the_same_memory_for_any_size(tmp_path):
    file = tmp_path / "large.bin"
    with file.open("wb") as stream:
        stream.truncate(300 * 2**20)
    code = (
        "import resource, sys; from pathlib import Path; from models.checksums import sha256_of;"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; print(sha256_of(Path(sys.argv[1])));"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    printed = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True).stdout
    digest, grown = printed.split()
    assert digest == hashlib.sha256(bytes(300 * 2**20)).hexdigest()
    assert int(grown) * 1024 < 20 * 2**20
