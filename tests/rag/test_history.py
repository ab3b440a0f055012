import json
from pathlib import Path

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from pydantic import Field

from rag.history import latest, standalone, standalone_by, trustworthy
from rag.prompts import NO_ANSWER, NO_ANSWER_ENGLISH, REFUSAL, REFUSAL_ENGLISH

QUESTIONS = Path(__file__).parents[2] / "data" / "questions"


@pytest.mark.parametrize(
    ("asked", "answer", "question", "alone"),
    [
        # the same of something else
        ("上海的押金是多少？", "两万元[1]", "那重庆的呢？", "重庆的押金是多少？"),
        ("员工出差坐高铁可以坐几等座？", "二等座[1]", "换成经理呢？", "经理出差坐高铁可以坐几等座？"),
        ("保密协议第一条写了什么？", "定义[1]", "第二条呢？", "保密协议第二条写了什么？"),
        ("2025年的营业收入是多少？", "4亿元[1]", "2024年呢？", "2024年的营业收入是多少？"),
        ("H120返厂维修要几个工作日？", "8个[1]", "T3呢？", "T3返厂维修要几个工作日？"),
        ("香港僱員服務滿七年有幾日年假？", "18日[1]", "滿四年呢？", "香港僱員服務滿四年有幾日年假？"),
        ("抢险组的组长是谁？", "马振邦[1]", "救护组呢？", "救护组的组长是谁？"),
        ("婚假有几天？", "20日[1]", "丧假呢？", "丧假有几天？"),
        ("北京仓的月租金是多少？", "三万元[1]", "上海仓呢？", "上海仓的月租金是多少？"),
        ("箱体的质保期是多长？", "三十六个月[1]", "那记录仪呢？", "记录仪的质保期是多长？"),
        # only a question word
        ("年会在哪天举行？", "2月6日[1]", "在哪里？", "年会在哪里举行？"),
        ("出境出差要提前几天申请？", "十个[1]", "谁批准？", "出境出差要提前申请，谁批准？"),
        ("哪家供应商被评为D级？", "绵阳恒砾[1]", "为什么？", "为什么绵阳恒砾供应商被评为D级？"),
        ("H120有哪些配件？", "电池[1]", "还有呢？", "H120有配件，还有哪些？"),
        # words that point back
        ("谁签的字？", "张敏[1]", "她的电话是多少？", "张敏的电话是多少？"),
        ("采购合同由谁签字？", "由采购经理张敏签字[1]。", "他的邮箱是什么？", "张敏的邮箱是什么？"),
        ("哪家供应商被评为D级？", "绵阳恒砾[1]", "它赔了多少钱？", "绵阳恒砾赔了多少钱？"),
        ("冷库的库容是多少？", "2,800立方米[1]", "其工期是多长？", "冷库的工期是多长？"),
        ("年会在哪里举行？", "总部大厅[1]", "那里能停车吗？", "总部大厅能停车吗？"),
        ("进入冷库要穿什么？", "防寒服[1]", "那里面一次能待多久？", "冷库里面一次能待多久？"),
        ("租H45和租H120，日租金分别是多少？", "22元和95元[1]", "后者的押金是多少？", "租H120的押金是多少？"),
        ("停电检修是因为什么？", "更换变压器[1]", "这次检修几点结束？", "停电检修几点结束？"),
        ("2025年中秋節由誰當值？", "鄭家樂，10月7日[1]", "那天要加收多少？", "2025年中秋節要加收多少？"),
        # a quality without its thing
        ("上海仓的租金哪天开始上调？", "4月1日[1]", "保证金是多少？", "上海仓的保证金是多少？"),
    ],
)
def test_a_follow_up_is_made_to_stand_alone(asked, answer, question, alone):
    assert standalone(question, [(asked, answer)]) == alone


@pytest.mark.parametrize(
    "question",
    [
        "忘记打卡，一个月最多能补几次？",
        "公司公章现在由谁保管？",
        "其他国家的出差住宿标准由谁核定？",
        "总经理出差时，他坐飞机可以坐什么舱？",
        "除夕那天总部带班的是哪位领导？",
        "上海仓那次电池冒烟的直接损失是多少？",
        "超过5000元以上的采购应该怎么办？",
        "年假有几天？",
        "What about sick leave?",
        "谢谢",
        "？",
        "",
    ],
)
def test_a_question_that_stands_alone_is_left_alone(question):
    assert standalone(question, [("租一台H120押金要交多少？", "押金8,000元[1]")]) == question


