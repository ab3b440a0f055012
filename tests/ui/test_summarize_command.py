import json

import pytest
from click.testing import CliRunner

from ingest.errors import NotInLibrary
from rag import open_library
from ui.cli import build
from ui.text import set_language

GUIDE = "冷库指南\n\n" + "\n\n".join(
    f"第{n}章 {title}\n\n{body}"
    for n, (title, body) in enumerate(
        [
            ("进入", "进入冷库必须穿防寒服，一次不超过三十分钟。冷库门不得长时间敞开，出入要随手关门。"),
            ("停电", "市电中断时，发电机在十秒之内自动启动。没有启动的，设备科应当在三十分钟之内手动投入。\x1b[31m"),
            ("维修", "制冷机组每六个月保养一次，由设备科负责登记。保养期间应当把货物转移到另一个库区。"),
        ],
        1,
    )
)


@pytest.fixture(scope="module")
def home(tmp_path_factory, models_dir):
    made = tmp_path_factory.mktemp("家")
    (made / "docs").mkdir()
    (made / "docs" / "指南.txt").write_text(GUIDE, "utf-8")
    with open_library(made, models_dir=models_dir) as engine:
        list(engine.sync())
    return made


@pytest.fixture
def run(home, models_dir, monkeypatch):
    monkeypatch.setenv("WENDANG_MODELS_DIR", str(models_dir))
    monkeypatch.setenv("WENDANG_HOME", str(home))
    set_language("zh")

    def call(*arguments):
        return CliRunner().invoke(build(), ["summarize", *arguments])

    return call


def test_without_a_chat_model_the_key_sentences_are_given_and_called_so(run):
    done = run("指南.txt")
    assert done.exit_code == 0
    assert "关键句" in done.stderr
    assert "[1] 指南.txt" in done.stdout
    assert f"{len(GUIDE)}" in done.stderr


def test_json_has_the_summary_and_verbatim_quotes(run, home, models_dir):
    record = json.loads(run("指南.txt", "--json", "--mode", "refine").stdout)
    wanted = {"source", "summary", "mode", "pieces", "pages", "characters", "citations"}
    assert wanted <= set(record)
    assert record["mode"] == "extractive"
    assert record["source"] == "指南.txt"
    with open_library(home, models_dir=models_dir, read_only=True) as engine:
        stored = engine.text("指南.txt").text
    for n, citation in enumerate(record["citations"], 1):
        assert citation["n"] == n
        assert stored[citation["start"] : citation["end"]] == citation["quote"]
        assert citation["verified"]


def test_what_drives_a_terminal_is_shown_as_an_escape(run):
    assert "\x1b" not in run("指南.txt").stdout


def test_a_document_that_is_not_there_is_named(run):
    error = run("没有.txt").exception
    assert isinstance(error, NotInLibrary) and error.values["source"] == "没有.txt"
