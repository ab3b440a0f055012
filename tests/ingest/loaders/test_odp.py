from office_files import write_odf

from ingest.loaders import load


def box(*paragraphs, kind="", at=None):
    mark = f'presentation:class="{kind}"' if kind else ""
    place = f'svg:x="{at[0]}cm" svg:y="{at[1]}cm" svg:height="1cm"' if at else ""
    lines = "".join(f"<text:p>{line}</text:p>" for line in paragraphs)
    return f"<draw:frame {mark} {place}><draw:text-box>{lines}</draw:text-box></draw:frame>"


def test_a_document_per_slide_with_its_title_and_its_notes(tmp_path):
    notes = f"<presentation:notes>{box('先讲背景。', kind='notes')}</presentation:notes>"
    first = (
        box("右", at=(9, 1))
        + box("左", at=(1, 1))
        + box("正文", kind="outline")
        + box("季度汇报", kind="title")
        + notes
    )
    second = box("第二页") + box("3", kind="page-number")
    slides = f"<draw:page>{first}</draw:page><draw:page>{second}</draw:page>"
    write_odf(tmp_path / "a.odp", "presentation", slides)
    documents = load(tmp_path / "a.odp")
    assert [document.metadata["page"] for document in documents] == [1, 2]
    assert documents[0].page_content == "季度汇报\n\n备注：先讲背景。\n\n正文\n\n左\n\n右"
    assert [heading["title"] for heading in documents[0].metadata["headings"]] == ["季度汇报"]
    assert documents[1].page_content == "第二页"
    assert documents[1].metadata["left_out"] == {"footers": 1}


def test_shapes_and_tables_are_read_and_groups_taken_apart(tmp_path):
    drawn = '<draw:custom-shape svg:x="1cm" svg:y="{}cm"><text:p>{}</text:p></draw:custom-shape>'
    cells = "".join(f"<table:table-cell><text:p>{text}</text:p></table:table-cell>" for text in ("甲", "乙"))
    table = f"<draw:frame><table:table><table:table-row>{cells}</table:table-row></table:table></draw:frame>"
    group = f"<draw:g>{drawn.format(6, '下')}{drawn.format(4, '上')}</draw:g>"
    write_odf(tmp_path / "a.odp", "presentation", f"<draw:page>{group}{table}</draw:page>")
    assert load(tmp_path / "a.odp")[0].page_content == "甲 | 乙\n\n上\n\n下"


def test_a_slide_of_a_picture_leaves_a_gap(tmp_path):
    picture = "<draw:frame><draw:image/></draw:frame>"
    write_odf(
        tmp_path / "a.odp", "presentation", f"<draw:page>{box('封面')}</draw:page><draw:page>{picture}</draw:page>"
    )
    assert [gap["reason"] for gap in load(tmp_path / "a.odp")[1].metadata["gaps"]] == ["scanned_pages"]
