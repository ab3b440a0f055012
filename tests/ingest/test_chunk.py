import random
import re

import pytest
from samples import story

from ingest.chunk import Heading, Sizes, chunk, measure


def test_passages_and_children_are_verbatim_and_cover_all_but_blanks():
    text = story(200)
    chunks = chunk(text)
    rest = list(text)
    for piece in chunks:
        assert piece.start == piece.children[0][0] and piece.end == piece.children[-1][1]
        for start, end in piece.children:
            assert piece.start <= start < end <= piece.end
            rest[start:end] = [""] * (end - start)
    assert "".join(rest).strip() == ""


def test_sizes_stay_within_their_windows():
    sizes = Sizes()
    text = story(300)
    chunks = chunk(text, sizes=sizes)
    assert all(measure(text[c.start : c.end]) <= sizes.passage[1] for c in chunks)
    assert all(measure(text[a:b]) <= sizes.child[1] for c in chunks for a, b in c.children)
    assert all(measure(text[c.start : c.end]) >= sizes.passage[0] - 5 for c in chunks[:-1])


def test_a_paragraph_of_fitting_size_is_a_passage_and_a_large_one_is_cut_evenly():
    fitting, large = story(8, seed=2, paragraph=8), story(20, seed=3, paragraph=20)
    text = f"{fitting}\n\n{large}"
    cut = chunk(text, sizes=Sizes(passage=(150, 480)))
    first, *parts = [text[piece.start : piece.end] for piece in cut]
    assert first == fitting and "".join(parts) == large
    assert len(parts) == 2 and max(map(len, parts)) < 2 * min(map(len, parts))


def test_small_paragraphs_share_a_passage():
    text = "\n\n".join(story(1, seed=seed) for seed in range(3))
    assert len(chunk(text)) == 1


def test_cuts_fall_at_sentence_ends():
    text = story(200)
    assert all(text[end - 1] in "。！" for piece in chunk(text) for _, end in piece.children)


@pytest.mark.parametrize("seed", range(8))
def test_one_changed_sentence_leaves_nearly_all_children_as_they_were(seed):
    text = story(3000)
    sentences = [match.span() for match in re.finditer(r"[^。！\n]+[。！]", text)]
    start, end = random.Random(seed).choice(sentences)
    changed = text[:start] + "这一句是后来改写的，比原来长出不少，内容也完全不同。" + text[end:]
    before = {text[a:b] for piece in chunk(text) for a, b in piece.children}
    after = {changed[a:b] for piece in chunk(changed) for a, b in piece.children}
    assert 1 <= len(after - before) <= 6


def test_an_inserted_line_in_a_list_of_short_lines_does_not_shift_all_cuts():
    lines = [f"编号{n * 37 % 1009}：库存{n * 53 % 997}件" for n in range(2000)]
    before_text = "\n".join(lines)
    after_text = "\n".join([*lines[:30], "新到一批货", *lines[30:]])
    before = {before_text[a:b] for piece in chunk(before_text) for a, b in piece.children}
    after = {after_text[a:b] for piece in chunk(after_text) for a, b in piece.children}
    assert len(after - before) <= 6


def test_a_heading_stays_with_its_section_and_sections_are_not_mixed():
    first, second = story(12, seed=1), story(12, seed=2)
    text = f"第一章 收货\n{first}\n\n第二章 发货\n{second}"
    at = text.index("第二章")
    chunks = chunk(text, headings=[Heading(0, 1, "第一章 收货"), Heading(at, 1, "第二章 发货")])
    assert all(piece.end <= at or piece.start >= at for piece in chunks)
    assert [piece.heading for piece in chunks if piece.start >= at] == ["第二章 发货"] * sum(
        c.start >= at for c in chunks
    )
    assert text[chunks[0].start :].startswith("第一章 收货") and chunks[0].end > len("第一章 收货") + 20


def test_tiny_sections_are_joined():
    items = [f"{n}、{what}" for n, what in enumerate(["时间：三月五日", "地点：二号会议室", "主持：办公室"], 1)]
    text = "\n".join(items)
    headings = [Heading(text.index(item), 1, item) for item in items]
    assert [(piece.start, piece.end) for piece in chunk(text, headings=headings)] == [(0, len(text))]


def test_heading_paths_name_the_outer_headings():
    text = "第三章 付款\n第八条 预付款\n" + story(10)
    headings = [Heading(0, 1, "第三章 付款"), Heading(text.index("第八条"), 2, "第八条 预付款")]
    assert chunk(text, headings=headings)[-1].heading == "第三章 付款 > 第八条 预付款"


def test_text_without_punctuation_is_cut_all_the_same():
    text = "无" * 5000
    chunks = chunk(text)
    assert sum(piece.end - piece.start for piece in chunks) == 5000
    assert max(b - a for piece in chunks for a, b in piece.children) <= Sizes().child[1]


@pytest.mark.parametrize("text", ["", " \n\u3000\n"])
def test_blank_text_has_no_passages(text):
    assert chunk(text) == []


def test_rows_of_a_table_are_cut_only_between_each_other():
    row = "编号：{0} | 供应商：成都{0}商贸有限公司 | 说明：第一批。已经到货！第二批，尚未发货。"
    text = "\n".join(row.format(number) for number in range(60))
    pieces = [text[a:b] for piece in chunk(text) for a, b in piece.children]
    assert all(piece.startswith("编号：") and piece.endswith("尚未发货。") for piece in pieces)
    assert "\n".join(pieces) == text


def test_a_row_too_long_for_a_child_is_cut_behind_cells_not_behind_their_names():
    text = " | ".join(f"栏目{number}：值{number}" for number in range(120))
    pieces = [text[a:b] for piece in chunk(text) for a, b in piece.children]
    assert len(pieces) > 3
    assert all(piece.startswith("栏目") for piece in pieces)
