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


@pytest.mark.parametrize("word", ["合同", "会议", "年假", "北京市"])
def test_a_single_word_in_gbk_is_enough(word):
    assert decode(word.encode("gbk")).text == word


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
