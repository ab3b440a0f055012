import pytest

from ingest.errors import Reason, UnreadableFile
from ingest.loaders import rtf
from ingest.workspace import temporary_workspace

HEAD = (
    r"{\rtf1\ansi\ansicpg936\uc1\deff0{\fonttbl{\f0\fnil\fcharset134 SimSun;}{\f1\froman\fcharset0 Times New Roman;}}"
)


def escaped(text, encoding="gbk"):
    r"""Return text as Word writes it: \'xx for each byte beyond ASCII."""
    return "".join(
        char if char.isascii() else "".join(f"\\'{byte:02x}" for byte in char.encode(encoding)) for char in text
    )


def read(body, tmp_path, *, head=HEAD, tail="}"):
    path = tmp_path / "a.rtf"
    whole = head + body + tail
    path.write_bytes(whole if isinstance(whole, bytes) else whole.encode("utf-8"))
    with temporary_workspace() as workspace:
        (document,) = rtf.load(path, workspace=workspace)
    return document


def text_of(body, tmp_path, **options):
    return read(body, tmp_path, **options).page_content


def reasons(document):
    return [gap["reason"] for gap in document.metadata["gaps"]]


def test_bytes_of_the_code_page_are_read_and_the_encoding_is_told(tmp_path):
    document = read(escaped("甲方应当在三十日内付款。") + r"\par", tmp_path)
    assert document.page_content == "甲方应当在三十日内付款。"
    assert document.metadata["encoding"] == "gb18030"
    assert document.metadata["page"] is None


@pytest.mark.parametrize(
    ("charset", "encoding", "text"),
    [
        (134, "gb18030", "合同喆镕𠮷"),
        (136, "big5hkscs", "許功蓋合約"),
        (128, "cp932", "契約書ソ表"),
        (129, "cp949", "계약서"),
    ],
)
def test_the_charset_of_the_font_decides_over_the_code_page(charset, encoding, text, tmp_path):
    head = rf"{{\rtf1\ansi\ansicpg1252{{\fonttbl{{\f5\fcharset{charset} X;}}}}\f5 "
    body = "".join(f"\\'{byte:02x}" for byte in text.encode(encoding))
    assert text_of(body + r"\par", tmp_path, head=head) == text


def test_the_two_bytes_of_a_character_may_stand_apart(tmp_path):
    assert text_of(r"{\'ba}{\b \'cf}\'cd" + "\n" + r"\'ac\par", tmp_path) == "合同"


def test_a_second_byte_may_be_a_plain_or_an_escaped_letter(tmp_path):
    assert text_of(r"\'81@\'8e\'5c\'8e\\\par", tmp_path) == b"\x81@\x8e\x5c\x8e\x5c".decode("gbk")


def test_chinese_in_a_western_font_is_read_and_accents_stay(tmp_path):
    body = r"\f1 " + escaped("合同双方") + r" M\'fcller caf\'e9 \'93ok\'94 \'86\'b4\par"
    assert text_of(body, tmp_path) == "合同双方 Müller café “ok” 喆"


def test_chinese_without_any_code_page_is_read(tmp_path):
    assert text_of(r"{\f0 " + escaped("合同") + r"}\par", tmp_path, head=r"{\rtf1\ansi{\fonttbl{\f0 Arial;}}") == "合同"


def test_raw_utf8_is_read_though_it_is_not_valid(tmp_path):
    assert text_of(r"直接写入的文字\par", tmp_path) == "直接写入的文字"


def test_unicode_escapes_skip_their_fallback(tmp_path):
    body = r"\uc2\u21512\'ba\'cf\u21516\'cd\'ac{\uc0\u30002\u20057 }\uc1 \u-10179?\u-8704?\u20013\bullet end\par"
    assert text_of(body, tmp_path) == "合同甲乙😀中end"


def test_a_lone_half_of_a_character_becomes_a_replacement(tmp_path):
    assert text_of(r"a\u-10179?b\par", tmp_path) == "a\ufffdb"


