import pytest

from ingest.loaders import html as loader
from ingest.workspace import temporary_workspace


def read(tmp_path, html, encoding="utf-8"):
    (tmp_path / "a.html").write_bytes(html.encode(encoding))
    with temporary_workspace() as workspace:
        (document,) = loader.load(tmp_path / "a.html", workspace=workspace)
    return document


def blocks(tmp_path, html):
    return read(tmp_path, html).page_content.split("\n\n")


def test_headings_paragraphs_and_tables_are_blocks(tmp_path):
    document = read(
        tmp_path,
        "<html><head><title>页</title><style>p{color:red}</style></head><body><nav>首页</nav><h1>年假</h1>"
        "<p>员工享有<b>年</b>假，见 <a href='#'>附表</a>。</p><h2>天数</h2>"
        "<table><tr><th>工龄</th><th>天<b>数</b></th></tr><tr><td>一年</td><td>5</td></tr></table>"
        "<script>var a = '脚本';</script></body></html>",
    )
    assert document.page_content == "年假\n\n员工享有年假，见 附表。\n\n天数\n\n工龄 | 天数\n工龄：一年 | 天数：5"
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


@pytest.mark.parametrize(("tag", "depth"), [("div", 5_000), ("font", 5_000), ("ul", 5_000), ("div", 100_000)])
def test_a_page_that_the_parser_would_cut_off_is_read_whole(tmp_path, tag, depth):
    html = f"<body><p>前面的话</p>{f'<{tag}>' * depth}<h2>深处</h2>很深的<b>文字</b>{f'</{tag}>' * depth}后面的话"
    document = read(tmp_path, html)
    assert "".join(document.page_content.split()) == "前面的话深处很深的文字后面的话"
    assert document.metadata["headings"][0]["title"] == "深处"
    assert document.metadata["gaps"] == []


def test_text_that_the_parser_loses_is_told_of(tmp_path):
    (gap,) = read(tmp_path, "<h1>" * 2100 + "很深的标题" + "</h1>" * 2100).metadata["gaps"]
    assert gap["reason"] == "text_lost"
    assert gap["values"] == {"found": 5, "read": 0}


def test_a_table_for_the_layout_keeps_headings_and_inner_tables(tmp_path):
    html = "<table><tr><td><h1>通知</h1><p>正文。</p><table><tr><td>甲</td><td>乙</td></tr></table></td></tr></table>"
    document = read(tmp_path, html)
    assert document.page_content.startswith("通知\n\n正文。\n\n甲 | 乙")
    assert document.metadata["headings"] == [{"start": 0, "level": 1, "title": "通知"}]


def test_a_cell_over_two_rows_stands_in_both(tmp_path):
    html = "<table><tr><td rowspan=2>甲</td><td>1</td></tr><tr><td>2</td></tr><tr><td colspan=2>合计</td></tr></table>"
    assert read(tmp_path, html).page_content == "甲 | 1\n甲 | 2\n合计"


def test_main_content_leaves_the_site_s_footer_out(tmp_path):
    html = "<body><main><h1>通知</h1><p>明天放假一天，后天照常上班。</p></main><footer>版权所有</footer></body>"
    assert read(tmp_path, html).page_content == "通知\n\n明天放假一天，后天照常上班。"


def test_items_of_a_list_are_lines_of_one_block_and_written_bullets_are_kept(tmp_path):
    assert read(tmp_path, "<ul><li>· 甲</li><li>乙·丙</li></ul>").page_content == "· 甲\n乙·丙"


def test_a_page_without_a_main_element_keeps_all_but_its_navigation(tmp_path):
    html = (
        "<div class='nav'><a>首页</a></div><nav>导航</nav><article><h1>通知</h1><p>明天全体员工放假一天。</p>"
        "<footer>来源：办公室</footer></article><div id='footer'>版权所有</div><footer>联系我们</footer>"
    )
    assert read(tmp_path, html).page_content == "通知\n\n明天全体员工放假一天。\n\n来源：办公室"


@pytest.mark.parametrize("tag", ["nav", "noscript", "template"])
def test_a_page_whose_whole_text_is_where_none_should_be_keeps_it(tmp_path, tag):
    assert (
        read(tmp_path, f"<body><{tag}><p>全部的正文都在这里。</p></{tag}></body>").page_content
        == "全部的正文都在这里。"
    )


def test_line_breaks_separate_paragraphs_where_a_sentence_ends_or_an_indent_follows(tmp_path):
    html = "<p>　　第一段。<br>　　第二段<br><br>地址：<br>成都市<br>锦城路一号</p>"
    assert blocks(tmp_path, html) == ["第一段。", "第二段", "地址：", "成都市\n锦城路一号"]


def test_a_line_of_the_source_that_ends_in_chinese_leaves_no_blank(tmp_path):
    assert blocks(tmp_path, "<p>这份合同自\n  签字之日\n起生效 in\nforce</p>") == ["这份合同自签字之日起生效 in force"]


def test_a_heading_of_several_lines_is_one_heading(tmp_path):
    headings = read(tmp_path, "<h1><div>第一章</div><br><span>总则</span></h1><p>文</p>").metadata["headings"]
    assert headings == [{"start": 0, "level": 1, "title": "第一章 总则"}]


