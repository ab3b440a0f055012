"""The page in Streamlit's own test runner: real library, real embedder, real model."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from ingest.errors import MissingExtra
from ingest.library.store import Library
from ingest.types import Passage
from rag.types import Citation
from ui.cli import main
from ui.commands import page as page_command
from ui.text import set_language
from ui.views import inert, uploads

ROOT = Path(__file__).resolve().parents[2]

LEAVE = "休假办法\n\n员工入职满一年后，每年享有十二天带薪年假。年假须提前三个工作日申请。\n"
HOSTILE = (
    "设备保修说明\n\n设备的保修期为三十个月，自验收之日起计算。"
    "<script>alert(1)</script><img src=x onerror=alert(2)> **粗体** [链接](http://example.com) :smile: $x^2$\n"
)


@pytest.fixture
def home(tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home that the page opens; its library is closed afterwards."""
    made = tmp_path / "home"
    (made / "docs").mkdir(parents=True)
    monkeypatch.setenv("WENDANG_HOME", str(made))
    monkeypatch.setenv("WENDANG_MODELS_DIR", str(models_dir))
    monkeypatch.delenv("WENDANG_LANG", raising=False)
    yield made
    st.cache_resource.clear()
    set_language("zh")


def opened() -> AppTest:
    page = AppTest.from_file(str(ROOT / "ui" / "page.py"), default_timeout=120).run()
    assert not page.exception
    return page


def documents(page: AppTest) -> AppTest:
    return page.segmented_control[0].set_value("documents").run()


def press(page: AppTest, label: str) -> AppTest:
    [button] = [button for button in page.button if button.label == label]
    done = button.click().run()
    assert not done.exception
    return done


def ask(page: AppTest, question: str) -> AppTest:
    done = page.chat_input[0].set_value(question).run()
    assert not done.exception
    return done


def html(page: AppTest) -> str:
    return "\n".join(element.value for element in page.get("html"))


def test_an_empty_home_says_where_to_add_files(home):
    page = opened()
    assert page.title[0].value == "问档"
    assert "资料库还是空的" in html(page)
    assert "资料库还是空的" in html(documents(page))


def test_the_page_speaks_english_when_asked_to(home, monkeypatch):
    monkeypatch.setenv("WENDANG_LANG", "en")
    page = opened()
    assert page.title[0].value == "Wendang"
    assert "The library is empty" in html(page)


def test_sync_lists_every_document_and_why_one_cannot_be_read(home):
    (home / "docs" / "休假办法.txt").write_text(LEAVE, "utf-8")
    (home / "docs" / "坏.pdf").write_bytes(b"%PDF-1.7 cut")
    page = press(documents(opened()), "同步文件夹")
    assert "新增  休假办法.txt" in html(page)
    table = page.dataframe[0].value.set_index("文件")
    assert table.loc["休假办法.txt", "状态"] == "已收录"
    assert table.loc["休假办法.txt", "字数"] == len(LEAVE)
    assert table.loc["坏.pdf", "状态"] == "失败"
    assert "请重新获取" in table.loc["坏.pdf", "说明"]


def test_an_answer_shows_its_source_and_a_refusal_the_nearest_passages(home):
    (home / "docs" / "保修说明.txt").write_text(HOSTILE, "utf-8")
    page = press(documents(opened()), "同步文件夹")
    page = ask(page.segmented_control[0].set_value("ask").run(), "设备的保修期有多长？")
    shown = html(page)
    assert "三十个月" in re.findall("<mark>(.*?)</mark>", shown)[0]
    assert "<b>[1]</b> 保修说明.txt" in shown
    assert_inert(page)

    page = ask(press(page, "新的对话"), "太阳系有几颗行星？")
    assert "wd-refused" in html(page)
    assert "<mark>" not in html(page)
    assert page.expander[0].label == "最接近的段落（1）"
    assert_inert(page)


def assert_inert(page: AppTest) -> None:
    """The document's text is there, and nothing in it has become markup."""
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x" in html(page)
    assert "<script" not in html(page)
    assert "<img" not in html(page)
    assert not any("链接" in element.value for element in page.markdown)


def test_a_file_from_the_browser_is_stored_under_a_safe_name_and_synced(home):
    page = documents(opened())
    page.file_uploader[0].set_value([("../../休假<办法>.txt", LEAVE.encode(), "text/plain")])
    page = press(page, "保存并同步")
    assert [path.name for path in (home / "docs").iterdir()] == ["休假_办法_.txt"]
    assert not list(home.parent.glob("*.txt"))
    assert "休假_办法_.txt" in list(page.dataframe[0].value["文件"])


def test_a_temporary_file_from_the_browser_is_refused_aloud(home):
    page = documents(opened())
    page.file_uploader[0].set_value([("~$合同.docx", b"lock", "application/octet-stream")])
    assert "~$合同.docx 是临时文件" in html(press(page, "保存并同步"))
    assert not list((home / "docs").iterdir())


