"""The page in Streamlit's own test runner: real library, real embedder, real model."""

import errno
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ingest.errors import MissingExtra
from ingest.types import Passage
from rag.types import Citation
from ui.cli import main
from ui.commands import page as page_command
from ui.text import set_language
from ui.views import inert, uploads
from ui.views.shared import close_all

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home that the page opens; its library is closed afterwards."""
    made = tmp_path / "home"
    (made / "docs").mkdir(parents=True)
    monkeypatch.setenv("WENDANG_HOME", str(made))
    monkeypatch.setenv("WENDANG_MODELS_DIR", str(models_dir))
    monkeypatch.delenv("WENDANG_LANG", raising=False)
    yield made
    close_all()
    set_language("zh")


def opened() -> AppTest:
    page = AppTest.from_file(str(ROOT / "ui" / "page.py"), default_timeout=120).run()
    assert not page.exception
    return page


def html(page: AppTest) -> str:
    return "\n".join(element.value for element in page.get("html"))


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


@pytest.mark.parametrize(
    ("given", "folder"),
    [
        ("合同/2025/租赁.txt", "合同/2025"),
        ("../../etc/passwd", "etc"),
        ("C:\\资料\\a.txt", "C_/资料"),
        ("./a.txt", "."),
        ("一/./ ../二/a.txt", "一/二"),
    ],
)
def test_an_uploaded_folder_stays_below_the_drop_folder(tmp_path, given, folder):
    made = uploads.made_folder(given, folder=tmp_path)
    assert made == tmp_path / folder
    assert made.is_dir()


def test_an_uploaded_folder_does_not_follow_a_link_out_of_the_drop_folder(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "合同").symlink_to(tmp_path)
    with pytest.raises(PermissionError):
        uploads.made_folder("合同/a.txt", folder=tmp_path / "docs")


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


def test_a_port_that_only_root_may_use_is_named(home, monkeypatch, capsys):
    def refuse(self, address):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(socket.socket, "bind", refuse)
    monkeypatch.setattr(sys, "argv", ["wendang", "page", "--port", "80"])
    with pytest.raises(SystemExit, match="1"):
        main()
    [line] = capsys.readouterr().err.splitlines()
    assert "端口 80 不能用" in line and "--port" in line


def test_a_page_without_streamlit_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "streamlit", None)
    with pytest.raises(MissingExtra, match=r"\[ui\]"):
        page_command.command.main([], standalone_mode=False)
