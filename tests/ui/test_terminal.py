"""The terminal: tables, answers as they grow, completion, pipes, and homes that cannot be used."""

import json
import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from samples import BigramEmbedder

from rag import open_library
from rag.types import Answer, Citation, Delta, Done, Found, Unsupported
from ui import sources as named_sources
from ui.answer_display import finished, show, warnings
from ui.cli import build
from ui.text import set_language

ROOT = Path(__file__).parents[2]
MAIN = "from ui.cli import main; main()"
NAMES = ["合同/采购 合同（二）.txt", "合同/租赁.txt", "制度/[2025]考勤.txt", "通知.txt"]
TEXT = "押金三万元[1]。另付五百元。"
ANSWER = Answer(
    TEXT,
    (Citation(1, "合同/租赁.txt", 2, 0, 5, "押金三万元", True),),
    unsupported=(Unsupported("sentence", "另付五百元。", 9, 15),),
)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with four documents, embedded quickly; the environment names it."""
    made = tmp_path / "家"
    for name in NAMES:
        path = made / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"这是{name}的内容，编号{len(name)}。", "utf-8")
    monkeypatch.setattr("ingest.embedders.load", lambda *args, **options: BigramEmbedder())
    with open_library(made) as library:
        list(library.sync())
    monkeypatch.setenv("WENDANG_HOME", str(made))
    set_language("zh")
    return made


def run(*arguments, **options):
    return CliRunner().invoke(build(), list(arguments), prog_name="wendang", standalone_mode=False, **options)


def program(*arguments, **changes):
    env = {**os.environ, "PYTHONPATH": str(ROOT), **changes}
    return subprocess.run([sys.executable, "-c", MAIN, *arguments], capture_output=True, text=True, env=env)


# What the code that runs on a terminal may use.
PRELUDE = """
from rag.types import Answer, Citation, Delta, Done, Found, Unsupported
from ui.answer_display import show
from ui.line_editing import typed_lines
from ui.tables import table
"""


def on_terminal(code, *, typed=(), **changes):
    """Return what a program writes to a terminal of 80 columns; at each prompt a line is typed."""
    master, slave = pty.openpty()
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "80", "LINES": "24", **changes}
    command = [sys.executable, "-c", PRELUDE + code]
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True):
        os.close(slave)
        written, waiting = b"", list(typed)
        while True:
            assert select.select([master], [], [], 60)[0], written
            try:
                written += os.read(master, 65536)
            except OSError:  # the program has ended
                break
            if waiting and written.count(b"> ") > len(typed) - len(waiting):
                os.write(master, waiting.pop(0).encode())
    os.close(master)
    return written.decode()


# ── documents as they are named ──


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("通知.txt", ["通知.txt"]),
        ("合同/*", ["合同/租赁.txt", "合同/采购 合同（二）.txt"]),
        ("*租赁*", ["合同/租赁.txt"]),
        ("制度/[2025]考勤.txt", ["制度/[2025]考勤.txt"]),
    ],
)
def test_a_word_names_a_source_or_matches_several(home, given, meant):
    with open_library(home, read_only=True) as library:
        assert sorted(named_sources.named(library, given)) == meant
        assert named_sources.named(library, str(home / "docs" / meant[0])) == [meant[0]]


def test_remove_takes_patterns_and_tells_what_matched(home):
    done = run("remove", "合同/*", "通知.txt")
    assert done.return_value == 0
    assert [line for line in done.stdout.splitlines() if line.startswith("移除")] == [
        "移除  合同/租赁.txt",
        "移除  合同/采购 合同（二）.txt",
        "移除  通知.txt",
    ]
    assert "3" in done.stdout.splitlines()[-1]
    assert (home / "docs" / "通知.txt").exists()
    assert json.loads(run("remove", "制度/*", "--json").stdout) == {"removed": ["制度/[2025]考勤.txt"]}


def test_remove_does_nothing_where_one_of_the_words_names_nothing(home):
    assert run("remove", "通知.txt", "无/*").exception is not None
    assert len(json.loads(run("status", "--json").stdout)["documents"]) == 4


def test_a_pattern_for_one_document_that_matches_several_names_them(home):
    assert "合同/租赁.txt" in str(run("text", "合同/*").exception)


# ── tables and pipes ──


def test_into_a_pipe_go_whole_lines_a_document_each(home):
    lines = run("status").stdout.splitlines()
    rows = [line.split("\t") for line in lines[1:]]
    assert {len(row) for row in rows} == {6}
    assert [row[0] for row in rows[1:]] == sorted(NAMES)


def test_on_a_terminal_of_80_columns_no_name_is_cut():
    from ui.help_page import columns

    name = "会议纪要/" + "关于恒温设备采购与验收" * 6 + "[bold].txt"
    text = on_terminal(f"table(['文件', '编码', '说明'], [[{name!r}, '', '无'], ['短.txt', '', '有']])")
    lines = text.replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines()
    assert "编码" not in text  # nothing stands in that column
    assert all(columns(line) <= 80 for line in lines)
    assert "".join(line.split(" ")[0] for line in lines[1:-1]) == name


# ── answers ──


def events(*texts):
    yield Found(())
    yield from map(Delta, texts)
    yield Done(ANSWER)


SHOWN = f"""
answer = {ANSWER!r}
show((event for event in [Found(()), Delta("押金"), Delta("三万元。"), Done(answer)]), live=True)
"""


def test_an_answer_grows_on_a_terminal_and_its_doubtful_part_is_marked():
    text = on_terminal(SHOWN)
    assert "押金" in text.split(TEXT[:6])[0]
    assert "\x1b[4;33m另付五百元。\x1b[0m" in text
    assert "合同/租赁.txt 第2页" in text and "没有找到这句话的依据" in text


@pytest.mark.parametrize("changes", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_without_colours_there_are_none(changes):
    text = on_terminal(SHOWN, **changes)
    assert "33m" not in text and "36m" not in text and "另付五百元。" in text


def test_an_answer_that_checking_has_changed_is_printed_again_into_a_pipe(capsys):
    show(events("押金"), live=True)
    assert TEXT in capsys.readouterr().out
    assert finished(events("押金")) is ANSWER


def test_what_ctrl_c_stops_stays_on_the_screen():
    code = """
