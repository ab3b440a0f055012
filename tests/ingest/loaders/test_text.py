from ingest.loaders import load


def test_a_text_is_stored_as_it_is(tmp_path):
    text = "霍华德·韦伯\n\n  缩进的行\t有制表符\n\n\n最后一行"
    (tmp_path / "a.txt").write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
    (document,) = load(tmp_path / "a.txt")
    assert document.page_content == text
    assert document.metadata == {"page": None, "loader": "text", "encoding": "utf-8", "headings": [], "gaps": []}


def test_bytes_without_a_meaning_are_kept_as_marks_and_told_of(tmp_path):
    (tmp_path / "a.txt").write_bytes(
        "这份合同自签字之日起生效，一式两份。".encode("gbk") + b"\xff" + "双方各执一份。".encode("gbk")
    )
    (document,) = load(tmp_path / "a.txt")
    assert document.page_content == "这份合同自签字之日起生效，一式两份。\ufffd双方各执一份。"
    assert document.metadata["gaps"] == [
        {"reason": "undecodable_bytes", "page": None, "values": {"offset": 36, "encoding": "gb18030", "count": 1}}
    ]


def test_a_text_in_an_unknown_encoding_is_told_of(tmp_path):
    russian = "Настоящий договор вступает в силу с момента подписания его сторонами, " * 3
    (tmp_path / "a.txt").write_bytes(russian.encode("koi8-r"))
    (document,) = load(tmp_path / "a.txt")
    assert [gap["reason"] for gap in document.metadata["gaps"]] == ["garbled"]
