import io
import zipfile

import pytest
from ofd_files import grid, letters, page, rule, text, write, xml
from PIL import Image

from ingest import ocr
from ingest.errors import Reason, UnreadableFile
from ingest.limits import Limits
from ingest.loaders import ofd
from ingest.pdf.page import Page
from ingest.pdf.text import Char, make_line
from ingest.workspace import Member, temporary_workspace

LONG = "员工每年享有带薪年假，具体天数按照工龄计算，由人事部门负责审核并备案存档管理。"


@pytest.fixture
def ofd_path(tmp_path):
    return tmp_path / "a.ofd"


def load(path, **limits):
    with temporary_workspace(limits=Limits(**limits)) as workspace:
        found = list(ofd.load(path, workspace=workspace))
        members = {part.name: part.path and part.path.read_bytes() for part in found if isinstance(part, Member)}
    return [part for part in found if not isinstance(part, Member)], members


def texts(path, **limits):
    return [document.page_content for document in load(path, **limits)[0]]


def reasons(document):
    return [gap["reason"] for gap in document.metadata["gaps"]]


def test_each_page_is_a_document(ofd_path):
    write(ofd_path, [page(text("第一页的文字。", 20, 50)), page(text("第二页的文字。", 20, 50))])
    documents, members = load(ofd_path)
    assert [document.page_content for document in documents] == ["第一页的文字。", "第二页的文字。"]
    assert [document.metadata["page"] for document in documents] == [1, 2]
    assert [document.metadata["pages"] for document in documents] == [2, 2]
    assert members == {}


def test_a_title_in_larger_type_is_a_heading_and_lines_become_paragraphs(ofd_path):
    body = text("年假管理办法", 80, 40, size=8) + text(LONG[:25], 28, 60) + text(LONG[25:], 20, 67)
    write(ofd_path, [page(body + text(LONG[:20], 28, 74))])
    (document,), _ = load(ofd_path)
    assert document.page_content.split("\n\n") == ["年假管理办法", LONG, LONG[:20]]
    assert [heading["title"] for heading in document.metadata["headings"]] == ["年假管理办法"]


def test_letters_that_are_objects_of_their_own_in_any_order_become_lines(ofd_path):
    write(ofd_path, [page(letters("第二行在下面", 20, 60) + letters("第一行在上面", 20, 50))])
    assert texts(ofd_path) == ["第一行在上面第二行在下面"]


@pytest.mark.parametrize("step", ["g 3 4", "4 4 4", "4 g 2 4", "g 1000000000 4", "", "x"])
def test_every_form_of_distances_places_the_characters(step, ofd_path):
    write(ofd_path, [page(text("合同文本", 20, 50, step=step) + text("后面", 36.5, 50))])
    assert texts(ofd_path) == ["合同文本后面"]


def test_one_text_code_may_hold_several_lines(ofd_path):
    body = text("上面一行下面一行", 20, 50, step="4 4 4 -12 4 4 4", dy='DeltaY="0 0 0 7 0 0 0"')
    write(ofd_path, [page(grid([10, 60, 110], [40, 60, 80]) + body + text("右", 70, 50) + text("甲", 20, 70))])
    assert texts(ofd_path) == ["上面一行下面一行 | 右\n甲"]


def test_spaces_between_words_are_kept_and_letters_drawn_twice_are_not(ofd_path):
    body = (
        text("Hello", 20, 50, step="g 4 2")
        + text("World", 33, 50, step="g 4 2")
        + text("World", 33.1, 50, step="g 4 2")
    )
    write(ofd_path, [page(body)])
    assert texts(ofd_path) == ["Hello World"]


