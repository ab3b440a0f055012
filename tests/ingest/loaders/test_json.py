import json

import pytest

from ingest.loaders import json as loader
from ingest.workspace import temporary_workspace


@pytest.fixture
def read(tmp_path):
    def read(text):
        (tmp_path / "a.json").write_bytes(text if isinstance(text, bytes) else text.encode())
        with temporary_workspace() as workspace:
            (document,) = loader.load(tmp_path / "a.json", workspace=workspace)
        return document

    return read


def lines_of_gaps(document):
    assert {gap["reason"] for gap in document.metadata["gaps"]} <= {"damaged"}
    return [gap["values"]["line"] for gap in document.metadata["gaps"]]


def test_each_record_is_a_block_of_its_keys_and_values(read):
    records = [{"标题": "年假", "标签": ["人事", "休假"]}, {"标题": "报销", "正文": "第一段\n第二段"}]
    for text in (json.dumps(records), json.dumps(records, ensure_ascii=False, indent=2)):
        assert read(text).page_content == "标题：年假\n标签：人事、休假\n\n标题：报销\n正文：第一段\n第二段"


def test_nested_values_have_the_path_to_them(read):
    record = {"客户": {"姓名": "张三", "地址": {"城市": "成都"}}, "明细": [{"名称": "笔", "数量": 2}]}
    assert read(json.dumps([record])).page_content == (
        "客户.姓名：张三\n客户.地址.城市：成都\n明细[1].名称：笔\n明细[1].数量：2"
    )


def test_records_inside_an_envelope_are_blocks_too(read):
    text = '{"code": 0, "data": [{"名称": "甲"}, {"名称": "乙"}], "ids": [1, 2], "total": 2}'
    assert read(text).page_content == "code：0\n\ndata.名称：甲\n\ndata.名称：乙\n\nids：1、2\ntotal：2"


def test_numbers_keep_their_digits_and_equal_keys_their_values(read):
    text = '{"编号": 12345678901234567890123, "金额": 1.10, "编号": 1e5, "在职": true, "空": null, "无": "null"}'
    assert read(text).page_content == "编号：12345678901234567890123\n金额：1.10\n编号：1e5\n在职：true\n无：null"


def test_escapes_and_byte_order_marks_are_resolved_and_half_a_pair_is_marked(read):
    assert read('\ufeff{"\\u5408\\u540c": "\\ud83d\\ude00\\ud83d"}').page_content == "合同：😀\ufffd"


def test_lines_of_json_go_on_after_a_broken_one(read):
    document = read('{"名称": "甲"}\n\n{"名称": "断\n["乙", "丙"]\n{"名称": "丁"}\n')
    assert document.page_content == '名称：甲\n\n{"名称": "断\n\n乙、丙\n\n名称：丁'
    assert lines_of_gaps(document) == [3]


def test_a_file_that_breaks_off_keeps_what_came_before_and_after(read):
    document = read('[\n{"名称": "甲"},\n{"名称": "乙", "说明": "断在这')
    assert document.page_content == '名称：甲\n\n名称：乙\n\n, "说明": "断在这'
    assert lines_of_gaps(document) == [3]


@pytest.mark.parametrize("text", ["不是 JSON 的一段话", '{"甲": 乙}', '{"甲" 1 2}', '["甲"}', '{"甲": "乙"'])
def test_what_is_no_json_is_told_of_and_kept(read, text):
    document = read(text)
    assert lines_of_gaps(document) == [1]
    assert "甲" in document.page_content or document.page_content == text


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"深":', "}")])
def test_depth_is_no_limit(read, opening, closing):
    assert read(opening * 100_000 + '"底"' + closing * 100_000).page_content.endswith("：底")


def test_a_deep_text_does_not_grow_by_its_square(read):
    assert len(read('{"值":1,"内":' * 20_000 + "2" + "}" * 20_000).page_content) < 1_000_000


def test_a_comma_too_many_does_no_harm(read):
    assert read('[{"甲": 1,}, {"甲": 2},]').page_content == "甲：1\n\n甲：2"
