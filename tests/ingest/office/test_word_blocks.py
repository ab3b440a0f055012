import pytest
from office_files import para, run, table, write_docx

from ingest.loaders import load
from ingest.tables.rows import table_text


@pytest.fixture
def read(tmp_path):
    def read(body, **parts):
        write_docx(tmp_path / "a.docx", body, **parts)
        return load(tmp_path / "a.docx")[0]

    return read


def style(name, *, based_on="", more=""):
    return (
        f'<w:style w:type="paragraph" w:styleId="{name}"><w:name w:val="{name}"/><w:basedOn w:val="{based_on}"/>{more}'
        "</w:style>"
    )


def styled(text, name, more=""):
    return para(text, f'<w:pStyle w:val="{name}"/>{more}')


def outline(level):
    return f'<w:outlineLvl w:val="{level}"/>'


def test_headings_by_outline_level_by_chinese_style_names_and_by_styles_based_on_them(read):
    styles = "<w:styles>{}</w:styles>".format(
        style("heading 1")
        + style("标题 2")
        + style("公司标题", based_on="heading 1")
        + style("正文二", more=f"<w:pPr>{outline(2)}</w:pPr>")
    )
    document = read(
        para("第一部分", outline(0))
        + styled("付款方式", "标题 2")
        + styled("公司概况", "公司标题")
        + styled("样式里的级别", "正文二")
        + styled("样式是标题，级别是正文。", "公司标题", outline(9))
        + styled("整段都用了标题样式。" * 20, "heading 1"),
        styles=styles,
    )
    assert [(heading["level"], heading["title"]) for heading in document.metadata["headings"]] == [
        (1, "第一部分"), (2, "付款方式"), (1, "公司概况"), (3, "样式里的级别"),
    ]  # fmt: skip


def test_styles_that_are_based_on_each_other_in_a_ring_end(read):
    styles = f"<w:styles>{style('甲', based_on='乙')}{style('乙', based_on='甲')}</w:styles>"
    assert read(styled("内容", "甲"), styles=styles).page_content == "内容"


def test_numbered_headings_stand_below_a_title_by_style(read):
    styles = f"<w:styles>{style('Title')}</w:styles>"
    body = styled("员工手册", "Title") + para("第一章 总则") + para("为规范管理，制定本手册。") + para("第二章 考勤")
    headings = read(body, styles=styles).metadata["headings"]
    assert [(heading["level"], heading["title"]) for heading in headings] == [
        (1, "员工手册"), (2, "第一章 总则"), (2, "第二章 考勤"),
    ]  # fmt: skip


def test_a_table_of_contents_is_left_out_and_counted(read):
    gallery = '<w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr>'
    page = f"<w:r><w:tab/><w:instrText> PAGEREF _Toc1 </w:instrText></w:r>{run('1')}"
    line = f"<w:hyperlink>{run('第一章 总则')}{page}</w:hyperlink>"
    document = read(
        f"<w:sdt>{gallery}<w:sdtContent>{para('目录')}</w:sdtContent></w:sdt>"
        + para(line)
        + para("第一章 总则", outline(0))
    )
    assert document.page_content == "第一章 总则"
    assert document.metadata["left_out"] == {"contents": 2, "contents_lines": 6}
    assert document.metadata["gaps"] == []


def test_hidden_text_readings_and_prompts_are_left_out(read):
    ruby = f"<w:r><w:ruby><w:rt>{run('hàn')}</w:rt><w:rubyBase>{run('汉')}</w:rubyBase></w:ruby></w:r>"
    prompt = (
        f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{run('单击此处输入文字。')}</w:sdtContent></w:sdt>"
    )
    document = read(
        para(run("内部批示", "<w:vanish/>") + run("可见", '<w:vanish w:val="0"/>'))
        + para(ruby + run("字"))
        + para(run("姓名：") + prompt)
    )
    assert document.page_content == "可见\n\n汉字\n\n姓名："
    assert document.metadata["left_out"] == {"hidden": 4, "phonetic": 3, "prompts": 9}
    assert document.metadata["gaps"] == []


