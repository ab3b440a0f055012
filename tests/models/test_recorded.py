"""What the files of a model hashed to at their first use."""

import json
import os

import pytest
from models_files import flip_byte

from models import recorded
from models.errors import BadModelFiles
from models.recorded import RECORD, Use, changed, remember, unchanged, used


@pytest.fixture
def models_dir(tmp_path):
    made = tmp_path / "模型"
    made.mkdir()
    return made


@pytest.fixture
def model(models_dir):
    path = models_dir / "聊天.gguf"
    path.write_bytes(b"GGUF" + bytes(1000))
    return path


def test_the_first_use_records_and_the_next_one_compares(model, models_dir):
    assert used(model, models_dir=models_dir) == Use(first=True, changed=())
    assert used(model, models_dir=models_dir) == Use(first=False, changed=())
    flip_byte(model, at=500)
    assert used(model, models_dir=models_dir) == Use(first=False, changed=("聊天.gguf",))


def test_a_file_of_the_same_time_and_size_is_not_read_again(model, models_dir, monkeypatch):
    remember(model, models_dir=models_dir)
    monkeypatch.setattr(recorded, "sha256_of", lambda path, **_: pytest.fail("read again"))
    assert changed(model, models_dir=models_dir) == []


def test_a_file_that_was_only_touched_has_not_changed_and_is_read_once(model, models_dir, monkeypatch):
    remember(model, models_dir=models_dir)
    os.utime(model, ns=(1, 1))
    assert changed(model, models_dir=models_dir) == []
    monkeypatch.setattr(recorded, "sha256_of", lambda path, **_: pytest.fail("read again"))
    assert changed(model, models_dir=models_dir) == []


def test_all_files_of_a_folder_count_the_tokenizer_too(models_dir):
    folder = models_dir / "merged"
    folder.mkdir()
    for name in ("model.safetensors", "tokenizer.json", "config.json"):
        (folder / name).write_bytes(name.encode())
    remember(folder, models_dir=models_dir)
    flip_byte(folder / "tokenizer.json", at=0)
    (folder / "config.json").unlink()
    assert changed(folder, models_dir=models_dir) == ["config.json", "tokenizer.json"]
    assert unchanged(folder, models_dir=models_dir) is None


def test_a_model_outside_of_the_models_folder_has_its_path(tmp_path, models_dir):
    model = tmp_path / "elsewhere.gguf"
    model.write_bytes(b"GGUF")
    remember(model, models_dir=models_dir)
    assert list(json.loads((models_dir / RECORD).read_text("utf-8"))["files"]) == [str(model)]
    flip_byte(model, at=0)
    assert changed(model, models_dir=models_dir) == ["elsewhere.gguf"]


def test_one_model_s_record_leaves_the_others_alone(model, models_dir):
    other = models_dir / "other.gguf"
    other.write_bytes(b"GGUF other")
    remember(model, models_dir=models_dir)
    remember(other, models_dir=models_dir)
    remember(model, models_dir=models_dir)
    assert unchanged(model, models_dir=models_dir).keys() == {"聊天.gguf"}
    assert unchanged(other, models_dir=models_dir).keys() == {"other.gguf"}


def test_a_record_that_cannot_be_written_is_named(tmp_path):
    model = tmp_path / "a.gguf"
    model.write_bytes(b"GGUF")
    (tmp_path / "file").write_text("")
    with pytest.raises(BadModelFiles) as failed:
        remember(model, models_dir=tmp_path / "file" / "models")
    assert failed.value.values["cause"] == "record_unwritable"


@pytest.mark.parametrize("content", ["{", "[]", '{"files": []}', '{"files": {"a": {"b": 1}}}', ""])
def test_a_damaged_record_is_named_with_its_remedy(model, models_dir, content):
    (models_dir / RECORD).write_text(content)
    with pytest.raises(BadModelFiles, match="delete it"):
        used(model, models_dir=models_dir)
