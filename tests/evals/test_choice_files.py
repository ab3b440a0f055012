import pytest
from choice_sets import CEVAL, COLUMNS, rows, write_ceval, write_csv

from evals.choice_files import drawn, read_choice, read_questions
from evals.choice_subjects import CATEGORIES, SUBJECTS
from evals.errors import BadChoiceSet


def test_both_sets_are_known_with_their_categories():
    counts = {name: sum(its == name for _, its in SUBJECTS.values()) for name in CATEGORIES}
    # C-Eval has 20, 10, 11 and 11; CMMLU 17, 22, 13 and 15; seven stand in both.
    assert counts == {"stem": 33, "social_science": 30, "humanities": 24, "other": 25}


def test_val_is_asked_where_there_is_one_and_test_has_no_answers(tmp_path):
    folder = write_ceval(tmp_path, subjects=CEVAL[:2])
    val, test = read_choice(folder), read_choice(folder, split="test")
    assert (val.split, len(val.subjects), val.size) == ("val", 2, 9)
    assert val.subjects[0].name == "计算机网络" and len(val.subjects[0].examples) == 5
    assert {one.answer for one in test.subjects[0].questions} == {None}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_commas_line_ends_and_any_encoding_are_read(tmp_path, encoding):
    path = write_csv(tmp_path / "law.csv", rows("甲", 3), encoding=encoding)
    first = read_questions(path, subject="law")[0]
    assert first.text == "仓库甲里第0排有几箱货，\n按“登记表”算？"
    assert first.options == ("0箱", "1箱，另有一箱空的", "2箱", "3箱")
    assert (first.id, first.answer, first.explanation) == ("0", "A", "登记表写着0")


def test_cmmlus_headings_and_its_column_without_one_are_known(tmp_path):
    table = [["7", "哪种船最快？", "木船", "帆船", "快艇", "竹筏", " c "]]
    path = write_csv(tmp_path / "x.csv", table, columns=["", "Question", "A", "B", "C", "D", "Answer"])
    (only,) = read_questions(path, subject="x")
    assert (only.id, only.answer) == ("7", "C")


@pytest.mark.parametrize(
    ("table", "columns", "cause", "detail"),
    [
        ([["0", "问", "1", "2", "3", "A"]], ["id", "question", "A", "B", "C", "answer"], "columns", "D"),
        ([["0", "问", "1", "2", "3", "4", "E", ""]], COLUMNS, "row", "answer 'E'"),
        ([["0", "", "1", "2", "3", "4", "A", ""]], COLUMNS, "row", "no question"),
        ([["0", "问", "1", "2"]], COLUMNS, "row", "no C"),
        ([["0", "问", "1", "2", "3", "4", "A", "因为", "多出来"]], COLUMNS, "row", "9 cells"),
        ([], COLUMNS, "empty", "no question"),
    ],
)
def test_what_is_wrong_with_a_file_is_named_with_its_row(tmp_path, table, columns, cause, detail):
    with pytest.raises(BadChoiceSet) as caught:
        read_questions(write_csv(tmp_path / "law.csv", table, columns=columns), subject="law")
    assert caught.value.values["cause"] == cause and detail in caught.value.values["detail"]
    assert "\n" not in str(caught.value)
    if cause == "row":
        assert caught.value.values["row"] == 2


def test_an_empty_answer_and_a_blank_line_are_no_error(tmp_path):
    table = [*rows("甲", 2, answers=""), [""] * 8]
    assert [one.answer for one in read_questions(write_csv(tmp_path / "x.csv", table), subject="x")] == [None, None]


def test_one_bad_file_leaves_the_others(tmp_path):
    folder = write_ceval(tmp_path, subjects=CEVAL[:3])
    (folder / "val" / f"{CEVAL[1]}_val.csv").write_bytes(b"\x00\x01\x02\xff" * 60)
    given = read_choice(folder)
    assert [one.key for one in given.subjects] == sorted([CEVAL[0], CEVAL[2]])
    assert CEVAL[1] in given.failed[0].values["file"]


def test_subjects_are_chosen_by_key_or_chinese_name(tmp_path):
    folder = write_ceval(tmp_path, subjects=["law", "logic", "physician"])
    assert [one.key for one in read_choice(folder, subjects=["逻辑学", "law"]).subjects] == ["law", "logic"]
    with pytest.raises(BadChoiceSet, match="no_subject: 炼金术"):
        read_choice(folder, subjects=["炼金术"])


def test_a_sample_is_the_same_for_the_same_seed_and_keeps_the_order(tmp_path):
    given = read_choice(write_ceval(tmp_path, subjects=CEVAL[:5], count=10))
    one, other, third = drawn(given, limit=7, seed=1), drawn(given, limit=7, seed=1), drawn(given, limit=7, seed=2)
    assert one == other != third and one.size == 7
    assert drawn(given, limit=1000, seed=1) is given


def test_a_folder_without_such_files_is_refused(tmp_path):
    for folder, cause in ((tmp_path / "none", "not_found"), (tmp_path, "no_files")):
        with pytest.raises(BadChoiceSet) as caught:
            read_choice(folder)
        assert caught.value.values["cause"] == cause