def test_ticked_boxes_choices_and_characters_in_rings_are_text(read):
    def form(data):
        begin = f'<w:fldChar w:fldCharType="begin"><w:ffData>{data}</w:ffData></w:fldChar>'
        return f'<w:r>{begin}</w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'

    ticked = '<w:r><w:sym w:font="Wingdings 2" w:char="F052"/></w:r>'
    box = '<w:r><w:sym w:font="Wingdings 2" w:char="00A3"/></w:r>'
    choice = '<w:ddList><w:result w:val="1"/><w:listEntry w:val="男"/><w:listEntry w:val="女"/></w:ddList>'
    begin, end = '<w:fldChar w:fldCharType="begin"/>', '<w:fldChar w:fldCharType="end"/>'
    ring = rf"<w:r>{begin}<w:instrText> EQ \o\ac(○,甲) </w:instrText>{end}</w:r>"
    document = read(
        para(ticked + run("同意") + box + run("不同意"))
        + para(form("<w:checkBox><w:checked/></w:checkBox>") + run("已婚 ") + form(choice))
        + para(ring)
    )
    assert document.page_content == "☑同意□不同意\n\n☑已婚 女\n\n甲"


def test_formulas_are_written_on_one_line(read):
    def part(text):
        return f"<m:r><m:t>{text}</m:t></m:r>"

    fraction = f"<m:f><m:num>{part('a')}</m:num><m:den>{part('b')}</m:den></m:f>"
    power = f"<m:sSup><m:e>{part('x')}</m:e><m:sup>{part('2')}</m:sup></m:sSup>"
    assert read(para(run("即") + f"<m:oMath>{fraction}{part('+')}{power}</m:oMath>")).page_content == "即a/b+x^2"


def test_notes_and_comments_follow_the_paragraph_that_refers_to_them(read):
    def notes(kind, text):
        return f'<w:{kind}s><w:{kind} w:id="2">{para(text)}</w:{kind}></w:{kind}s>'

    marks = "".join(f'<w:r><w:{kind}Reference w:id="2"/></w:r>' for kind in ("footnote", "endnote", "comment"))
    document = read(
        para(run("甲方应当付款。") + marks) + para("乙方应当交货。"),
        footnotes=notes("footnote", "见附件一。"),
        endnotes=notes("endnote", "参见《民法典》。"),
        comments=notes("comment", "请法务确认。"),
    )
    assert document.page_content == (
        "甲方应当付款。\n\n脚注：见附件一。\n\n尾注：参见《民法典》。\n\n批注：请法务确认。\n\n乙方应当交货。"
    )


def test_a_drawing_that_is_given_twice_is_read_once(read):
    box = f"<w:r><w:pict><v:textbox><w:txbxContent>{para('框')}</w:txbxContent></v:textbox></w:pict></w:r>"
    both = f'<mc:Choice Requires="wps">{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>'
    assert read(para(f"<mc:AlternateContent>{both}</mc:AlternateContent>")).page_content == "框"


def test_a_large_first_letter_belongs_to_the_paragraph_below(read):
    assert read(para("中", '<w:framePr w:dropCap="drop"/>') + para("国是个古国。")).page_content == "中国是个古国。"


def test_a_written_description_of_a_picture_is_kept_and_a_file_name_is_not(read):
    def picture(text):
        return (
            f'<w:r><w:drawing><wp:inline><wp:docPr id="1" name="图片 1" descr="{text}"/></wp:inline></w:drawing></w:r>'
        )

    body = para(run("如图。") + picture("报销流程示意图") + picture("微信图片_2024.jpg"))
    assert read(body).page_content == "如图。\n\n报销流程示意图"


