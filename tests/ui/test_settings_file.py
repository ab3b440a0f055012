import pytest

from ingest.errors import BadSetting
from ui.settings_file import change_settings, variable_of, write_settings


def test_a_new_setting_stands_before_the_tables_and_comments_stay(tmp_path):
    (tmp_path / "wendang.toml").write_text("# 说明\ntop_k = 3  # 三\n\n[limits]\npages = 5\n", "utf-8")
    change_settings(tmp_path, {"mode": "refine", "top_k": 6, "limits.depth": 2, "backend_options.n_ctx": 2048})
    text = (tmp_path / "wendang.toml").read_text("utf-8")
    assert "# 说明\ntop_k = 6  # 三\n" in text
    assert text.index("mode") < text.index("[limits]")
    assert "[limits]\npages = 5\n" in text
    assert "[backend_options]\nn_ctx = 2048" in text


def test_none_takes_a_setting_out_wherever_it_stands(tmp_path):
    (tmp_path / "wendang.toml").write_text('model = "a"\n\n[backend_options]\nn_ctx = 1\nseed = 2\n', "utf-8")
    write_settings(tmp_path, model=None)
    change_settings(tmp_path, {"backend_options.n_ctx": None, "limits.pages": None})
    text = (tmp_path / "wendang.toml").read_text("utf-8")
    assert "model" not in text
    assert "n_ctx" not in text
    assert "seed = 2" in text
    assert "limits" not in text


@pytest.mark.parametrize("content", ["top_k = = 3\n", "limits = 3\n"])
def test_a_file_that_cannot_be_changed_is_named_and_left_alone(tmp_path, content):
    (tmp_path / "wendang.toml").write_text(content, "utf-8")
    with pytest.raises(BadSetting, match=r"wendang\.toml cannot be changed"):
        change_settings(tmp_path, {"limits.pages": 5})
    assert (tmp_path / "wendang.toml").read_text("utf-8") == content


def test_a_setting_of_the_environment_names_its_variable(monkeypatch):
    monkeypatch.setenv("WENDANG_TOP_K", "5")
    monkeypatch.setenv("wendang_limits__pages", "5")
    monkeypatch.setenv("WENDANG_BACKEND_OPTIONS", "{}")
    assert variable_of("top_k") == "WENDANG_TOP_K"
    assert variable_of("limits.pages") == "wendang_limits__pages"
    assert variable_of("backend_options.n_ctx") == "WENDANG_BACKEND_OPTIONS"
    assert variable_of("limits.depth") is None
