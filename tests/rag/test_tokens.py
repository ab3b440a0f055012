import pytest

from rag.tokens import tokens


def keys(text):
    return [token.key for token in tokens(text)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("二〇二四年三月一日", "2024年3月1日"),
        ("2024-03-01", "2024年3月1日"),
        ("2024/3/1", "２０２４年０３月０１号"),
        ("三万元", "30,000元"),
        ("3万元", "叁万圆"),
        ("￥30,000.00", "3万块"),
        ("叁萬元", "3万元"),
        ("1.2亿元", "120,000,000元"),
        ("百分之五", "5%"),
        ("百分之十二点五", "12.50%"),
        ("千分之三", "3‰"),
        ("一百零五人", "105个人"),
        ("两千三百天", "2300日"),
        ("十二个工作日", "12工作日"),
        ("上午九点三十分", "上午9:30"),
        ("9时", "9:00"),
        ("三点五倍", "3.5倍"),
        ("-5℃", "−5℃"),
        ("三至五天", "3-5天"),
        ("须提前", "应当提前"),
        ("第十五條", "第15条"),
    ],
)
def test_two_ways_to_write_the_same_are_equal(one, other):
    assert keys(one) == keys(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("三个月", "三月"),
        ("3元", "3万元"),
        ("5%", "5‰"),
        ("5%", "0.5%"),
        ("30日", "3日"),
        ("-5℃", "5℃"),
        ("010", "10"),
        ("3.6.1", "3.61"),
        ("5千克", "5克"),
        ("十五天", "五十天"),
    ],
)
def test_what_is_not_the_same_is_not_equal(one, other):
    assert keys(one) != keys(other)


def test_offsets_count_in_the_text_itself():
    text = "金额：叁萬圓整，付清。"
    number = next(token for token in tokens(text) if token.is_number)
    assert text[number.start : number.end] == "叁萬"
    assert number.key == "30000"
    assert tokens("甲，乙")[1].clause == 1


@pytest.mark.parametrize(
    "text", ["", "，。！", "\ud800\x00", "万一", "千万", "点", "十点", "1" * 400, "￥", "%", "百分之"]
)
def test_odd_texts_do_no_harm(text):
    assert all(0 <= token.start < token.end <= len(text) for token in tokens(text))