def test_without_history_nothing_is_changed():
    assert standalone("那重庆的呢？", []) == "那重庆的呢？"


def test_a_third_question_builds_on_the_second_made_alone():
    history = [("上海的押金是多少？", "两万元[1]"), ("那重庆的呢？", "一万元[1]")]
    assert standalone("成都的呢？", history) == "成都的押金是多少？"


@pytest.mark.parametrize(
    "refusal",
    [
        REFUSAL,
        REFUSAL_ENGLISH,
        NO_ANSWER,
        NO_ANSWER_ENGLISH,
        "抱歉，根据提供的资料，没有提到上海仓的主管张伟。",
    ],
)
def test_a_refusal_is_nobody_to_point_at(refusal):
    history = [("上海仓的主管是谁？", refusal)]
    assert standalone("他的电话是多少？", history) == standalone("他的电话是多少？", [("上海仓的主管是谁？", "")])


class Listening(GenericFakeChatModel):
    """A model that keeps what it was asked."""

    heard: list[str] = Field(default_factory=list)

    def _generate(self, messages, *rest, **more):
        self.heard.append(messages[-1].text)
        return super()._generate(messages, *rest, **more)


def test_a_refusal_is_not_shown_to_a_model_that_rewrites():
    model = Listening(messages=iter([AIMessage("上海仓主管的电话是多少？")]))
    standalone_by(model, "他的电话是多少？", [("上海仓的主管是谁？", REFUSAL_ENGLISH)])
    assert "上海仓的主管是谁" in model.heard[0]
    assert REFUSAL_ENGLISH not in model.heard[0]


def test_the_sample_questions_are_left_alone_whatever_was_asked_before():
    asked = json.loads((QUESTIONS / "sample.json").read_text("utf-8"))["questions"]
    before = [(question["question"], "".join(question["answers"][:1])) for question in asked]
    changed = [
        question["question"]
        for question, turn in zip(asked, before[7:] + before[:7], strict=True)
        if standalone(question["question"], [turn]) != question["question"]
    ]
    assert len(changed) <= 3, changed


def test_the_follow_up_set_is_complete_and_its_halves_are_equal():
    asked = json.loads((QUESTIONS / "followups.json").read_text("utf-8"))["questions"]
    assert len(asked) == len({question["id"] for question in asked}) == 60
    assert [question["split"] for question in asked].count("held_out") == 30
    assert all(question["history"] and question["standalone"] and question["answers"] for question in asked)


# ── by a model ──


def saying(text):
    return GenericFakeChatModel(messages=iter([AIMessage(text)]))


HISTORY = [("上海仓的租金哪天开始上调？", "2026年4月1日[1]")]


def test_a_models_rewriting_is_taken():
    said = "改写后的问题：“上海仓的保证金是多少？”\n（说明）"
    assert standalone_by(saying(said), "那保证金呢？", HISTORY) == "上海仓的保证金是多少？"


@pytest.mark.parametrize(
    "said",
    ["", "您好！", "保证金是251,850元。", "上海仓的租金是多少？", "保证金" + "很重要" * 60],
)
def test_a_rewriting_that_answers_or_forgets_the_question_gives_way_to_the_rules(said):
    assert standalone_by(saying(said), "保证金是多少？", HISTORY) == "上海仓的保证金是多少？"


def test_a_model_is_not_asked_where_nothing_was_said_before():
    assert standalone_by(saying("不该问"), "保证金是多少？", []) == "保证金是多少？"


def test_a_number_that_nobody_named_is_not_trusted():
    assert trustworthy("2024年的租金是多少？", "2024年的呢？", HISTORY)
    assert not trustworthy("2023年的租金是多少？", "去年的租金呢？", HISTORY)


# ── the room for history ──


def test_the_oldest_turns_are_dropped_first_and_counted():
    turns = [("甲" * 10, "乙" * 10), ("丙" * 5, "丁" * 5), ("戊", "己")]
    assert latest(turns, count_tokens=len, limit=12) == (turns[1:], 1)
    assert latest(turns, count_tokens=len, limit=11) == (turns[2:], 2)
    assert latest(turns, count_tokens=len, limit=1) == ([], 3)
    assert latest([], count_tokens=len, limit=1) == ([], 0)
