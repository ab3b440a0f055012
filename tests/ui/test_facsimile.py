"""Where a quote stands on a PDF page, checked against pdfium's own reading of the marked boxes."""

import io

import pypdfium2
import pytest
from PIL import Image
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from ui.views.facsimile import CannotDraw, located, pdf_page, picture

FONT = "STSong-Light"
LEFT = ["仓库的租期为五年，自验收之", "日起计算。保证金二十万元，", "签约后五日内付清。"]
RIGHT = ["电费按表计收，每度一元，", "水费另算。保证金不计利息，", "退租后十五日内返还。"]


@pytest.fixture(scope="module", autouse=True)
def font():
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))


def written(path, *, rotate=0, crop=None, pages=1):
    """Pages of two columns, whose lines are drawn row by row, across the columns."""
    canvas = Canvas(str(path), pagesize=(600, 400))
    for _ in range(pages):
        canvas.setFont(FONT, 14)
        for line, (left, right) in enumerate(zip(LEFT, RIGHT, strict=True)):
            canvas.drawString(60, 320 - 24 * line, left)
            canvas.drawString(330, 320 - 24 * line, right)
        if crop:
            canvas.setCropBox(crop)
        canvas.setPageRotation(rotate)
        canvas.showPage()
    canvas.save()
    return path


def read_inside(path, boxes):
    """What pdfium reads within boxes of an upright page, without blanks."""
    document = pypdfium2.PdfDocument(path)
    page = document[0]
    text = page.get_textpage()
    left, bottom, right, top = page.get_cropbox()
    width, height = right - left, top - bottom
    found = "".join(
        text.get_text_bounded(
            left + x0 * width - 1, top - y1 * height - 1, left + x1 * width + 1, top - y0 * height + 1
        )
        for x0, y0, x1, y1 in boxes
    )
    document.close()
    return "".join(found.split())


@pytest.mark.parametrize("crop", [None, (40, 200, 590, 390)])
def test_the_boxes_hold_the_quote_and_nothing_else(tmp_path, crop):
    path = written(tmp_path / "合同.pdf", crop=crop)
    quote = "保证金二十万元，\n签约后五日内付清。"
    drawn = pdf_page(path, page=1, quote=quote)
    assert read_inside(path, drawn.boxes) == "".join(quote.split())
    assert len(drawn.boxes) == 2


def test_a_quote_across_the_lines_of_a_column_is_found_whatever_order_the_file_has(tmp_path):
    path = written(tmp_path / "两栏.pdf")
    quote = "".join(RIGHT)
    assert read_inside(path, pdf_page(path, page=1, quote=quote).boxes) == quote


def test_of_several_places_the_one_between_the_same_words_is_marked(tmp_path):
    path = written(tmp_path / "两处.pdf")
    [first] = pdf_page(path, page=1, quote="保证金", before="日起计算。", after="二十万元").boxes
    [second] = pdf_page(path, page=1, quote="保证金", before="水费另算。", after="不计利息").boxes
    assert first[0] < 0.5 < second[0]


def test_on_a_turned_page_the_box_is_turned_with_the_text(tmp_path):
    path = written(tmp_path / "横.pdf", rotate=90)
    drawn = pdf_page(path, page=1, quote="仓库的租期为五年")
    image = Image.open(io.BytesIO(drawn.jpeg))
    [(left, top, right, bottom)] = drawn.boxes
    assert bottom - top > right - left
    dark = image.convert("L").crop(
        (int(left * image.width), int(top * image.height), int(right * image.width), int(bottom * image.height))
    )
    assert min(dark.tobytes()) < 100


def test_a_quote_that_is_not_there_has_no_box(tmp_path):
    path = written(tmp_path / "合同.pdf")
    assert pdf_page(path, page=1, quote="本合同适用于台北办事处的全体员工和访客").boxes == ()


def test_any_page_can_be_drawn_and_one_that_is_not_there_is_named(tmp_path):
    path = written(tmp_path / "三页.pdf", pages=3)
    assert pdf_page(path, page=3).pages == 3
    with pytest.raises(CannotDraw, match="page 4"):
        pdf_page(path, page=4)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 cut", b"PK\x03\x04"])
def test_what_is_no_pdf_cannot_be_drawn(tmp_path, content):
    (tmp_path / "坏.pdf").write_bytes(content)
    for path in (tmp_path / "坏.pdf", tmp_path / "没有.pdf"):
        with pytest.raises(CannotDraw):
            pdf_page(path, page=1)


def test_a_photo_is_shown_upright_and_no_larger_than_needed(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.new("RGB", (4000, 2000), "white").save(tmp_path / "照片.jpg", exif=exif)
    image = Image.open(io.BytesIO(picture(tmp_path / "照片.jpg").jpeg))
    assert image.size == (1400, 2800)


def test_a_damaged_picture_cannot_be_drawn(tmp_path):
    (tmp_path / "坏.png").write_bytes(b"\x89PNG\r\n\x1a\n cut")
    with pytest.raises(CannotDraw):
        picture(tmp_path / "坏.png")


@pytest.mark.parametrize(
    ("quote", "text", "found"),
    [
        ("全角ＡＢＣ１２３", "见全角ABC123。", ["全角ABC123"]),
        ("a co-operative plan", "a co-\noperative  plan", ["a co-\noperative  plan"]),
        ("名称：温控箱 | 数量：600只", "名称 数量\n温控箱 600只", ["温控箱 600只"]),
        ("甲方应当付款", "甲方应\x02当付款", ["甲方应\x02当付款"]),
        ("ﬁrst office", "first oﬃce", ["first oﬃce"]),
        ("没有这句话", "完全是另外的内容", []),
        ("", "任何内容", []),
    ],
)
def test_width_blanks_hyphens_and_names_of_columns_do_not_matter(quote, text, found):
    assert [text[start:end] for start, end in located(quote, text)] == found
