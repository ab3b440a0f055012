import pytest
from pdf_files import HEIGHT, SENTENCE, WIDTH, new_canvas, paragraph, read, write
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont

from ingest.chunk import Heading, chunk


@pytest.fixture
def canvas():
    return new_canvas()


def titles(document):
    return [(heading["level"], heading["title"]) for heading in document.metadata["headings"]]


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
    assert (document.metadata["page"], document.metadata["pages"]) == (1, 1)


def test_a_title_of_two_centred_lines_is_one_heading(canvas, tmp_path):
    canvas.setFont("STSong-Light", 20)
    canvas.drawCentredString(WIDTH / 2, HEIGHT - 100, "示范市人民政府办公室关于印发")
    canvas.drawCentredString(WIDTH / 2, HEIGHT - 128, "数据管理办法的通知")
    write(canvas, "示政办发〔2024〕12号", x=240, y=160, size=14)
    paragraph(canvas, SENTENCE, y=200)
    assert titles(read(canvas, tmp_path)[0]) == [(1, "示范市人民政府办公室关于印发数据管理办法的通知")]


def test_a_size_that_a_matrix_gives_counts_as_that_of_the_font(canvas, tmp_path):
    canvas.saveState()
    canvas.scale(20, 20)
    canvas.setFont("STSong-Light", 1)
    canvas.drawString(3, (HEIGHT - 100) / 20, "员工手册")
    canvas.restoreState()
    y = paragraph(canvas, SENTENCE, y=160)
    paragraph(canvas, SENTENCE, y=y)
    document = read(canvas, tmp_path)[0]
    assert titles(document) == [(1, "员工手册")]
    assert document.page_content == f"员工手册\n\n{SENTENCE}\n\n{SENTENCE}"


def test_a_chinese_font_that_is_stroked_to_look_bold_makes_a_heading(canvas, tmp_path):
    text = canvas.beginText(60, HEIGHT - 100)
    text.setFont("STSong-Light", 10.5)
    text.setTextRenderMode(2)
    text.textLine("适用范围")
    text.setTextRenderMode(0)
    canvas.drawText(text)
    paragraph(canvas, SENTENCE, y=120)
    assert titles(read(canvas, tmp_path)[0]) == [(1, "适用范围")]


def test_text_that_is_drawn_twice_to_look_bold_is_read_once(canvas, tmp_path):
    write(canvas, "天天向上的员工", y=100)
    write(canvas, "天天向上的员工", x=60.3, y=100)
    assert read(canvas, tmp_path)[0].page_content == "天天向上的员工"


def test_the_outline_makes_headings_of_lines_that_look_like_any_other(canvas, tmp_path):
    write(canvas, "总则", y=100)
    y = paragraph(canvas, SENTENCE, y=120)
    write(canvas, "鲟", y=y + 20)
    paragraph(canvas, SENTENCE, y=y + 40)
    for title, depth in (("总 则", 0), ("鲟", 1), ("不在这页上", 0)):
        canvas.bookmarkPage(title)
        canvas.addOutlineEntry(title, title, depth)
    assert titles(read(canvas, tmp_path)[0]) == [(1, "总则"), (2, "鲟")]


def test_an_article_with_its_text_in_one_paragraph_is_headed_by_its_number(canvas, tmp_path):
    y = 100
    for text in ("第一章 总则", f"第一条 {SENTENCE * 2}", "第二章 休假", f"第二条 {SENTENCE * 2}"):
        y = paragraph(canvas, text, y=y) + 12
    (document,) = read(canvas, tmp_path)
    assert titles(document) == [(1, "第一章 总则"), (2, "第一条"), (1, "第二章 休假"), (2, "第二条")]
    passages = chunk(document.page_content, headings=[Heading(**one) for one in document.metadata["headings"]])
    assert [passage.heading for passage in passages] == ["第一章 总则 > 第一条", "第二章 休假 > 第二条"]


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


def test_columns_below_an_abstract_across_the_page_stay_whole(canvas, tmp_path):
    paragraph(canvas, "摘要：" + SENTENCE, y=100, letters=45)
    y = paragraph(canvas, "左栏：" + SENTENCE, y=160, letters=18)
    paragraph(canvas, "再论：" + SENTENCE, y=y, letters=18)
    paragraph(canvas, "右栏：" + SENTENCE, x=320, y=160, letters=18)
    content = read(canvas, tmp_path)[0].page_content
    assert content == "\n\n".join(name + SENTENCE for name in ("摘要：", "左栏：", "再论：", "右栏："))