def stopped():
    yield Delta("说到一半")
    raise KeyboardInterrupt

try:
    show(stopped(), live=True)
except KeyboardInterrupt:
    print("停")
"""
    *_, said, stop = on_terminal(code).splitlines()
    assert said.endswith("说到一半") and stop.endswith("停")


def test_a_refusal_names_the_nearest_documents():
    from ingest.types import Passage

    near = Passage(1, "制度/考勤.txt", None, 0, 1, None, "字")
    assert "制度/考勤.txt" in " ".join(warnings(Answer("资料中没有", refused=True, passages=(near,))))


# ── questions from elsewhere ──


def test_without_a_question_and_a_terminal_it_is_a_mistake(home):
    assert program("ask", WENDANG_HOME=str(home)).returncode == 2


def test_an_empty_library_is_not_asked(tmp_path):
    done = run("ask", "年假", "--home", str(tmp_path / "空"))
    assert done.return_value == 1 and "wendang sync" in done.stderr and done.stdout == ""
    done = run("ask", "-", "--json", "--home", str(tmp_path / "空"), input="年假\n")
    assert done.return_value == 1 and json.loads(done.stdout)["question"] == "年假"


@pytest.mark.parametrize("bad", ["/etc/hostname", "/proc/没有"])
def test_a_home_that_cannot_be_used_is_one_line(bad):
    done = program("status", "--home", bad)
    assert done.returncode == 1 and bad in done.stderr and "--home" in done.stderr
    assert len(done.stderr.splitlines()) == 1


# ── completion ──


def completed(line, home, shell="bash"):
    changes = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
    return program(_WENDANG_COMPLETE=f"{shell}_complete", WENDANG_HOME=str(home), **changes).stdout


def test_shells_complete_commands_options_and_documents(home):
    assert "plain,summarize" in completed("wendang su", home)
    assert "plain,--top-k" in completed("wendang search --t", home)
    assert "通知.txt" in completed("wendang text 通", home, "zsh")
    assert "合同/租赁.txt" in completed("wendang ask 问 --source 合同/租", home)
    assert completed("wendang text 通", home / "没有").strip() == ""


def test_a_real_bash_gets_names_with_spaces_as_one_word(home, tmp_path):
    (tmp_path / "wendang").write_text(f'#!/bin/sh\nexec {sys.executable} -c "{MAIN}" "$@"\n')
    (tmp_path / "wendang").chmod(0o755)
    script = (
        'eval "$(wendang completion bash)"\nCOMP_WORDS=(wendang text 合同/采)\nCOMP_CWORD=2\n'
        '_wendang_completion wendang\nprintf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "WENDANG_HOME": str(home)}
    done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, env=env)
    assert done.stdout == "合同/采购\\ 合同（二）.txt\n" or done.stdout == "合同/采购\\ 合同\\（二\\）.txt\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_script_for_each_shell(shell):
    script = run("completion", shell).stdout
    assert f"{shell}_complete" in script and "wendang" in script


def test_lines_that_were_typed_are_kept_in_the_home_and_nowhere_else(tmp_path):
    code = f"""
from pathlib import Path
lines = typed_lines(Path({str(tmp_path / "历史")!r}), complete=lambda line: ["/quit"] if line == "/q" else [])
for line in lines:
    if line == "/quit":
        lines.close()
"""
    on_terminal(code, typed=["年假有几天\n", "/q\t\n"])
    assert (tmp_path / "历史").read_text("utf-8").splitlines() == ["年假有几天", "/quit"]
    assert (tmp_path / "历史").stat().st_mode & 0o777 == 0o600
