"""A model of this machine, taken into the models folder."""

import hashlib

import pytest

from models.bring_in import bring_in
from models.errors import BadModelFiles, NotEnoughRoom
from models.recorded import unchanged

CONTENT = b"GGUF" + bytes(range(256)) * 100


@pytest.fixture
def models_dir(tmp_path):
    return tmp_path / "模型"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "下载" / "聊天.gguf"
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    return path


def cause(source, models_dir, **options):
    with pytest.raises(BadModelFiles) as failed:
        bring_in(source, models_dir=models_dir, **options)
    return failed.value.values["cause"]


def test_a_file_is_copied_and_recorded_in_one_reading(file, models_dir):
    told = []
    place = bring_in(file, models_dir=models_dir, progress=lambda *done: told.append(done))
    assert place == models_dir / "聊天.gguf"
    assert place.read_bytes() == CONTENT
    assert told == [("copy", len(CONTENT), len(CONTENT))]
    record = unchanged(place, models_dir=models_dir)["聊天.gguf"]
    assert record.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert record.source == str(file)


def test_a_link_leaves_the_file_where_it_is(file, models_dir):
    place = bring_in(file, models_dir=models_dir, link=True)
    assert place.is_symlink()
    assert place.resolve() == file
    assert unchanged(place, models_dir=models_dir)


def test_a_folder_comes_without_code(tmp_path, models_dir):
    folder = tmp_path / "merged"
    (folder / "runs").mkdir(parents=True)
    for name in ("config.json", "model.safetensors", "modeling_x.py", ".git"):
        (folder / name).write_text(name)
    place = bring_in(folder, models_dir=models_dir)
    assert sorted(path.name for path in place.iterdir()) == ["config.json", "model.safetensors"]
    assert unchanged(place, models_dir=models_dir).keys() == {"config.json", "model.safetensors"}


def test_what_is_there_is_never_overwritten(file, models_dir):
    bring_in(file, models_dir=models_dir)
    assert cause(file, models_dir) == "exists"
    assert cause(models_dir / file.name, models_dir) == "exists"


def test_what_is_no_model_is_refused(tmp_path, models_dir):
    text = tmp_path / "a.gguf"
    text.write_text("<html>")
    assert cause(text, models_dir) == "not_gguf"
    assert cause(tmp_path / "none.gguf", models_dir) == "not_found"
    assert cause(tmp_path, models_dir) == "not_a_model_folder"
    assert not models_dir.exists()


def test_a_link_into_a_cache_that_is_gone_is_named(tmp_path, models_dir):
    folder = tmp_path / "snapshot"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").symlink_to(tmp_path / "blobs" / "gone")
    assert cause(folder, models_dir) == "points_nowhere"


def test_an_interrupted_copy_leaves_nothing(file, models_dir):
    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring_in(file, models_dir=models_dir, progress=stop)
    assert [path for path in models_dir.rglob("*") if path.is_file()] == []
    assert bring_in(file, models_dir=models_dir).read_bytes() == CONTENT


def test_a_full_disk_is_told_before(file, models_dir, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 1000})())
    with pytest.raises(NotEnoughRoom):
        bring_in(file, models_dir=models_dir)
