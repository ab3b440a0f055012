from evals.questions import Article, Question
from evals.retrieval import Found, answer_rank, paragraph_rank, scores
from ingest.types import Passage

ARTICLES = {
    "0001.txt": Article("0001.txt", ("春天种下的树苗。" * 4, "秋天收获的苹果。" * 4)),
    "0002.txt": Article("0002.txt", ("冬天的雪很厚。" * 4,)),
}
ASKED = Question("1", "秋天收获什么？", ("苹果",), "0001.txt", 1)


def passage(source: str, start: int, end: int, *, also: tuple[str, ...] = ()) -> Passage:
    return Passage(1, source, None, start, end, None, ARTICLES[source].text[start:end], also=also)


def test_a_paragraph_counts_once_however_many_passages_it_has():
    found = [
        passage("0001.txt", 0, 8),
        passage("0001.txt", 8, 16),
        passage("0002.txt", 0, 7),
        passage("0001.txt", 36, 50),
    ]
    assert paragraph_rank(ASKED, found, articles=ARTICLES) == 3


def test_a_paragraph_that_is_not_found_has_no_rank():
    assert paragraph_rank(ASKED, [passage("0002.txt", 0, 7)], articles=ARTICLES) is None
    assert paragraph_rank(ASKED, [], articles=ARTICLES) is None


def test_a_passage_counts_for_all_the_files_that_hold_it():
    twice = Question("2", "雪怎么样？", ("很厚",), "0003.txt", 0)
    articles = {**ARTICLES, "0003.txt": Article("0003.txt", ARTICLES["0002.txt"].paragraphs)}
    assert paragraph_rank(twice, [passage("0002.txt", 0, 7, also=("0003.txt",))], articles=articles) == 1


def test_in_a_library_an_answer_must_come_from_the_right_source():
    found = [passage("0002.txt", 0, 7), passage("0001.txt", 0, 8), passage("0001.txt", 36, 50)]
    assert answer_rank(ASKED, found) == 3
    assert answer_rank(Question("1", "？", ("苹果",), "0002.txt"), found) is None
    assert answer_rank(Question("1", "？", ("雪",)), found) == 1


def test_scores_have_the_names_of_the_contract():
    results = [Found(ASKED, 1, True), Found(ASKED, 4, True), Found(ASKED, None, False), Found(ASKED, 2, False)]
    assert scores(results) == {
        "questions": 4,
        "recall@1": 0.25,
        "recall@3": 0.5,
        "recall@5": 0.75,
        "recall@10": 0.75,
        "mrr@10": round((1 + 1 / 4 + 1 / 2) / 4, 4),
        "answer_in_2000_chars": 0.5,
    }
