import io
import zipfile

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from ingest.errors import Reason, UnreadableFile
from ingest.loaders import load


@pytest.fixture
def word():
    return docx.Document()


def read(word, tmp_path):
    word.save(str(tmp_path / "a.docx"))
    return load(tmp_path / "a.docx")[0]


def test_headings_by_style_paragraphs_and_tables(word, tmp_path):
    word.add_heading("员工手册", 0)
    word.add_heading("第一章 休假", 1)
    word.add_paragraph("员工每年享有年假，由霍华德·韦伯批准。")
    table = word.add_table(rows=2, cols=2)
    for cell, text in zip(table._cells, ["工龄", "天数", "一年", "5"], strict=True):
        cell.text = text
    document = read(word, tmp_path)
    assert document.page_content == (
        "员工手册\n\n第一章 休假\n\n员工每年享有年假，由霍华德·韦伯批准。\n\n工龄 | 天数\n一年 | 5"
    )
    assert [(h["start"], h["title"]) for h in document.metadata["headings"]] == [(0, "员工手册"), (6, "第一章 休假")]
    assert document.metadata["page"] is None


def test_numbered_headings_are_found_where_no_style_is_used(word, tmp_path):
    for text in ("第一章 总则", "第一条 本办法自发布之日起施行。", "第二章 休假", "第二条 年假另行规定。"):
        word.add_paragraph(text)
    headings = read(word, tmp_path).metadata["headings"]
    assert [(h["level"], h["title"]) for h in headings] == [
        (1, "第一章 总则"), (2, "第一条"), (1, "第二章 休假"), (2, "第二条"),
    ]  # fmt: skip


def test_chinese_automatic_numbers_are_part_of_the_text(word, tmp_path):
    numbering = word.part.numbering_part.element
    numbering.insert(0, parse_xml(
        f'<w:abstractNum {nsdecls("w")} w:abstractNumId="90"><w:lvl w:ilvl="0"><w:start w:val="11"/>'
        '<w:numFmt w:val="chineseCountingThousand"/><w:lvlText w:val="第%1条"/></w:lvl></w:abstractNum>'
    ))  # fmt: skip
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="90"><w:abstractNumId w:val="90"/></w:num>'))
    for text in ("甲方应当按期付款。", "乙方应当按期交货。"):
        properties = word.add_paragraph(text)._p.get_or_add_pPr()
        properties.append(parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="0"/><w:numId w:val="90"/></w:numPr>'))
    assert read(word, tmp_path).page_content == "第十一条 甲方应当按期付款。\n\n第十二条 乙方应当按期交货。"


def test_text_in_content_controls_insertions_and_boxes_is_kept_and_deletions_are_not(word, tmp_path):
    paragraph = word.add_paragraph("金额为")
    run = '<w:r><w:t xml:space="preserve">{}</w:t></w:r>'
    for xml in (
        "<w:sdt {}><w:sdtPr><w:alias w:val='金额'/></w:sdtPr>"
        f"<w:sdtContent>{run.format('五万')}</w:sdtContent></w:sdt>",
        f"<w:ins {{}}>{run.format('元')}</w:ins>",
        "<w:del {}><w:r><w:delText>美元</w:delText></w:r></w:del>",
        f"<w:r {{}}><w:pict><w:txbxContent><w:p>{run.format('框里的字')}</w:p></w:txbxContent></w:pict></w:r>",
    ):
        paragraph._p.append(parse_xml(xml.format(nsdecls("w"))))
    word.add_paragraph("结束")
    assert read(word, tmp_path).page_content == "金额为五万元\n\n框里的字\n\n结束"


def test_a_merged_cell_stands_in_each_of_its_rows(word, tmp_path):
    table = word.add_table(rows=3, cols=2)
    table.cell(0, 0).merge(table.cell(1, 0)).text = "部门"
    table.cell(0, 1).text, table.cell(1, 1).text = "甲", "乙"
    table.cell(2, 0).merge(table.cell(2, 1)).text = "合计"
    assert read(word, tmp_path).page_content == "部门 | 甲\n部门 | 乙\n合计"


def test_a_page_break_inside_a_paragraph_does_not_split_it(word, tmp_path):
    paragraph = word.add_paragraph("前一半，")
    paragraph.runs[0]._r.append(parse_xml(f"<w:lastRenderedPageBreak {nsdecls('w')}/>"))
    paragraph.add_run("后一半。")
    assert paragraph._p.findall(f".//{qn('w:lastRenderedPageBreak')}")
    assert read(word, tmp_path).page_content == "前一半，后一半。"


def test_a_cut_off_file_is_damaged(word, tmp_path):
    word.add_paragraph("内容")
    buffer = io.BytesIO()
    word.save(buffer)
    (tmp_path / "a.docx").write_bytes(buffer.getvalue()[:9000])
    with pytest.raises(UnreadableFile) as caught:
        load(tmp_path / "a.docx")
    assert caught.value.reason is Reason.DAMAGED


def test_a_zip_bomb_is_too_large(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.docx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"<a>" + bytes(50_000_000))
    with pytest.raises(UnreadableFile) as caught:
        load(tmp_path / "a.docx")
    assert caught.value.reason is Reason.TOO_LARGE


def test_a_file_without_text_is_blank(word, tmp_path):
    with pytest.raises(UnreadableFile) as caught:
        read(word, tmp_path)
    assert caught.value.reason is Reason.BLANK
