import pytest

from evals.metrics import exact_match, f1, holds, holds_within, longest_run, mrr_at, recall_at, share, tokens
from ingest.types import Passage


def passage(text: str) -> Passage:
    return Passage(1, "a.txt", None, 0, len(text), None, text)


def test_tokens_are_single_chinese_characters_and_whole_words_without_marks():
    assert tokens("《港口》在 Dalian Bay，建于1899年。") == [
        *list("港口在"),
        "dalian",
        "bay",
        *list("建于"),
        "1899",
        "年",
    ]


def test_the_point_and_the_percent_sign_of_a_number_stay():
    assert tokens("增长了3.5%") == ["增", "长", "了", "3.5%"]


def test_an_exact_match_leaves_marks_blanks_and_case_aside():
    assert exact_match("「ABC 电视台」。", ["abc电视台"]) == 1
    assert exact_match("电视", ["电视台"]) == 0
    assert exact_match("三天", ["五天", "三天"]) == 1
    assert exact_match("三天", []) == 0


def test_f1_counts_the_longest_run_in_common():
    # 在北京南站 (5) and 北京站 (3) share 北京: P = 2/5, R = 2/3.
    assert f1("在北京南站", ["北京站"]) == pytest.approx(2 * 0.4 * (2 / 3) / (0.4 + 2 / 3))


def test_f1_does_not_add_up_separate_runs():
    # 甲乙 and 丙丁 are in both, but apart: only one run of two counts.
    assert f1("甲乙丙丁", ["甲乙与丙丁"]) == pytest.approx(2 * (2 / 4) * (2 / 5) / (2 / 4 + 2 / 5))


def test_f1_takes_the_best_gold_answer():
    assert f1("蓝色", ["红", "蓝色", "深蓝色"]) == 1
    assert f1("绿", ["红"]) == 0
    assert f1("", ["红"]) == f1("。", ["红"]) == f1("红", []) == 0


def test_the_longest_run_of_nothing_is_none():
    assert longest_run([], ["a"]) == longest_run(["a"], []) == 0
    assert longest_run(list("xaby"), list("zabz")) == 2


def test_an_answer_is_held_whatever_its_script_width_and_blanks():
    assert holds("押金為新台幣六 萬元", ["新台币六万元"])
    assert holds("编号ＡＢ１２", ["ab12"])
    assert not holds("任何文字", []) and not holds("任何文字", [" "])


def test_passages_count_up_to_a_number_of_characters_and_the_last_is_cut():
    passages = [passage("一" * 10), passage("二" * 5 + "答案")]
    assert holds_within(passages, ["答案"], characters=17)
    assert not holds_within(passages, ["答案"], characters=16)
    assert not holds_within([], ["答案"], characters=16)


def test_an_answer_is_not_held_across_two_passages():
    assert not holds_within([passage("答"), passage("案")], ["答案"], characters=100)


def test_recall_and_reciprocal_rank_by_hand():
    ranks = [1, 3, None, 12]
    assert recall_at(ranks, 1) == 0.25
    assert recall_at(ranks, 3) == recall_at(ranks, 10) == 0.5
    assert mrr_at(ranks, 10) == round((1 + 1 / 3) / 4, 4)


def test_the_mean_of_nothing_is_nothing():
    assert share([]) is None
    assert recall_at([], 5) is None
    assert share([True, False, False]) == 0.3333
