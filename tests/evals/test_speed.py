import pytest

from evals.speed import generated_texts, measure_speed
from ingest.errors import BadSetting


def test_generated_texts_are_many_and_the_same_for_the_same_seed():
    texts = list(generated_texts(30, seed=5))
    assert texts == list(generated_texts(30, seed=5)) != list(generated_texts(30, seed=6))
    assert len(set(texts)) == 30
    assert all(500 <= len(text) < 600 for text in texts)


def test_every_part_of_the_speed_is_measured(tmp_path, models_dir, monkeypatch):
    monkeypatch.setenv("WENDANG_MODELS_DIR", str(models_dir))
    monkeypatch.setenv("WENDANG_TOP_K", "1")  # short prompts
    monkeypatch.setattr("evals.model_speed._PROMPTS", 1)
    found = measure_speed(home=tmp_path / "home", files=2, seed=1)
    assert found["files"] == 2 and found["texts"] >= 4 and found["prompt_tokens"] > 100
    rates = [value for name, value in found.items() if name.endswith(("_per_s", "_ratio"))]
    assert len(rates) == 8 and all(rate > 0 for rate in rates)


def test_speed_is_measured_only_for_a_model_of_llama_cpp(tmp_path):
    tmp_path.joinpath("wendang.toml").write_text('backend = "openai"\n', "utf-8")
    with pytest.raises(BadSetting, match="openai"):
        measure_speed(home=tmp_path, files=1, seed=1)
