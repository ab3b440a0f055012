from ingest.loaders import load


def outline(tmp_path, text, *, stored=None):
    (tmp_path / "a.md").write_text(text, encoding="utf-8")
    (document,) = load(tmp_path / "a.md")
    assert document.page_content == (stored or text)
    for heading in document.metadata["headings"]:
        assert heading["title"].split()[0] in document.page_content[heading["start"] :].split("\n")[0]
    return [(heading["level"], heading["title"]) for heading in document.metadata["headings"]]


def test_hash_headings_are_found_and_the_source_is_stored(tmp_path):
    assert outline(tmp_path, "# 手册\n\n正文\n\n## 第一章 *总则* ##\n\n- 甲\n") == [(1, "手册"), (2, "第一章 总则")]


def test_tables_are_stored_as_rows_that_name_their_values(tmp_path):
    text = (
        "前文\n\n|工龄|天数|备注|\n|:--|--:|---|\n|一年|5||\n|十年<br>以上|10|折\\|算\n后文 | 没有表\n\n"
        "甲 | 乙\n--- | ---\n1\n"
    )
    stored = (
        "前文\n\n工龄 | 天数 | 备注\n工龄：一年 | 天数：5\n工龄：十年 以上 | 天数：10 | 备注：折|算\n"
        "工龄：后文 | 天数：没有表\n\n甲 | 乙\n1\n"
    )
    assert outline(tmp_path, text, stored=stored) == []


def test_a_table_inside_code_is_code(tmp_path):
    assert outline(tmp_path, "```\n| 甲 | 乙 |\n| --- | --- |\n| 1 | 2 |\n```\n") == []


def test_comments_in_code_are_no_headings(tmp_path):
    assert outline(tmp_path, "```python\n# 注释\n```\n\n# 标题\n\n~~~\n# 注释\n~~~\n") == [(1, "标题")]


def test_underlined_headings_are_told_from_rules_and_tables(tmp_path):
    text = "手册\n====\n\n休假\n----\n\n正文一行\n正文二行\n\n---\n\n| 甲 |\n| --- |\n| 1 |\n"
    stored = text.replace("| 甲 |\n| --- |\n| 1 |", "甲\n1")
    assert outline(tmp_path, text, stored=stored) == [(1, "手册"), (2, "休假")]


def test_front_matter_is_no_heading(tmp_path):
    assert outline(tmp_path, "---\ntitle: 手册\n---\n\n# 标题\n") == [(1, "标题")]


def test_a_hash_without_a_space_is_a_tag(tmp_path):
    assert outline(tmp_path, "#标签 内容\n") == []
