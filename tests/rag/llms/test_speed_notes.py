import json

import pytest

from rag.llms import _speed_notes
from rag.llms._speed_notes import Notes, Speed, candidates, chosen


@pytest.fixture
def big(tmp_path, monkeypatch):
    """A file that counts as a model worth measuring, on a machine that counts as quiet."""
    monkeypatch.setattr(_speed_notes, "_SMALL", 4)
    monkeypatch.setattr(_speed_notes, "is_busy", lambda: False)
    path = tmp_path / "big.gguf"
    path.write_bytes(b"weights")
    return path


def never(counts):
    raise AssertionError("it was measured before")


def test_the_quickest_threads_are_chosen_for_writing_and_for_reading():
    speed = chosen({4: [0.010, 0.030], 8: [0.020, 0.020], 2: [0.015, 0.060]})
    assert (speed.write_threads, speed.read_threads) == (4, 8)
    assert speed.writing_rate == pytest.approx(100)


def test_a_gain_of_a_few_percent_is_not_believed():
    speed = chosen({4: [0.010, 0.030], 8: [0.0095, 0.0290]})
    assert (speed.write_threads, speed.read_threads) == (4, 4)


def test_tokens_are_proposed_only_where_a_batch_costs_little_more_than_one():
    assert chosen({4: [0.010, 0.020]}).drafted
    assert not chosen({4: [0.010, 0.060]}).drafted


def test_the_cores_come_first_among_the_candidates():
    counts = candidates()
    assert counts[0] <= _speed_notes.processors()
    assert len(counts) == len(set(counts))
    assert all(count >= 1 for count in counts)


def test_a_model_is_measured_once(big, tmp_path):
    first = Notes(big, folder=tmp_path, threads=None)
    first.settle(lambda counts: {count: [0.1, 0.5] for count in counts})
    second = Notes(big, folder=tmp_path, threads=None)
    second.settle(never)
    assert second.speed == first.speed
    assert second.speed.reading_rate == pytest.approx(18)


def test_another_file_of_that_name_is_measured_again(big, tmp_path):
    Notes(big, folder=tmp_path, threads=2).settle(lambda counts: {2: [0.1, 0.5]})
    big.write_bytes(b"other weights")
    again = Notes(big, folder=tmp_path, threads=2)
    again.settle(lambda counts: {2: [0.01, 0.05]})
    assert again.speed.writing_rate == pytest.approx(100)


def test_a_busy_machine_measures_nothing_and_keeps_nothing(big, tmp_path, monkeypatch):
    monkeypatch.setattr(_speed_notes, "is_busy", lambda: True)
    notes = Notes(big, folder=tmp_path, threads=None)
    notes.settle(never)
    notes.correct(read=500, read_s=100.0, made=50, write_s=100.0)
    assert notes.speed.reading_rate == 5
    assert not list(tmp_path.glob("*.json"))


def test_a_small_model_and_one_without_a_folder_are_not_measured(big, tmp_path, monkeypatch):
    Notes(big, folder=None, threads=None).settle(never)
    monkeypatch.setattr(_speed_notes, "_SMALL", 1000)
    Notes(big, folder=tmp_path, threads=None).settle(never)


def test_the_setting_wins(big, tmp_path):
    notes = Notes(big, folder=tmp_path, threads=3)
    notes.settle(lambda counts: {count: [0.1, 0.5] for count in counts})
    assert (notes.speed.write_threads, notes.speed.read_threads) == (3, 3)


def test_answers_correct_what_was_measured(big, tmp_path):
    notes = Notes(big, folder=tmp_path, threads=2)
    notes.settle(lambda counts: {2: [0.1, 0.9]})
    notes.correct(read=1000, read_s=50.0, made=20, write_s=4.0)
    assert (notes.speed.reading_rate, notes.speed.writing_rate) == (20, 5)
    notes.correct(read=1000, read_s=25.0, made=2, write_s=9.0)  # two tokens tell nothing
    assert notes.speed.reading_rate == pytest.approx(26)
    assert notes.speed.writing_rate == 5
    assert Notes(big, folder=tmp_path, threads=2).speed == notes.speed


def test_notes_of_another_version_are_measured_anew(big, tmp_path):
    notes = Notes(big, folder=tmp_path, threads=2)
    notes.settle(lambda counts: {2: [0.1, 0.9]})
    file = tmp_path / "big.speed.json"
    kept = json.loads(file.read_text("utf-8"))
    kept["speed"]["colour"] = "red"
    file.write_text(json.dumps(kept), "utf-8")
    assert Notes(big, folder=tmp_path, threads=2).speed == Speed(2, 2)


def test_a_folder_that_cannot_be_written_costs_nothing_else(big, tmp_path):
    notes = Notes(big, folder=tmp_path / "absent", threads=2)
    notes.settle(lambda counts: {2: [0.1, 0.9]})
    assert notes.speed.write_threads == 2
