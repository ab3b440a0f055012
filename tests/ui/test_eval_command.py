import json

import pytest

from rag import open_library
from ui.cli import build
from ui.text import set_language

ABOUT = [
    ("青石渡口每天开六班船，末班船在傍晚七点离岸，票价两元。", "青石渡口的票价是多少？", "两元"),
    ("县粮仓建于一九七一年，可以储存稻谷八百吨，有四名保管员。", "县粮仓能储存多少稻谷？", "八百吨"),
    ("镇邮局位于南街十二号，周一到周五营业，负责人是梁秋萍。", "镇邮局的负责人是谁？", "梁秋萍"),
    ("杨岭水库的大坝高四十三米，灌溉下游五个村的农田。", "杨岭水库的大坝有多高？", "四十三米"),
]
ARTICLES = {
    "data": [
        {"paragraphs": [{"context": text, "qas": [{"id": gold, "question": asked, "answers": [{"text": gold}]}]}]}
        for text, asked, gold in ABOUT
    ]
}


@pytest.fixture
def run(tmp_path, models_dir, monkeypatch, capsys):
    monkeypatch.setenv("WENDANG_MODELS_DIR", str(models_dir))
    monkeypatch.setenv("WENDANG_HOME", str(tmp_path / "home"))
    (tmp_path / "set.json").write_text(json.dumps(ARTICLES, ensure_ascii=False), "utf-8")
    set_language("zh")

    def call(*arguments):
        status = build().main(args=["eval", *map(str, arguments)], standalone_mode=False)
        return status, capsys.readouterr()

    return call


def test_retrieval_prints_the_scores_of_the_contract(run, tmp_path):
    status, printed = run("retrieval", tmp_path / "set.json", "--json")
    assert status == 0
    assert json.loads(printed.out) == {
        "questions": 4, "recall@1": 1, "recall@3": 1, "recall@5": 1, "recall@10": 1, "mrr@10": 1,
        "answer_in_2000_chars": 1,
    }  # fmt: skip
    assert not printed.err


def test_the_home_stays_as_it_was(run, tmp_path):
    run("retrieval", tmp_path / "set.json", "--limit", 1)
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("leg", ["dense", "keyword"])
def test_a_sample_can_be_asked_of_one_leg_in_simplified_characters(run, tmp_path, leg):
    status, printed = run("retrieval", tmp_path / "set.json", "--limit", 2, "--simplify", "--leg", leg, "--json")
    assert status == 0 and json.loads(printed.out)["questions"] == 2


def test_answers_prints_the_scores_of_the_contract_and_writes_what_fell_short(run, tmp_path):
    out = tmp_path / "wrong.jsonl"
    status, printed = run("answers", tmp_path / "set.json", "--out", out, "--json")
    found = json.loads(printed.out)
    assert status == 0
    assert list(found) == [
        "questions", "em", "f1", "citation", "verified", "false_refusals", "unanswerable", "refused_unanswerable",
        "model", "mode",
    ]  # fmt: skip
    assert (found["questions"], found["unanswerable"], found["mode"]) == (2, 2, "stuff")
    assert found["citation"] >= 0.5
    assert all("gold" in json.loads(line) for line in out.read_text("utf-8").splitlines())


def test_questions_in_our_own_form_are_asked_of_the_library_of_the_home(run, tmp_path):
    (tmp_path / "home" / "docs").mkdir(parents=True)
    (tmp_path / "home" / "docs" / "渡口.txt").write_text("青石渡口每天开六班船，票价两元。", "utf-8")
    with open_library(tmp_path / "home") as library:
        list(library.sync())
    own = {
        "version": 1,
        "questions": [
            {"id": "1", "question": "青石渡口的票价是多少？", "answers": ["两元"], "source": "渡口.txt"},
            {"id": "2", "question": "青石渡口的票价是多少？", "answers": ["两元"], "source": "别处.txt"},
            {"id": "3", "question": "谁修的渡口？", "answers": []},
        ],
    }
    (tmp_path / "own.json").write_text(json.dumps(own, ensure_ascii=False), "utf-8")
    status, printed = run("retrieval", tmp_path / "own.json", "--json")
    found = json.loads(printed.out)
    assert (status, found["questions"], found["recall@1"]) == (0, 2, 0.5)


def test_a_table_is_printed_for_people(run, tmp_path):
    status, printed = run("retrieval", tmp_path / "set.json", "--limit", 1)
    assert status == 0 and "指标" in printed.out and "recall@5" in printed.out
