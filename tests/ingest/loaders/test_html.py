import pytest

from ingest.errors import Reason, UnreadableFile
from ingest.loaders import load


def read(tmp_path, html, encoding="utf-8"):
    (tmp_path / "a.html").write_bytes(html.encode(encoding))
    return load(tmp_path / "a.html")[0]


def test_headings_paragraphs_and_tables_are_blocks(tmp_path):
    document = read(
        tmp_path,
        "<html><head><title>页</title><style>p{color:red}</style></head><body><nav>首页</nav><h1>年假</h1>"
        "<p>员工享有<b>年</b>假，见 <a href='#'>附表</a>。</p><h2>天数</h2>"
        "<table><tr><th>工龄</th><th>天<b>数</b></th></tr><tr><td>一年</td><td>5</td></tr></table>"
        "<script>var a = '脚本';</script></body></html>",
    )
    assert document.page_content == "年假\n\n员工享有年假，见 附表。\n\n天数\n\n工龄 | 天数\n一年 | 5"
    assert document.metadata["headings"] == [
        {"start": 0, "level": 1, "title": "年假"},
        {"start": 18, "level": 2, "title": "天数"},
    ]


def test_the_bytes_decide_against_the_page_s_own_claim(tmp_path):
    document = read(tmp_path, "<meta charset='utf-8'><p>这份合同自签字之日起生效。</p>", encoding="gbk")
    assert document.page_content == "这份合同自签字之日起生效。"
    assert document.metadata["encoding"] == "gb18030"


def test_text_inside_a_form_or_figure_is_kept(tmp_path):
    document = read(
        tmp_path, "<body><form><p>表单里的正文。</p><figure><figcaption>图一</figcaption></figure></form></body>"
    )
    assert document.page_content == "表单里的正文。\n\n图一"


def test_a_page_of_extreme_depth_loses_nothing(tmp_path):
    html = (
        "<body>"
        + "<div>" * 1500
        + "<h2>深处</h2><table><tr><td>甲</td><td>乙</td></tr></table>很深的文字"
        + "</div>" * 1500
    )
    document = read(tmp_path, html)
    assert document.page_content == "深处\n\n甲 | 乙\n\n很深的文字"
    assert document.metadata["headings"] == [{"start": 0, "level": 2, "title": "深处"}]


def test_a_page_that_the_parser_would_cut_off_is_refused(tmp_path):
    with pytest.raises(UnreadableFile) as caught:
        read(tmp_path, "<body><p>前面的话</p>" + "<div>" * 5000 + "很深的文字")
    assert caught.value.reason is Reason.DAMAGED


def test_a_table_for_the_layout_keeps_headings_and_inner_tables(tmp_path):
    html = "<table><tr><td><h1>通知</h1><p>正文。</p><table><tr><td>甲</td><td>乙</td></tr></table></td></tr></table>"
    document = read(tmp_path, html)
    assert document.page_content == "通知\n\n正文。\n\n甲 | 乙"
    assert document.metadata["headings"] == [{"start": 0, "level": 1, "title": "通知"}]


def test_a_cell_over_two_rows_stands_in_both(tmp_path):
    html = "<table><tr><td rowspan=2>甲</td><td>1</td></tr><tr><td>2</td></tr><tr><td colspan=2>合计</td></tr></table>"
    assert read(tmp_path, html).page_content == "甲 | 1\n甲 | 2\n合计"


def test_main_content_leaves_the_site_s_footer_out(tmp_path):
    html = "<body><main><h1>通知</h1><p>明天放假一天，后天照常上班。</p></main><footer>版权所有</footer></body>"
    assert read(tmp_path, html).page_content == "通知\n\n明天放假一天，后天照常上班。"


def test_list_items_are_blocks_and_bullets_are_not_lost(tmp_path):
    assert read(tmp_path, "<ul><li>· 甲</li><li>乙·丙</li></ul>").page_content == "· 甲\n\n乙·丙"
