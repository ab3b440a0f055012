"""`wendang eval choice` and `eval prompts` on a tiny random model: real but for the meaning of what it says."""

import json

import pytest
from choice_sets import write_ceval
from tiny_gguf import write_tiny_model

from evals.choice import _constrained
from ui.cli import build
from ui.text import set_language

CHATML = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    (tmp_path / "models").mkdir()
    write_tiny_model(tmp_path / "models" / "tiny.gguf", template=CHATML)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "wendang.toml").write_text(
        'model = "tiny"\n[backend_options]\nthreads = 1\nmax_tokens = 8\n', "utf-8"
    )
    monkeypatch.setenv("WENDANG_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("WENDANG_HOME", str(tmp_path / "home"))
    write_ceval(tmp_path / "题库", subjects=["law", "physician", "marxism"], count=4)
    set_language("zh")

    def call(*arguments):
        status = build().main(args=["eval", *map(str, arguments)], standalone_mode=False)
        return status, capsys.readouterr()

    return call


def test_scores_settings_and_the_submission_file_are_given(run, tmp_path):
    file = tmp_path / "submission.json"
    status, printed = run("choice", tmp_path / "题库", "--shots", 1, "--submission", file, "--json")
    found = json.loads(printed.out)
    assert status == 0
    assert (found["model"], found["mode"], found["split"], found["complete"]) == ("tiny", "constrained", "val", True)
    assert (found["questions"], found["unanswered"], list(found["categories"])) == (
        15, 0, ["social_science", "humanities", "other"],
    )  # fmt: skip
    assert found["accuracy"] == sum(part["correct"] for part in found["subjects"].values()) / 15
    submitted = json.loads(file.read_text("utf-8"))
    assert {key: len(letters) for key, letters in submitted.items()} == {"law": 4, "physician": 5, "marxism": 6}
    assert set("".join("".join(letters.values()) for letters in submitted.values())) <= set("ABCD")
    assert "--split test" in printed.err


def test_questions_that_do_not_fit_with_examples_are_asked_with_fewer(run, tmp_path):
    _, printed = run("choice", tmp_path / "题库", "--subject", "法学", "--json")
    assert 0 < json.loads(printed.out)["subjects"]["law"]["shots"] < 5


@pytest.mark.parametrize("mode", [[], ["--cot"], ["--no-template"], ["--wording", "seed"]])
def test_free_answers_that_say_nothing_are_unanswered(run, tmp_path, mode):
    status, printed = run("choice", tmp_path / "题库", "--mode", "free", "--shots", 0, "--limit", 2, *mode, "--json")
    found = json.loads(printed.out)
    assert status == 0 and found["questions"] == 2 and found["unanswered"] >= 1


def test_ctrl_c_keeps_what_is_done_and_the_next_run_goes_on(run, tmp_path, monkeypatch):
    out = tmp_path / "答案.jsonl"

    def interrupted(model, prompts, *, alone=False):
        for number, answered in enumerate(_constrained(model, prompts, alone=alone)):
            if number == 2:
                raise KeyboardInterrupt
            yield answered

    asked = ("choice", tmp_path / "题库", "--shots", 1, "--out", out, "--json")
    with monkeypatch.context() as during:
        during.setattr("evals.choice._constrained", interrupted)
        status, printed = run(*asked)
    found = json.loads(printed.out)
    assert (status, found["complete"], found["questions"]) == (130, False, 2)
    assert str(out) in printed.err
    status, printed = run(*asked)
    found = json.loads(printed.out)
    assert (status, found["questions"], found["asked"]) == (0, 15, 13)
    assert len(out.read_text("utf-8").splitlines()) == 16


def test_a_file_that_cannot_be_used_is_told_and_the_others_are_asked(run, tmp_path):
    (tmp_path / "题库" / "val" / "law_val.csv").write_text("id,question,A,B\n1,问,2,3\n", "utf-8")
    status, printed = run("choice", tmp_path / "题库", "--shots", 0, "--json")
    assert status == 3
    assert "law_val.csv" in printed.err and len(printed.err.splitlines()) == 1
    assert [one["file"].endswith("law_val.csv") for one in json.loads(printed.out)["failed"]] == [True]


def test_the_speed_is_compared_on_the_same_questions(run, tmp_path):
    _, printed = run("choice", tmp_path / "题库", "--shots", 2, "--compare-speed", "--json")
    speed = json.loads(printed.out)["speed"]
    assert speed["subject"] == "marxism" and speed["questions"] == 6 and speed["same_letters"] == 1
    assert speed["ratio"] > 0


def test_people_get_a_table(run, tmp_path):
    status, printed = run("choice", tmp_path / "题库", "--shots", 0)
    assert status == 0 and "法学" in printed.out and "各科目平均" in printed.out


def test_prompts_are_answered_judged_and_exported(run, tmp_path):
    prompts = {"数值计算": ["三加四等于几？", "半打是几个？"], "写信": ["写一封请假条。"]}
    (tmp_path / "指令.json").write_text(json.dumps(prompts, ensure_ascii=False), "utf-8")
    out = tmp_path / "回答.json"
    status, printed = run("prompts", tmp_path / "指令.json", "--judge", "tiny", "--out", out, "--json")
    found = json.loads(printed.out)
    assert (status, found["prompts"], found["judge"]) == (0, 3, "tiny")
    assert found["comparable_to_gpt4"] is False and list(found["categories"]) == list(prompts)
    exported = json.loads(out.read_text("utf-8"))
    assert "Prompt:\n三加四等于几？\n\nSystem1:\n" in exported[0]["judging"]
    assert exported[0]["judging"].startswith("The followings are ChatGPT-like systems' outputs")
