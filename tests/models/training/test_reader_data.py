import json
import random

import pytest

from ingest.types import Passage
from models.errors import BadRecipe, BadTrainingData
from models.training.reader import examples, kinds_but
from models.training.reader_data import REFUSAL, Example, Search, from_questions, synthetic
from rag.families.reader import grounded
from rag.prompts import REFUSAL as PRODUCT_REFUSAL


def test_the_prompt_is_the_product_s():
    texts = ("甲文。", "  乙文。\n")
    passages = [Passage(id=i, source="a", page=None, start=0, end=3, heading=None, text=t) for i, t in enumerate(texts)]
    assert Example("谁？", texts).prompt == grounded("谁？", passages)[0].content
    assert REFUSAL == PRODUCT_REFUSAL


def test_synthetic_answers_are_slices_and_a_fifth_has_none():
    examples = list(synthetic(random.Random(1), count=400))
    assert all(example.sound for example in examples)
    assert 0.12 < sum(example.gold is None for example in examples) / 400 < 0.3
    assert {len(example.passages) for example in examples} <= {2, 3, 4, 5}


def test_the_reply_names_the_passage_from_one():
    assert Example("几天？", ("甲", "共三天"), "三天", 1).reply == "三天[2]"
    assert Example("几天？", ("甲",)).reply == REFUSAL


def question_set(path):
    contexts = ["北京是首都。人口两千万。", "上海靠海。外滩在上海。", "广州有早茶。", "深圳很新。"]
    data = [
        {
            "title": str(i),
            "paragraphs": [
                {"context": text, "qas": [{"id": str(i), "question": f"{text[:2]}怎样？", "answers": [answer]}]}
            ],
        }
        for i, text in enumerate(contexts)
        for answer in [{"text": text[2:4], "answer_start": 2}]
    ]
    path.write_text(json.dumps({"version": "1", "data": data}))
    return path


def test_a_question_set_gets_passages_of_other_paragraphs(tmp_path):
    examples = [
        e for seed in range(8) for e in from_questions(question_set(tmp_path / "q.json"), rng=random.Random(seed))
    ]
    assert all(example.sound for example in examples)
    answered = [example for example in examples if example.gold is not None]
    assert 0 < len(answered) < len(examples)
    assert all(example.passages[example.gold].startswith(example.question[:2]) for example in answered)


def test_search_ranks_the_text_that_shares_rare_pairs_first():
    search = Search(["年休假有五天", "病假须证明", "年终奖在一月"])
    assert search.best("年休假几天", limit=1, rng=random.Random(0)) == [0]


def test_kinds_that_are_left_out_are_kept_for_measuring():
    used, kept = kinds_but(["房屋租赁合同"])
    assert [kind.titles[0] for kind in kept] == ["房屋租赁合同"]
    assert kept[0] not in used
    with pytest.raises(BadRecipe, match="no kind of document"):
        kinds_but(["没有的文件"])


def test_examples_come_from_sets_and_synthetic_documents_in_both_scripts(tmp_path):
    made = list(examples([question_set(tmp_path / "q.json")], rounds=1, count=40, seed=1))
    assert len(made) > 40
    assert any("資料" in text or "員" in text for example in made for text in example.passages)


@pytest.mark.parametrize("content", ["[]", '{"data": [{"paragraphs": [{"context": "甲"}]}]}', "{", '{"data": 3}'])
def test_a_set_of_another_form_is_named(tmp_path, content):
    (tmp_path / "q.json").write_text(content, "utf-8")
    with pytest.raises(BadTrainingData, match=r"q\.json.* is not in SQuAD's form"):
        list(from_questions(tmp_path / "q.json", rng=random.Random(0)))


def test_a_question_without_an_answer_is_passed_over(tmp_path):
    entry = {"id": "1", "question": "谁？", "answers": [], "is_impossible": True}
    content = {"data": [{"paragraphs": [{"context": "甲乙丙。", "qas": [entry]}]}]}
    (tmp_path / "q.json").write_text(json.dumps(content), "utf-8")
    assert list(from_questions(tmp_path / "q.json", rng=random.Random(0))) == []
