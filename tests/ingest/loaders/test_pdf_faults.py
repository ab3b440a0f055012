"""Rows D3 to D27 of the reliability table, as far as they are about PDFs."""

import zlib

import pytest
from pdf_files import (
    CONTENT,
    PAGES,
    SENTENCE,
    new_canvas,
    pages,
    paragraph,
    parts,
    raw_pdf,
    read,
    stream,
    to_unicode,
)
from reportlab.lib.pdfencrypt import StandardEncryption

from ingest import ocr
from ingest.errors import Reason, UnreadableFile
from ingest.formats import load
from ingest.limits import Limits
from ingest.loaders import pdf
from ingest.worker import LoaderProcess
from ingest.workspace import Member, Workspace, temporary_workspace

TEXT = "The annual leave is five days for every employee."


@pytest.fixture(autouse=True)
def no_ocr(monkeypatch):
    monkeypatch.setattr(ocr, "available", lambda: False)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.pdf"


def content_of(path, data):
    path.write_bytes(data)
    return [document.page_content for document in pages(path)]


def reason_of(path, data):
    path.write_bytes(data)
    with pytest.raises(UnreadableFile) as caught:
        parts(path)
    return caught.value.reason


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7\n",
        b"%PDF-1.4 \n%%EOF",
        raw_pdf()[:300],
        raw_pdf(xref=False),
        raw_pdf(pages=b"<< /Type /Pages /Kids [] /Count 0 >>"),
        raw_pdf(pages=b"<< /Type /Pages /Kids [2 0 R] /Count 5 >>"),
    ],
    ids=["header only", "nothing between", "truncated", "no xref", "no pages", "page tree in a circle"],
)
def test_what_is_no_whole_pdf_is_damaged(path, data):
    assert reason_of(path, data) is Reason.DAMAGED


@pytest.mark.parametrize(
    "data",
    [
        raw_pdf(),
        b"junk\n" * 50 + raw_pdf(),
        raw_pdf().replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev %d" % raw_pdf().rindex(b"xref\n0")),
        raw_pdf(xref=False) + b"trailer << /Root 1 0 R >>",
        raw_pdf(pages=b"<< /Type /Pages /Kids [3 0 R] /Count -5 >>"),
        raw_pdf().replace(b"[0 0 595 842]", b"[0 0 0 0]"),
    ],
    ids=["whole", "junk before", "xref in a circle", "xref rebuilt", "negative count", "no size"],
)
def test_what_can_be_repaired_is_read(path, data):
    assert content_of(path, data) == [TEXT]


def test_an_outline_in_a_circle_ends(path):
    outline = {
        6: b"<< /First 7 0 R >>",
        7: b"<< /Title (A) /First 8 0 R /Next 8 0 R /Dest [3 0 R /Fit] >>",
        8: b"<< /Title (B) /First 7 0 R /Next 7 0 R /Dest [3 0 R /Fit] >>",
    }
    assert content_of(path, raw_pdf(outline, catalog=b"/Outlines 6 0 R")) == [TEXT]


def test_a_million_pages_that_are_not_there_are_given_up_soon(path):
    path.write_bytes(raw_pdf(pages=b"<< /Type /Pages /Kids [3 0 R] /Count 1000000 >>"))
    documents = pages(path)
    assert documents[0].page_content == TEXT
    assert len(documents) < 200
    assert documents[1].metadata["gaps"][0]["reason"] == "damaged"


def packed_twice():
    packer = zlib.compressobj(9)
    blanks = b" " * 2**20
    once = b"".join([*(packer.compress(blanks) for _ in range(64)), packer.flush()])
    return zlib.compress(once, 9)