def test_columns_from_right_to_left_are_read_downwards(canvas, tmp_path):
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light", isVertical=True))
    canvas.setFont("STSong-Light", 14)
    canvas.drawString(WIDTH - 80, HEIGHT - 80, SENTENCE[:30])
    canvas.drawString(WIDTH - 104, HEIGHT - 80, SENTENCE[30:])
    assert read(canvas, tmp_path)[0].page_content == SENTENCE
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_rotated_page_reads_like_any_other(canvas, tmp_path, quarters):
    canvas.setPageRotation(90)
    canvas.translate(WIDTH / 2, HEIGHT / 2)
    canvas.rotate(90 * quarters)
    canvas.translate(-WIDTH / 2, -HEIGHT / 2)
    paragraph(canvas, SENTENCE, y=300)
    assert read(canvas, tmp_path)[0].page_content == SENTENCE


def test_pages_of_both_formats_and_text_along_the_edge(canvas, tmp_path):
    paragraph(canvas, SENTENCE, y=100)
    canvas.saveState()
    canvas.translate(30, 300)
    canvas.rotate(90)
    canvas.drawString(0, 0, "装订线内请勿答题")
    canvas.restoreState()
    canvas.showPage()
    canvas.setPageSize(landscape(A4))
    write(canvas, "横向的页面", y=400)
    first, second = read(canvas, tmp_path)
    assert first.page_content == f"{SENTENCE}\n\n装订线内请勿答题"
    assert second.page_content == "横向的页面"


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
    assert documents[1].metadata["left_out"] == {"running_header": 8, "page_number": 6}
    assert documents[1].metadata["gaps"] == []


def test_a_watermark_is_left_out_where_it_comes_back(canvas, tmp_path):
    for _ in range(2):
        paragraph(canvas, SENTENCE, y=100)
        canvas.saveState()
        canvas.translate(300, 400)
        canvas.rotate(45)
        write(canvas, "机密 仅供内部", y=HEIGHT, size=48)
        canvas.restoreState()
        canvas.showPage()
    for document in read(canvas, tmp_path):
        assert document.page_content == SENTENCE
        assert document.metadata["left_out"] == {"watermark": 6}


def test_lines_of_a_table_of_contents_stay_apart_and_are_no_headings(canvas, tmp_path):
    lines = [f"{title}{'.' * 60}{number}" for number, title in enumerate(("适用范围", "休假种类", "审批流程"), 3)]
    for number, line in enumerate(lines):
        write(canvas, line, y=100 + 20 * number, size=14)
    paragraph(canvas, SENTENCE * 3, y=200)
    (document,) = read(canvas, tmp_path)
    assert document.page_content.split("\n\n")[:3] == lines
    assert titles(document) == []


def test_a_bullet_apart_from_its_text_is_a_list_and_no_table(canvas, tmp_path):
    for number, text in enumerate(("年休假五天", "婚假三天", "产假九十八天")):
        write(canvas, "•", y=100 + 20 * number)
        write(canvas, text, x=90, y=100 + 20 * number)
    assert read(canvas, tmp_path)[0].page_content == "• 年休假五天\n\n• 婚假三天\n\n• 产假九十八天"


def test_an_english_word_that_is_cut_at_the_end_of_a_line_is_whole_again(canvas, tmp_path):
    canvas.setFont("Helvetica", 10)
    canvas.drawString(60, 700, "Every employee of the company has a right to paid annual leave and to compen-")
    canvas.drawString(60, 686, "sation for work on public holidays.")
    content = read(canvas, tmp_path)[0].page_content
    assert content.endswith("annual leave and to compensation for work on public holidays.")


def test_the_fields_of_a_form_stay_apart_and_are_no_headings(canvas, tmp_path):
    fields = [
        "甲方：示范科技有限公司",
        "法定代表人：张三",
        "联系地址：示范市人民路一百零八号三单元",
        "签订日期：二〇二四年五月八日",
    ]
    for number, field in enumerate(fields):
        write(canvas, field, y=100 + 17 * number)
    canvas.setFont("Helvetica-Bold", 10.5)
    canvas.drawString(60, HEIGHT - 200, "Phone: 010 5555")
    canvas.drawString(60, HEIGHT - 217, "Mail: office at example")
    document = read(canvas, tmp_path)[0]
    assert document.page_content.split("\n\n") == [*fields, "Phone: 010 5555", "Mail: office at example"]
    assert titles(document) == []


def test_a_label_within_a_paragraph_begins_none(canvas, tmp_path):
    text = "备注：" + SENTENCE[:37] + "说明：" + SENTENCE[37:]
    paragraph(canvas, text, y=100, letters=42)
    assert read(canvas, tmp_path)[0].page_content == text
