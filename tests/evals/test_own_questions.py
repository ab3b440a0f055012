import json

import pytest

from evals.errors import BadQuestionFile
from evals.own_questions import QuestionSets, doubts, next_id
from evals.question_table import write_table
from evals.questions import Question, read_questions
from rag import open_library

ASKED = [Question("1", "押金多少？", ("六万元",), "合同/租赁.txt", page=2), Question("2", "谁是总裁？", ())]
SQUAD = {
    "data": [
        {
            "paragraphs": [
                {"context": "塔高九米。", "qas": [{"id": "1", "question": "多高？", "answers": [{"text": "九米"}]}]}
            ]
        }
    ]
}


@pytest.fixture
def sets(tmp_path):
    return QuestionSets(tmp_path / "questions")


def test_a_set_is_a_file_that_the_command_line_takes(sets):
    sets.write("租赁 合同", ASKED)
    assert sets.names() == ["租赁 合同"]
    assert list(read_questions(sets.path("租赁 合同")).questions) == ASKED == list(sets.read("租赁 合同").questions)


def test_a_set_without_questions_is_no_file(sets):
    assert sets.read("新的").questions == ()
    sets.write("新的", ASKED)
    sets.write("新的", [])
    assert sets.names() == []


def test_what_was_exported_can_be_imported_in_both_forms(sets):
    sets.write("甲", ASKED)
    sets.add("乙", sets.path("甲").read_bytes(), suffix=".json")
    sets.add("丙", write_table(ASKED), suffix=".CSV")
    assert sets.read("乙").questions == sets.read("丙").questions == tuple(ASKED)


def test_a_set_with_articles_of_its_own_stays_as_it_is(sets):
    content = json.dumps(SQUAD, ensure_ascii=False).encode()
    assert len(sets.add("塔", content, suffix=".json").articles) == 1
    assert sets.path("塔").read_bytes() == content


def test_an_import_never_replaces_a_set_and_a_bad_file_leaves_none(sets):
    sets.write("甲", ASKED)
    with pytest.raises(BadQuestionFile) as taken:
        sets.add("甲", write_table(ASKED[:1]), suffix=".csv")
    assert taken.value.values["cause"] == "taken" and len(sets.read("甲").questions) == 2
    with pytest.raises(BadQuestionFile):
        sets.add("乙", b"{}", suffix=".json")
    assert sets.names() == ["甲"]


@pytest.mark.parametrize("name", ["", " 甲", "../甲", "a/b", "a\\b", ".甲", "甲\n乙", "长" * 67, 'a"b', "\x00"])
def test_a_name_that_no_file_can_have_is_refused(sets, name):
    with pytest.raises(BadQuestionFile) as raised:
        sets.write(name, ASKED)
    assert raised.value.values["cause"] == "name"


def test_a_new_question_gets_a_number_of_its_own():
    assert next_id([]) == "1"
    assert next_id([Question("7", "？", ()), Question("s9", "？", ())]) == "8"


def test_questions_that_the_documents_cannot_bear_out_are_named(tmp_path, models_dir):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "租赁.txt").write_text("押金为六万元，租期三年。", "utf-8")
    asked = [
        Question("1", "押金多少？", ("六万元",), "租赁.txt"),
        Question("2", "租期几年？", ("五年",), "租赁.txt"),
        Question("3", "水费多少？", ("三元",), "物业.txt"),
        Question("4", "谁签的？", ()),
    ]
    with open_library(tmp_path, models_dir=models_dir) as library:
        list(library.sync())
        assert [(d.question.id, d.cause) for d in doubts(library, asked)] == [("2", "answer"), ("3", "source")]
