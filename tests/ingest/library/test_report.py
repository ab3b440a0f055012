"""What the record tells of documents and their pages."""

import io

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from samples import sync_all

from ingest.library.report import document_passages, page_at


def two_pages(*lines: str) -> bytes:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(drawn := io.BytesIO())
    for line in lines:
        canvas.setFont("STSong-Light", 12)
        canvas.drawString(80, 720, line)
        canvas.showPage()
    canvas.save()
    return drawn.getvalue()


def test_a_character_is_on_its_own_page_where_a_passage_goes_on_over_two(library, folder, embedder):
    (folder / "协议.pdf").write_bytes(two_pages("月租金为六千八百元。", "押金为一万元。"))
    sync_all(library, folder, embedder)
    [passage] = document_passages(library.catalog, "协议.pdf")
    places = [passage.start + passage.text.index(words) for words in ("月租金", "押金", "一万元")]
    assert [page_at(library.catalog, passage, offset=place) for place in places] == [1, 2, 2]


def test_a_text_without_pages_has_no_page(library, folder, embedder):
    (folder / "通知.txt").write_text("今日停水。", "utf-8")
    sync_all(library, folder, embedder)
    [passage] = document_passages(library.catalog, "通知.txt")
    assert page_at(library.catalog, passage, offset=passage.start) is None
