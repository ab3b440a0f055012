import pytest

from evals.uncertainty import difference, share


def test_a_share_has_wilsons_interval():
    told = share([True] * 8 + [False] * 2)
    assert (told.value, told.good, told.count) == (0.8, 8, 10)
    assert (told.low, told.high) == pytest.approx((0.490, 0.943), abs=0.001)


def test_even_a_perfect_share_of_few_questions_is_not_sure():
    told = share([True] * 3)
    assert told.high == 1 and told.low < 0.5
    assert share([]) is None


def test_a_difference_counts_the_questions_that_changed():
    found = difference([True, True, False, False, False], [True, False, True, True, True])
    assert (found.gained, found.lost, found.value) == (3, 1, 0.4)
    assert found.chance == pytest.approx(0.625) and not found.is_sure
    assert found.low < 0 < found.high


def test_many_questions_for_the_better_are_no_chance():
    found = difference([False] * 10 + [True] * 10, [True] * 20)
    assert found.chance == pytest.approx(2 / 2**10) and found.is_sure
    assert 0 < found.low < found.value < found.high


def test_the_same_answers_are_no_difference():
    found = difference([True, False], [True, False])
    assert (found.gained, found.lost, found.value, found.chance) == (0, 0, 0, 1)
    assert found.low == -found.high
    assert difference([], []) is None


def test_the_order_turns_the_sign():
    one, other = [True, False, False], [True, True, False]
    assert difference(one, other).value == -difference(other, one).value