def test_matrices_of_objects_and_drawings_are_followed(ofd_path):
    drawing = (
        '<ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit ID="7" Width="100" Height="20"><ofd:Content>'
        + text("缩放", 0, 10, size=2)
        + "</ofd:Content></ofd:CompositeGraphicUnit></ofd:CompositeGraphicUnits>"
    )
    use = '<ofd:CompositeObject ID="6" ResourceID="7" Boundary="20 30 100 40" CTM="2 0 0 2 0 0"/>'
    write(ofd_path, [page(use + text("之后", 28.5, 50))], resources=drawing)
    assert texts(ofd_path) == ["缩放之后"]


def test_a_drawing_that_holds_itself_ends(ofd_path):
    use = '<ofd:CompositeObject ID="6" ResourceID="7" Boundary="0 0 9 9"/>'
    drawing = (
        '<ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit ID="7"><ofd:Content>'
        f"{use}{use}</ofd:Content></ofd:CompositeGraphicUnit></ofd:CompositeGraphicUnits>"
    )
    write(ofd_path, [page(use + text("正文", 20, 50))], resources=drawing)
    assert texts(ofd_path) == ["正文"]


def test_the_labels_of_a_form_lie_in_a_template_and_stay_with_their_values(ofd_path):
    labels = text("发票代码：", 120, 20) + text("名称：", 20, 40) + text("电话：", 20, 48)
    values = text("电子凭证存根", 60, 48) + text("某某公司", 40, 40) + text("050001700111", 145, 20, step="g 11 2")
    write(ofd_path, [page(values, template=500)], templates=[page(labels)])
    (found,) = texts(ofd_path)
    assert "发票代码：050001700111" in found
    assert "名称：某某公司" in found


def invoice():
    frame = grid([10, 20, 200], [30, 60]) + grid([10, 60, 100, 150, 200], [60, 100])
    labels = [text(label, 24, 38 + 7 * number) for number, label in enumerate(("名称：", "纳税人识别号：", "电话："))]
    upright = text("购买方", 13, 40, step="0 0", dy='DeltaY="8 8"')
    names = [text(name, x, 66) for name, x in (("项目", 15), ("单价", 70), ("数量", 110), ("金额", 160))]
    values = [text("某某公司", 40, 38), text("91500102", 55, 45, step="g 7 2")]
    items = [
        text(value, x, y, step=f"g {len(value) - 1} 2" if value.isascii() else None)
        for y, row in ((74, ("苹果", "3.50", "10", "35.00")), (82, ("雪梨", "2.00", "20", "40.00")))
        for value, x in zip(row, (15, 80, 130, 180), strict=True)
    ]
    return page("".join([*values, *items]), template=500), page("".join([frame, upright, *labels, *names]))


def test_an_invoice_has_its_fields_and_its_items_a_row_each(ofd_path):
    content, template = invoice()
    write(ofd_path, [content], templates=[template])
    lines = texts(ofd_path)[0].split("\n")
    assert "购买方 | 名称：某某公司" in lines
    assert "购买方 | 纳税人识别号：91500102" in lines
    assert any("苹果" in line and "35.00" in line and "雪梨" not in line for line in lines)
    assert any("雪梨" in line and "40.00" in line and "苹果" not in line for line in lines)


def test_items_in_a_frame_without_lines_between_the_columns_are_rows(ofd_path):
    rows = [("项目", "单价", "数量", "金额"), ("苹果", "3.50", "10", "35.00"), ("雪梨", "2.00", "20", "40.00")]
    body = [
        text(value, 20 + 40 * column, 50 + 8 * number, step=f"g {len(value) - 1} {2 if value.isascii() else 4}")
        for number, row in enumerate(rows)
        for column, value in enumerate(row)
    ]
    frame = grid([10, 100, 200], [30, 42]) + grid([10, 200], [42, 80])
    write(ofd_path, [page(frame + text("甲方", 20, 38) + text("乙方", 110, 38) + "".join(body))])
    assert "\n苹果 | 3.50 | 10 | 35.00\n" in texts(ofd_path)[0]


