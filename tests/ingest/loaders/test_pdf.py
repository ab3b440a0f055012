import io

import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from ingest.errors import Reason, UnreadableFile
from ingest.loaders import load

WIDTH, HEIGHT = A4
SENTENCE = (
    "员工累计工作满一年不满十年的每年享有五天带薪年休假，"
    "满十年不满二十年的享有十天，满二十年的享有十五天，由部门主管安排。"
)


@pytest.fixture
def canvas():
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    return Canvas(io.BytesIO(), pagesize=A4)


def read(canvas, tmp_path):
    (tmp_path / "a.pdf").write_bytes(canvas.getpdfdata())
    return load(tmp_path / "a.pdf")


def write(canvas, text, *, x=60, y, size=10.5):
    canvas.setFont("STSong-Light", size)
    canvas.drawString(x, HEIGHT - y, text)


def paragraph(canvas, text, *, y, x=60, letters=40):
    """Write `text` with an indent of two letters; return the y below it."""
    lines = [text[: letters - 2]] + [text[at : at + letters] for at in range(letters - 2, len(text), letters)]
    for number, line in enumerate(lines):
        write(canvas, line, x=x + (21 if number == 0 else 0), y=y)
        y += 17
    return y


def test_paragraphs_are_joined_and_headings_known_by_size(canvas, tmp_path):
    write(canvas, "员工手册", y=100, size=18)
    write(canvas, "第一章 休假", y=130, size=14)
    y = paragraph(canvas, SENTENCE, y=160)
    paragraph(canvas, "霍华德·韦伯" + SENTENCE, y=y)
    (document,) = read(canvas, tmp_path)
    assert document.page_content == f"员工手册\n\n第一章 休假\n\n{SENTENCE}\n\n霍华德·韦伯{SENTENCE}"
    assert document.metadata["headings"] == [
        {"start": 0, "level": 1, "title": "员工手册"},
        {"start": 6, "level": 2, "title": "第一章 休假"},
    ]
    assert document.metadata["page"] == 1


def test_two_columns_are_read_one_after_the_other(canvas, tmp_path):
    paragraph(canvas, "左栏：" + SENTENCE, y=100, letters=18)
    paragraph(canvas, "右栏：" + SENTENCE, x=320, y=100, letters=18)
    assert read(canvas, tmp_path)[0].page_content == f"左栏：{SENTENCE}\n\n右栏：{SENTENCE}"


def test_two_columns_that_are_drawn_row_by_row_are_read_one_after_the_other(canvas, tmp_path):
    text = SENTENCE * 3
    for row in range(9):
        write(canvas, text[row * 18 : row * 18 + 18], y=100 + 17 * row)
        write(canvas, text[::-1][row * 18 : row * 18 + 18], x=320, y=100 + 17 * row)
    content = read(canvas, tmp_path)[0].page_content
    assert text[:162] in content.replace("\n", "")
    assert text[::-1][:162] in content.replace("\n", "")


def test_running_headers_and_page_numbers_are_left_out(canvas, tmp_path):
    for number in (1, 2, 3):
        write(canvas, "示范公司内部资料", y=40, size=8)
        paragraph(canvas, f"这是第{number}页的正文。{SENTENCE}", y=100)
        write(canvas, f"第 {number} 页 共 3 页", x=280, y=HEIGHT - 30, size=8)
        canvas.showPage()
    documents = read(canvas, tmp_path)
    assert [document.page_content for document in documents] == [
        f"这是第{number}页的正文。{SENTENCE}" for number in (1, 2, 3)
    ]
    assert [document.metadata["page"] for document in documents] == [1, 2, 3]


def table(canvas, rows, *, y, widths=(100, 200, 120)):
    xs = [60 + sum(widths[:number]) for number in range(len(widths) + 1)]
    ys = [HEIGHT - y - 24 * number for number in range(len(rows) + 1)]
    canvas.grid(xs, ys)
    for number, row in enumerate(rows):
        for x, text in zip(xs, row, strict=False):
            write(canvas, text, x=x + 4, y=y + 24 * number + 16)


