import csv
import io
from pathlib import Path

import pytest

from evals.errors import BadQuestionFile
from evals.question_table import read_table, write_table
from evals.questions import Question

NAME = Path("问题.csv")
CHINESE = "问题,答案,文件,页码\r\n押金多少？,六万元,合同/租赁.docx,3\r\n谁是总裁？,,,\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_what_excel_saves_is_read_in_any_of_its_encodings(encoding):
    assert read_table(CHINESE.encode(encoding), path=NAME) == [
        Question("1", "押金多少？", ("六万元",), "合同/租赁.docx", page=3),
        Question("2", "谁是总裁？", ()),
    ]


@pytest.mark.parametrize("delimiter", ["\t", ";"])
def test_other_delimiters_and_english_headings_in_any_order(delimiter):
    text = "Remark,Answer 1,Answer 2,Question\nx,6,six,How many?\n".replace(",", delimiter)
    assert read_table(text.encode(), path=NAME) == [Question("1", "How many?", ("6", "six"))]


def test_several_answers_stand_on_lines_or_between_bars():
    text = '问题,答案\n一,"甲\n乙 | 丙"\n二,甲｜乙|甲\n'
    assert [question.answers for question in read_table(text.encode(), path=NAME)] == [("甲", "乙 | 丙"), ("甲", "乙")]


def test_a_written_table_is_read_back_as_it_was():
    asked = [
        Question("1", "表里第二行是什么？", ("名称 | 数量 | 单价",), "价目.xlsx", page=2),
        Question("2", '他说"好"，为什么？', ("因为，有逗号", "第二种")),
        Question("3", "=HYPERLINK(1)", ("-5%", "+cmd", "@x"), "资料/a,b.txt"),
        Question("4", "没有答案的？", ()),
    ]
    assert read_table(write_table(asked), path=NAME) == asked


def test_no_cell_of_a_written_table_is_a_formula():
    written = write_table([Question("1", "=1+1", ("@SUM(A1)", "第二行"), "+甲.txt")]).decode("utf-8-sig")
    for cell in list(csv.reader(io.StringIO(written)))[1]:
        assert not cell.startswith(("=", "+", "@"))


def test_blank_rows_are_passed_over():
    assert len(read_table("问题,答案\n\n一,甲\n,\n二,乙\n".encode(), path=NAME)) == 2


@pytest.mark.parametrize(
    ("text", "cause", "row"),
    [
        ("姓名,电话\n甲,1\n", "columns", None),
        ("问题\n一\n", "columns", None),
        ("", "columns", None),
        ("问题,答案\n", "empty", None),
        ("问题,答案\n一,甲\n,乙\n", "row", 3),
        ("问题,答案,页\n一,甲,第三页\n", "row", 2),
        ("问题,答案,页\n一,甲,0\n", "row", 2),
    ],
)
def test_a_table_that_cannot_be_used_says_why_and_where(text, cause, row):
    with pytest.raises(BadQuestionFile) as raised:
        read_table(text.encode(), path=NAME)
    assert (raised.value.values["cause"], raised.value.values["row"]) == (cause, row)