def test_a_heading_that_was_never_closed_is_no_heading(tmp_path):
    document = read(tmp_path, "<h1>" + "<p>一段正文，有许多字。</p>" * 40)
    assert document.metadata["headings"] == []
    assert document.page_content.count("一段正文") == 40


def test_a_page_without_headings_is_searched_for_numbered_ones(tmp_path):
    html = "<p><b>一、总则</b></p><p>本办法适用于全体员工，自发布之日起施行，由人事部负责解释。</p>"
    assert [heading["title"] for heading in read(tmp_path, html).metadata["headings"]] == ["一、总则"]


def test_items_of_ordered_lists_have_the_numbers_that_a_browser_draws(tmp_path):
    html = "<ol start=3><li><p>甲</p></li><li>（1）乙</li><li value=9>丙</li></ol><ul><li value=1>丁</li></ul>"
    assert blocks(tmp_path, html) == ["3. 甲\n（1）乙\n9. 丙\n丁"]


def test_values_of_a_form_are_text(tmp_path):
    html = (
        "<form>姓名：<input value='张三'><input type=hidden value=x><p>性别：<input type=radio checked>男"
        "<input type=radio>女</p><select><option>请选择<option selected>北京</select>"
        "<textarea>第一行\n第二行</textarea></form>"
    )
    assert read(tmp_path, html).page_content == "姓名：张三\n\n性别：☑男☐女\n\n北京\n\n第一行\n第二行"


def test_readings_follow_the_word_that_they_stand_over(tmp_path):
    html = "<p>学<ruby>漢<rp>(</rp><rt>hàn</rt><rp>)</rp>字<rt>zì</rt></ruby>吧</p>"
    assert read(tmp_path, html).page_content == "学漢字（hàn zì）吧"


def test_a_chinese_description_of_a_picture_is_text_and_a_file_name_is_not(tmp_path):
    html = "<p><img alt='图一 组织结构'><img alt='微信图片.png'><img alt=logo></p>"
    assert read(tmp_path, html).page_content == "图一 组织结构"


def test_a_header_of_two_rows_names_each_column_in_full(tmp_path):
    html = (
        "<table><caption>收入表</caption><thead><tr><th rowspan=2>部门<th colspan=2>收入<tr><th>去年<th>今年</thead>"
        "<tr><td>研发<td>1<td>2<tr><td>销售<td>3<td>4</table>"
    )
    text = read(tmp_path, html).page_content
    assert text.startswith("收入表\n\n部门 | 收入/去年 | 收入/今年\n")
    assert "部门：销售 | 收入/去年：3 | 收入/今年：4" in text


def test_a_header_of_two_rows_without_marks_is_one_too(tmp_path):
    html = (
        "<table><tr><td colspan=4>订单导出<tr><td rowspan=2>编号<td colspan=2>金额<td rowspan=2>状态"
        "<tr><td>含税<td>不含税<tr><td>A1<td>113<td>100<td>已发货<tr><td>合计<td>113<td>100<td></table>"
    )
    assert read(tmp_path, html).page_content == (
        "订单导出\n编号 | 金额/含税 | 金额/不含税 | 状态\n编号：A1 | 金额/含税：113 | 金额/不含税：100 | 状态：已发货"
        "\n合计 | 金额/含税：113 | 金额/不含税：100"
    )


def test_names_on_both_sides_of_a_table_are_told_apart(tmp_path):
    html = "<table><tr><td><th>语文<th>数学<tr><th>张三<td>90<td>85<tr><th>李四<td>80<td>95</table>"
    assert read(tmp_path, html).page_content == (
        " | 语文 | 数学\n张三 | 语文：90 | 数学：85\n李四 | 语文：80 | 数学：95".strip()
    )


def test_a_row_that_holds_a_table_does_not_tear_the_rows_around_it(tmp_path):
    html = (
        "<table><tr><td>姓名<td>张三<tr><td>部门<td>研发<tr><td colspan=2>明细<table><tr><td>项<td>甲<tr><td>数<td>乙"
        "</table></table>"
    )
    lines = read(tmp_path, html).page_content
    assert lines.partition("\n")[0].replace("：", " | ") == "姓名 | 张三"
    assert "明细" in lines.split("\n\n")


def test_a_table_of_one_column_is_a_page(tmp_path):
    html = "<table><tr><td>通知</td></tr><tr><td><p>各单位：</p><p>　　明天放假。</p></td></tr></table>"
    assert blocks(tmp_path, html) == ["通知", "各单位：", "明天放假。"]


def test_text_between_the_rows_of_a_table_is_kept(tmp_path):
    text = read(tmp_path, "<table>漏网的字<form><tr><td>甲</td><td>乙</td></tr></form></table>").page_content
    assert "".join(text.split()) == "漏网的字甲乙"


def test_entities_inside_of_cdata_and_quoted_attributes_do_no_harm(tmp_path):
    assert read(tmp_path, "<p>甲<![CDATA[乙<b>]]>丙 <a title='x>y'>丁</a></p>").page_content == "甲乙<b>丙 丁"


@pytest.mark.parametrize(
    "piece",
    [
        "<!--",
        "<script>",
        "<",
        "<a href='",
        '<p title="',
        "<table><tr><td>",
        "<td colspan=999 rowspan=9999>x",
        "<footer>",
    ],
)
def test_broken_markup_repeated_ten_thousand_times_comes_to_an_end(tmp_path, piece):
    assert len(read(tmp_path, "<table>" + piece * 10_000).page_content) < 200_000
