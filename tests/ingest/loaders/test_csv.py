import pytest

from ingest.limits import Limits
from ingest.loaders import csv
from ingest.workspace import temporary_workspace


@pytest.fixture
def read(tmp_path):
    def read(content, **limits):
        (tmp_path / "a.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
        with temporary_workspace(limits=Limits(**limits)) as workspace:
            (document,) = csv.load(tmp_path / "a.csv", workspace=workspace)
        return document

    return read


ROWS = "编号：1 | 名称：钢笔 | 数量：20\n编号：2 | 名称：铅笔 | 数量：30"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_delimiter_and_encoding_are_told_by_content(read, delimiter, encoding):
    text = "编号,名称,数量\r\n1,钢笔,20\r\n2,铅笔,30\r\n".replace(",", delimiter)
    assert read(text.encode(encoding)).page_content == f"编号 | 名称 | 数量\n{ROWS}"


def test_the_delimiter_that_a_first_line_names_is_taken(read):
    assert read("sep=;\n编号;价格\n1;2,50\n").page_content == "编号 | 价格\n编号：1 | 价格：2,50"


def test_commas_in_numbers_do_not_win_against_semicolons(read):
    assert read("编号;单价;金额\n1;2,50;5,00\n2;3,50;7,00\n").page_content.endswith("编号：2 | 单价：3,50 | 金额：7,00")


def test_fields_in_quotes_hold_delimiters_line_breaks_and_quotes(read):
    text = '编号,备注\n1,"分批, 含税""甲""\n次日到货"\n2, "乙"\n'
    assert read(text).page_content == '编号 | 备注\n编号：1 | 备注：分批, 含税"甲" 次日到货\n编号：2 | 备注：乙'


def test_a_quote_that_is_never_closed_costs_nothing(read):
    text = '编号,名称\n1,"没有关\n2,5" 屏幕\n3,"好"\n'
    assert (
        read(text).page_content == '编号 | 名称\n编号：1 | 名称："没有关\n编号：2 | 名称：5" 屏幕\n编号：3 | 名称：好'
    )


def test_quotes_that_never_close_are_read_in_linear_time(read):
    text = "编号,名称\n" + '1,"没有关\n' * 20_000
    assert read(text).page_content.count("没有关") == 20_000


def test_short_and_long_rows_keep_every_field(read):
    text = "编号,名称,数量\n1,钢笔\n\n2,铅笔,30,多出的\n3,毛笔,4\n"
    assert read(text).page_content.split("\n")[1:] == [
        "编号：1 | 名称：钢笔",
        "编号：2 | 名称：铅笔 | 数量：30 | 多出的",
        "编号：3 | 名称：毛笔 | 数量：4",
    ]


def test_lines_above_the_header_stand_alone(read):
    text = "导出时间：2024-01-01\n编号,名称,数量\n1,钢笔,20\n2,铅笔,30\n"
    assert read(text).page_content == f"导出时间：2024-01-01\n编号 | 名称 | 数量\n{ROWS}"


def test_rows_of_numbers_have_no_header(read):
    assert read("1,2,3\n4,5,6\n").page_content == "1 | 2 | 3\n4 | 5 | 6"


def test_text_that_is_no_table_stays_as_it_is(read):
    text = "这里没有表，只有话。\n第二句, 有一个逗号。\n第三句。"
    assert read(text).page_content == text


def test_a_number_kept_as_text_for_excel_is_shown_as_excel_does(read):
    assert read('编号,名称\n="001",钢笔\n').page_content == "编号 | 名称\n编号：001 | 名称：钢笔"


def test_nul_bytes_are_left_out_and_bad_bytes_are_told_of(read):
    document = read("编号,名称\n1,钢\0笔合同采购\n2,".encode("gbk") + b"\xff" + "铅笔\n".encode("gbk"))
    assert document.page_content.startswith("编号 | 名称\n编号：1 | 名称：钢笔合同采购")
    assert [gap["reason"] for gap in document.metadata["gaps"]] == ["undecodable_bytes"]


def test_a_table_beyond_the_limit_is_read_up_to_it(read):
    document = read("编号,名称\n" + "1,甲\n" * 50, cells=21)
    assert len(document.page_content.split("\n")) == 10
    assert document.metadata["gaps"] == [
        {"reason": "too_large", "page": None, "values": {"limit": "cells", "value": 22, "most": 21}}
    ]
