"""`wendang model get`, `list` and `show` on the catalogue, and what `wendang doctor` says of model files."""

import json
from pathlib import Path

import pytest
from hub_server import Hub, hub_server
from models_files import flip_byte
from tiny_gguf import write_tiny_model

from models import hubs
from models.catalog import catalog
from models.recorded import RECORD
from rag import families
from rag.doctor import _threads
from rag.settings import read_settings
from ui.commands.doctor import as_record
from ui.model_commands.get import _HUBS
from ui.text import TEXTS


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in ("WENDANG_MODELS_DIR", "HF_ENDPOINT", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    made = tmp_path / "家"
    (made / "models").mkdir(parents=True)
    return made


@pytest.fixture
def wendang(home, wendang_at):
    return wendang_at(home)


@pytest.fixture
def gguf(tmp_path):
    return write_tiny_model(tmp_path / "聊天.gguf", name="tiny", template="{{ '<|im_start|>' }}")


@pytest.fixture
def hub(gguf, monkeypatch):
    files = {"ggml-model-q4_k.gguf": gguf.read_bytes()}
    with hub_server(Hub("hfl/chinese-alpaca-2-7b-16k-gguf", files=files)) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        yield running


def test_a_model_of_the_catalogue_is_got_and_can_be_used(wendang, home, hub):
    status, out, _ = wendang("model", "get", "alpaca-2-7b-16k")
    assert status == 0
    assert "Llama 2 社区许可协议" in out
    assert "wendang model use chinese-alpaca-2-7b-16k-q4_k.gguf" in out
    assert wendang("model", "use", "chinese-alpaca-2-7b-16k-q4_k.gguf")[0] == 0
    records = {record["name"]: record for record in json.loads(wendang("model", "list", "--json")[1])}
    assert records["chinese-alpaca-2-7b-16k-q4_k.gguf"]["chosen"]
    assert records["chinese-alpaca-2-7b-16k"]["installed"]
    assert not records["chinese-alpaca-2-7b"]["installed"]


def test_json_has_places_hashes_and_the_state_of_the_repository(wendang, home, hub):
    record = json.loads(wendang("model", "get", "hfl/chinese-alpaca-2-7b-16k-gguf", "--json")[1])
    (model,) = record["models"]
    assert Path(model["path"]).parent == home / "models"
    assert len(model["sha256"]["chinese-alpaca-2-7b-16k-q4_k.gguf"]) == 64
    assert model["already"] is False
    again = json.loads(wendang("model", "get", "hfl/chinese-alpaca-2-7b-16k-gguf", "--json")[1])
    assert again["models"][0]["already"] is True


def test_loras_are_got_in_order_and_the_next_step_names_the_base(wendang, hub):
    hub.name = "hfl/chinese-alpaca-lora-7b"
    hub.files = {"adapter_model.bin": b"weights"}
    hub.small = {"adapter_config.json": b"{}"}
    status, _, err = wendang("model", "get", "chinese-alpaca-7b")
    assert status == 1
    assert "--pickles" in err
    status, out, _ = wendang("model", "get", "chinese-alpaca-7b", "--pickles")
    assert status == 0
    assert "仅限研究" in out
    assert "--base LLaMA-7B --lora" in out


def test_an_interrupted_download_says_how_to_go_on(wendang, hub, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("models.hubs._stream.sha256_of", stop)
    status, _, err = wendang("model", "get", "chinese-alpaca-2-7b-16k")
    assert status == 130
    assert "接着下载" in err


@pytest.mark.parametrize(("refusal", "words"), [((401, "GatedRepo"), "HF_TOKEN"), ((503, ""), "--endpoint")])
def test_a_refusal_is_one_line_with_the_remedy(wendang, hub, refusal, words):
    hub.refusal = refusal
    status, out, err = wendang("model", "get", "chinese-alpaca-2-7b-16k")
    assert (status, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert words in err


def test_an_unknown_name_asks_no_hub(wendang, hub):
    status, _, err = wendang("model", "get", "chinese-alpaca-2-7b-16")
    assert status == 1
    assert "chinese-alpaca-2-7b-16k" in err
    assert not hub.requests


@pytest.mark.parametrize("link", [False, True])
def test_a_file_of_this_machine_is_brought_in_without_any_hub(wendang, home, gguf, link):
    status, out, _ = wendang("model", "get", str(gguf), *(["--link"] if link else []))
    assert status == 0
    assert "wendang model use 聊天.gguf" in out
    assert (home / "models" / "聊天.gguf").is_symlink() == link
    assert wendang("model", "use", "聊天.gguf")[0] == 0


def test_the_list_proposes_what_fits_and_says_what_suits_documents(wendang, monkeypatch):
    monkeypatch.setattr("models.memory.machine_memory", lambda: 9_000_000_000)
    out = wendang("model", "list")[1]
    assert "chinese-alpaca-2-7b-16k" in out
    assert "chinese-alpaca-2-13b-16k" not in out
    assert "chinese-llama-7b" not in out
    everything = wendang("model", "list", "--all")[1]
    assert all(entry.name in everything for entry in catalog())


def test_the_list_says_where_the_memory_is_not_known(wendang, monkeypatch):
    monkeypatch.setattr("models.memory.machine_memory", lambda: None)
    assert "未知" in wendang("model", "list")[1]


def test_show_tells_of_a_model_that_is_not_here_yet(wendang):
    status, out, _ = wendang("model", "show", "chinese-alpaca-plus-7b")
    assert status == 0
    for words in ("LLaMA-7B", "chinese-llama-plus-7b → chinese-alpaca-plus-7b", "49954", "仅限研究"):
        assert words in out
    record = json.loads(wendang("model", "show", "chinese-alpaca-plus-7b", "--json")[1])
    assert record["loras"] == ["chinese-llama-plus-7b", "chinese-alpaca-plus-7b"]
    assert wendang("model", "show", "没有这个")[0] == 1


def test_a_model_is_recorded_when_it_is_chosen_and_a_change_is_told(wendang, home, gguf):
    model = home / "models" / "聊天.gguf"
    model.write_bytes(gguf.read_bytes())
    assert wendang("model", "use", "聊天")[2] == ""
    assert "聊天.gguf" in (home / "models" / RECORD).read_text("utf-8")
    flip_byte(model, at=-5)
    assert "与第一次使用时不同" in wendang("model", "use", "聊天")[2]
    assert wendang("model", "use", "聊天")[2] == "", "choosing it again accepts it"


def test_a_record_that_cannot_be_kept_does_not_undo_the_choice(wendang, home, gguf):
    (home / "models" / "聊天.gguf").write_bytes(gguf.read_bytes())
    (home / "models" / RECORD).mkdir()
    status, out, err = wendang("model", "use", "聊天")
    assert status == 0
    assert "已选择" in out
    assert RECORD in err


def test_A2_a_base_model_is_chosen_with_a_warning(wendang, home):
    write_tiny_model(home / "models" / "chinese-llama-2-7b.gguf", template="{{ '<|im_start|>' }}")
    status, _, err = wendang("model", "use", "chinese-llama-2-7b")
    assert status == 0
    assert "chinese-llama-2-7b.gguf 是基座模型" in err
    assert "wendang model list" in err


def test_A2_a_base_model_is_got_with_the_remark_that_it_only_continues(wendang, hub):
    hub.name = "hfl/chinese-llama-2-7b-gguf"
    assert "只会续写" in wendang("model", "get", "chinese-llama-2-7b")[1]


def doctor(wendang, *arguments):
    status, out, _ = wendang("doctor", "--json", *arguments)
    return status, [record for record in json.loads(out) if record["name"] == "model_files"]


@pytest.fixture
def quick_doctor(monkeypatch):
    """Leave the parts out that are not about model files, which take seconds."""
    monkeypatch.setattr("ui.commands.doctor.examine", lambda home: iter(()))


@pytest.mark.usefixtures("quick_doctor")
def test_FAQ_the_doctor_names_a_base_model_and_the_remedy(wendang, home):
    write_tiny_model(home / "models" / "chinese-llama-2-7b-q2_k.gguf")
    status, (record,) = doctor(wendang)
    assert (status, record["ok"]) == (0, True), "it is not the one that answers"
    assert "chinese-llama-2-7b-q2_k.gguf 是基座模型" in record["detail"]
    assert "wendang model list" in record["remedy"]
    (home / "wendang.toml").write_text('model = "chinese-llama-2-7b-q2_k.gguf"\n', "utf-8")
    status, (record,) = doctor(wendang)
    assert (status, record["ok"]) == (1, False)


@pytest.mark.usefixtures("quick_doctor")
def test_FAQ_the_doctor_names_a_mixed_tokenizer(wendang, home):
    write_tiny_model(home / "models" / "混.gguf", rows=300)
    (record,) = doctor(wendang)[1]
    assert "273" in record["detail"]
    assert "300" in record["detail"]
    assert "不能混用" in record["remedy"]


@pytest.mark.usefixtures("quick_doctor")
def test_FAQ_the_doctor_names_a_context_beyond_the_model_s(wendang, home):
    write_tiny_model(home / "models" / "a.gguf")
    (home / "wendang.toml").write_text('model = "a.gguf"\n[backend_options]\nn_ctx = 4096\n', "utf-8")
    (record,) = doctor(wendang)[1]
    assert "4096" in record["detail"]
    assert "n_ctx" in record["remedy"]


@pytest.mark.usefixtures("quick_doctor")
def test_the_doctor_is_content_with_a_sound_model(wendang, home):
    assert doctor(wendang)[1] == []
    write_tiny_model(home / "models" / "a.gguf")
    (record,) = doctor(wendang)[1]
    assert record["ok"]
    assert "没有发现问题" in record["detail"]


def test_FAQ_more_threads_than_cores(home, monkeypatch):
    monkeypatch.setattr("rag.doctor.processors", lambda: 2)
    (home / "wendang.toml").write_text("[backend_options]\nthreads = 8\n", "utf-8")
    record = as_record(_threads(read_settings(home)))
    assert "8" in record["detail"]
    assert "threads" in record["remedy"]


def test_every_hub_can_be_chosen():
    assert sorted(_HUBS) == hubs.names()


def test_every_family_of_the_catalogue_is_there():
    assert {entry.family for entry in catalog()} - {None} <= set(families.names())


def test_every_model_has_texts_for_its_licence_and_advice():
    for entry in catalog():
        assert f"licence.{entry.licence}" in TEXTS
        assert f"suits.{entry.documents}" in TEXTS
        assert all(f"advice.{code}" in TEXTS for code in entry.advice)
