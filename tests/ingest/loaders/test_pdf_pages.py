import pytest
from pdf_files import HEIGHT, SENTENCE, new_canvas, pages, paragraph, read, scan, write

from ingest import ocr
from ingest.errors import Reason, UnreadableFile
from ingest.limits import Limits
from ingest.loaders import pdf
from ingest.pdf import document as pdf_document
from ingest.pdf.page import visible
from ingest.workspace import temporary_workspace


@pytest.fixture
def canvas():
    return new_canvas()


@pytest.fixture
def no_ocr(monkeypatch):
    monkeypatch.setattr(ocr, "available", lambda: False)


def book(canvas, tmp_path, *, number_of_pages):
    path = tmp_path / "book.pdf"
    for number in range(1, number_of_pages + 1):
        write(canvas, f"管理制度汇编 第{number // 25 + 1}分册", y=40, size=8)
        if number % 10 == 1:
            write(canvas, f"第{'一二三四五六七八九十'[number // 10]}章 休假", y=80, size=16)
        paragraph(canvas, f"这是第{number}页的正文。{SENTENCE}", y=110)
        write(canvas, f"— {number} —", x=280, y=HEIGHT - 30, size=8)
        canvas.showPage()
    path.write_bytes(canvas.getpdfdata())
    return path


def test_the_first_page_is_given_while_most_are_still_to_be_read(canvas, tmp_path, monkeypatch):
    read_pages = []
    read_page = pdf.read_page
    monkeypatch.setattr(pdf, "read_page", lambda *args, **named: read_pages.append(1) or read_page(*args, **named))
    path = book(canvas, tmp_path, number_of_pages=100)
    with temporary_workspace() as workspace:
        first = next(iter(pdf.load(path, workspace=workspace)))
    assert first.metadata["page"] == 1
    assert first.metadata["pages"] == 100
    assert len(read_pages) <= 40


def test_a_long_book_is_read_alike_from_the_first_page_to_the_last(canvas, tmp_path):
    documents = pages(book(canvas, tmp_path, number_of_pages=100))
    assert [document.metadata["page"] for document in documents] == list(range(1, 101))
    for number, document in enumerate(documents, start=1):
        text = f"这是第{number}页的正文。{SENTENCE}"
        title = f"第{'一二三四五六七八九十'[number // 10]}章 休假" if number % 10 == 1 else None
        assert document.page_content == (f"{title}\n\n{text}" if title else text)
        levels = [(heading["level"], heading["title"]) for heading in document.metadata["headings"]]
        assert levels == ([(1, title)] if title else [])


def test_more_pages_than_the_limit_are_told_of_on_the_last_one(canvas, tmp_path):
    documents = pages(book(canvas, tmp_path, number_of_pages=5), limits=Limits(pages=3))
    assert [document.metadata["gaps"] for document in documents] == [
        [],
        [],
        [{"reason": "too_many_pages", "page": 3, "values": {"limit": "pages", "value": 5, "most": 3}}],
    ]


def test_every_character_is_in_the_text_or_counted_as_left_out(canvas, tmp_path):
    path = book(canvas, tmp_path, number_of_pages=3)
    for number, document in enumerate(pages(path), start=1):
        title = len("第一章休假") if number == 1 else 0
        running = len("管理制度汇编第1分册") + len(f"—{number}—")
        read = visible(document.page_content).total()
        assert read == len(f"这是第{number}页的正文。{SENTENCE}") + title
        assert sum(document.metadata["left_out"].values()) == running


def test_text_that_the_layout_loses_is_told_of(canvas, tmp_path, monkeypatch):
    paragraph(canvas, SENTENCE, y=100)
    write(canvas, "这一行丢了", y=300)
    layout = pdf_document.laid_out

    def forgetful(*args, **named):
        for laid in layout(*args, **named):
            del laid.blocks[-1]
            yield laid

    monkeypatch.setattr(pdf_document, "laid_out", forgetful)
    (found,) = read(canvas, tmp_path)
    values = {"found": len(SENTENCE) + 5, "read": len(SENTENCE)}
    assert found.metadata["gaps"] == [{"reason": "text_lost", "page": 1, "values": values}]


def test_a_scanned_page_among_others_is_empty_and_told_of(canvas, tmp_path, no_ocr):
    paragraph(canvas, SENTENCE, y=100)
    canvas.showPage()
    scan(canvas)
    first, second = read(canvas, tmp_path)
    assert (first.page_content, first.metadata["gaps"]) == (SENTENCE, [])
    assert second.page_content == ""
    assert second.metadata["gaps"] == [{"reason": "scanned_pages", "page": 2, "values": {}}]


def test_a_pdf_of_scans_has_no_text_layer(canvas, tmp_path, no_ocr):
    scan(canvas)
    scan(canvas)
    with pytest.raises(UnreadableFile) as caught:
        read(canvas, tmp_path)
    assert (caught.value.reason, caught.value.values) == (Reason.NO_TEXT_LAYER, {"pages": 2})


@pytest.mark.skipif(not ocr.available(), reason="text recognition is not installed")
def test_a_scanned_page_is_recognised(canvas, tmp_path):
    from io import BytesIO

    import pypdfium2
    from reportlab.lib.utils import ImageReader

    paragraph(canvas, SENTENCE, y=100)
    page = pypdfium2.PdfDocument(canvas.getpdfdata())[0]
    picture = BytesIO()
    page.render(scale=2).to_pil().save(picture, "png")
    scanned = new_canvas()
    scanned.drawImage(ImageReader(picture), 0, 0, *page.get_size())
    (document,) = read(scanned, tmp_path)
    assert sum((visible(SENTENCE) - visible(document.page_content)).values()) <= 1
    assert (document.metadata["page"], document.metadata["gaps"]) == (1, [])


def test_the_text_that_a_program_laid_under_a_scan_is_read_in_one_size(canvas, tmp_path):
    for number, size in enumerate((9.6, 11.2, 10.4, 11.6)):
        text = canvas.beginText(60, HEIGHT - 100 - 17 * number)
        text.setFont("STSong-Light", size)
        text.setTextRenderMode(3)
        text.setHorizScale(1050 / size)
        text.textLine(SENTENCE[number * 18 : number * 18 + 18])
        canvas.drawText(text)
    (document,) = read(canvas, tmp_path)
    assert document.page_content == SENTENCE
    assert document.metadata["headings"] == []