def test_wrapped_text_in_the_cells_of_a_table_stays_in_its_row(ofd_path):
    body = (
        grid([10, 60, 110], [40, 62, 70])
        + text("这一格的文字一直写满了", 12, 48)
        + text("行之后接着写完", 12, 55)
        + text("另一格的文字也是写满了", 62, 48)
        + text("行之后接着写完", 62, 55)
        + text("甲", 12, 68)
        + text("乙", 62, 68)
    )
    write(ofd_path, [page(body)])
    assert "这一格的文字一直写满了行之后接着写完" in texts(ofd_path)[0]


def test_two_columns_are_read_one_after_the_other_whatever_the_order_in_the_file(ofd_path):
    lines = [
        (x, 40 + 7 * number, f"{mark}{number}" + LONG[:18])
        for x, mark in ((15, "左"), (112, "右"))
        for number in range(9)
    ]
    write(
        ofd_path,
        [
            page(
                "".join(
                    text(content, x, y, step=f"g 19 {4}") for x, y, content in sorted(lines, key=lambda line: -line[1])
                )
            )
        ],
    )
    found = texts(ofd_path)[0]
    assert found.index("左8") < found.index("右0")


def test_running_headers_and_page_numbers_are_left_out(ofd_path):
    pages = [page(text(LONG[:30], 20, 100 + n), template=500) for n in range(3)]
    header = page(text("内部资料", 90, 12))
    numbered = [
        one.replace("</ofd:Layer>", text(f"— {n} —", 100, 290, step="g 4 2") + "</ofd:Layer>")
        for n, one in enumerate(pages, 1)
    ]
    write(ofd_path, numbered, templates=[header])
    documents, _ = load(ofd_path)
    assert [document.page_content for document in documents] == [LONG[:30]] * 3
    assert documents[0].metadata["left_out"]["running_header"] == 4


def annotated(kind, *, visible="true"):
    listed = '<ofd:Page PageID="100"><ofd:FileLoc>Page_0/Annotation.xml</ofd:FileLoc></ofd:Page>'
    one = (
        f'<ofd:Annot ID="50" Type="{kind}" Visible="{visible}"><ofd:Appearance Boundary="20 200 100 20">'
        f"{text('仅供参考', 0, 10)}</ofd:Appearance></ofd:Annot>"
    )
    return {
        "Doc_0/Annots/Annotations.xml": xml("Annotations", listed),
        "Doc_0/Annots/Page_0/Annotation.xml": xml("PageAnnot", one),
    }


@pytest.mark.parametrize(
    ("kind", "visible", "found"),
    [("Stamp", "true", "正文\n\n仅供参考"), ("Stamp", "false", "正文"), ("Watermark", "true", "正文")],
)
def test_annotations_are_kept_but_watermarks(kind, visible, found, ofd_path):
    parts = annotated(kind, visible=visible)
    write(
        ofd_path,
        [page(text("正文", 20, 50))],
        document="<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations>",
        parts=parts,
    )
    (document,), _ = load(ofd_path)
    assert document.page_content == found
    assert document.metadata["left_out"] == ({"watermark": 4} if kind == "Watermark" else {})


def test_glyphs_without_characters_are_told_of(ofd_path):
    glyphs = '<ofd:CGTransform CodePosition="0" GlyphCount="4"><ofd:Glyphs>1 2 3 4</ofd:Glyphs></ofd:CGTransform>'
    body = text("¤¤¤¤", 20, 50, glyphs=glyphs) + text(LONG, 20, 60, step="g 40 4")
    write(ofd_path, [page(body)])
    (document,), _ = load(ofd_path)
    assert reasons(document) == [Reason.GARBLED]
    assert document.metadata["gaps"][0]["values"]["characters"] == 4


