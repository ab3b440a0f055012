import json

import pytest

from models.errors import BadTrainingData
from models.training import records
from models.training.records import TEXTS, Instruction, Text, data_files, instructions, texts


def read(path, reader=instructions):
    bad = []
    return list(reader(path, refuse=lambda one: bad.append(str(one)))), bad


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_records_of_a_list_come_with_their_lines_and_the_input_on_a_line_of_its_own(tmp_path):
    path = write(tmp_path / "a.json", '[\n{"instruction": "问", "input": "甲", "output": "答"},\n\n'
                                      '{"instruction": "再问", "output": "再答"}\n]\n')  # fmt: skip
    assert read(path) == ([Instruction(2, "问\n甲", "答"), Instruction(4, "再问", "再答")], [])


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ('{"instruction": "问"}', 'no "output"'),
        ('{"instruction": "", "output": "答"}', 'no "instruction"'),
        ('{"instruction": "问", "output": " "}', 'no "output"'),
        ('{"instruction": "问", "input": 3, "output": "答"}', '"input" is not text'),
        ("17", "not an object"),
    ],
)
@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
def test_a_record_that_cannot_be_used_is_named_and_the_others_are_read(tmp_path, record, why, suffix):
    good = '{"instruction": "问", "output": "答"}'
    listed = [good, record, good]
    content = "[\n" + ",\n".join(listed) + "]" if suffix == ".json" else "\n" + "\n".join(listed)
    found, bad = read(write(tmp_path / f"数据{suffix}", content))
    assert [one.line for one in found] == [2, 4]
    assert bad == [f"数据{suffix}:3: {why}"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('[{"instruction": "问", "output": "答"},\n{"instruction": "问" "output": "答"}]', 2),
        ('[{"instruction": "问", "output": "答"}\n\n{"instruction": "问", "output": "答"}]', 3),
        ('[{"instruction": "问", "output": "答"},\n', 2),
        ('[{"instruction": "问", "output": "答"},\n]', 2),
    ],
)
def test_a_mistake_in_the_list_is_named_and_what_stands_before_it_is_read(tmp_path, content, line):
    found, bad = read(write(tmp_path / "a.json", content))
    assert len(found) == 1
    assert bad[0].startswith(f"a.json:{line}: not JSON")


def test_a_json_file_that_is_no_list_is_named(tmp_path):
    assert read(write(tmp_path / "a.json", '{"instruction": "问"}')) == ([], ["a.json:1: the file is not a JSON list"])
    assert read(write(tmp_path / "b.json", "[]")) == ([], [])


def test_a_line_that_is_not_utf8_is_bad_and_the_rest_of_the_file_is_not(tmp_path):
    found, bad = read(write(tmp_path / "a.txt", "一\n".encode() + "二\n".encode("gb18030") + "三\n".encode()), texts)
    assert found == [Text(1, "一"), Text(3, "三")]
    assert bad[0].startswith("a.txt:2: not UTF-8")


def test_texts_come_from_lines_and_from_objects_with_text(tmp_path):
    assert read(write(tmp_path / "a.txt", "\ufeff一\r\n\n  二\n"), texts) == ([Text(1, "一"), Text(3, "  二")], [])
    found, bad = read(write(tmp_path / "a.jsonl", '{"text": "一\\n二"}\n{"texte": "三"}\n{"text"\n'), texts)
    assert found == [Text(1, "一\n二")]
    assert bad[0] == 'a.jsonl:2: no "text"'
    assert bad[1].startswith("a.jsonl:3: not JSON")


def test_a_list_longer_than_what_is_read_at_once_is_the_same(tmp_path, monkeypatch):
    made = [{"instruction": f"第{n}问" * 9, "output": "\n答" * (n % 7 + 1)} for n in range(300)]
    path = write(tmp_path / "a.json", json.dumps(made, ensure_ascii=False, indent=2))
    whole = read(path)
    monkeypatch.setattr(records, "_CHUNK", 7)
    assert read(path) == whole
    assert len(whole[0]) == 300


def test_the_files_of_a_folder_are_found_and_a_wrong_path_is_named(tmp_path):
    (tmp_path / "语料" / "子").mkdir(parents=True)
    names = ["a.txt", "子/b.jsonl", "c.pdf"]
    for name in names:
        write(tmp_path / "语料" / name, "一")
    assert data_files([tmp_path / "语料"], suffixes=TEXTS) == [tmp_path / "语料" / name for name in names[:2]]
    for wrong in (tmp_path / "没有", tmp_path / "语料" / "c.pdf"):
        with pytest.raises(BadTrainingData, match="no file that this training reads"):
            data_files([wrong], suffixes=TEXTS)
