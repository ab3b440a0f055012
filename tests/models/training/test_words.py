import random

import pytest

from models.training.patterns import parse, slot_names
from models.training.words import Words, chinese


def test_a_slot_is_the_same_word_all_over_a_pattern_and_a_numbered_one_differs():
    filled = Words(random.Random(1)).fill(parse("{人}和{人2}，{人}先说"))
    first, second = filled.words["人"], filled.words["人2"]
    assert filled.text == f"{first}和{second}，{first}先说"
    assert first != second


def test_brackets_mark_the_answers():
    filled = Words(random.Random(1)).fill(parse("押金[{d5-5}元]，由[{甲方|乙方}]付"))
    assert [filled.text[start:end] for start, end in filled.spans] in (["5元", "甲方"], ["5元", "乙方"])


def test_known_words_are_used():
    assert Words(random.Random(1)).fill(parse("{人}到"), known={"人": "张三"}).text == "张三到"


def test_an_unclosed_group_is_an_error():
    with pytest.raises(ValueError, match="no }"):
        parse("由{人担任")


def test_slots_inside_choices_and_answers_are_found():
    assert slot_names(parse("[{人}的{部门|{岗}}]")) == {"人", "岗"} | {"部门"} - {"部门"}


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "零"), (2, "二"), (10, "十"), (12, "十二"), (20, "二十"), (105, "一百零五"), (2030, "二千零三十")],
)
def test_numbers_in_chinese(number, text):
    assert chinese(number) == text