def test_attachments_for_people_are_members_under_names_of_our_own(ofd_path):
    listed = (
        '<ofd:Attachment ID="1" Name="../../明细" Format="csv"><ofd:FileLoc>a.csv</ofd:FileLoc></ofd:Attachment>'
        '<ofd:Attachment ID="2" Name="b.txt" Visible="false"><ofd:FileLoc>b.xml</ofd:FileLoc></ofd:Attachment>'
        '<ofd:Attachment ID="3" Name="gone.txt"><ofd:FileLoc>c.txt</ofd:FileLoc></ofd:Attachment>'
    )
    parts = {"Doc_0/At/Attachments.xml": xml("Attachments", listed), "Doc_0/At/a.csv": "a,b", "Doc_0/At/b.xml": "<x/>"}
    link = "<ofd:Attachments>At/Attachments.xml</ofd:Attachments>"
    write(ofd_path, [page(text("正文", 20, 50))], document=link, parts=parts)
    _, members = load(ofd_path)
    assert members == {"明细.csv": b"a,b", "gone.txt": None}


def test_pages_of_several_documents_are_counted_on(ofd_path, tmp_path):
    other = write(tmp_path / "b.ofd", [page(text("另一份", 20, 50))], folder="Doc_1")
    with zipfile.ZipFile(other) as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if name != "OFD.xml"}
    bodies = "".join(f"<ofd:DocBody><ofd:DocRoot>/Doc_{n}/Document.xml</ofd:DocRoot></ofd:DocBody>" for n in (0, 1))
    write(ofd_path, [page(text("第一份", 20, 50))], parts=parts, main=xml("OFD", bodies))
    assert texts(ofd_path) == ["第一份", "另一份"]


def test_other_namespaces_and_spellings_of_locations_are_read(ofd_path):
    main = xml(
        "OFD",
        "<ofd:DocBody><ofd:DocRoot>\\DOC_0\\document.xml</ofd:DocRoot></ofd:DocBody>",
        namespace="http://www.ofdspec.org",
    )
    write(ofd_path, [page(text("正文", 20, 50))], main=main)
    assert texts(ofd_path) == ["正文"]


def test_a_page_that_is_turned_reads_as_a_level_one(ofd_path):
    lines = "".join(text(LONG[:20], 180 - 10 * n, 40, extra='CTM="0 1 -1 0 4 0"', step="g 19 4") for n in range(3))
    write(ofd_path, [page(lines)])
    assert texts(ofd_path)[0].count(LONG[:20]) == 3


def test_a_damaged_page_is_told_of_and_the_others_are_read(ofd_path):
    write(ofd_path, [page(text("第一页", 20, 50)), "<broken", page(text("第三页", 20, 50))])
    documents, _ = load(ofd_path)
    assert [document.page_content for document in documents] == ["第一页", "", "第三页"]
    assert reasons(documents[1]) == [Reason.DAMAGED]


def test_a_missing_template_is_told_of_and_the_page_is_read(ofd_path):
    write(ofd_path, [page(text("正文", 20, 50), template=599)])
    (document,), _ = load(ofd_path)
    assert document.page_content == "正文"
    assert reasons(document) == [Reason.DAMAGED]


def test_pages_beyond_the_limit_are_told_of(ofd_path):
    write(ofd_path, [page(text(f"第{n}页", 20, 50)) for n in range(4)])
    documents, _ = load(ofd_path, pages=2)
    assert len(documents) == 2
    assert reasons(documents[1]) == [Reason.TOO_MANY_PAGES]


@pytest.mark.parametrize(
    ("parts", "main", "reason"),
    [
        ({"Encryptions.xml": "<x/>"}, None, Reason.ENCRYPTED),
        ({}, xml("OFD", ""), Reason.DAMAGED),
        ({}, "<!DOCTYPE x [<!ENTITY a 'aaaa'>]><x>&a;", Reason.DAMAGED),
    ],
)
def test_what_cannot_be_opened_says_why(parts, main, reason, ofd_path):
    write(ofd_path, [page(text("正文", 20, 50))], parts=parts, main=main)
    with pytest.raises(UnreadableFile) as caught:
        load(ofd_path)
    assert caught.value.reason == reason


