"""What `verified` promises: the passage says so, and nothing that was changed by a figure or a word is verified."""

import random
import re
from pathlib import Path

import pytest

from rag.support import locate, sentence_around
from rag.tokens import tokens

DOCUMENTS = Path(__file__).parents[2] / "data" / "docs"
LEAVE = "入职满一年的员工每年享有十天带薪年假。年假须提前五个工作日申请，由部门主管批准。未经批准不得休假。"
PRICES = "住宿费标准为每晚400元，伙食费每天100元；副总经理以上人员不受此限。张伟负责采购，李强负责验收。"
TABLE = "城市 | 住宿 | 伙食\n成都 | 400元 | 100元\n上海 | 600元 | 120元"

_SWAPS = """提前/推迟 增加/减少 以上/以下 之前/之后 前/后 甲方/乙方 上午/下午 高于/低于 超过/不足 至少/至多
    上升/下降 内/外 允许/禁止 可以/不得 必须/不必 最高/最低 大于/小于 合格/不合格 同意/拒绝 每月/每年 含税/不含税
    总经理/副总经理 已/未"""
_UNITS = [("天", "个月"), ("日", "月"), ("元", "万元"), ("%", "‰"), ("小时", "分钟"), ("千克", "克"), ("年", "个月")]
_NEGATIONS = ["不得", "不", "未", "没有", "无须", "无", "不能"]
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*|[二三四五六七八九十百]+(?=[年月日天元个条人次周岁倍台项])")


def sentences():
    """Sentences of the sample documents, each with the paragraph around it."""
    for path in sorted(DOCUMENTS.rglob("*")):
        if path.suffix not in {".md", ".txt"}:
            continue
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        for paragraph in filter(None, re.split(r"\n\s*\n", text)):
            for match in re.finditer(r"[^。！？；\n]{8,80}[。！？；]", paragraph):
                yield match.group().strip(), paragraph


def mutants(sentence):
    """The sentence with one thing changed that matters."""
    for match in _NUMBER.finditer(sentence):
        before, behind = sentence[: match.start()], sentence[match.end() :]
        yield from (before + other + behind for other in ("7", "68", "1,250"))
        for unit, wrong in _UNITS:
            if behind.startswith(unit):
                yield before + match.group() + wrong + behind.removeprefix(unit)
    changes = [pair.split("/") for pair in _SWAPS.split()] + [(negation, "") for negation in _NEGATIONS]
    changes += [(verb, f"不{verb}") for verb in ("可以", "须", "应", "由", "支付", "提供", "需要")]
    yield from (sentence.replace(one, other, 1) for one, other in changes if one in sentence)
    yield from (sentence.replace(other, one, 1) for one, other in changes if other and other in sentence)


def keys(text):
    return [token.key for token in tokens(text)]


@pytest.fixture(scope="module")
def changed():
    found = [
        (mutant, paragraph)
        for sentence, paragraph in sentences()
        for mutant in mutants(sentence)
        if "".join(mutant.split()).strip("。；") not in "".join(paragraph.split()) and keys(mutant) != keys(sentence)
    ]
    return random.Random(11).sample(found, 800)


def test_hundreds_of_changed_sentences_are_never_verified(changed):
    assert len(changed) == 800
    slipped = [(mutant, paragraph) for mutant, paragraph in changed if locate(mutant, paragraph)]
    assert slipped == []


def test_every_sentence_of_a_passage_is_found_in_it():
    given = random.Random(3).sample(list(sentences()), 200)
    assert [sentence for sentence, paragraph in given if not locate(sentence, paragraph)] == []


@pytest.mark.parametrize(
    "claim",
    [
        "员工入职满一年后，每年享有十天的带薪年假",
        "入职满1年的员工，每年享有10天带薪年假",
        "年假由部门主管批准",
        "年假应当提前5个工作日申请",
        "住宿费标准是每晚四百元",
        "伙食费每天100元",
        "李强负责验收",
    ],
)
def test_other_words_for_the_same_are_verified(claim):
    assert locate(claim, LEAVE) or locate(claim, PRICES)


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ("住宿费标准为每晚100元", PRICES),
        ("伙食费每天400元", PRICES),
        ("张伟负责验收", PRICES),
        ("李强负责采购", PRICES),
        ("总经理以上人员不受此限", PRICES),
        ("总经理", "由副总经理批准。"),
        ("上海 | 400元", TABLE),
        ("成都 | 400元 | 120元", TABLE),
        ("含税", "价格不含税。"),
        ("可以转让", "不可以转让。"),
        ("员工操作设备", "禁止未经培训的员工操作设备。"),
        ("乙方向甲方支付货款", "甲方向乙方支付货款。"),
        ("年假不须提前五个工作日申请", LEAVE),
        ("经批准可以休假", LEAVE),
        ("返回前三十日内报销", "应当在返回后三十日内报销。"),
        ("5%", "利率为0.5%。"),
        ("三个月", "三月报到。"),
        ("0天", "享有10天年假。"),
        ("费用由公司承担", "因个人原因产生的费用由公司承担的说法不正确。"),
        ("甲和乙均可参加", "甲或乙均可参加。"),
        ("由北京市政府批准", "由北京市朝阳区政府批准。"),
        ("报采购部部长批准", "报采购部副部长批准。"),
    ],
)
def test_the_words_of_a_passage_put_together_otherwise_are_not_verified(claim, text):
    assert locate(claim, text) is None


def test_the_sentence_around_a_span_has_no_blanks_at_its_ends():
    text = "甲在一楼。 乙在二楼；丙在三楼。"
    start, end = sentence_around(text, (text.index("二楼"), text.index("二楼") + 2))
    assert text[start:end] == "乙在二楼；"


@pytest.mark.parametrize("claim", ["", "，。", "\n"])
def test_nothing_is_nowhere(claim):
    assert locate(claim, LEAVE) is None
    assert locate("年假", "") is None
