"""`wendang model`: what there is to choose from, and how a choice is kept."""

import json
import re
import tomllib

import numpy as np
import pytest
from gguf import GGUFWriter
from safetensors.numpy import save_file
from tiny_gguf import write_tiny_model

from rag.settings import read_settings


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.delenv("WENDANG_MODELS_DIR", raising=False)
    made = tmp_path / "home"
    (made / "models").mkdir(parents=True)
    return made


@pytest.fixture
def wendang(home, wendang_at):
    return wendang_at(home)


def write_gguf(path, *, tokens: int, template: str | None = None):
    """Write a GGUF file with a header and no weights."""
    writer = GGUFWriter(str(path), "llama")
    writer.add_name(path.stem)
    writer.add_context_length(4096)
    writer.add_token_list([f"t{n}" for n in range(tokens)])
    if template:
        writer.add_chat_template(template)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    return path


def chat_model(path):
    return write_gguf(path, tokens=300, template="{{ '<|im_start|>' }}")


def test_the_list_has_the_default_and_every_file_with_its_family_or_the_reason(home, wendang):
    chat_model(home / "models" / "qwen.gguf")
    write_gguf(home / "models" / "base.gguf", tokens=32000)
    (home / "models" / "broken.gguf").write_bytes(b"GGUF\x03\x00")
    (home / "models" / "text.gguf").write_text("not a model")
    status, out, _ = wendang("model", "list", "--json")
    records = {record["name"]: record for record in json.loads(out)}
    assert status == 0
    assert records["default"]["chosen"]
    assert records["qwen.gguf"]["family"] == "chatml"
    assert "基座模型" in records["base.gguf"]["reason"]
    assert "已损坏" in records["broken.gguf"]["reason"]
    assert "不是 GGUF" in records["text.gguf"]["reason"]


def test_the_list_marks_the_model_in_use(home, wendang):
    chat_model(home / "models" / "qwen.gguf")
    wendang("model", "use", "qwen")
    lines = wendang("model", "list")[1].splitlines()
    assert lines[:3] == ["  default  reader", "* qwen.gguf  chatml", ""]


def test_show_tells_what_a_file_says_about_itself(home, wendang):
    chat_model(home / "models" / "qwen.gguf")
    status, out, _ = wendang("model", "show", "qwen", "--json")
    record = json.loads(out)
    assert status == 0
    assert (record["title"], record["vocabulary"], record["context"], record["family"]) == ("qwen", 300, 4096, "chatml")
    assert "词表大小: 300" in wendang("model", "show", "qwen")[1]


def test_a_choice_is_kept_and_the_rest_of_the_settings_with_its_comments(home, wendang):
    settings = home / "wendang.toml"
    settings.write_text("# 我的设置\ntop_k = 7  # 多看几段\n\n[backend_options]\nthreads = 2\n", "utf-8")
    chat_model(home / "models" / "qwen.gguf")
    status, out, _ = wendang("model", "use", "qwen")
    assert (status, out) == (0, "已选择 qwen.gguf（chatml）\n")
    written = settings.read_text("utf-8")
    assert tomllib.loads(written) == {"top_k": 7, "model": "qwen.gguf", "backend_options": {"threads": 2}}
    assert "# 我的设置\ntop_k = 7  # 多看几段\n" in written
    assert read_settings(home).model == "qwen.gguf"

    assert wendang("model", "use", "default")[0] == 0
    assert settings.read_text("utf-8").replace("\n\n", "\n") == (
        "# 我的设置\ntop_k = 7  # 多看几段\n[backend_options]\nthreads = 2\n"
    )


def test_a_file_outside_the_home_is_kept_by_its_absolute_path(home, wendang, tmp_path, monkeypatch):
    outside = chat_model(tmp_path / "elsewhere.gguf")
    monkeypatch.chdir(tmp_path)
    assert wendang("model", "use", "elsewhere.gguf")[0] == 0
    assert read_settings(home).model == str(outside)
    assert "* elsewhere.gguf  chatml" in wendang("model", "list")[1]


def test_a_family_can_be_named_where_the_file_does_not_tell_it(home, wendang):
    write_gguf(home / "models" / "odd.gguf", tokens=777)
    status, _, err = wendang("model", "use", "odd")
    assert status == 1
    assert "--family" in err
    assert wendang("model", "use", "odd", "--family", "alpaca2")[0] == 0
    assert read_settings(home).family == "alpaca2"
    assert wendang("model", "use", "odd", "--family", "none")[0] == 1


@pytest.mark.parametrize(
    ("file", "reason"), [("base.gguf", "基座模型"), ("text.gguf", "不是 GGUF"), ("absent.gguf", "找不到模型")]
)
def test_a_model_that_cannot_answer_is_not_chosen(home, wendang, file, reason):
    write_gguf(home / "models" / "base.gguf", tokens=32000)
    (home / "models" / "text.gguf").write_text("not a model")
    status, _, err = wendang("model", "use", file)
    assert status == 1
    assert reason in err
    assert not (home / "wendang.toml").exists()


# ── folders ──


def model_folder(path, *, rows=300, template="{{ '<|im_start|>' }}", kind="LlamaForCausalLM"):
    """Write a model folder that says what it is, with hardly any weights."""
    path.mkdir()
    config = {"architectures": [kind], "model_type": "llama", "vocab_size": rows, "max_position_embeddings": 2048}
    (path / "config.json").write_text(json.dumps(config), "utf-8")
    (path / "chat_template.jinja").write_text(template, "utf-8")
    save_file({"lm_head.weight": np.zeros((2, 2), np.float32)}, path / "model.safetensors")
    return path


