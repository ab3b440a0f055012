import io
import re
import zipfile

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from office_files import NAMES, para, write_docx

from ingest.errors import Reason, UnreadableFile
from ingest.formats import lazy_load
from ingest.loaders import load
from ingest.tables.rows import table_text
from ingest.workspace import Member, temporary_workspace


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
        "员工手册\n\n第一章 休假\n\n员工每年享有年假，由霍华德·韦伯批准。\n\n"
        + table_text([["工龄", "天数"], ["一年", "5"]])
    )
    assert [(h["start"], h["level"], h["title"]) for h in document.metadata["headings"]] == [
        (0, 1, "员工手册"), (6, 2, "第一章 休假"),
    ]  # fmt: skip
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


def test_the_strict_dialect_is_read(word, tmp_path):
    word.add_heading("第一章 总则", 1)
    word.add_paragraph("本办法自发布之日起施行。")
    word.save(str(tmp_path / "a.docx"))
    dialect = re.compile(rb"http://schemas\.openxmlformats\.org/(wordprocessingml|officeDocument)/2006/")
    with zipfile.ZipFile(tmp_path / "a.docx") as archive, zipfile.ZipFile(tmp_path / "b.docx", "w") as strict:
        for name in archive.namelist():
            strict.writestr(name, dialect.sub(rb"http://purl.oclc.org/ooxml/\1/", archive.read(name)))
    document = load(tmp_path / "b.docx")[0]
    assert document.page_content == "第一章 总则\n\n本办法自发布之日起施行。"
    assert [heading["title"] for heading in document.metadata["headings"]] == ["第一章 总则"]


def test_embedded_files_leave_a_gap_and_documents_by_reference_are_members(tmp_path):
    write_docx(tmp_path / "a.docx", para("正文") + '<w:altChunk r:id="aFChunk"/>', oleObject="<x/>", aFChunk="<html/>")
    with temporary_workspace() as workspace:
        document, member = lazy_load(tmp_path / "a.docx", workspace=workspace)
        assert isinstance(member, Member)
        assert member.name == "aFChunk.xml"
        assert member.path.read_text().startswith("<html")
    assert document.metadata["gaps"] == [{"reason": "embedded_files", "page": None, "values": {"count": 1}}]


def test_pictures_alone_are_no_text_layer(tmp_path):
    write_docx(tmp_path / "a.docx", para(""), image="<x/>")
    with pytest.raises(UnreadableFile) as caught:
        load(tmp_path / "a.docx")
    assert caught.value.reason is Reason.NO_TEXT_LAYER


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("<w:p/>" * 8_000_000, Reason.TOO_LARGE),
        ("".join(f"<w:p/><w:p/><w:p w:r='{number}'/>" for number in range(1_700_000)), Reason.TOO_LARGE),
        ("<w:tbl><w:tr><w:tc>" * 3000 + "</w:tc></w:tr></w:tbl>" * 3000, Reason.DAMAGED),
        ("<w:p>&own;</w:p>", Reason.DAMAGED),
    ],
    ids=["empty paragraphs", "paragraphs that pack badly", "too deep", "entities"],
)
def test_a_main_part_made_to_harm_is_refused(body, reason, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.docx", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        declared = '<!DOCTYPE a [<!ENTITY own "字">]>'
        archive.writestr("word/document.xml", f"{declared}<w:document {NAMES}><w:body>{body}</w:body></w:document>")
    with pytest.raises(UnreadableFile) as caught:
        load(tmp_path / "a.docx")
    assert caught.value.reason is reason


def test_a_file_without_a_body_is_damaged(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("word/document.xml", f"<w:document {NAMES}/>")
    with pytest.raises(UnreadableFile) as caught:
        load(tmp_path / "a.docx")
    assert caught.value.reason is Reason.DAMAGED
