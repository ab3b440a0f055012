from ingest.ocr.engine import Reading, Recognised
from ingest.ocr.layout import sheet

EM = 30.0  # pixels


def piece(text, *, x=100.0, y, em=EM, score=0.99, slant=0.0, gaps=()):
    """Return a line of Chinese as it is recognised; `gaps` holds (number of a character, ems left free before it)."""
    centres, at = [], 0.0
    free = dict(gaps)
    for number, char in enumerate(text):
        at += free.get(number, 0.0) * em
        wide = em if char > "\u2e7f" else em / 2
        centres.append(-1.0 if char.isspace() else at + wide / 2)
        at += wide
    centres = tuple(centre / at if centre >= 0 else -1.0 for centre in centres)
    return Recognised(text, score, (x, y, x + at, y + 1.4 * em), slant, centres, 0.92 * em)


def lines(*pieces, rules=()):
    return sheet(Reading(1600, 2300, pieces, rules), number=1, scale=72 / 200).page.lines


def test_lines_of_nearly_the_same_height_have_one_size():
    sizes = {line.size for line in lines(*(piece("员工累计工作满一年", y=100 * n, em=29 + n / 3) for n in range(6)))}
    assert len(sizes) == 1


def test_a_heading_keeps_its_larger_size():
    heading, text = lines(piece("休假", y=0, em=40), piece("员工累计工作满一年", y=100))
    assert heading.size > 1.2 * text.size


def test_cells_that_were_recognised_as_one_are_parted():
    assert [line.text for line in lines(piece("序号职级", y=0, gaps=[(2, 2.0)]))] == ["序号", "职级"]


def test_cells_close_together_are_parted_where_others_begin():
    column = [piece("司局级人员", x=400, y=100 * n) for n in range(1, 4)]
    merged = piece("三等舱五百", x=400 - 4 * EM, y=0, gaps=[(3, 1.0)])
    assert [line.text for line in lines(merged, *column)][:2] == ["三等舱", "五百"]


def test_the_short_end_of_a_paragraph_has_the_size_of_the_text():
    text, end = lines(piece("员工累计工作满一年的员工累计工作满一年的", y=0), piece("蛇特性。", y=60, em=34))
    assert end.size == text.size


def test_the_cells_of_a_row_have_one_size():
    cells = [piece("序号", x=100, y=0, em=42), piece("项目名称", x=400, y=4), piece("负责单位", x=800, y=4)]
    assert len({line.size for line in lines(*cells)}) == 1


def test_a_blank_that_was_typed_is_kept_and_others_are_not():
    assert [line.text for line in lines(piece("第一章 总 则", y=0, gaps=[(4, 0.5)]))] == ["第一章 总则"]


def test_lines_read_across_the_gutter_are_parted():
    text = "员工累计工作满一年的每年"
    columns = [piece(text, x=x, y=60 * n) for n in range(8) for x in (100.0, 500.0) if n != 4]
    across = piece(text + text, x=100.0, y=240, gaps=[(12, 40 / EM)])
    assert [line.text for line in lines(*columns, across)] == [text] * 16


def test_what_lies_side_by_side_has_one_baseline():
    left, right = lines(piece("甲方盖章", y=100), piece("乙方盖章", x=900, y=104))
    assert left.bottom == right.bottom


def test_a_bullet_is_told_from_the_dot_of_a_name():
    wrapped = lines(piece("由银行家约翰", y=0), piece("·菲利普斯创办。", y=50))
    listed = lines(piece("包括下列各项：", y=0), piece("·设备清单", y=50), piece("·验收标准", y=100))
    assert [line.text for line in wrapped] == ["由银行家约翰", "·菲利普斯创办。"]
    assert [line.text for line in listed] == ["包括下列各项：", "• 设备清单", "• 验收标准"]


def test_the_letters_of_a_seal_and_what_is_illegible_are_left_out():
    found = sheet(
        Reading(
            1600,
            2300,
            (piece("公章", y=300, slant=25), piece("看不清的字", y=500, score=0.3), piece("看得清", y=700)),
        ),
        number=1,
        scale=0.36,
    )
    assert [line.text for line in found.page.lines] == ["看得清"]
    assert (found.found, found.told) == (8, 3)


def test_ruled_lines_make_a_table_of_cells():
    rules = [(100.0, y, 700.0, y) for y in (0.0, 100.0, 200.0)] + [(x, 0.0, x, 200.0) for x in (100.0, 400.0, 700.0)]
    cells = [
        piece("职级", x=120, y=30),
        piece("标准", x=420, y=30),
        piece("其余", x=120, y=130),
        piece("五百", x=420, y=130),
    ]
    page = sheet(Reading(1600, 2300, tuple(cells), tuple(rules)), number=1, scale=0.36).page
    (table,) = page.tables
    assert table.filled(page.lines)[0] == (("职级", "标准"), ("其余", "五百"))


def test_a_page_without_text():
    assert lines() == []
