"""`wendang chat` as users run it: a pipe, and a terminal with Ctrl-C and Ctrl-D."""

import codecs
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from rag import open_library
from rag.conversations import FILE, Conversations
from ui.cli import build
from ui.text import set_language

ROOT = Path(__file__).parents[2]
MAIN = "from ui.cli import main; main()"
RENT = """仓库租赁合同

上海仓的月租金为83,950元，按季度支付，自2026年4月1日起上调百分之五。

上海仓的保证金为251,850元，相当于三个月租金，退租之后十五日内无息返还。
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    made = tmp_path_factory.mktemp("家")
    (made / "docs").mkdir()
    (made / "docs" / "租赁.txt").write_text(RENT, "utf-8")
    return made


@pytest.fixture(scope="module")
def env(home, models_dir):
    with open_library(home, models_dir=models_dir) as engine:
        list(engine.sync())
        engine.ask("上海仓的月租金是多少？")  # makes the model
    made = {**os.environ, "WENDANG_HOME": str(home), "WENDANG_MODELS_DIR": str(models_dir), "PYTHONPATH": str(ROOT)}
    made.pop("WENDANG_LANG", None)
    return made


@pytest.fixture
def chat(env, home, monkeypatch):
    (home / FILE).unlink(missing_ok=True)
    monkeypatch.setattr(os, "environ", env)
    monkeypatch.chdir(home)
    set_language("zh")

    def run(typed, *arguments):
        done = CliRunner().invoke(build(), ["chat", *arguments], input=typed, standalone_mode=False)
        assert done.exception is None, done.exception
        return done.return_value, done.stdout, done.stderr

    return run


def test_a_pipe_is_answered_without_prompts_and_kept(chat, home):
    status, out, err = chat("上海仓的租金哪天开始上调？\n保证金是多少？\n")
    assert not status
    assert ">" not in out
    assert "租赁.txt" in out
    assert "上海仓的保证金是多少？" in err
    kept = Conversations(home / FILE)
    [conversation] = kept.recent()
    first, second = kept.turns(conversation.id)
    assert conversation.name == "上海仓的租金哪天开始上调？"
    assert second.question == "保证金是多少？"
    assert second.standalone == "上海仓的保证金是多少？"
    assert first.citations[0].source == "租赁.txt"


def test_new_list_open_delete_and_export(chat, home, tmp_path):
    out_file = tmp_path / "对话.md"
    typed = ["上海仓的保证金是多少？", f"/export {out_file}", "/new", "上海仓的租金按什么支付？", "/list"]
    typed += ["/open 1", "/sources", "/delete 2", "/list 租金", "/quit", "不该问到"]
    status, out, _ = chat("\n".join(typed))
    assert not status
    assert "* 2  上海仓的租金按什么支付？（1 问，" in out
    assert "> 上海仓的保证金是多少？" in out
    assert "已删除对话 2" in out and "没有对话" not in out.split("已删除")[0]
    assert "不该问到" not in out
    assert out_file.read_text("utf-8").startswith("# 上海仓的保证金是多少？")
    assert [c.id for c in Conversations(home / FILE).recent()] == [1]


def test_continue_goes_on_with_the_last_conversation(chat, home):
    chat("上海仓的租金哪天开始上调？\n")
    _, out, err = chat("保证金是多少？\n", "--continue")
    assert "> 上海仓的租金哪天开始上调？" in out
    assert "上海仓的保证金是多少？" in err
    assert Conversations(home / FILE).recent()[0].turns == 2


def test_an_export_never_goes_over_a_file(chat, home):
    status, _, err = chat("上海仓的保证金是多少？\n/export docs/租赁.txt\n")
    assert status == 1
    assert "租赁.txt" in err
    assert (home / "docs" / "租赁.txt").read_text("utf-8") == RENT


def test_a_mistake_is_one_line_and_the_chat_goes_on(chat):
    mistakes = ["/open 7", "/delete x", "/open ", "问" * 5000]
    status, out, err = chat("\n".join([*mistakes, "上海仓的保证金是多少？\n"]))
    assert status == 1
    assert "租赁.txt" in out
    assert len(err.splitlines()) == len(mistakes)


def test_bytes_that_are_no_text_do_not_break_it(chat):
    _, out, err = chat(b"\xff\xfe\n\n\x00/\n" + "上海仓的保证金是多少？\n".encode())
    assert "租赁.txt" in out
    assert "Traceback" not in err


def test_json_is_an_object_for_every_line_that_was_typed(chat, tmp_path):
    orders = ["/list", "/export", "上海仓的保证金是多少？", "/sources", "/in 租赁.txt", "/list", "/export"]
    orders += [f"/export {tmp_path}/对话.md", "/new", "/open 1", "/delete 1", "/in", "/没有这个", "/help", "/open 1"]
    orders += [f"/export {tmp_path}/对话.md", f"/export {tmp_path}"]
    status, out, err = chat("\n".join(orders), "--json")
    records = [json.loads(line) for line in out.splitlines()]
    named = ["list", "export", "answer", "sources", "in", "list", "export", "export", "new", "open", "delete", "in"]
    assert [record["event"] for record in records] == [*named, "help", "help", "failed", "export", "export"]
    _, _, answer, sources, scope, listed, exported, written, _, opened, *_ = records
    assert answer["citations"][0]["source"] == "租赁.txt"
    assert sources["passages"] == answer["passages"]
    assert scope["sources"] == ["租赁.txt"]
    [conversation] = listed["conversations"]
    assert (conversation["number"], conversation["turns"], conversation["open"]) == (1, 1, True)
    assert exported["markdown"] == (tmp_path / "对话.md").read_text("utf-8") and not exported["path"]
    assert written["path"] == str(tmp_path / "对话.md")
    assert opened["turns"] == [{"question": "上海仓的保证金是多少？", "answer": answer["answer"], "refused": False}]
    assert status == 1 and records[14]["message"] in err


def test_json_of_what_cannot_be_written_tells_so(chat, tmp_path):
    status, out, err = chat(f"上海仓的保证金是多少？\n/export {tmp_path}\n", "--json")
    _, failed = map(json.loads, out.splitlines())
    assert (failed["event"], failed["code"], status) == ("failed", "not_exported", 1)
    assert failed["message"] in err


def test_json_goes_on_with_a_conversation_as_an_object(chat):
    chat("上海仓的租金哪天开始上调？\n")
    _, out, _ = chat("保证金是多少？\n", "--json", "--continue")
    opened, answer = map(json.loads, out.splitlines())
    assert (opened["event"], opened["number"], answer["event"]) == ("open", 1, "answer")


def test_no_source_is_a_refusal_that_is_shown_and_kept(chat, home):
    _, out, _ = chat("上海仓的保证金是多少？\n", "--source", "别处/*")
    assert "资料中没有相关内容" in out
    [conversation] = Conversations(home / FILE).recent()
    assert Conversations(home / FILE).turns(conversation.id)[0].refused


class Terminal:
    """The program on a terminal of its own."""

    def __init__(self, env, home):
        self.master, slave = pty.openpty()
        command = [sys.executable, "-c", MAIN, "chat"]
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=env, cwd=home, start_new_session=True
        )
        os.close(slave)
        self.shown = ""
        self._seen = 0
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode

    def until(self, text, *, seconds=60):
        """Read on to the next `text`; what comes behind it is for the next call."""
        while (at := self.shown.find(text, self._seen)) < 0:
            ready, _, _ = select.select([self.master], [], [], seconds)
            assert ready, f"no {text!r} in {self.shown[self._seen :]!r}"
            self.shown += self._decode(os.read(self.master, 65536))
        self._seen = at + len(text)

    def type(self, text):
        os.write(self.master, text.encode())

    def interrupt_until(self, text):
        """Press Ctrl-C, again and again, until `text` is shown.

        Once is not enough: readline misses a press while it is busy with a key. More than once must do no harm.
        """
        deadline = time.monotonic() + 60
        while self.shown.find(text, self._seen) < 0:
            assert time.monotonic() < deadline, self.shown[self._seen :]
            os.kill(self.process.pid, signal.SIGINT)
            if select.select([self.master], [], [], 0.1)[0]:
                self.shown += self._decode(os.read(self.master, 65536))
        # What the last of several presses still brings is not for the next line.
        while select.select([self.master], [], [], 1)[0]:
            self.shown += self._decode(os.read(self.master, 65536))
        self.until(text)
        self._seen = len(self.shown)


@pytest.fixture
def terminal(env, home):
    (home / FILE).unlink(missing_ok=True)
    opened = Terminal(env, home)
    yield opened
    opened.process.kill()
    opened.process.wait()
    os.close(opened.master)


def test_ctrl_c_leaves_the_line_not_the_program_and_ctrl_d_ends_it(terminal):
    terminal.until("> ")
    terminal.type("半句话")
    terminal.until("半句话")
    terminal.interrupt_until("> ")
    terminal.type("上海仓的保证金是多少？\n")
    terminal.until("租赁.txt")
    terminal.until("> ")
    terminal.type("\x04")
    assert terminal.process.wait(60) == 0
    assert "Traceback" not in terminal.shown


def test_ctrl_c_stops_the_answer_and_the_next_question_is_answered(terminal, home):
    terminal.until("> ")
    terminal.type("上海仓的租金哪天开始上调？\n")
    # The passages are found; the model is loaded for the answer, which takes a second at least.
    terminal.until("正在阅读")
    terminal.interrupt_until("已停止")
    terminal.type("上海仓的保证金是多少？\n")
    terminal.until("租赁.txt")
    terminal.until("> ")
    terminal.type("/quit\n")
    assert terminal.process.wait(60) == 0
    kept = Conversations(home / FILE)
    assert [turn.question for turn in kept.turns(kept.recent()[0].id)] == ["上海仓的保证金是多少？"]


def test_ctrl_c_in_a_pipe_ends_all_of_it(env, home):
    with subprocess.Popen(
        [sys.executable, "-c", MAIN, "chat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=env, cwd=home,
    ) as chat:  # fmt: skip
        chat.stdin.write("上海仓的保证金是多少？\n上海仓的月租金是多少？\n".encode())
        chat.stdin.flush()
        chat.stdout.readline()  # it answers
        chat.send_signal(signal.SIGINT)
        assert chat.wait(60) == 130
        assert b"Traceback" not in chat.stderr.read()