def test_bytes_without_meaning_are_told_of(tmp_path):
    document = read(r"\'ff\'ff x\par", tmp_path)
    assert reasons(document) == [Reason.UNDECODABLE_BYTES]
    assert document.metadata["gaps"][0]["values"]["offset"] == len(HEAD)


def test_what_is_not_shown_is_left_out(tmp_path):
    body = (
        r"{\info{\title t}}{\header h\par}{\footerf f\par}{\*\unknown u}{\pict\pngblip 89504e47}{\xe index}"
        r"{\field{\*\fldinst HYPERLINK x}{\fldrslt link}}{\v hidden}{\deleted gone}{\*\atnauthor who} end\par"
    )
    assert text_of(body, tmp_path) == "link end"


def test_notes_comments_and_text_boxes_stand_behind_their_paragraph(tmp_path):
    body = (
        r"a{\footnote\pard note\par}{\footnote\ftnalt end}{\*\annotation{\*\atnref 1}remark}b"
        r"{\shp{\*\shpinst{\sp{\sn x}{\sv 1}}{\shptxt\pard box\par}}"
        r"{\shprslt{\*\do{\dptxbxtext again\par}}}}c\par d\par"
    )
    assert text_of(body, tmp_path) == "abc\n\n脚注：note\n\n尾注：end\n\n批注：remark\n\nbox\n\nd"


def test_headings_by_style_and_by_outline_level(tmp_path):
    head = (
        HEAD
        + r"{\stylesheet{\s0 Normal;}{\s1 heading 1;}{\s7\sbasedon1 "
        + escaped("条款")
        + r";}{\*\cs8 heading 3 Char;}}"
    )
    body = (
        r"\pard\s1 " + escaped("第一章 总则") + r"\par\pard\s7 " + escaped("定义") + r"\par"
        r"\pard\outlinelevel2 " + escaped("范围") + r"\par\pard\s0 " + escaped("正文。") + r"\par"
    )
    headings = read(body, tmp_path, head=head).metadata["headings"]
    assert [(heading["level"], heading["title"]) for heading in headings] == [
        (1, "第一章 总则"),
        (1, "定义"),
        (3, "范围"),
    ]


def test_headings_by_look_and_numbering_where_no_style_is_used(tmp_path):
    text = escaped("本办法适用于全体员工，自发布之日起施行，由人事部门负责解释。")
    body = (
        r"\pard\b\fs36 " + escaped("员工手册") + r"\par\plain\fs21 " + text + r"\par\b " + escaped("请假") + r"\par"
        r"\plain\fs21 "
        + escaped("第一条")
        + " "
        + text
        + r"\par "
        + escaped("共")
        + r"{\b 3}"
        + escaped("天。")
        + r"\par"
    )
    headings = read(body, tmp_path).metadata["headings"]
    assert [(heading["level"], heading["title"]) for heading in headings] == [
        (1, "员工手册"),
        (2, "请假"),
        (3, "第一条"),
    ]


def test_the_look_of_chinese_characters_is_read_as_libreoffice_writes_it(tmp_path):
    body = (
        r"\pard\plain\rtlch\afs90\ab \ltrch\loch\fs22{\dbch\afs32\ab "
        + escaped("休假种类")
        + r"}\par\pard\plain\rtlch\afs90 \ltrch\loch\fs22 "
        + escaped("员工每年休假五天，病假另计，婚假十天。")
        + r"\par"
    )
    assert [heading["title"] for heading in read(body, tmp_path).metadata["headings"]] == ["休假种类"]


def test_lines_of_a_table_of_contents_are_left_out(tmp_path):
    head = HEAD + r"{\stylesheet{\s3 toc 1;}}"
    document = read(r"\pard\s3 a\tab 1\par\pard\s0 text\par", tmp_path, head=head)
    assert document.page_content == "text"
    assert document.metadata["left_out"] == {"contents_lines": 2}


