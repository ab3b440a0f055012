from dataclasses import replace

import pytest

from rag.prompts import NO_ANSWER, NO_ANSWER_ENGLISH, REFUSAL, REFUSAL_ENGLISH
from rag.refusal import is_refusal, is_unsure, margin, may_refuse, refusal, relevance
from rag.types import Citation

E5 = "multilingual-e5-small-int8-v1"


def cited(verified):
    return Citation(1, "甲.txt", None, 0, 1, "甲", verified)


def test_relevance_grows_with_the_cosine_and_is_zero_in_the_middle():
    assert relevance(0.884, embedder=E5) == 0
    assert relevance(0.92, embedder=E5) > 2 > 0 > relevance(0.87, embedder=E5)


def test_an_embedder_without_a_scale_gives_no_relevance(passage):
    assert relevance(0.9, embedder="another") is None
    assert margin([passage("甲")], default=3.0) == 3.0
    assert not is_unsure([passage("甲")], [])


def test_a_near_passage_holds_a_hesitant_model_to_its_answer(passage):
    away, far, near = (replace(passage("甲"), relevance=value) for value in (-9.0, -1.0, 4.0))
    assert margin([far], default=3.0) < margin([passage("甲")], default=3.0) < margin([far, near], default=3.0)
    assert margin([away], default=3.0) == 0


def test_an_answer_is_unsure_where_nothing_is_near_and_nothing_verified(passage):
    far = replace(passage("甲"), relevance=1.0)
    assert is_unsure([far], [cited(False)])
    assert not is_unsure([far], [cited(False), cited(True)])
    assert not is_unsure([far, replace(far, relevance=5.0)], [])


@pytest.mark.parametrize(
    ("question", "said", "shown"),
    [
        ("年假几天？", REFUSAL, REFUSAL),
        ("WENDANG 是什么", REFUSAL, REFUSAL),
        ("2024?", REFUSAL, REFUSAL),
        ("How many days?", REFUSAL, REFUSAL_ENGLISH),
        ("年假几天？", " ", NO_ANSWER),
        ("How many days?", "", NO_ANSWER_ENGLISH),
    ],
)
def test_the_refusal_is_in_the_language_of_the_question(question, said, shown):
    assert refusal(question, said=said) == shown


def test_both_refusals_are_known_as_such():
    assert is_refusal(REFUSAL) and is_refusal(REFUSAL_ENGLISH) and is_refusal(f"{REFUSAL}[1]")


def test_a_beginning_is_held_back_until_it_cannot_be_a_refusal():
    assert may_refuse("资料中没有") and may_refuse("十天") and may_refuse(REFUSAL)
    assert not may_refuse("十天。")
