import json

import pytest

from evals.errors import BadQuestionFile
from evals.questions import Question, read_questions, sample, simplified

SQUAD = {
    "version": "v2.0",
    "data": [
        {
            "title": "灯塔",
            "paragraphs": [
                {
                    "context": "灯塔建于一九零二年。",
                    "qas": [
                        {"id": 7, "question": "何时建成？", "answers": [{"text": "一九零二年", "answer_start": 4}] * 2},
                        {"id": "8", "question": "谁设计的？", "answers": [], "is_impossible": True},
                    ],
                },
                {"context": "守塔人共有\r\n四名。", "qas": [{"question": "几人？", "answers": [{"text": "四名"}]}]},
            ],
        }
    ],
}
FLAT = [
    {
        "context_id": "T1",
        "context_text": "船坞长八十米。",
        "qas": [{"query_id": "T1-1", "query_text": "船坞多长？", "answers": ["八十米", "80米"]}],
    }
]
OWN = {
    "version": 1,
    "questions": [
        {"id": "1", "question": "押金多少？", "answers": ["六万元"], "source": "合同/租赁.txt", "page": 2},
        {"question": "违约金多少？", "answers": []},
    ],
}


@pytest.fixture
def written(tmp_path):
    def write(content, encoding="utf-8"):
        path = tmp_path / "questions.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), encoding)
        return path

    return write


def test_squad_questions_know_their_article_and_paragraph(written):
    found = read_questions(written(SQUAD))
    assert found.questions == (
        Question("7", "何时建成？", ("一九零二年",), "0001.txt", 0),
        Question("8", "谁设计的？", (), "0001.txt", 0),
        Question("0001.txt-1-1", "几人？", ("四名",), "0001.txt", 1),
    )
    assert [question.id for question in found.unanswerable] == ["8"]
    assert len(found.answerable) == 2


def test_an_article_is_its_paragraphs_with_a_blank_line_between_as_they_will_be_stored(written):
    article = read_questions(written(SQUAD)).articles["0001.txt"]
    assert article.text == "灯塔建于一九零二年。\n\n守塔人共有\n四名。"
    start = article.text.index("守塔人")
    assert article.paragraph_of(0, 5) == 0
    assert article.paragraph_of(start, start + 3) == 1


def test_a_span_over_two_paragraphs_belongs_to_the_one_it_has_more_of(written):
    article = read_questions(written(SQUAD)).articles["0001.txt"]
    boundary = article.text.index("\n\n")
    assert article.paragraph_of(boundary - 4, boundary + 2 + 3) == 0
    assert article.paragraph_of(boundary - 3, boundary + 2 + 4) == 1


def test_the_flat_form_of_cmrc_is_read(written):
    found = read_questions(written(FLAT))
    assert found.questions == (Question("T1-1", "船坞多长？", ("八十米", "80米"), "0001.txt", 0),)


def test_our_own_form_asks_about_files_of_a_library(written):
    found = read_questions(written(OWN, "utf-8-sig"))
    assert found.questions[0] == Question("1", "押金多少？", ("六万元",), "合同/租赁.txt", page=2)
    assert not found.articles
    assert [question.id for question in found.unanswerable] == ["2"]


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("问题：", "not_json"),
        ({"data": [{"title": "没有段落"}]}, "form"),
        ({"version": 2, "questions": []}, "form"),
        ("[3]", "form"),
        ("true", "form"),
        ({"data": [{"paragraphs": [{"context": "甲", "qas": [{"question": "乙", "answers": "丙"}]}]}]}, "form"),
        ({"data": []}, "empty"),
    ],
)
def test_a_file_that_is_no_question_set_says_why(written, content, cause):
    with pytest.raises(BadQuestionFile) as raised:
        read_questions(written(content))
    assert raised.value.values["cause"] == cause
    assert "questions.json" in str(raised.value)


def test_a_file_in_another_encoding_is_no_question_set(written):
    with pytest.raises(BadQuestionFile):
        read_questions(written(OWN, "gb18030"))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BadQuestionFile, match="没有"):
        read_questions(tmp_path / "没有.json")


def test_a_sample_is_the_same_for_the_same_seed_and_keeps_the_order():
    questions = [Question(str(n), "？", ()) for n in range(50)]
    drawn = sample(questions, limit=10, seed=3)
    assert drawn == sample(questions, limit=10, seed=3) != sample(questions, limit=10, seed=4)
    assert drawn == sorted(drawn, key=questions.index) and len(drawn) == 10
    assert sample(questions, limit=None, seed=3) == sample(questions, limit=50, seed=3) == questions


def test_simplified_questions_keep_their_answers():
    [question] = simplified([Question("1", "臺灣的鐵路何時通車？", ("一八九一年",))])
    assert question == Question("1", "台湾的铁路何时通车？", ("一八九一年",))
