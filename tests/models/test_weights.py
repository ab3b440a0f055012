"""Reading tensors from files one at a time, and refusing files that are not what they seem."""

import os
import sys

import pytest
import torch
from models_files import flip_byte
from safetensors.torch import load_file, save_file

from models.errors import BadModelFiles, MissingPackage
from models.packages import needed
from models.shards import Planned, plan_shards, write_shards
from models.stored import dtype_name
from models.weights import open_weights

BIG = torch.arange(600.0).view(20, 30)
TENSORS = {
    "plain": torch.randn(7, 5),
    "half": torch.randn(3, 4).half(),
    "brain": torch.randn(9).bfloat16(),
    "scalar": torch.tensor(3.5),
    "none": torch.zeros(0, 4),
    "truth": torch.tensor([True, False, True]),
    "numbers": torch.arange(5),
}
#: Views of another tensor's memory, as torch keeps them.
VIEWS = {"turned": BIG.T, "middle": BIG[5:9], "columns": BIG[:, 3:7], "row": BIG[2], "every": BIG[::3, ::2]}


def caught_cause(path):
    with pytest.raises(BadModelFiles) as caught:
        open_weights(path)
    return caught.value.values["cause"]


@pytest.mark.parametrize("zipped", [True, False])
def test_torch_files_give_the_tensors_that_torch_gives(tmp_path, zipped):
    torch.save(TENSORS | VIEWS, tmp_path / "pytorch_model.bin", _use_new_zipfile_serialization=zipped)
    weights = open_weights(tmp_path)
    assert list(weights.tensors) == [*TENSORS, *VIEWS]
    for name, tensor in (TENSORS | VIEWS).items():
        assert weights.tensors[name].shape == tuple(tensor.shape)
        assert torch.equal(weights.read(name), tensor), name
        assert weights.read(name).is_contiguous()


def test_safetensors_give_the_tensors_that_the_library_gives(tmp_path):
    save_file(TENSORS, tmp_path / "model.safetensors")
    weights = open_weights(tmp_path)
    assert weights.tensors.keys() == TENSORS.keys()
    assert all(torch.equal(weights.read(name), tensor) for name, tensor in TENSORS.items())
    assert weights.size == sum(tensor.nbytes for tensor in TENSORS.values())


def test_what_is_read_may_be_changed_without_changing_the_file(tmp_path):
    save_file(TENSORS, tmp_path / "model.safetensors")
    weights = open_weights(tmp_path)
    weights.read("plain").zero_()
    assert torch.equal(weights.read("plain"), TENSORS["plain"])


class Harmful:
    def __reduce__(self):
        return os.mkdir, ("harm",)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_with_code_is_refused_and_not_run(tmp_path, monkeypatch, zipped):
    monkeypatch.chdir(tmp_path)
    torch.save({"a": torch.ones(2), "b": Harmful()}, "pytorch_model.bin", _use_new_zipfile_serialization=zipped)
    assert caught_cause(tmp_path) == "pickle"
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize(
    "content", [b"", b"<!DOCTYPE html>", b"version https://git-lfs.github.com/spec/v1\n", b"PK\x03\x04cut"]
)
@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.safetensors"])
def test_what_is_no_weight_file_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert caught_cause(tmp_path) in ("damaged", "pickle")


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.safetensors"])
def test_a_file_that_is_cut_is_refused(tmp_path, name):
    path = tmp_path / name
    torch.save(TENSORS, path) if name.endswith("bin") else save_file(TENSORS, path)
    path.write_bytes(path.read_bytes()[:-60])
    assert caught_cause(tmp_path) == "damaged"


def test_a_damaged_header_is_refused(tmp_path):
    save_file(TENSORS, tmp_path / "model.safetensors")
    flip_byte(tmp_path / "model.safetensors", at=6)
    assert caught_cause(tmp_path) == "damaged"


def test_a_training_checkpoint_is_refused(tmp_path):
    torch.save({"model": {"a": torch.ones(2)}, "step": 5}, tmp_path / "pytorch_model.bin")
    assert caught_cause(tmp_path) == "not_tensors"


def test_an_index_outside_of_the_folder_is_refused(tmp_path):
    (tmp_path / "model.safetensors.index.json").write_text('{"weight_map": {"a": "../secret.safetensors"}}')
    assert caught_cause(tmp_path) == "bad_index"


def test_a_package_that_is_missing_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    with pytest.raises(MissingPackage, match=r"\[workshop\]"):
        needed("sentencepiece")


def test_shards_are_what_the_library_reads(tmp_path):
    planned = [Planned(name, dtype_name(tensor), tuple(tensor.shape)) for name, tensor in TENSORS.items()]
    shards = plan_shards([planned], limit=150)
    hashes = write_shards(tmp_path, shards=shards, read=TENSORS.__getitem__)
    assert len(shards) == len(hashes) > 1
    read = {name: tensor for shard in shards for name, tensor in load_file(tmp_path / shard.file).items()}
    assert read.keys() == TENSORS.keys()
    assert all(torch.equal(read[name], TENSORS[name]) for name in TENSORS)
    assert open_weights(tmp_path).tensors.keys() == TENSORS.keys()
