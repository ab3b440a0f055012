import json

import pytest

from evals.errors import BadQuestionFile
from evals.followups import Compared, compare, has_history, read_followups, scores
from rag import open_library

ONE = {
    "id": "1",
    "history": [["上海仓的押金是多少？", "两万元[1]"]],
    "question": "那重庆的呢？",
    "standalone": "重庆仓的押金是多少？",
    "answers": ["一万元"],
    "source": None,
    "split": "held_out",
}


@pytest.fixture
def write(tmp_path):
    def written(*questions):
        path = tmp_path / "追问.json"
        path.write_text(json.dumps({"version": 1, "questions": questions}, ensure_ascii=False), "utf-8")
        return path

    return written


def test_a_set_of_follow_ups_is_told_by_its_histories(write):
    assert has_history(write(ONE))
    assert not has_history(write({"id": "1", "question": "押金？", "answers": []}))


def test_a_follow_up_is_read_with_what_was_said_before(write):
    [read] = read_followups(write(ONE))
    assert read.history == (("上海仓的押金是多少？", "两万元[1]"),)
    assert (read.asked.text, read.standalone, read.split) == ("那重庆的呢？", "重庆仓的押金是多少？", "held_out")


@pytest.mark.parametrize("missing", ["history", "standalone"])
def test_a_follow_up_without_its_history_is_named(write, missing):
    with pytest.raises(BadQuestionFile, match="question 1"):
        read_followups(write({name: value for name, value in ONE.items() if name != missing}))


def test_each_way_to_ask_is_searched_for(write, tmp_path, models_dir):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "上海.txt").write_text("上海仓的押金为两万元。", "utf-8")
    (tmp_path / "docs" / "重庆.txt").write_text("重庆仓的押金为一万元。", "utf-8")
    with open_library(tmp_path, models_dir=models_dir) as engine:
        list(engine.sync())
        [one] = compare(engine, read_followups(write(ONE)), rewrite=lambda question, history: "上海的押金？")
    assert (one.rank_as_asked, one.rank_rewritten, one.rank_by_hand) == (1, 2, 1)


def test_scores_say_what_share_of_the_recall_is_kept(write):
    [followup] = read_followups(write(ONE))
    found = [
        Compared(followup, "", rank_as_asked=None, rank_rewritten=2, rank_by_hand=1),
        Compared(followup, "", rank_as_asked=1, rank_rewritten=None, rank_by_hand=5),
    ]
    result = scores(found)
    assert result["as_asked.recall@5"] == result["rewritten.recall@5"] == 0.5
    assert result["kept@5"] == result["held_out.kept@5"] == 0.5
    assert result["kept@1"] == 0.0