def scanned(picture=b"no picture"):
    media = '<ofd:MultiMedia ID="4" Type="Image"><ofd:MediaFile>s.png</ofd:MediaFile></ofd:MultiMedia>'
    resources = f"<ofd:MultiMedias>{media}</ofd:MultiMedias>"
    image = '<ofd:ImageObject ID="5" ResourceID="4" Boundary="0 0 210 297" CTM="210 0 0 297 0 0"/>'
    return {
        "pages": [page(text(LONG, 20, 50)), page(image)],
        "resources": resources,
        "parts": {"Doc_0/Res/s.png": picture},
    }


def test_a_scanned_page_without_recognition_is_told_of(ofd_path, monkeypatch):
    monkeypatch.setattr(ocr, "available", lambda: False)
    write(ofd_path, **scanned())
    documents, _ = load(ofd_path)
    assert [reasons(document) for document in documents] == [[], [Reason.SCANNED_PAGES]]


def test_a_picture_that_cannot_be_opened_is_a_page_that_is_not_read(ofd_path, monkeypatch):
    monkeypatch.setattr(ocr, "available", lambda: True)
    write(ofd_path, **scanned())
    documents, _ = load(ofd_path)
    assert reasons(documents[1]) == [Reason.SCANNED_PAGES]


def test_a_scanned_page_is_recognised_as_it_is_shown(ofd_path, monkeypatch):
    seen = []

    def picture_page(image, *, workspace, number, dpi):
        seen.append((image.size, image.getpixel((5, 5)), round(dpi)))
        return Page(number, 595, 842, [make_line([Char("字", 100, 112, 100, 12)])]), []

    monkeypatch.setattr(ocr, "available", lambda: True)
    monkeypatch.setattr(ocr, "picture_page", picture_page)
    picture = io.BytesIO()
    Image.new("RGB", (21, 30), "black").save(picture, "png")
    write(ofd_path, **scanned(picture.getvalue()))
    assert texts(ofd_path)[1] == "字"
    assert seen == [((1653, 2338), (0, 0, 0), 200)]


def test_a_scanned_page_with_a_header_as_text_keeps_it(ofd_path, monkeypatch):
    def picture_page(image, *, workspace, number, dpi):
        return Page(number, 210 * 72 / 25.4, 297 * 72 / 25.4, [make_line([Char("字", 100, 112, 200, 12)])]), []

    picture = io.BytesIO()
    Image.effect_noise((420, 594), 200).save(picture, "png")
    made = scanned(picture.getvalue())
    header = "示范公司合同专用纸，复印无效，请妥善保管本件"
    made["pages"][1] = made["pages"][1].replace("</ofd:Layer>", text(header, 60, 20) + "</ofd:Layer>")
    write(ofd_path, **made)
    monkeypatch.setattr(ocr, "picture_page", picture_page)
    monkeypatch.setattr(ocr, "available", lambda: True)
    assert texts(ofd_path)[1] == f"{header}\n\n字"
    monkeypatch.setattr(ocr, "available", lambda: False)
    documents, _ = load(ofd_path)
    assert (documents[1].page_content, reasons(documents[1])) == (header, [Reason.SCANNED_PAGES])


def test_a_file_of_pictures_alone_has_no_text_layer(ofd_path, monkeypatch):
    monkeypatch.setattr(ocr, "available", lambda: False)
    made = scanned()
    write(ofd_path, **(made | {"pages": made["pages"][1:]}))
    with pytest.raises(UnreadableFile) as caught:
        load(ofd_path)
    assert caught.value.reason == Reason.NO_TEXT_LAYER


def test_a_drawing_of_many_lines_is_no_table(ofd_path):
    write(ofd_path, [page("".join(rule(20, 20 + n / 20, 100, 20 + n / 20) for n in range(3100)) + text("图", 20, 50))])
    assert texts(ofd_path) == ["图"]
