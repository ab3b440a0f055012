import pytest
from pdf_files import HEIGHT, SENTENCE, new_canvas, paragraph, read, table, write


@pytest.fixture
def canvas():
    return new_canvas()


LEAVE = [("工龄", "天数", "备注"), ("一年", "五天", ""), ("十年", "十天", "按月折算")]


def test_a_ruled_table_becomes_rows(canvas, tmp_path):
    paragraph(canvas, SENTENCE, y=100)
    table(canvas, LEAVE, y=180)
    (document,) = read(canvas, tmp_path)
    assert document.page_content == (
        f"{SENTENCE}\n\n工龄 | 天数 | 备注\n工龄：一年 | 天数：五天\n工龄：十年 | 天数：十天 | 备注：按月折算"
    )


def test_a_table_without_lines_becomes_rows(canvas, tmp_path):
    paragraph(canvas, SENTENCE, y=100)
    for number, row in enumerate([("工龄", "天数"), ("一年", "五天"), ("十年", "十天"), ("二十年", "十五天")]):
        write(canvas, row[0], y=180 + 20 * number)
        write(canvas, row[1], x=250, y=180 + 20 * number)
    assert read(canvas, tmp_path)[0].page_content.endswith(
        "工龄 | 天数\n工龄：一年 | 天数：五天\n工龄：十年 | 天数：十天\n工龄：二十年 | 天数：十五天"
    )


def test_an_empty_cell_of_a_table_without_lines_does_not_shift_the_others(canvas, tmp_path):
    rows = [("指标", "2022年", "2023年"), ("收入", "120", "130"), ("利润", "", "35"), ("人数", "350", "420")]
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            write(canvas, text, x=60 + 120 * column, y=180 + 20 * number)
    assert "指标：利润 | 2023年：35\n" in read(canvas, tmp_path)[0].page_content


def test_a_cell_over_two_rows_belongs_to_both(canvas, tmp_path):
    xs, ys = (60, 160, 360, 480), [HEIGHT - 100 - 24 * number for number in range(4)]
    for x in xs:
        canvas.line(x, ys[0], x, ys[-1])
    for number, y in enumerate(ys):
        canvas.line(xs[1] if number == 2 else xs[0], y, xs[-1], y)
    for number, row in enumerate([("部门", "姓名", "天数"), ("技术部", "张三", "5"), ("", "李四", "10")]):
        for x, text in zip(xs, row, strict=False):
            write(canvas, text, x=x + 4, y=100 + 24 * number + 16)
    assert read(canvas, tmp_path)[0].page_content.endswith(
        "部门：技术部 | 姓名：张三 | 天数：5\n部门：技术部 | 姓名：李四 | 天数：10"
    )


def test_a_table_that_goes_on_over_the_page_keeps_the_names_of_its_columns(canvas, tmp_path):
    paragraph(canvas, SENTENCE * 3, y=80)
    table(canvas, LEAVE, y=700)
    write(canvas, "① 工龄按周年计算，不足一年的不计。", y=785, size=8)
    canvas.showPage()
    table(canvas, [("二十年", "十五天", ""), ("三十年", "十五天", "")], y=80)
    assert (
        read(canvas, tmp_path)[1].page_content
        == "工龄 | 天数 | 备注\n工龄：二十年 | 天数：十五天\n工龄：三十年 | 天数：十五天"
    )


@pytest.mark.parametrize("is_ruled", [True, False])
def test_the_last_row_of_a_table_alone_on_the_next_page_belongs_to_it(canvas, tmp_path, is_ruled):
    def rows(some, *, y):
        if is_ruled:
            return table(canvas, some, y=y)
        for number, row in enumerate(some):
            for x, text in zip((60, 160, 360), row, strict=True):
                write(canvas, text, x=x, y=y + 20 * number)

    rows([("序号", "天数", "备注"), ("1", "五天", "无"), ("2", "十天", "按月折算")], y=700)
    canvas.showPage()
    rows([("3", "十五天", "报批")], y=80)
    paragraph(canvas, SENTENCE, y=150)
    document = read(canvas, tmp_path)[1]
    assert document.page_content.startswith("序号 | 天数 | 备注\n序号：3 | 天数：十五天 | 备注：报批\n\n")
    assert document.metadata["headings"] == []


def test_a_title_in_letters_far_apart_is_no_table(canvas, tmp_path):
    for x, letter in zip((200, 260, 320), "通知书", strict=True):
        write(canvas, letter, x=x, y=100, size=20)
    paragraph(canvas, SENTENCE, y=160)
    document = read(canvas, tmp_path)[0]
    assert [heading["title"] for heading in document.metadata["headings"]] == ["通 知 书"]


def test_what_is_filled_into_a_form_stands_after_its_label(canvas, tmp_path):
    write(canvas, "姓名：", y=100)
    canvas.acroForm.textfield(name="name", x=120, y=HEIGHT - 105, width=200, height=18, value="Zhang San")
    write(canvas, "已婚：", y=140)
    canvas.acroForm.checkbox(name="married", x=120, y=HEIGHT - 145, checked=True)
    assert read(canvas, tmp_path)[0].page_content == "姓名： Zhang San\n\n已婚： ☑"


def test_comments_come_last_and_hidden_ones_not_at_all(canvas, tmp_path):
    canvas.textAnnotation("这一条需要修改", Rect=(300, 300, 320, 320))
    canvas.freeTextAnnotation("表内手写的说明", "/Helv 12 Tf", Rect=(100, 600, 250, 630))
    canvas.linkURL("https://example.com/", (0, 0, 10, 10))
    write(canvas, "正文第一行", y=100)
    write(canvas, "正文最后一行", y=400)
    content = read(canvas, tmp_path)[0].page_content
    assert content == "正文第一行\n\n表内手写的说明\n\n正文最后一行\n\n这一条需要修改"
