"""`wendang model`: what there is to choose from, and how a choice is kept."""

import json
import sys
import tomllib

import pytest
from gguf import GGUFWriter

from rag.settings import read_settings
from ui.cli import main


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.delenv("WENDANG_MODELS_DIR", raising=False)
    made = tmp_path / "home"
    (made / "models").mkdir(parents=True)
    return made


@pytest.fixture
def wendang(home, capsys, monkeypatch):
    """Run the program on the home; return its exit status, its output and its errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["wendang", *arguments, "--home", str(home)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run


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
    assert lines == ["  default  reader", "* qwen.gguf  chatml"]


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


@pytest.mark.parametrize(
    "arguments",
    [
        ("model", "get", "x"),
        ("model", "verify", "x", "--kind", "lora"),
        ("model", "tokenizer", "--base", "a", "--add", "b", "--out", "c"),
        ("model", "merge", "--base", "a", "--lora", "b", "--lora", "c", "--out", "d", "--shard-by-shard"),
        ("model", "convert", "a", "--out", "b.gguf", "--type", "bf16"),
        ("model", "quantize", "a.gguf", "--out", "b.gguf", "--type", "q4_k_m", "--imatrix", "c.txt"),
        ("model", "compare", "a", "b", "--text", "c.txt", "--json"),
        ("api", "--port", "19328", "--api-key", "k"),
        ("mcp",),
    ],
)
def test_what_is_not_built_yet_says_so(wendang, arguments):
    status, out, err = wendang(*arguments)
    assert (status, out) == (1, "")
    assert "还没有做好" in err