def test_the_list_has_the_model_folders_but_not_those_of_embedders(home, wendang):
    model_folder(home / "models" / "qwen-hf")
    model_folder(home / "models" / "中文-llama", rows=49953, template="")
    (home / "models" / "lora").mkdir()
    (home / "models" / "lora" / "adapter_config.json").write_text("{}")
    (home / "models" / "lora" / "config.json").write_text("{}")
    model_folder(home / "models" / "bge", kind="BertModel")
    (home / "models" / "bge" / "modules.json").write_text("[]")
    (home / "models" / "下载").mkdir()
    every = json.loads(wendang("model", "list", "--json")[1])
    records = {record["name"]: record for record in every if record["installed"]}
    assert set(records) == {"default", "qwen-hf", "中文-llama", "lora"}
    assert (records["qwen-hf"]["family"], records["qwen-hf"]["reason"]) == ("chatml", None)
    assert "基座模型" in records["中文-llama"]["reason"]
    assert "LoRA" in records["lora"]["reason"]


def test_a_folder_is_shown_and_chosen_by_its_name(home, wendang):
    folder = model_folder(home / "models" / "qwen-hf")
    record = json.loads(wendang("model", "show", "qwen-hf", "--json")[1])
    assert (record["backend"], record["context"], record["family"]) == ("transformers", 2048, "chatml")
    assert record["bytes"] == sum(file.stat().st_size for file in folder.iterdir())
    assert wendang("model", "use", "qwen-hf")[:2] == (0, "已选择 qwen-hf（chatml）\n")
    assert "* qwen-hf  chatml" in wendang("model", "list")[1]
    assert json.loads(wendang("status", "--json")[1])["model"] == {"name": "qwen-hf", "family": "chatml"}


def test_a_choice_takes_out_a_backend_that_cannot_run_it(home, wendang):
    settings = home / "wendang.toml"
    chat_model(home / "models" / "qwen.gguf")
    settings.write_text('backend = "transformers"\n', "utf-8")
    assert wendang("model", "use", "qwen")[0] == 0
    assert tomllib.loads(settings.read_text("utf-8")) == {"model": "qwen.gguf"}
    settings.write_text('backend = "llama_cpp"\n', "utf-8")
    assert wendang("model", "use", "qwen")[0] == 0
    assert tomllib.loads(settings.read_text("utf-8")) == {"model": "qwen.gguf", "backend": "llama_cpp"}


def test_options_of_another_backend_are_named_before_anything_is_chosen(home, wendang):
    settings = home / "wendang.toml"
    chat_model(home / "models" / "qwen.gguf")
    written = 'backend = "openai"\nmodel = "m"\n[backend_options]\nbase_url = "http://127.0.0.1:1/v1"\n'
    settings.write_text(written, "utf-8")
    status, _, err = wendang("model", "use", "qwen")
    assert status == 1
    assert "backend_options.base_url" in err
    assert settings.read_text("utf-8") == written


def test_the_family_that_was_chosen_is_shown(home, wendang):
    write_gguf(home / "models" / "odd.gguf", tokens=777)
    wendang("model", "use", "odd", "--family", "alpaca2")
    assert "* odd.gguf  alpaca2\n" in wendang("model", "list")[1]
    assert json.loads(wendang("model", "show", "odd", "--json")[1])["reason"] is None


# ── a first look ──


def test_show_with_try_asks_the_model_and_times_it(home, wendang):
    write_tiny_model(home / "models" / "小型.gguf", template="<|im_start|>")
    status, out, _ = wendang("model", "show", "小型", "--try")
    assert status == 0
    assert "词表大小: 273" in out
    assert re.search(r"读了 \d+ 个词元（每秒 [\d.]+），[\d.]+ 秒后出第一个词；写了 \d+ 个（每秒 [\d.]+）", out)
    tried = json.loads(wendang("model", "show", "小型", "--try", "--json")[1])["try"]
    assert tried["text"] and tried["prompt"] and not tried["raw"]
    assert tried["read_tokens_per_s"] > 0 and tried["written_tokens_per_s"] > 0 and tried["first_token_s"] > 0


def test_a_base_model_is_not_asked_but_goes_on_with_a_text(home, wendang):
    write_tiny_model(home / "models" / "base.gguf", vocabulary=32000)
    status, _, err = wendang("model", "show", "base", "--try")
    assert status == 1
    assert "基座模型" in err
    status, out, _ = wendang("model", "show", "base", "--try", "--raw", "从前有座山", "--json")
    tried = json.loads(out)["try"]
    assert (status, tried["prompt"], tried["raw"]) == (0, "从前有座山", True)
    assert tried["completion_tokens"] > 0
    assert json.loads(wendang("model", "show", "base", "--json", "--raw")[1])["try"]["prompt"]


def test_the_options_of_the_settings_count_in_a_trial(home, wendang):
    write_tiny_model(home / "models" / "tiny.gguf", template="<|im_start|>")
    (home / "wendang.toml").write_text("[backend_options]\nn_ctx = 100000\n", "utf-8")
    status, _, err = wendang("model", "show", "tiny", "--try")
    assert status == 1
    assert "n_ctx" in err
