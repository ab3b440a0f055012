import pytest
from office_files import write_pptx

from ingest.errors import Reason, UnreadableFile
from ingest.formats import lazy_load
from ingest.limits import Limits
from ingest.loaders import load
from ingest.tables.rows import table_text
from ingest.workspace import temporary_workspace


@pytest.fixture
def read(tmp_path):
    def read(*slides, **parts):
        write_pptx(tmp_path / "a.pptx", *slides, parts=parts)
        return load(tmp_path / "a.pptx")

    return read


def body(*paragraphs):
    lines = (line if line.startswith("<") else f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in paragraphs)
    return f"<p:txBody>{''.join(lines)}</p:txBody>"


def shape(*paragraphs, kind=None, at=None, size=100):
    mark = "" if kind is None else f'<p:ph type="{kind}"/>'
    place = at and f'<a:xfrm><a:off x="{at[0]}" y="{at[1]}"/><a:ext cx="100" cy="{size}"/></a:xfrm>'
    return f"<p:sp><p:nvSpPr><p:nvPr>{mark}</p:nvPr></p:nvSpPr><p:spPr>{place or ''}</p:spPr>{body(*paragraphs)}</p:sp>"


def frame(content):
    return f"<p:graphicFrame><a:graphic><a:graphicData>{content}</a:graphicData></a:graphic></p:graphicFrame>"


def titles(document):
    return [(heading["level"], heading["title"]) for heading in document.metadata["headings"]]


def test_a_document_per_slide_in_the_order_of_the_show_with_its_title_as_heading(read):
    long = (
        "本季度销售额比去年同期增长百分之十二，主要来自华东地区的新客户，以及老客户的续约和扩容，完成全年目标的六成。"
    )
    documents = read(
        shape(long, "第二段也是正文", kind="body") + shape("季度汇报", kind="ctrTitle"),
        shape("下一步", kind="title"),
    )
    assert [document.metadata["page"] for document in documents] == [1, 2]
    assert [document.metadata["pages"] for document in documents] == [2, 2]
    assert documents[0].page_content == f"季度汇报\n\n{long}\n\n第二段也是正文"
    assert [titles(document) for document in documents] == [[(1, "季度汇报")], [(1, "下一步")]]


def test_free_boxes_are_read_from_top_to_bottom_and_from_left_to_right(read):
    slide = shape("右", at=(500, 10)) + shape("下", at=(0, 300)) + shape("左", at=(0, 0)) + shape("正文", kind="body")
    (document,) = read(slide)
    assert document.page_content == "正文\n\n左\n\n右\n\n下"
    assert titles(document) == []


def test_groups_are_taken_apart_where_they_stand(read):
    place = '<p:grpSpPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="900" cy="100"/></a:xfrm></p:grpSpPr>'
    inner = shape("组内右", at=(900, 0)) + shape("组内左", at=(0, 0))
    (document,) = read(shape("下", at=(0, 500)) + f"<p:grpSp>{place}{inner}</p:grpSp>")
    assert document.page_content == "组内左\n\n组内右\n\n下"


def test_dates_footers_and_slide_numbers_are_left_out(read):
    (document,) = read(
        shape("正文") + shape("2024年", kind="dt") + shape("内部资料", kind="ftr") + shape("3", kind="sldNum")
    )
    assert document.page_content == "正文"
    assert document.metadata["left_out"] == {"footers": 10}
    assert document.metadata["gaps"] == []


def test_notes_stand_below_the_title_and_comments_at_the_end(read):
    (document,) = read(
        shape("预算", kind="title") + shape("培训十万元"),
        notesSlide=f"<p:notes>{shape('先讲背景。', kind='body')}{shape('1', kind='sldNum')}</p:notes>",
        comments="<p:cmLst><p:cm><p:text>数字待核实</p:text></p:cm></p:cmLst>",
    )
    assert document.page_content == "预算\n\n备注：先讲背景。\n\n培训十万元\n\n批注：数字待核实"