@pytest.mark.parametrize(
    ("data", "entries"),
    [
        (zlib.compress(b"BT (x) Tj ET\n" * 2_000_000, 9), b"/Filter /FlateDecode"),
        (packed_twice(), b"/Filter [/FlateDecode /FlateDecode]"),
        (packed_twice(), b"/Filter 9 0 R"),
    ],
    ids=["packed", "packed twice", "packed in another place"],
)
def test_a_stream_that_unpacks_to_much_more_than_it_is_is_refused(path, data, entries):
    path.write_bytes(raw_pdf({4: stream(data, entries), 9: b"[/FlateDecode /FlateDecode]"}))
    with pytest.raises(UnreadableFile) as caught:
        parts(path)
    assert caught.value.reason is Reason.TOO_LARGE
    assert caught.value.values["limit"] == "unpacked_ratio"


def test_a_picture_that_packs_well_is_no_bomb(path):
    white = zlib.compress(b"\xff" * 16 * 2**20, 9)
    picture = stream(
        white,
        b"/Type /XObject /Subtype /Image /Width 4096 /Height 4096 /BitsPerComponent 8 /ColorSpace /DeviceGray "
        b"/Filter /FlateDecode",
    )
    assert content_of(path, raw_pdf({6: picture})) == [TEXT]


def nested(*, levels, times):
    """Return a PDF whose page shows a form that shows another one `times` over, and so on, down to a line of text."""
    font = b"/Font << /F1 5 0 R >>"
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
    objects = {3: page + b"/Resources << /XObject << /X 6 0 R >> >> >>", 4: stream(b"/X Do")}
    for number in range(6, 6 + levels):
        shown = CONTENT if number == 5 + levels else b"/X Do " * times
        entries = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << %s /XObject << /X %d 0 R >> >>"
        objects[number] = stream(shown, entries % (font, number + 1))
    return raw_pdf(objects)


def test_a_form_that_shows_itself_comes_to_an_end(path):
    entries = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /X 6 0 R >> /Font %s >>"
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
    objects = {
        3: page + b"/Resources << /XObject << /X 6 0 R >> >> >>",
        4: stream(b"/X Do"),
        6: stream(CONTENT + b" /X Do", entries % b"<< /F1 5 0 R >>"),
    }
    (content,) = content_of(path, raw_pdf(objects))
    assert content.startswith(TEXT)


def test_forms_inside_each_other_beyond_measure_end_by_the_clock(path, tmp_path):
    (tmp_path / "good.pdf").write_bytes(nested(levels=4, times=1))
    path.write_bytes(nested(levels=20, times=10))
    workspace = Workspace(tmp_path, limits=Limits(timeout_s=2))
    with LoaderProcess() as process:
        with pytest.raises(UnreadableFile) as caught:
            list(process.read(path, workspace=workspace))
        assert caught.value.reason is Reason.TIMEOUT
        assert [text for text, _ in process.read(tmp_path / "good.pdf", workspace=workspace)] == [TEXT]


def test_scripts_and_actions_are_not_run(path, tmp_path):
    launch = b"<< /S /Launch /F (/usr/bin/touch %s) >>" % bytes(tmp_path / "touched")
    catalog = b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> /AA << /WC %s >>" % launch
    assert content_of(path, raw_pdf(catalog=catalog, page=b"/AA << /O %s >>" % launch)) == [TEXT]
    assert not (tmp_path / "touched").exists()


def test_attached_files_are_documents_of_their_own_under_harmless_names(path):
    attachment = {
        6: stream("合同正文".encode(), b"/Type /EmbeddedFile"),
        7: b"<< /Type /Filespec /F (a) /UF <FEFF002E002E002F5408540C002E007400780074> /EF << /F 6 0 R >> >>",
        8: b"<< /Names [(a) 7 0 R] >>",
    }
    path.write_bytes(raw_pdf(attachment, catalog=b"/Names << /EmbeddedFiles 8 0 R >>"))
    with temporary_workspace() as workspace:
        document, member = pdf.load(path, workspace=workspace)
        assert isinstance(member, Member)
        assert member.reason is None
        assert member.name == "合同.txt"
        assert member.path.parent == workspace.scratch
        assert member.path.read_text("utf-8") == "合同正文"
    assert document.page_content == TEXT


