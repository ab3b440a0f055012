"""`wendang model train`, from the command line."""

import json
import tomllib

import pytest
from small_training import small_base, write_instructions


@pytest.fixture
def wendang(tmp_path, monkeypatch, wendang_at):
    monkeypatch.chdir(tmp_path)
    return wendang_at(tmp_path / "home")


def test_the_settings_to_begin_with_train_once_the_names_are_right(wendang, tmp_path):
    small_base(tmp_path / "基座")
    write_instructions(tmp_path / "指令.json", count=6)
    status, out, _ = wendang("model", "train", "--new", "tune")
    assert (status, tomllib.loads(out)["lora"]["rank"]) == (0, 8)
    changed = out.replace('"分词器"', '"基座"').replace("batch = 8", "batch = 1\nsteps = 2\nvalidation = 0.3")
    (tmp_path / "训练.toml").write_text(changed, "utf-8")
    status, out, err = wendang("model", "train", "训练.toml")
    assert (status, err) == (0, "")
    assert "已训练 2 步（4 条，另留 2 条验证）" in out
    assert "验证困惑度" in out
    assert "wendang model merge --base" in out
    status, out, _ = wendang("model", "merge", "--base", "基座", "--lora", "我的LoRA", "--out", "合并", "--json")
    assert (status, json.loads(out)["vocabulary"]) == (0, 600)
    status, out, err = wendang("model", "train", "训练.toml")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "不会覆盖" in err


def test_bad_records_are_one_line_with_their_lines(wendang, tmp_path):
    small_base(tmp_path / "基座")
    (tmp_path / "指令.json").write_text('[{"instruction": "问"}]', "utf-8")
    settings = 'kind = "tune"\nbase = "基座"\ndata = "指令.json"\nout = "LoRA"\n'
    (tmp_path / "训练.toml").write_text(settings, "utf-8")
    status, out, err = wendang("model", "train", "训练.toml")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "指令.json:1" in err
    assert not (tmp_path / "LoRA").exists()


def test_a_wrong_setting_and_a_missing_file_are_told_apart(wendang, tmp_path):
    (tmp_path / "训练.toml").write_text('kind = "tune"\nrank = 8\n', "utf-8")
    status, _, err = wendang("model", "train", "训练.toml")
    assert status == 1
    assert "docs/training.md" in err
    assert wendang("model", "train", "没有.toml")[0] == 1
    assert wendang("model", "train")[0] == 2


@pytest.mark.parametrize("kind", ["pretrain", "tune"])
def test_the_settings_to_begin_with_are_settings_in_both_languages(wendang, kind):
    from models.training.recipe import checked

    for language in ("zh", "en"):
        status, out, _ = wendang("model", "train", "--new", kind, "--lang", language)
        assert status == 0
        assert checked(tomllib.loads(out), source="test").kind == kind
