import pytest
from office_files import write_odf

from ingest.errors import Reason, UnreadableFile
from ingest.loaders import load
from ingest.tables.rows import table_text


@pytest.fixture
def read(tmp_path):
    def read(body, **more):
        write_odf(tmp_path / "a.odt", "text", body, **more)
        return load(tmp_path / "a.odt")[0]

    return read


def p(text, style=""):
    return f'<text:p text:style-name="{style}">{text}</text:p>'


def heading(text, level):
    return f'<text:h text:outline-level="{level}">{text}</text:h>'


def table(*rows, header=0):
    lines = [
        "<table:table-row>"
        + "".join(
            cell if cell.startswith("<table:") else f"<table:table-cell>{p(cell)}</table:table-cell>" for cell in row
        )
        + "</table:table-row>"
        for row in rows
    ]
    head = f"<table:table-header-rows>{''.join(lines[:header])}</table:table-header-rows>" if header else ""
    return f"<table:table>{head}{''.join(lines[header:])}</table:table>"


def test_headings_by_outline_level_stand_below_the_title(read):
    styles = '<style:style style:name="P1" style:parent-style-name="Title"/>'
    body = p("员工手册", "P1") + heading("第一章 休假", 1) + p("年假五天。") + heading("病假", 2)
    document = read(f"<text:section>{body}</text:section>", styles=styles)
    assert document.page_content == "员工手册\n\n第一章 休假\n\n年假五天。\n\n病假"
    assert [(h["level"], h["title"]) for h in document.metadata["headings"]] == [
        (1, "员工手册"), (2, "第一章 休假"), (3, "病假"),
    ]  # fmt: skip


def test_spaces_tabs_and_line_breaks_that_are_elements_are_text(read):
    body = p(
        '甲方<text:s text:c="3"/>盖章<text:tab/><text:span>日<text:line-break/>期</text:span>，<text:a>见附件</text:a>'
    )
    assert read(body).page_content == "甲方   盖章\t日\n期，见附件"


def test_the_last_column_of_a_table_and_cells_over_several_rows_are_kept(read):
    spanned = f'<table:table-cell table:number-rows-spanned="2">{p("研发")}</table:table-cell>'
    wide = f'<table:table-cell table:number-columns-spanned="2">{p("合计")}</table:table-cell>'
    covered = "<table:covered-table-cell/>"
    document = read(
        table(("部门", "人数", "预算"), (spanned, "12", "50"), (covered, "8", "30"), (wide, covered, "80"), header=1)
    )
    rows = [["部门", "人数", "预算"], ["研发", "12", "50"], ["研发", "8", "30"], ["合计", "", "80"]]
    assert document.page_content == table_text(rows, header=True)


def test_repeated_cells_are_bounded(read):
    cell = f'<table:table-cell table:number-columns-repeated="16384">{p("字")}</table:table-cell>'
    row = f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
    with pytest.raises(UnreadableFile) as caught:
        read(f"<table:table>{row * 10}</table:table>")
    assert caught.value.reason is Reason.TOO_LARGE


def test_lists_have_their_numbers_and_go_on_where_they_say_so(read):
    styles = (
        '<text:list-style style:name="L"><text:list-level-style-number text:level="1"'
        ' style:num-format="一, 二, 三, ..." style:num-suffix="、"><x followed-by="nothing"/>'
        "</text:list-level-style-number><text:list-level-style-number"
        ' text:level="2" style:num-format="1" text:display-levels="2" style:num-suffix="."/></text:list-style>'
    )
    items = (f"<text:list-item>{p(text)}</text:list-item>" for text in ("目的", "范围"))
    inner = f"<text:list>{''.join(items)}</text:list>"
    body = (
        f'<text:list text:style-name="L"><text:list-item>{p("总则")}{inner}</text:list-item></text:list>{p("说明")}'
        f'<text:list text:style-name="L" text:continue-numbering="true"><text:list-item>{p("附则")}</text:list-item>'
        "</text:list>"
    )
    assert read(body, styles=styles).page_content == "一、总则\n一.1. 目的\n一.2. 范围\n\n说明\n\n二、附则"


def test_notes_comments_and_boxes_follow_the_paragraph_that_they_hang_on(read):
    cited = "<text:note-citation>i</text:note-citation>"
    note = f'<text:note text:note-class="endnote">{cited}<text:note-body>{p("见附件")}</text:note-body></text:note>'
    comment = f"<office:annotation><dc:creator>王</dc:creator><dc:date>2024</dc:date>{p('待核实')}</office:annotation>"
    box = f"<draw:frame><draw:text-box>{p('框里')}</draw:text-box></draw:frame>"
    document = read(p("甲" + note + comment + box + "乙") + p("下一段"))
    assert document.page_content == "甲乙\n\n尾注：见附件\n\n批注：待核实\n\n框里\n\n下一段"
    assert document.metadata["gaps"] == []


def test_deleted_and_hidden_text_readings_and_contents_are_left_out(read):
    styles = '<style:style style:name="T1"><style:text-properties text:display="none"/></style:style>'
    document = read(
        f"<text:tracked-changes><text:changed-region>{p('旧价')}</text:changed-region></text:tracked-changes>"
        f"<text:table-of-content><text:index-body>{p('第一章 1')}</text:index-body></text:table-of-content>"
        + p('<text:span text:style-name="T1">密</text:span>新价<text:ruby><text:ruby-base>元</text:ruby-base>'
            "<text:ruby-text>yuán</text:ruby-text></text:ruby>"),
        styles=styles,
    )  # fmt: skip
    assert document.page_content == "新价元"
    assert document.metadata["left_out"] == {"deleted": 2, "contents_lines": 4, "hidden": 1, "phonetic": 4}
    assert document.metadata["gaps"] == []


def test_a_chart_is_read_from_its_own_part_and_another_object_leaves_a_gap(read):
    chart = (
        f"<office:document-content><chart:chart><chart:title>{p('销售额')}</chart:title>"
        f"{table(('', '华东'), ('一季度', '30'))}</chart:chart></office:document-content>"
    )
    objects = '<draw:frame><draw:object xlink:href="./{}"/></draw:frame>'
    document = read(p("图：" + objects.format("Object 1") + objects.format("Object 2")), **{"Object 1__content": chart})
    assert document.page_content == "图：\n\n销售额\n\n" + table_text([["", "华东"], ["一季度", "30"]]).strip()
    assert document.metadata["gaps"] == [{"reason": "embedded_files", "page": None, "values": {"count": 1}}]


def test_an_encrypted_file_is_told(read):
    manifest = (
        "<manifest:manifest><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>"
    )
    with pytest.raises(UnreadableFile) as caught:
        read("", **{"META-INF__manifest": manifest})
    assert caught.value.reason is Reason.ENCRYPTED


def test_lists_and_tables_inside_of_each_other_are_read_however_deep(read):
    lists = "<text:list><text:list-item>" * 300 + p("底") + "</text:list-item></text:list>" * 300
    start = "<table:table><table:table-row><table:table-cell/><table:table-cell>"
    end = "</table:table-cell></table:table-row></table:table>"
    assert read(lists + start * 100 + p("表底") + end * 100).page_content == "底\n\n表底"


def test_articles_of_an_automatic_list_are_paragraphs(read):
    style = (
        '<text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-format="一" '
        'style:num-prefix="第" style:num-suffix="条"/></text:list-style>'
    )
    items = "".join(f"<text:list-item>{p(text)}</text:list-item>" for text in ("标的物", "价款"))
    document = read(f'<text:list text:style-name="L">{items}</text:list>', styles=style)
    assert document.page_content == "第一条 标的物\n\n第二条 价款"
