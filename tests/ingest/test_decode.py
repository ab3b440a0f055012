import codecs
import random

import pytest

from ingest.decode import clean, decode
from ingest.errors import Reason, UnreadableFile

SIMPLIFIED = "本合同自双方签字之日起生效，甲方应在收到发票后三十日内付清全部货款。"
TRADITIONAL = "本合約自雙方簽字之日起生效，甲方應於收到發票後三十日內付清全部貨款。"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (SIMPLIFIED, "utf-8"),
        (SIMPLIFIED, "gb18030"),
        (TRADITIONAL, "gb18030"),
        (TRADITIONAL, "big5hkscs"),
        (SIMPLIFIED, "utf-16-le"),
        (TRADITIONAL, "utf-16-be"),
    ],
)
def test_chinese_text_is_read_in_every_encoding_that_is_in_use(text, encoding):
    decoded = decode(text.encode(encoding))
    assert (decoded.text, decoded.encoding, decoded.first_bad) == (text, encoding, None)


def test_short_cuts_of_texts_are_nearly_always_read_in_every_encoding():
    simplified = SIMPLIFIED + "员工累计工作满一年的享有五天带薪年休假，由部门主管与本人商量后安排在淡季；逾期作废。"
    traditional = TRADITIONAL + "員工累計工作滿一年者享有五天帶薪年休假，由部門主管與本人商量後安排在淡季；逾期作廢。"
    cuts = [
        (text[start : start + length], encoding)
        for text, encodings in (
            (simplified, ("utf-8", "gb18030", "utf-16-le", "utf-16-be")),
            (traditional, ("utf-8", "gb18030", "big5hkscs", "utf-16-le", "utf-16-be")),
        )
        for length in (6, 10, 20)
        for start in range(0, len(text) - length, 4)
        for encoding in encodings
    ]
    right = sum(decode(cut.encode(encoding)).text == cut for cut, encoding in cuts)
    assert len(cuts) > 400 and right >= 0.99 * len(cuts)


@pytest.mark.parametrize("mark", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE])
def test_a_byte_order_mark_decides_and_is_not_part_of_the_text(mark):
    encoding = {
        codecs.BOM_UTF8: "utf-8",
        codecs.BOM_UTF16_LE: "utf-16-le",
        codecs.BOM_UTF16_BE: "utf-16-be",
        codecs.BOM_UTF32_LE: "utf-32-le",
    }[mark]
    decoded = decode(mark + SIMPLIFIED.encode(encoding))
    assert (decoded.text, decoded.encoding) == (SIMPLIFIED, encoding)


@pytest.mark.parametrize(
    "word", ["合同", "会议", "年假", "北京市", "学习", "联通", "发票", "同", "刘洋", "龘靐", "1、合同"]
)
def test_a_single_word_in_gbk_is_enough(word):
    assert decode(word.encode("gbk")).text == word


@pytest.mark.parametrize("word", ["合約", "學習", "中國", "會議", "台北", "發票", "備註"])
def test_a_single_word_in_big5_is_enough(word):
    assert decode(word.encode("big5hkscs")).text == word


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "text", ["合同", "年假3天", "a", "Item: 合同 no. 5", "café latte", "plain ascii, nothing else\n"]
)
def test_short_utf_16_without_a_mark_is_read(text, encoding):
    assert decode(text.encode(encoding)).text == text


@pytest.mark.parametrize("text", ["㐀𠀀𪚥是生僻字", "嘅咗啲喺冇，廣東話口語"])
def test_rare_characters_are_read(text):
    encoding = "gb18030" if "𠀀" in text else "big5hkscs"
    assert decode(text.encode(encoding)).text == text


@pytest.mark.parametrize(
    "text",
    ["café", "naïve", "Müller & Söhne GmbH, Straße 5", "“smart quotes” and – dashes", "El niño comió piñas", "10 °C"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_western_text_does_not_become_chinese(text, encoding):
    assert decode(text.encode(encoding)).text == text


def test_a_few_chinese_words_in_western_text_are_found():
    text = "The quick brown fox jumps over the lazy dog. " * 5 + "备注：张三" + "The end."
    assert decode(text.encode("gbk")).text == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("これは日本語の文章です。会議は明日の午前十時から始まります。", "cp932"),
        ("これは日本語の文章です。会議は明日の午前十時から始まります。", "euc_jp"),
        ("이것은 한국어 문장입니다. 회의는 내일 오전 열 시에 시작합니다.", "cp949"),
        ("Настоящий договор вступает в силу с момента подписания", "utf-8"),
    ],
)
def test_neighbouring_languages_are_read(text, encoding):
    assert decode(text.encode(encoding)).text == text


