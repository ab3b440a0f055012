"""F2: ten categories of twenty prompts, and what a judge's words come to."""

import json

import pytest

from evals.errors import BadPromptSet
from evals.prompt_set import CategoryPrompt, Output, rating, read_prompts, scores
from rag.prompts import judging

TEN = {f"第{n}类": [f"第{n}类的第{k}道题，请回答。" for k in range(20)] for n in range(10)}


def test_f2_ten_times_twenty_prompts_are_read_from_json_and_from_a_table(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(TEN, ensure_ascii=False), "utf-8")
    lines = ["类别,题目", *(f'{name},"{text}"' for name, texts in TEN.items() for text in texts)]
    (tmp_path / "a.csv").write_text("\r\n".join(lines), "gb18030")
    by_json, by_table = read_prompts(tmp_path / "a.json"), read_prompts(tmp_path / "a.csv")
    assert by_json == by_table and len(by_json) == 200
    assert by_json[0] == CategoryPrompt("第0类", "第0类的第0道题，请回答。")


def test_f2_a_category_of_tens_has_a_hundred_points():
    prompts = [CategoryPrompt(name, text) for name, texts in TEN.items() for text in texts]
    best = scores([Output(one, "", rating=10) for one in prompts])
    assert set(best["categories"].values()) == {100} and best["average"] == 100
    mixed = scores([Output(prompts[0], "", rating=7), Output(prompts[1], "", rating=8), Output(prompts[2], "")])
    assert mixed["categories"] == {"第0类": 75} and mixed["unrated"] == 1
    assert scores([Output(prompts[0], "")])["average"] is None
    assert best["comparable_to_gpt4"] is False


@pytest.mark.parametrize(
    ("judged", "expected"),
    [
        ("8", 8), ("8.5\n回答完整。", 8.5), ("System1: 8/10. Clear.", 8), ("Score: 7", 7), ("评分：9分，很好", 9),
        ("我给6分。", 6), ("The rating is 10 out of 10", 10), ("很好", None), ("Score: 85", None), ("", None),
    ],
)  # fmt: skip
def test_a_rating_is_read_from_a_judges_words_or_not_at_all(judged, expected):
    assert rating(judged) == expected


def test_f2_the_judges_instruction_is_literal():
    assert judging("问", ["甲", "乙"]).endswith("Prompt:\n问\n\nSystem1:\n甲\n\nSystem2:\n乙")


@pytest.mark.parametrize(("content", "cause"), [("[1]", "form"), ("{", "form"), ("a,b\n1,2", "form"), ("{}", "empty")])
def test_what_is_no_set_of_prompts_is_refused(tmp_path, content, cause):
    (tmp_path / "x").write_text(content, "utf-8")
    with pytest.raises(BadPromptSet) as caught:
        read_prompts(tmp_path / "x")
    assert caught.value.values["cause"] == cause
