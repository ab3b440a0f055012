"""Labels of encodings are hints: what the bytes say counts more."""

import base64

import pytest

from ingest.labelled import code_page_name, decode_header, decode_labelled, decode_names


@pytest.mark.parametrize(
    ("text", "codec", "label"),
    [
        ("镕基先生㐂", "gb18030", "gb2312"), ("合同", "gbk", "gb2312"), ("一", "gbk", "gb2312"),
        ("正文内容", "gbk", "utf-8"),
        ("正文内容", "utf-8", "gb2312"), ("正文内容", "gbk", "iso-8859-1"), ("正文内容", "gbk", "us-ascii"),
        ("正文", "gbk", None), ("正文", "gbk", "unknown-8bit"), ("繁體中文", "big5", "big5"),
        ("正文", "hz", "hz-gb-2312"),
        ("正文内容", "gbk", "zip"), ("さくらの木", "shift_jis", "shift_jis"), ("Привет", "koi8-r", "koi8-r"),
        ("déjà vu, très élégant", "latin-1", "iso-8859-1"),
    ],
)  # fmt: skip
def test_text_is_read_whatever_its_label(text, codec, label):
    assert decode_labelled(text.encode(codec), label).text == text


def test_bytes_that_fit_nothing_are_told_of():
    decoded = decode_labelled("很长的一段正文，".encode() * 9 + b"\xff" + "后面也有。".encode(), "utf-8")
    assert decoded.first_bad == 216
    assert decoded.text.endswith("后面也有。")


def word(data, charset="gb2312"):
    return f"=?{charset}?B?{base64.b64encode(data).decode()}?="


def test_a_character_that_a_mailer_cut_in_two_is_whole_again():
    raw = "关于召开会议的通知".encode("gbk")
    assert decode_header(f"{word(raw[:5])}\r\n {word(raw[5:])}") == "关于召开会议的通知"


def test_words_of_two_encodings_and_plain_text_keep_their_order():
    value = f"Re: {word('会议'.encode('gbk'))} {word('通知'.encode(), 'utf-8')} (2) =?gbk?Q?=B8=BD=BC=FE?="
    assert decode_header(value) == "Re: 会议通知 (2) 附件"


def test_bare_characters_in_a_header_are_read():
    assert decode_header("会议通知".encode("gbk").decode("ascii", "surrogateescape")) == "会议通知"


@pytest.mark.parametrize("value", ["=?utf-8?B?!!!?=", "=?x?Q?=ZZ?=", "=?utf-8?q?", "=?zip?B?AAAA?=", "\ud83d", ""])
def test_a_broken_header_is_no_error(value):
    assert isinstance(decode_header(value), str)


@pytest.mark.parametrize(
    ("names", "codec"),
    [
        (["合同.docx", "一.txt", "资料/报告.txt"], "gbk"), (["資料.docx", "會議記錄.txt"], "big5"),
        (["报告.docx", "一.txt"], "utf-8"), (["レポート.docx", "さくら.txt"], "shift_jis"), (["plain.txt"], "ascii"),
    ],
)  # fmt: skip
def test_all_names_together_tell_their_encoding(names, codec):
    assert decode_names(name.encode(codec) for name in names) == names


def test_windows_code_pages_have_names():
    assert [code_page_name(number) for number in (936, 950, 65001, 1252, 4)] == [
        "gb18030", "big5hkscs", "utf-8", "cp1252", None,
    ]  # fmt: skip
