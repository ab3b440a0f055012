import pytest

from evals.answers import as_record, judge, plan, scores
from evals.questions import Article, Question, QuestionSet
from ingest.types import Passage
from rag.types import Answer, Citation

PASSAGES = (
    Passage(1, "a.txt", None, 0, 12, None, "渡口每天开六班船，票价两元。"),
    Passage(2, "b.txt", None, 0, 9, None, "桥在一九五八年通车。"),
)
ASKED = Question("1", "桥何时通车？", ("一九五八年",), "b.txt", 0)
UNKNOWN = Question("2", "谁修的桥？", ())
REFUSED = Answer("资料中没有相关内容。", refused=True, passages=PASSAGES, model="m")


def answered(text: str, *cited: tuple[int, bool]) -> Answer:
    citations = tuple(Citation(n, PASSAGES[n - 1].source, None, 0, 2, "……", verified) for n, verified in cited)
    return Answer(text, citations, passages=PASSAGES, model="m")


def test_markers_are_no_part_of_an_answer_and_the_first_citation_counts():
    one = judge(ASKED, answered("一九五八年[2][1]。", (2, True), (1, False)))
    assert (one.em, one.f1, one.cited, one.right) == (1, 1, True, True)
    assert not judge(ASKED, answered("一九五八年[1][2]。", (1, False), (2, True))).cited


def test_a_refusal_scores_nothing_where_there_is_an_answer():
    one = judge(ASKED, REFUSED)
    assert (one.em, one.f1, one.cited, one.right) == (0, 0, False, False)
    assert judge(UNKNOWN, REFUSED).right
    assert not judge(UNKNOWN, answered("船工[1]", (1, True))).right


def test_scores_have_the_names_of_the_contract():
    judged = [
        judge(ASKED, answered("一九五八年[2]", (2, True))),
        judge(ASKED, answered("五八年[2][1]", (2, True), (1, False))),
        judge(ASKED, answered("两元")),
        judge(ASKED, REFUSED),
        judge(UNKNOWN, REFUSED),
        judge(UNKNOWN, answered("船工[1]", (1, False))),
    ]
    assert scores(judged, mode="stuff") == {
        "questions": 4,
        "em": 0.25,
        "f1": round((1 + 2 * 1 * 0.6 / 1.6) / 4, 4),
        "citation": 0.5,
        "verified": round(2 / 3, 4),
        "false_refusals": 0.25,
        "unanswerable": 2,
        "refused_unanswerable": 0.5,
        "model": "m",
        "mode": "stuff",
    }


def test_what_was_not_asked_has_no_score():
    found = scores([judge(ASKED, REFUSED)], mode="refine")
    assert found["verified"] is None and found["refused_unanswerable"] is None


def test_a_record_tells_whether_the_answer_was_among_the_passages():
    record = as_record(judge(ASKED, REFUSED))
    assert record["found"] and record["refused"] and record["gold"] == ["一九五八年"]


@pytest.fixture
def articles() -> QuestionSet:
    made = {f"{n}.txt": Article(f"{n}.txt", (f"第{n}号灯塔。",)) for n in range(20)}
    questions = [Question(f"{s}-{k}", "？", ("灯塔",), s, 0) for s in made for k in range(4)]
    return QuestionSet(tuple(questions), made)


def test_articles_of_unanswerable_questions_are_left_out_and_nothing_else_is_asked_of_them(articles):
    planned = plan(articles, limit=30, seed=1)
    kept = {article.source for article in planned.articles}
    assert len(planned.answerable) == 30 and len(planned.unanswerable) == 3
    assert {question.source for question in planned.answerable} <= kept and len(kept) == 17
    assert all(question.id.partition("-")[0] not in kept for question in planned.unanswerable)
    assert not any(question.answers for question in planned.unanswerable)


def test_a_plan_is_the_same_for_the_same_seed(articles):
    assert plan(articles, limit=10, seed=1) == plan(articles, limit=10, seed=1) != plan(articles, limit=10, seed=2)


def test_at_most_half_of_the_articles_are_left_out(articles):
    planned = plan(articles, limit=1000, seed=1)
    assert len(planned.articles) == 10 and len(planned.answerable) == len(planned.unanswerable) == 40


def test_a_set_with_unanswerable_questions_of_its_own_keeps_all_its_articles(articles):
    given = QuestionSet((*articles.questions, UNKNOWN), articles.articles)
    planned = plan(given, limit=30, seed=1)
    assert len(planned.articles) == 20 and [question.id for question in planned.unanswerable] == ["2"]
