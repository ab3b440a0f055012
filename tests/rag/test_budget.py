import pytest

from rag.budget import fit, readable_in
from rag.errors import ContextTooSmall


def characters(passages):
    """A prompt of 10 tokens and one for each character."""
    return 10 + sum(len(passage.text) for passage in passages)


def test_everything_is_kept_where_it_fits(passage):
    given = [passage("甲" * 20), passage("乙" * 20)]
    assert fit(given, prompt_tokens=characters, limit=50) == given


def test_the_lowest_ranks_are_dropped_first(passage):
    given = [passage("甲" * 20), passage("乙" * 20), passage("丙" * 20)]
    assert fit(given, prompt_tokens=characters, limit=55) == given[:2]


def test_the_first_one_that_does_not_fit_is_cut_at_a_sentence_and_stays_a_slice(passage):
    text = "甲" * 24 + "。" + "乙" * 24 + "。" + "丙" * 24 + "。"
    given = [passage("丁" * 20), passage(text, start=100)]
    kept = fit(given, prompt_tokens=characters, limit=90)
    assert kept[0] == given[0]
    assert kept[1].text == text[:50]
    assert (kept[1].start, kept[1].end) == (100, 150)


def test_a_remainder_of_a_few_words_is_not_worth_its_place(passage):
    kept = fit([passage("丁" * 20), passage("短句。" + "长" * 40)], prompt_tokens=characters, limit=45)
    assert [p.text for p in kept] == ["丁" * 20]


def test_a_question_that_leaves_no_room_is_refused_with_both_numbers(passage):
    with pytest.raises(ContextTooSmall) as caught:
        fit([passage("甲" * 100)], prompt_tokens=characters, limit=60)
    assert caught.value.values == {"needed": 110, "available": 60}


def test_no_passages_need_no_room():
    assert fit([], prompt_tokens=characters, limit=5) == []


def test_what_can_be_read_in_time_bounds_the_passages_too(passage):
    given = [passage("甲" * 20), passage("乙" * 20), passage("丙" * 20)]
    assert fit(given, prompt_tokens=characters, limit=500, wished=55) == given[:2]


def test_the_best_passage_is_read_whole_even_where_that_takes_longer(passage):
    given = [passage("甲" * 24 + "。" + "乙" * 24 + "。"), passage("丙" * 20)]
    assert fit(given, prompt_tokens=characters, limit=500, wished=45) == given[:1]
    assert fit(given, prompt_tokens=characters, limit=500, wished=5) == given[:1]


def test_no_passage_is_cut_within_a_sentence(passage):
    first, second = "第一句话说明了年假的天数，以及享受年假的条件。", "第二句话说明了申请的期限；它有两个部分。"
    for limit in range(10 + len(first), 70):
        (kept,) = fit([passage(f"{first}{second}第三句话没有句号")], prompt_tokens=characters, limit=limit)
        assert kept.text in (first, first + second, f"{first}{second}第三句话没有句号")


@pytest.mark.parametrize(("seconds", "rate", "tokens"), [(20, 19.0, 380.0), (None, 19.0, None), (20, None, None)])
def test_a_time_is_worth_as_many_tokens_as_the_model_reads(seconds, rate, tokens):
    assert readable_in(seconds, rate=rate) == tokens