def test_a_removed_document_leaves_the_list_and_its_file_stays(home):
    (home / "docs" / "休假办法.txt").write_text(LEAVE, "utf-8")
    page = press(documents(opened()), "同步文件夹")
    page = press(page.multiselect[0].set_value(["休假办法.txt"]).run(), "移除")
    assert "资料库还是空的" in html(page)
    assert (home / "docs" / "休假办法.txt").exists()


def test_a_library_in_use_elsewhere_is_opened_for_reading(home):
    owner = Library(home / "library")
    page = documents(opened())
    assert "正在被进程" in html(page)
    assert not page.file_uploader
    assert [button.label for button in page.button] == ["重试"]
    owner.close()
    assert "正在被进程" not in html(press(page, "重试"))


def test_a_question_that_cannot_be_asked_is_explained(home):
    (home / "docs" / "休假办法.txt").write_text(LEAVE, "utf-8")
    (home / "wendang.toml").write_text('model = "没有这个模型"\n', "utf-8")
    page = press(documents(opened()), "同步文件夹")
    page = ask(page.segmented_control[0].set_value("ask").run(), "年假有几天？")
    assert "找不到模型 没有这个模型" in html(page)


def test_a_setting_that_cannot_be_used_is_explained(home):
    (home / "wendang.toml").write_text("top_k = 0\n", "utf-8")
    assert "top_k" in html(opened())


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("报告.pdf", "报告.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\合同.docx", "合同.docx"),
        ("/", "file"),
        ("..", "file"),
        ("", "file"),
        (".隐藏.txt", "隐藏.txt"),
        ("a\x00b\n\u202etxt.exe", "abtxt.exe"),
        ('<合同>:"终"|?*.txt', "_合同___终____.txt"),
        ("con.txt", "_con.txt"),
        ("尾巴. . ", "尾巴"),
        ("e\u0301.txt", "é.txt"),
        ("\ud800坏.txt", "坏.txt"),
        ("长" * 300 + ".docx", "长" * 65 + ".docx"),
        ("x." + "y" * 300, "x." + "y" * 198),
    ],
)
def test_an_uploaded_name_becomes_a_plain_file_name(given, stored):
    assert uploads.safe_name(given) == stored


def test_an_upload_never_overwrites_another_file(tmp_path):
    first = uploads.store(b"1", name="a.txt", folder=tmp_path)
    again = uploads.store(b"1", name="a.txt", folder=tmp_path)
    other = uploads.store(b"2", name="a.txt", folder=tmp_path)
    assert (first.path.name, first.is_new) == ("a.txt", True)
    assert (again.path.name, again.is_new) == ("a.txt", False)
    assert (other.path.name, other.is_new) == ("a (2).txt", True)
    assert (tmp_path / "a.txt").read_bytes() == b"1"


def test_an_upload_does_not_follow_a_link(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").symlink_to(tmp_path / "outside.txt")
    stored = uploads.store(b"1", name="a.txt", folder=tmp_path / "docs")
    assert stored.path.name == "a (2).txt"
    assert not (tmp_path / "outside.txt").exists()


def test_marks_that_overlap_become_one_run_and_nothing_is_lost():
    shown = inert.marked("一<二>三四五", [(1, 4), (2, 5), (6, 99)])
    assert shown == "一<mark>&lt;二&gt;</mark><mark>三</mark>四<mark>五</mark>"


def test_a_quote_that_was_not_verified_is_called_out_and_not_marked():
    passage = Passage(1, "a.txt", 2, 10, 14, "第一章", "甲乙丙丁")
    shown = inert.card_html(1, passage, [Citation(1, "a.txt", 2, 10, 12, "甲乙", verified=False)])
    assert "未能核实" in shown
    assert "<mark>" not in shown
    assert "a.txt 第2页" in shown


def test_the_command_serves_on_loopback_until_interrupted(home):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", "from ui.cli import main; main()", "page", "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        assert f"http://127.0.0.1:{port}" in run.stdout.readline()
        while "started on" not in (line := run.stderr.readline()):
            assert line
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=30) as answer:
            assert answer.read() == b"ok"
        run.send_signal(signal.SIGINT)
        assert run.wait(timeout=60) == 0
        assert "Traceback" not in run.stderr.read()


def test_a_port_that_is_taken_is_named(home, monkeypatch, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(sys, "argv", ["wendang", "page", "--port", str(port)])
        with pytest.raises(SystemExit, match="1"):
            main()
    assert f"端口 {port} 不能用" in capsys.readouterr().err


def test_a_page_without_streamlit_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "streamlit", None)
    with pytest.raises(MissingExtra, match=r"wendang\[ui\]"):
        page_command.command.main([], standalone_mode=False)