def test_list_items_keep_their_numbers_and_bullets(tmp_path):
    body = (
        r"{\listtext\pard\plain\f0 1.\tab}one\par{\pntext\f2\'b7\tab}two\par"
        r"{\listtext " + escaped("一、") + r"\tab}" + escaped("总则") + r"\par"
    )
    head = HEAD.replace("{\\fonttbl", "{\\fonttbl{\\f2\\fcharset2 Symbol;}")
    assert text_of(body, tmp_path, head=head) == "1. one\n• two\n一、总则"


def test_tables_are_rows_and_cells_over_several_rows_stand_in_each(tmp_path):
    body = (
        r"\trowd\trhdr\cellx1000\cellx2000\pard\intbl name\cell price\cell\row"
        r"\trowd\clvmgf\cellx1000\cellx2000\intbl pen\cell 1\cell\row"
        r"\trowd\clvmrg\cellx1000\cellx2000\intbl\cell 2\cell\row\pard after\par"
    )
    assert text_of(body, tmp_path) == "name | price\nname：pen | price：1\nname：pen | price：2\n\nafter"


def test_names_over_several_columns_are_part_of_the_names_below(tmp_path):
    body = (
        r"\trowd\clvmgf\cellx1000\cellx3000\pard\intbl item\cell 2023\cell\row"
        r"\trowd\clvmrg\cellx1010\cellx2000\cellx3000\intbl\cell amount\cell price\cell\row"
        r"\trowd\cellx1000\cellx2000\cellx3000\intbl pen\cell 20\cell 3\cell\row\pard"
    )
    assert text_of(body, tmp_path) == ("item | 2023/amount | 2023/price\nitem：pen | 2023/amount：20 | 2023/price：3")


def test_a_table_without_marks_in_its_paragraphs_is_a_table(tmp_path):
    assert text_of(r"\trowd\cellx1\cellx2 a\cell b\cell\row x\par", tmp_path) == "a | b\n\nx"


def test_a_cell_with_a_table_inside_is_layout(tmp_path):
    body = (
        r"\trowd\cellx9\pard\intbl before\par\pard\intbl\itap2 a\nestcell b\nestcell"
        r"{\*\nesttableprops\trowd\cellx1\cellx2\nestrow}{\nonesttables\par}"
        r"\pard\intbl after\cell\trowd\cellx9\row\pard end\par"
    )
    assert text_of(body, tmp_path) == "before\n\na | b\n\nafter\n\nend"


def test_a_file_cut_short_is_read_as_far_as_it_goes(tmp_path):
    document = read(r"one\par two", tmp_path, tail="")
    assert document.page_content == "one\n\ntwo"
    assert reasons(document) == [Reason.DAMAGED]


def test_embedded_files_are_told_of_and_their_shown_text_is_kept(tmp_path):
    document = read(r"a{\object\objemb{\*\objdata 01}{\result shown}}\par", tmp_path)
    assert document.page_content == "ashown"
    assert document.metadata["gaps"] == [{"reason": Reason.EMBEDDED_FILES, "page": None, "values": {"count": 1}}]


def test_a_file_of_pictures_has_no_text_layer(tmp_path):
    with pytest.raises(UnreadableFile) as caught:
        read(r"{\pict\pngblip 89504e47}\par", tmp_path)
    assert caught.value.reason == Reason.NO_TEXT_LAYER


@pytest.mark.parametrize(
    "body",
    [
        "{" * 100_000 + "deep" + "}" * 100_000,
        r"{\footnote a" * 20_000 + "deep" + "}" * 20_000,
        r"{\pict\bin8 }}}}{{{{}deep",
        r"\pard\intbl\itap1000000000 deep\nestcell" * 100,
        r"\u99999999999 \bin-5 deep",
    ],
)
def test_hostile_files_are_read(body, tmp_path):
    assert "deep" in text_of(body + r"\par", tmp_path)