def test_an_attached_file_that_unpacks_to_much_more_than_it_is_is_refused_alone(path):
    packed = zlib.compress(bytes(32 * 2**20), 9)
    attachment = {
        6: stream(packed, b"/Type /EmbeddedFile /Filter /FlateDecode"),
        7: b"<< /Type /Filespec /F (zeros.txt) /EF << /F 6 0 R >> >>",
        8: b"<< /Names [(a) 7 0 R] >>",
    }
    path.write_bytes(raw_pdf(attachment, catalog=b"/Names << /EmbeddedFiles 8 0 R >>"))
    document, member = parts(path)
    assert document.page_content == TEXT
    assert (member.name, member.path, member.reason) == ("zeros.txt", None, Reason.TOO_LARGE)


@pytest.mark.parametrize(("user", "expected"), [("secret", Reason.ENCRYPTED), ("", None)])
def test_a_password_to_open_is_an_obstacle_an_owner_s_password_is_none(tmp_path, user, expected):
    canvas = new_canvas(encrypt=StandardEncryption(user, ownerPassword="owner", canPrint=0))
    paragraph(canvas, SENTENCE, y=100)
    if expected is None:
        assert read(canvas, tmp_path)[0].page_content == SENTENCE
        return
    with pytest.raises(UnreadableFile) as caught:
        read(canvas, tmp_path)
    assert caught.value.reason is expected


@pytest.mark.parametrize("first", [b"7F40", b"E000"], ids=["rare characters", "private use"])
def test_a_font_with_a_wrong_map_makes_a_garbled_file(path, first):
    text = b"BT /F1 12 Tf 60 700 Td (The quick brown fox jumps over the lazy dog and keeps running.) Tj ET"
    path.write_bytes(raw_pdf({4: stream(text), **to_unicode(first)}))
    with pytest.raises(UnreadableFile) as caught:
        parts(path)
    assert caught.value.reason is Reason.GARBLED


def test_one_garbled_page_among_others_is_told_of(path):
    second = {
        7: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 8 0 R "
        b"/Resources << /Font << /F1 9 0 R >> >> >>",
        8: stream(CONTENT),
        9: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    kids = PAGES.replace(b"[3 0 R] /Count 1", b"[3 0 R 7 0 R] /Count 2")
    path.write_bytes(raw_pdf({**to_unicode(b"E000"), **second}, pages=kids))
    first, last = pages(path)
    assert [gap["reason"] for gap in first.metadata["gaps"]] == ["garbled"]
    assert (last.page_content, last.metadata["gaps"]) == (TEXT, [])


def test_halves_of_characters_become_the_mark_of_damage(path):
    path.write_bytes(raw_pdf(to_unicode(b"D7F0")))
    with pytest.raises(UnreadableFile) as caught:
        parts(path)
    assert caught.value.reason is Reason.GARBLED
    objects = {4: stream(b"BT /F1 12 Tf 60 700 Td (" + b"Annual leave " * 12 + b"\xff) Tj ET"), 6: stream(b"")}
    for document in content_of(path, raw_pdf(objects)):
        document.encode("utf-8")


def test_a_pdf_under_the_name_of_a_text_is_read_as_a_pdf(tmp_path):
    (tmp_path / "a.txt").write_bytes(raw_pdf())
    assert load(tmp_path / "a.txt")[0].metadata["loader"] == "pdf"


def test_a_header_on_every_page_is_in_the_text_of_none(tmp_path):
    canvas = new_canvas()
    for number in range(60):
        canvas.setFont("STSong-Light", 8)
        canvas.drawString(60, 800, "示范公司内部资料 严禁外传")
        paragraph(canvas, f"第{number}节。{SENTENCE}", y=100)
        canvas.showPage()
    assert not any("内部资料" in document.page_content for document in read(canvas, tmp_path))