def test_a_text_in_an_unknown_encoding_is_called_doubtful():
    russian = "Настоящий договор вступает в силу с момента подписания его сторонами, " * 3
    assert decode(russian.encode("koi8-r")).doubtful
    assert not decode(SIMPLIFIED.encode("gbk")).doubtful


def test_a_few_chinese_words_in_a_long_ascii_file_are_found():
    data = b"2024-01-01 INFO started\n" * 20_000 + "备注：会议改期".encode("gbk")
    assert decode(data).text.endswith("备注：会议改期")


def test_ascii_in_utf_16_without_a_mark_is_no_text_with_nuls():
    assert decode("plain ascii, nothing else".encode("utf-16-le")).text == "plain ascii, nothing else"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_one_bad_byte_is_reported_and_costs_nothing_else(encoding):
    before = (SIMPLIFIED * 3).encode(encoding)
    decoded = decode(before + b"\xff\n" + (SIMPLIFIED * 3).encode(encoding))
    assert decoded.encoding == encoding
    assert decoded.first_bad == len(before)
    assert decoded.text == SIMPLIFIED * 3 + "\ufffd\n" + SIMPLIFIED * 3


@pytest.mark.parametrize(("encoding", "other"), [("utf-8", "gb18030"), ("gb18030", "utf-8"), ("utf-8", "big5hkscs")])
def test_a_paragraph_pasted_in_from_another_encoding_is_read_in_its_own(encoding, other):
    text = TRADITIONAL if "big5hkscs" in (encoding, other) else SIMPLIFIED
    before = (text + "\n").encode(encoding) * 3
    decoded = decode(before + (text + "\n").encode(other) + before)
    assert decoded.text == (text + "\n") * 7
    assert (decoded.encoding, decoded.first_bad) == (encoding, len(before))


def test_a_false_byte_order_mark_does_not_spoil_the_text():
    decoded = decode(codecs.BOM_UTF8 + f"{SIMPLIFIED}\n{SIMPLIFIED}\n".encode("gbk"))
    assert decoded.text == f"{SIMPLIFIED}\n{SIMPLIFIED}\n" and decoded.first_bad == 3


@pytest.mark.parametrize(
    "head", [b"x" * 70_000 + b"\n", b"2024-01-01 INFO started\n" * 20_000, b"caf\xe9\n" + b"-\n" * 40_000]
)
def test_a_long_head_does_not_hide_what_comes_after_it(head):
    assert decode(head + (SIMPLIFIED * 300).encode("gbk")).text.endswith(SIMPLIFIED)


def test_a_million_combining_marks_are_text():
    text = "a" + "\u0301" * 1_000_000
    assert decode(text.encode()).text == text


def test_nul_bytes_inside_a_text_do_not_make_it_utf_16():
    data = SIMPLIFIED.encode("gbk") * 3 + bytes(64) + SIMPLIFIED.encode("gbk") * 3
    assert clean(decode(data).text) == SIMPLIFIED * 6


def test_the_offset_of_a_bad_byte_counts_the_byte_order_mark():
    assert decode(codecs.BOM_UTF8 + "合同".encode() + b"\xff").first_bad == 9


def test_a_character_cut_in_half_at_the_end_is_reported():
    decoded = decode((SIMPLIFIED * 5).encode()[:-1])
    assert decoded.text[:-1] == (SIMPLIFIED * 5)[:-1]
    assert decoded.first_bad == len((SIMPLIFIED * 5).encode()) - 3


@pytest.mark.parametrize("data", [bytes(4096), random.Random(7).randbytes(4096), bytes(range(256)) * 8])
def test_binary_data_is_no_text(data):
    with pytest.raises(UnreadableFile) as caught:
        decode(data)
    assert caught.value.reason is Reason.NOT_TEXT


def test_the_name_dot_survives_every_encoding():
    for encoding in ("utf-8", "gb18030", "utf-16-le"):
        assert decode(("霍华德·韦伯是一名裁判。" * 3).encode(encoding)).text.startswith("霍华德·韦伯")


def test_clean_text_has_one_kind_of_line_end_and_always_encodes():
    text = clean("\ufeff一\r\n二\r三\x00\ud800四\uffff\U0001fffe")
    assert text == "一\n二\n三\ufffd四\ufffd\ufffd"
    text.encode()
