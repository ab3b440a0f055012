"""The sample documents and questions keep what they promise: size, formats, encodings, and findable answers.

The files are read here with plain libraries, so that a fault in our own loaders cannot hide a fault in the samples.
"""

import html
import json
import re
from functools import cache
from pathlib import Path

import docx
import pypdfium2
import pytest

DATA = Path(__file__).parents[1] / "data"
DOCS = DATA / "docs"
ENCODINGS = {
    "制度/差旅费报销管理规定（2023版）.txt": "gb18030",
    "台北辦事處/辦公室搬遷通知.txt": "big5",
    "会议纪要/溪云平台3.0设计评审会纪要.txt": "utf-16",
    "通知/2026年春节放假通知.html": "gb2312",
}
TRADITIONAL_FOLDERS = ("台北辦事處", "香港分公司")
QUESTIONS = json.loads((DATA / "questions" / "sample.json").read_text(encoding="utf-8"))["questions"]
ANSWERABLE = [question for question in QUESTIONS if question["answers"]]
UNANSWERABLE = [question for question in QUESTIONS if not question["answers"]]


def sources() -> list[str]:
    return sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*") if path.suffix)


def squeeze(text: str) -> str:
    return "".join(text.split())


def pdf_pages(path: Path) -> list[str]:
    with pypdfium2.PdfDocument(path) as document:
        return [page.get_textpage().get_text_range() for page in document]


def docx_text(path: Path) -> str:
    document = docx.Document(str(path))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


@cache
def pages(source: str) -> tuple[str, ...]:
    """The file's text, whitespace removed: one item a page for PDF, else a single item."""
    path = DOCS / source
    if path.suffix == ".pdf":
        return tuple(map(squeeze, pdf_pages(path)))
    if path.suffix == ".docx":
        return (squeeze(docx_text(path)),)
    text = path.read_bytes().decode(ENCODINGS.get(source, "utf-8"))
    if path.suffix == ".html":
        body = text.split("<body>", 1)[1]
        text = html.unescape(re.sub(r"<[^>]+>", "\n", body))
    return (squeeze(text),)


def test_the_library_is_large_enough_to_be_worth_asking_and_small_enough_to_ship():
    assert len(sources()) >= 20
    assert sum(len("".join(pages(source))) for source in sources()) >= 58_000
    assert sum((DOCS / source).stat().st_size for source in sources()) <= 6 * 1024 * 1024


@pytest.mark.parametrize(("suffix", "at_least"), [(".txt", 4), (".md", 3), (".html", 3), (".docx", 5), (".pdf", 4)])
def test_each_format_is_there_several_times(suffix, at_least):
    assert sum(source.endswith(suffix) for source in sources()) >= at_least


@pytest.mark.parametrize(("source", "encoding"), ENCODINGS.items())
def test_files_in_older_encodings_are_not_valid_utf8(source, encoding):
    raw = (DOCS / source).read_bytes()
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
    assert "砚溪" in raw.decode(encoding) or "硯溪" in raw.decode(encoding) or "溪云" in raw.decode(encoding)


def test_the_utf16_file_starts_with_a_little_endian_mark():
    assert (DOCS / "会议纪要/溪云平台3.0设计评审会纪要.txt").read_bytes().startswith(b"\xff\xfe")


def test_the_gb2312_page_declares_its_encoding():
    assert b"charset=gb2312" in (DOCS / "通知/2026年春节放假通知.html").read_bytes()


def test_the_branches_write_in_traditional_characters():
    written = [source for source in sources() if source.startswith(TRADITIONAL_FOLDERS)]
    assert len(written) >= 3
    for source in written:
        text = "".join(pages(source))
        assert set("時於") & set(text)
        assert not set("与时费规订电") & set(text)


def test_word_files_use_real_heading_styles_and_tables():
    documents = [docx.Document(str(DOCS / source)) for source in sources() if source.endswith(".docx")]
    for document in documents:
        assert any(paragraph.style.name.startswith("Heading") for paragraph in document.paragraphs)
    assert sum(bool(document.tables) for document in documents) >= 4


def test_pdf_pages_carry_a_running_header_and_a_page_number():
    numbered = pages("报告/2025年度报告.pdf")
    assert len(numbered) >= 3
    for number, page in enumerate(numbered, start=1):
        assert f"第{number}页，共{len(numbered)}页" in page
        assert "成都砚溪温控科技股份有限公司" in page


def test_the_manual_is_set_in_two_columns():
    with pypdfium2.PdfDocument(DOCS / "产品/恒匣H45产品说明书.pdf") as document:
        page = document[0]
        text = page.get_textpage()
        lefts = {round(text.get_rect(index)[0]) for index in range(text.count_rects())}
        middle = page.get_width() / 2
        assert {left < middle for left in lefts} == {True, False}


def test_the_question_set_is_large_and_its_ids_are_unique():
    assert len(ANSWERABLE) >= 64
    assert len(UNANSWERABLE) >= 12
    assert len({question["id"] for question in QUESTIONS}) == len(QUESTIONS)
    assert len({question["question"] for question in QUESTIONS}) == len(QUESTIONS)


def test_every_file_is_asked_about():
    assert {question["source"] for question in ANSWERABLE} == set(sources())


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda question: question["id"])
def test_each_answer_stands_in_its_source(question):
    found = pages(question["source"])
    if question["page"] is not None:
        assert squeeze(question["answers"][0]) in found[question["page"] - 1]
    for answer in question["answers"]:
        assert squeeze(answer) in "".join(found)


def test_pages_are_given_for_pdf_files_only():
    for question in ANSWERABLE:
        assert (question["page"] is not None) == question["source"].endswith(".pdf")


def test_questions_without_an_answer_name_no_source():
    assert all(question["source"] is None for question in UNANSWERABLE)
