"""Pages that show more than their text layer says: nothing of them is lost without a word."""

import pypdfium2
import pytest
from pdf_files import HEIGHT, SENTENCE, WIDTH, new_canvas, pages, paragraph, raw_pdf, read, stream, to_unicode, write
from PIL import Image, ImageDraw
from reportlab.lib.utils import ImageReader

from ingest import ocr
from ingest.pdf.page import Page
from ingest.pdf.text import Char, make_line

HEADER = "示范公司合同专用纸，复印无效，请妥善保管本件"
ANOTHER = "试用期的员工不享有年休假，转正以后按照实际工作的月份折算，不足一天的部分一律不计入当年的天数。"

needs_ocr = pytest.mark.skipif(not ocr.available(), reason="the extra `ocr` is not installed")


@pytest.fixture
def canvas():
    return new_canvas()


@pytest.fixture
def no_ocr(monkeypatch):
    monkeypatch.setattr(ocr, "available", lambda: False)


def picture_of(canvas, *, scale=2.5):
    """Return the first page of a PDF as a picture."""
    return pypdfium2.PdfDocument(canvas.getpdfdata())[0].render(scale=scale).to_pil()


def scanned_page():
    page = new_canvas()
    paragraph(page, SENTENCE, y=120)
    paragraph(page, ANOTHER, y=190)
    return picture_of(page)


def draw(canvas, picture, *, x=0, y=0, width=WIDTH, height=HEIGHT):
    canvas.drawImage(ImageReader(picture), x, y, width, height)


def reasons(document):
    return [gap["reason"] for gap in document.metadata["gaps"]]


def test_a_page_with_only_a_small_picture_is_told_of(canvas, tmp_path, no_ocr):
    paragraph(canvas, SENTENCE, y=100)
    canvas.showPage()
    draw(canvas, scanned_page().crop((100, 250, 1400, 400)), x=60, y=500, width=240, height=40)
    assert [reasons(document) for document in read(canvas, tmp_path)] == [[], ["scanned_pages"]]


def test_a_scan_with_a_header_as_text_is_told_of_and_the_header_is_read(canvas, tmp_path, no_ocr):
    draw(canvas, scanned_page())
    write(canvas, HEADER, y=100, x=150)
    (document,) = read(canvas, tmp_path)
    assert (document.page_content, reasons(document)) == (HEADER, ["scanned_pages"])


@needs_ocr
def test_a_scan_with_a_header_as_text_is_recognised_below_it(canvas, tmp_path):
    draw(canvas, scanned_page())
    write(canvas, HEADER, y=90, x=150)
    (document,) = read(canvas, tmp_path)
    assert (document.page_content.split("\n\n"), reasons(document)) == ([HEADER, SENTENCE, ANOTHER], [])


@needs_ocr
def test_a_scan_under_a_watermark_as_text_is_recognised(canvas, tmp_path):
    for _ in range(2):
        draw(canvas, scanned_page())
        for number in range(30):
            canvas.saveState()
            canvas.translate(100 + 100 * (number % 5), 100 + 120 * (number // 5))
            canvas.rotate(30)
            canvas.setFillGray(0.8)
            write(canvas, "仅供内部使用不得外传", y=HEIGHT, x=0, size=14)
            canvas.restoreState()
        canvas.showPage()
    for document in read(canvas, tmp_path):
        assert document.page_content == f"{SENTENCE}\n\n{ANOTHER}"
        assert set(document.metadata["left_out"]) == {"watermark"}


@needs_ocr
def test_text_that_lies_under_the_picture_that_shows_it_is_read_once(canvas, tmp_path):
    paragraph(canvas, SENTENCE, y=120)
    draw(canvas, scanned_page())
    (document,) = read(canvas, tmp_path)
    assert document.page_content == f"{SENTENCE}\n\n{ANOTHER}"


def test_a_slide_on_a_picture_without_print_has_no_gap(canvas, tmp_path, no_ocr):
    shade = Image.linear_gradient("L").resize((600, 800))
    ImageDraw.Draw(shade).ellipse((100, 100, 300, 300), fill=90)
    draw(canvas, shade)
    paragraph(canvas, SENTENCE, y=300)
    (document,) = read(canvas, tmp_path)
    assert (document.page_content, reasons(document)) == (SENTENCE, [])


def test_the_text_layer_under_a_scan_is_not_recognised_again(canvas, tmp_path, monkeypatch):
    monkeypatch.setattr(ocr, "picture_page", None)
    draw(canvas, scanned_page())
    text = canvas.beginText(60, HEIGHT - 120)
    text.setFont("STSong-Light", 10.5)
    text.setTextRenderMode(3)
    text.textLine(SENTENCE[:40])
    canvas.drawText(text)
    (document,) = read(canvas, tmp_path)
    assert document.page_content == SENTENCE[:40]


def test_the_lines_of_a_scan_on_its_side_come_before_its_text(canvas, tmp_path, monkeypatch):
    def picture_page(image, *, workspace, number, dpi):
        return Page(number, HEIGHT, WIDTH, [make_line([Char("横", 100, 112, 100, 12)])]), []

    monkeypatch.setattr(ocr, "available", lambda: True)
    monkeypatch.setattr(ocr, "picture_page", picture_page)
    draw(canvas, scanned_page())
    write(canvas, HEADER, y=100)
    assert read(canvas, tmp_path)[0].page_content == f"横\n\n{HEADER}"


@needs_ocr
def test_a_page_with_a_wrong_map_of_characters_is_recognised_from_how_it_looks(tmp_path):
    text = b"BT /F1 12 Tf 60 700 Td (The quick brown fox jumps over the lazy dog and keeps running.) Tj ET"
    (tmp_path / "a.pdf").write_bytes(raw_pdf({4: stream(text), **to_unicode(b"7F40")}))
    (document,) = pages(tmp_path / "a.pdf")
    assert document.page_content == "The quick brown fox jumps over the lazy dog and keeps running."
    assert reasons(document) == []
