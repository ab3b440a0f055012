"""F1: rigged answerers get exactly what they deserve, and prompts are worded as the seed's are."""

from dataclasses import replace

import pytest
from choice_sets import CEVAL, write_ceval

from evals.choice import Answered, Exam, answer_subject, prompt
from evals.choice_files import ChoiceQuestion, Subject, read_choice
from evals.choice_kept import KeptAnswers
from evals.choice_scores import scores, submission
from evals.errors import KeptAnswersDiffer
from ingest.errors import BadSetting

ASKED = ChoiceQuestion("law", "0", "船几点开？", ("六点", "七点", "八点", "九点"), "B", "时刻表写着七点")
LAW = Subject("law", "法学", "humanities", (ASKED,), (ASKED,))
SHOWN = "船几点开？\nA. 六点\nB. 七点\nC. 八点\nD. 九点\n"


@pytest.fixture(scope="module")
def ceval(tmp_path_factory):
    return read_choice(write_ceval(tmp_path_factory.mktemp("题库")))


def sat(given, letter_of, **exam):
    """The answers of one who answers each question by a rule."""

    def answerer(prompts):
        return (Answered(one.question, letter_of(one.question), one.shots) for one in prompts)

    return [
        answered
        for subject in given.subjects
        for answered in answer_subject(subject, exam=Exam(**exam), answerer=answerer, fits=lambda messages: True)
    ]


def test_f1_an_oracle_has_everything_right(ceval):
    found = scores(ceval, sat(ceval, lambda asked: asked.answer))
    assert (len(found["subjects"]), found["accuracy"], found["average"]["accuracy"]) == (52, 1, 1)
    assert {name: part["accuracy"] for name, part in found["categories"].items()} == {
        "stem": 1, "social_science": 1, "humanities": 1, "other": 1,
    }  # fmt: skip
    assert all(part["accuracy"] == 1 and part["shots"] == 5 for part in found["subjects"].values())
    assert found["low"] < 1 and found["average"]["low"] < 1


def test_f1_who_always_says_a_has_exactly_the_share_of_a(ceval):
    found = scores(ceval, sat(ceval, lambda asked: "A"))
    gold = [one.answer for subject in ceval.subjects for one in subject.questions]
    assert found["accuracy"] == gold.count("A") / len(gold)
    per_subject = [
        sum(one.answer == "A" for one in subject.questions) / len(subject.questions) for subject in ceval.subjects
    ]
    assert found["average"]["accuracy"] == pytest.approx(sum(per_subject) / 52)
    assert found["low"] < found["accuracy"] < found["high"]


def test_no_answer_is_wrong_and_told(ceval):
    found = scores(ceval, sat(ceval, lambda asked: None))
    assert found["accuracy"] == 0 and found["unanswered"] == found["questions"] == ceval.size


def test_f1_the_submission_has_each_subject_with_its_ids(tmp_path):
    given = read_choice(write_ceval(tmp_path, subjects=CEVAL[:2], count=3), split="test")
    answers = sat(given, lambda asked: "C" if asked.id == "1" else None)
    assert submission(answers) == {key: {"0": "", "1": "C", "2": ""} for key in CEVAL[:2]}
    assert scores(given, answers)["accuracy"] is None


def worded(**exam):
    shots = exam.pop("shots")
    return prompt(LAW, replace(ASKED, answer=None), exam=Exam(shots=shots, **exam), shots=shots).messages[0].text


@pytest.mark.parametrize(
    ("exam", "expected"),
    [
        ({"shots": 0, "template": False}, f"{SHOWN}答案："),
        ({"shots": 0, "template": True}, f"{SHOWN}答案是什么？ "),
        (
            {"shots": 1, "template": False},
            f"以下是中国关于law考试的单项选择题，请选出其中的正确答案。\n\n{SHOWN}答案：B\n\n{SHOWN}答案：",
        ),
        (
            {"shots": 1, "template": False, "cot": True, "mode": "free"},
            "以下是中国关于law考试的单项选择题，请选出其中的正确答案。\n\n"
            f"{SHOWN}答案：让我们一步一步思考，\n时刻表写着七点\n所以答案是B。\n\n"
            f"{SHOWN}答案：让我们一步一步思考，\n1.",
        ),
        (
            {"shots": 0, "template": True, "cot": True, "mode": "free"},
            f"{SHOWN}答案是什么？让我们一步一步思考，\n1.",
        ),
    ],
)
def test_f1_the_seeds_prompts_are_literal(exam, expected):
    assert worded(wording="seed", **exam) == expected


def test_our_own_wording_names_the_subject_in_chinese_and_the_form_of_the_answer():
    assert worded(shots=0) == f"以下是关于法学的单项选择题，请直接写出正确选项的字母。\n\n{SHOWN}答案："
    assert "所以答案是B。" in worded(shots=1, mode="free", cot=True)


def test_examples_are_left_out_until_the_longest_question_fits():
    subject = replace(LAW, examples=(ASKED,) * 5, questions=(ASKED, replace(ASKED, id="1", text="船" * 60)))

    def answers(limit):
        def answerer(prompts):
            return (Answered(one.question, "B", one.shots) for one in prompts)

        fits = lambda messages: len(messages[0].text) <= limit  # noqa: E731
        return {one.question.id: one for one in answer_subject(subject, exam=Exam(), answerer=answerer, fits=fits)}

    whole = answers(10_000)
    tight = answers(len(prompt(subject, subject.questions[1], exam=Exam(), shots=2).messages[0].text))
    too_tight = answers(80)
    assert [one.shots for one in whole.values()] == [5, 5]
    assert [one.shots for one in tight.values()] == [2, 2]
    assert too_tight["1"].letter is None and too_tight["0"].letter == "B"


def test_a_chain_of_thought_needs_free_answers():
    with pytest.raises(BadSetting, match="free"):
        Exam(cot=True)


def test_answers_are_kept_for_the_next_run_and_only_for_the_same_settings(tmp_path):
    file, settings = tmp_path / "答案.jsonl", {"model": "a", "shots": 5}
    said = Answered(ASKED, "B", 5, logs=(-3.0, -0.25, -2.0, -4.0), said="")
    with KeptAnswers(file, settings=settings) as kept:
        assert kept.of(ASKED) is None
        kept.add(said)
    file.write_bytes(file.read_bytes() + b'{"mark": "cut o')
    with KeptAnswers(file, settings=settings) as kept:
        assert kept.of(ASKED) == said
        assert kept.of(replace(ASKED, text="船几点到？")) is None
        kept.add(replace(said, question=replace(ASKED, id="1")))
    with KeptAnswers(file, settings=settings) as kept:
        assert kept.of(replace(ASKED, id="1"))
    with pytest.raises(KeptAnswersDiffer, match="--out"):
        KeptAnswers(file, settings={**settings, "shots": 0})
