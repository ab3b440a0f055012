"""Help pages and mistakes on the command line, in Chinese and in English."""

import json
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ui.cli import build
from ui.help_page import columns, wrapped
from ui.text import TEXTS, set_language

ROOT = Path(__file__).parents[2]
USAGE_ERRORS = [
    ["不存在"],
    ["sereach"],
    ["search"],
    ["search", "年假", "--top-k", "0"],
    ["search", "年假", "--top-k", "x"],
    ["search", "年假", "--top-k"],
    ["search", "年假", "--leg", "z"],
    ["search", "年假", "--topk", "3"],
    ["search", "年假", "多余", "还有"],
    ["ask", "年假", "--detail=3"],
    ["model", "lst"],
    ["text"],
]


def run(*arguments):
    set_language("zh")
    return CliRunner().invoke(build(), list(arguments), prog_name="wendang")


def commands(group=None, path=()):
    """Every command of the program, with the words that call it."""
    group = group or build()
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        found = group.get_command(ctx, name)
        yield [*path, name]
        if isinstance(found, click.Group):
            yield from commands(found, (*path, name))


@pytest.mark.parametrize("arguments", USAGE_ERRORS, ids=" ".join)
def test_a_mistake_is_told_in_chinese(arguments):
    done = run(*arguments)
    assert done.exit_code == 2 and done.stdout == ""
    words = set(re.findall(r"[A-Za-z]{3,}", done.stderr))
    typed = {word for argument in arguments for word in re.findall(r"[A-Za-z]{3,}", argument)}
    known = {"wendang", "help", "search", "list", "QUERY", "SOURCE", "QUESTION", "model", "text", "ask", "top", "leg"}
    assert words - typed <= known | {"hybrid", "dense", "keyword", "integer", "range", "detail"}


def test_a_mistake_is_told_in_english_where_that_is_wanted():
    # In a process of its own: the texts of a command are made when it is imported.
    code = (
        "import json, sys\nfrom click.testing import CliRunner\nfrom ui.cli import build\n"
        "from ui.text import set_language\nset_language('en')\n"
        "run = lambda words: CliRunner().invoke(build(), words, prog_name='wendang').stderr\n"
        "print(json.dumps([run(words) for words in json.loads(sys.argv[1])]))"
    )
    command = [sys.executable, "-c", code, json.dumps(USAGE_ERRORS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    for arguments, said in zip(USAGE_ERRORS, json.loads(done.stdout), strict=True):
        assert "Error: " in said
        assert not [c for c in said if "\u4e00" <= c <= "\u9fff" and c not in "".join(arguments)]


@pytest.mark.parametrize(
    ("typed", "meant"), [(["sereach"], "search"), (["model", "lst"], "list"), (["ask", "x", "--topk", "3"], "--top-k")]
)
def test_a_slip_of_the_finger_gets_a_suggestion(typed, meant):
    assert f"是不是 '{meant}'" in run(*typed).stderr


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_every_command_has_a_page_that_fits(words):
    page = run(*words, "--help")
    assert page.exit_code == 0 and page.stdout.startswith("用法：")
    assert run("help", *words).stdout == page.stdout
    long = [line for line in page.stdout.splitlines() if columns(line) > 100 and "wendang" not in line]
    assert not long


@pytest.mark.parametrize("words", [w for w in commands() if len(w) == 1], ids=" ".join)
def test_the_page_of_a_command_ends_with_examples(words):
    assert "\n例子:\n  " in run(*words, "--help").stdout


def test_every_example_names_a_command_that_there_is():
    known = {" ".join(words) for words in commands()} | {""}
    assert {key.removeprefix("example.") for key in TEXTS if key.startswith("example.")} <= known


def test_help_for_what_is_no_command_is_a_mistake():
    assert run("help", "无").exit_code == 2
    assert run("help", "ask", "more").exit_code == 2


@pytest.mark.parametrize("width", [10, 20, 33])
def test_wrapped_lines_fit_and_lose_nothing(width):
    text = "根据文件回答问题，并列出依据的原文 (see the manual) 第二句。"
    lines = list(wrapped(text, width))
    assert all(columns(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not any(line[0] in "，。" for line in lines)