def test_automatic_numbers_are_part_of_the_text(read):
    def item(text, kind, level=0):
        return f'<a:p><a:pPr lvl="{level}"><a:buAutoNum type="{kind}"/></a:pPr><a:r><a:t>{text}</a:t></a:r></a:p>'

    items = [
        item("签约", "arabicPeriod"), item("盖章", "alphaLcParenR", 1), item("寄送", "alphaLcParenR", 1),
        item("付款", "arabicPeriod"), item("归档", "alphaLcParenR", 1), "完成", item("重来", "ea1ChsPeriod"),
    ]  # fmt: skip
    (document,) = read(shape(*items))
    assert document.page_content == "1. 签约\na) 盖章\nb) 寄送\n2. 付款\na) 归档\n完成\n一. 重来"


def test_tables_are_rows_with_merged_cells_in_each_of_them(read):
    def cell(text, more=""):
        return f"<a:tc {more}>{body(text).replace('p:txBody', 'a:txBody')}</a:tc>"

    rows = (
        [cell("部门"), cell("人数"), cell("预算")],
        [cell("研发", 'rowSpan="2"'), cell("12"), cell("50")],
        [cell("", 'vMerge="1"'), cell("8"), cell("30")],
    )
    (document,) = read(frame("<a:tbl>" + "".join(f"<a:tr>{''.join(row)}</a:tr>" for row in rows) + "</a:tbl>"))
    assert document.page_content == table_text([["部门", "人数", "预算"], ["研发", "12", "50"], ["研发", "8", "30"]])


def test_smart_art_is_read_each_node_before_those_below_it(read):
    def node(name, kind="node"):
        text = f"<dgm:t><a:p><a:r><a:t>{name}</a:t></a:r></a:p></dgm:t>"
        return f'<dgm:pt modelId="{name}" type="{kind}">{text}</dgm:pt>'

    def link(above, below, order):
        return f'<dgm:cxn srcId="{above}" destId="{below}" srcOrd="{order}"/>'

    links = link("总", "经理", 0) + link("经理", "乙", 1) + link("经理", "甲", 0) + link("总", "财务", 1)
    points = node("总", "doc") + node("甲") + node("财务") + node("经理") + node("乙") + node("样式", "pres")
    (document,) = read(
        frame('<dgm:relIds r:dm="diagramData"/>'),
        diagramData=f"<dgm:dataModel><dgm:ptLst>{points}</dgm:ptLst><dgm:cxnLst>{links}</dgm:cxnLst></dgm:dataModel>",
    )
    assert document.page_content == "总\n经理\n甲\n乙\n财务"


def test_a_slide_of_pictures_leaves_a_gap_and_nothing_but_pictures_is_no_text_layer(read):
    _, second = read(shape("封面"), "<p:pic/>")
    assert [(gap["reason"], gap["page"]) for gap in second.metadata["gaps"]] == [("scanned_pages", 2)]
    with pytest.raises(UnreadableFile) as caught:
        read("<p:pic/>", "<p:pic/>")
    assert caught.value.reason is Reason.NO_TEXT_LAYER


def test_a_slide_that_is_damaged_leaves_a_gap_and_the_others_are_read(read):
    first, second = read("<broken", shape("第二页"))
    assert [(gap["reason"], gap["page"]) for gap in first.metadata["gaps"]] == [("damaged", 1)]
    assert (second.page_content, second.metadata["page"]) == ("第二页", 2)


def test_slides_beyond_the_limit_are_told_of(tmp_path):
    write_pptx(tmp_path / "a.pptx", *(shape(f"第{number}页") for number in range(3)))
    with temporary_workspace(limits=Limits(pages=2)) as workspace:
        documents = list(lazy_load(tmp_path / "a.pptx", workspace=workspace))
    assert len(documents) == 2
    assert documents[1].metadata["gaps"][0]["values"] == {"limit": "pages", "value": 3, "most": 2}
