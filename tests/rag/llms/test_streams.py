from rag.llms._streams import Made, decoded, until_stopped
from rag.types import Reading


def test_a_character_spread_over_tokens_comes_whole():
    pieces = [bytes([byte]) for byte in "年假😀".encode()]
    assert [text for text in decoded(iter(pieces)) if text] == ["年", "假", "😀"]


def test_no_part_of_a_stop_is_shown():
    shown = list(until_stopped(iter(["答案<|im", "_end", "|>后面"]), stops=["<|im_end|>"]))
    assert shown == ["答案"]


def test_what_only_looked_like_a_stop_is_shown_in_the_end():
    assert "".join(until_stopped(iter(["一##", "# 二", "#"]), stops=["### Instruction:"])) == "一### 二#"


def test_what_is_read_made_and_told_is_taken_apart():
    made = Made(iter([Reading(0, 9), Reading(9, 9), {"lead": 1.5}, b"a", b"b"]))
    assert [step.read for step in made.readings()] == [0, 9]
    assert b"".join(made.pieces()) == b"ab"
    assert (made.count, made.facts) == (2, {"lead": 1.5})


def test_a_model_that_says_nothing_has_made_nothing():
    made = Made(iter([Reading(9, 9)]))
    assert [step.read for step in made.readings()] == [9]
    assert (list(made.pieces()), made.count) == ([], 0)