def numbered(text, level=0, number=1):
    return para(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')


def numbering(*levels, more=""):
    items = "".join(
        f'<w:lvl w:ilvl="{index}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/>{extra}<w:lvlText w:val="{text}"/>'
        "</w:lvl>"
        for index, (kind, text, extra) in enumerate(levels)
    )
    return (
        f'<w:numbering><w:abstractNum w:abstractNumId="7">{items}</w:abstractNum>'
        f'<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>{more}</w:numbering>'
    )


def test_items_of_a_list_are_lines_of_one_block(read):
    body = para("申请材料：") + numbered("身份证") + numbered("户口簿") + para("以上一式两份。")
    document = read(body, numbering=numbering(("decimal", "%1.", "")))
    assert document.page_content == "申请材料：\n\n1. 身份证\n2. 户口簿\n\n以上一式两份。"


def test_numbers_of_inner_levels_begin_anew_below_each_outer_one(read):
    levels = (("chineseCounting", "%1、", '<w:suff w:val="nothing"/>'), ("decimal", "%1.%2", "<w:isLgl/>"))
    items = ((0, "总则"), (1, "目的"), (1, "范围"), (0, "附则"), (1, "解释"))
    document = read("".join(numbered(text, level) for level, text in items), numbering=numbering(*levels))
    assert document.page_content == "一、总则\n1.1 目的\n1.2 范围\n二、附则\n2.1 解释"


def test_a_list_may_begin_anew_or_go_on_with_the_numbers_of_another(read):
    more = (
        '<w:num w:numId="2"><w:abstractNumId w:val="7"/></w:num><w:num w:numId="3"><w:abstractNumId w:val="7"/>'
        '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
    )
    body = numbered("甲") + numbered("乙", number=2) + numbered("丙", number=3) + numbered("丁", number=3)
    document = read(body, numbering=numbering(("decimal", "%1)", ""), more=more))
    assert document.page_content == "1) 甲\n2) 乙\n1) 丙\n2) 丁"


def test_columns_of_automatic_numbers_are_kept(read):
    body = table((numbered("").replace("<w:t xml", "<w:t xml"), "苹果"), (numbered(""), "梨"))
    assert read(body, numbering=numbering(("decimal", "%1", ""))).page_content == "1 | 苹果\n2 | 梨"


def test_header_rows_above_each_other_name_the_columns_together(read):
    start, goes_on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    body = table(
        (("项目", start), ("费用", '<w:gridSpan w:val="2"/>')),
        (("", goes_on), "单价", "总价"),
        ("培训", "100", "300"),
        header=2,
    )
    assert read(body).page_content == table_text(
        [["项目", "费用/单价", "费用/总价"], ["培训", "100", "300"]], header=True
    )


def test_a_table_inside_of_a_cell_follows_the_row_that_it_stands_in(read):
    inner = table(("2019年", "入职"))
    body = table(("姓名", "王小明"), ("经历", inner + "<w:p/>"), ("备注", "无"))
    assert read(body).page_content == "姓名 | 王小明\n经历\n\n2019年 | 入职\n\n备注 | 无"


def test_a_table_of_one_column_is_a_frame_around_text(read):
    assert read(table((para("提示") + para("请妥善保管密码。"),))).page_content == "提示\n\n请妥善保管密码。"


def test_deleted_rows_are_left_out(read):
    deleted = table(("乙", "二")).replace("<w:tr>", "<w:tr><w:trPr><w:del/></w:trPr>")
    body = table(("甲", "一")).replace("</w:tbl>", "") + deleted.replace("<w:tbl>", "")
    document = read(body)
    assert document.page_content == "甲 | 一"
    assert document.metadata["left_out"] == {"deleted": 2}


def test_tables_inside_of_each_other_are_read_however_deep(read):
    body = "<w:tbl><w:tr><w:tc><w:p/></w:tc><w:tc>" * 100 + para("底") + "</w:tc></w:tr></w:tbl>" * 100
    assert read(body).page_content == "底"


def test_a_chart_gives_its_title_and_its_values_as_a_table(read):
    def points(tag, *texts):
        return (
            f"<c:{tag}>"
            + "".join(f'<c:pt idx="{i}"><c:v>{text}</c:v></c:pt>' for i, text in enumerate(texts))
            + f"</c:{tag}>"
        )

    chart = (
        "<c:chartSpace><c:chart><c:title><a:p><a:r><a:t>季度销售额</a:t></a:r></a:p></c:title><c:plotArea><c:ser>"
        f"{points('tx', '华东')}{points('cat', '一季度', '二季度')}{points('val', '0.30000000000000004', '12')}"
        "</c:ser></c:plotArea></c:chart></c:chartSpace>"
    )
    graphic = '<a:graphic><a:graphicData><c:chart r:id="chart"/></a:graphicData></a:graphic>'
    drawing = f"<w:r><w:drawing>{graphic}</w:drawing></w:r>"
    values = table_text([["", "华东"], ["一季度", "0.3"], ["二季度", "12"]], header=True)
    assert read(para(drawing), chart=chart).page_content == f"季度销售额\n\n{values.strip()}"


def test_a_header_of_two_rows_that_is_not_marked_names_the_columns_together(read):
    start, goes_on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    two = '<w:gridSpan w:val="2"/>'
    body = table(
        (("项目", start), ("2023年", two), ("2024年", two)),
        (("", goes_on), "预算", "决算", "预算", "增减"),
        ("培训", "100", "90", "120", "20"),
        ("合计", "100", "90", "120", "20"),
    )
    assert read(body).page_content.split("\n")[1:] == [
        "项目：培训 | 2023年/预算：100 | 2023年/决算：90 | 2024年/预算：120 | 2024年/增减：20",
        "合计 | 2023年/预算：100 | 2023年/决算：90 | 2024年/预算：120 | 2024年/增减：20",
    ]


def test_rows_of_a_form_under_a_wide_cell_are_no_header(read):
    wide = '<w:gridSpan w:val="3"/>'
    body = table(("申请单位", ("青岚大学", wide)), ("联系人", "王五", "职务", "主任"), ("电话", "138", "邮箱", "无"))
    assert read(body).page_content == "申请单位 | 青岚大学\n联系人 | 王五 | 职务 | 主任\n电话 | 138 | 邮箱 | 无"


def test_a_title_among_the_marked_header_rows_stands_above_them(read):
    body = table((("差旅标准", '<w:gridSpan w:val="2"/>'),), ("职级", "住宿"), ("经理", "500元"), header=2)
    assert read(body).page_content == "差旅标准\n职级 | 住宿\n职级：经理 | 住宿：500元"


def test_without_styles_headings_are_told_by_their_look_and_numbered_ones_stand_below_them(read):
    large, larger, text = '<w:sz w:val="44"/>', '<w:sz w:val="72"/>', "做好汛期供水保障是当前的重要任务。"
    body = (
        para(run("青岚市水务局文件", larger))
        + para(run("关于做好汛期供水工作的通知", large))
        + para(text)
        + para("一、压实责任")
        + para(text)
        + para(run("巡查频次", "<w:b/>"))
        + para("每周三次，" + text)
        + para(run("请注意：", "<w:b/>"))
        + para(run("2024年6月3日", large))
    )
    assert [(heading["level"], heading["title"]) for heading in read(body).metadata["headings"]] == [
        (1, "青岚市水务局文件"), (2, "关于做好汛期供水工作的通知"), (3, "一、压实责任"), (3, "巡查频次"),
    ]  # fmt: skip


def test_the_look_of_a_paragraph_is_that_of_its_style_where_its_runs_say_nothing(read):
    bold = style("强调", more='<w:rPr><w:b/><w:sz w:val="30"/></w:rPr>')
    document = read(
        styled("休假种类", "强调") + para("年休假五天，病假凭证明。" * 3), styles=f"<w:styles>{bold}</w:styles>"
    )
    assert [heading["title"] for heading in document.metadata["headings"]] == ["休假种类"]