def test_a_ruled_table_becomes_rows(canvas, tmp_path):
    paragraph(canvas, SENTENCE, y=100)
    table(canvas, [("工龄", "天数", "备注"), ("一年", "五天", ""), ("十年", "十天", "按月折算")], y=180)
    (document,) = read(canvas, tmp_path)
    assert document.page_content == f"{SENTENCE}\n\n工龄 | 天数 | 备注\n一年 | 五天 | \n十年 | 十天 | 按月折算"


def test_a_table_without_lines_becomes_rows(canvas, tmp_path):
    paragraph(canvas, SENTENCE, y=100)
    for number, row in enumerate([("工龄", "天数"), ("一年", "五天"), ("十年", "十天"), ("二十年", "十五天")]):
        write(canvas, row[0], y=180 + 20 * number)
        write(canvas, row[1], x=250, y=180 + 20 * number)
    assert read(canvas, tmp_path)[0].page_content.endswith("工龄 | 天数\n一年 | 五天\n十年 | 十天\n二十年 | 十五天")


def test_a_rotated_page_reads_like_any_other(canvas, tmp_path):
    canvas.setPageRotation(90)
    canvas.translate(WIDTH, 0)
    canvas.rotate(90)
    canvas.translate(0, WIDTH - HEIGHT)
    paragraph(canvas, SENTENCE, y=100)
    assert read(canvas, tmp_path)[0].page_content == SENTENCE


def scan(canvas):
    canvas.drawImage(ImageReader(Image.new("L", (60, 80), 200)), 0, 0, WIDTH, HEIGHT)
    canvas.showPage()


def test_a_scanned_page_among_others_is_empty_and_told_of(canvas, tmp_path):
    paragraph(canvas, SENTENCE, y=100)
    canvas.showPage()
    scan(canvas)
    first, second = read(canvas, tmp_path)
    assert (first.page_content, first.metadata["gaps"]) == (SENTENCE, [])
    assert second.page_content == ""
    assert second.metadata["gaps"] == [{"reason": "scanned_pages", "page": 2, "values": {}}]


def test_a_pdf_of_scans_has_no_text_layer(canvas, tmp_path):
    scan(canvas)
    scan(canvas)
    with pytest.raises(UnreadableFile) as caught:
        read(canvas, tmp_path)
    assert (caught.value.reason, caught.value.values) == (Reason.NO_TEXT_LAYER, {"pages": 2})


def test_a_pdf_under_the_name_of_a_text_is_read_as_a_pdf(canvas, tmp_path):
    paragraph(canvas, SENTENCE, y=100)
    (tmp_path / "a.txt").write_bytes(canvas.getpdfdata())
    assert load(tmp_path / "a.txt")[0].metadata["loader"] == "pdf"


@pytest.mark.parametrize(("user", "expected"), [("secret", Reason.ENCRYPTED), ("", None)])
def test_a_password_to_open_is_an_obstacle_an_owner_s_password_is_none(tmp_path, user, expected):
    from reportlab.lib.pdfencrypt import StandardEncryption

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(io.BytesIO(), pagesize=A4, encrypt=StandardEncryption(user, ownerPassword="owner", canPrint=0))
    paragraph(canvas, SENTENCE, y=100)
    if expected is None:
        assert read(canvas, tmp_path)[0].page_content == SENTENCE
        return
    with pytest.raises(UnreadableFile) as caught:
        read(canvas, tmp_path)
    assert caught.value.reason is expected


def test_a_cut_off_pdf_is_damaged(canvas, tmp_path):
    paragraph(canvas, SENTENCE, y=100)
    (tmp_path / "a.pdf").write_bytes(canvas.getpdfdata()[:400])
    with pytest.raises(UnreadableFile) as caught:
        load(tmp_path / "a.pdf")
    assert caught.value.reason is Reason.DAMAGED
