"""Several questions asked at once."""

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk

from rag.answer import stream_answer
from rag.compound import asked_in
from rag.prompts import REFUSAL
from rag.types import Delta

LEAVE = "入职满一年的员工每年享有十天带薪年假。"
TRAVEL = "差旅费应在返回后三十日内报销。"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("年假有几天？怎么申请？", ["年假有几天？", "怎么申请？"]),
        ("年假有几天?\n\n 怎么申请?", ["年假有几天?", "怎么申请?"]),
        ("我入职三年了。年假有几天？怎么申请？谢谢！", ["我入职三年了。年假有几天？", "怎么申请？谢谢！"]),
        ("How many days of leave? Who approves it?", ["How many days of leave?", "Who approves it?"]),
        ("年假有几天？？？怎么申请？", ["年假有几天？？？", "怎么申请？"]),
        ("“是否合格？”一栏怎么填？由谁签字？", ["“是否合格？”一栏怎么填？", "由谁签字？"]),
    ],
)
def test_questions_end_with_their_marks(text, asked):
    assert asked_in(text) == asked


@pytest.mark.parametrize(
    "text",
    [
        "年假有几天？",
        "年假有几天？谢谢",
        "请问？年假有几天？",
        "表里的“是否合格？”怎么填？",
        "几点发车（从公司？）",
        "年假有几天，怎么申请",
        "？？？",
        "一月呢？二月呢？三月呢？四月呢？五月呢？",
    ],
)
def test_one_question_stays_whole(text):
    assert asked_in(text) == [text]


class Asked(GenericFakeChatModel):
    """A model that keeps the prompts that it is asked."""

    prompts: list

    def _generate(self, messages, *args, **kwargs):
        self.prompts.append(messages[-1].text)
        return super()._generate(messages, *args, **kwargs)


def ask(question, passages, *said, family="reader", **options):
    model = Asked(messages=iter([AIMessage(one) for one in said]), prompts=[])
    *events, done = stream_answer(question, passages, model=model, family=family, **options)
    return "".join(event.text for event in events if isinstance(event, Delta)), done.answer, model.prompts


def test_a_reader_is_asked_one_after_the_other_and_each_answer_is_a_line(passage):
    shown, answer, prompts = ask(
        "年假有几天？多久内报销差旅费？", [passage(LEAVE), passage(TRAVEL)], "十天带薪年假[1]", "三十日内[2]"
    )
    assert shown == answer.text == "十天带薪年假[1]\n三十日内[2]"
    assert [(one.n, one.quote, one.verified) for one in answer.citations] == [(1, LEAVE, True), (2, TRAVEL, True)]
    assert ["几天" in prompt for prompt in prompts] == [True, False]
    assert not answer.refused


def test_a_later_question_is_asked_with_what_it_is_about(passage):
    *_, prompts = ask("年假有几天？怎么申请？", [passage(LEAVE)], "十天[1]", REFUSAL)
    assert "年假" in prompts[1].split("资料：")[0]


def test_what_one_place_answers_is_cited_once(passage):
    _, answer, _ = ask("年假有几天？带薪吗？", [passage(LEAVE)], "十天带薪年假[1]", "带薪年假[1]")
    assert answer.text == "十天带薪年假[1]\n带薪年假[1]" and len(answer.citations) == 1


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (("十天带薪年假[1]", REFUSAL, REFUSAL), f"十天带薪年假[1]\n要盖章吗：{REFUSAL}\n谁来批准：{REFUSAL}"),
        ((REFUSAL, "十天带薪年假[1]", REFUSAL), f"年假有几天：{REFUSAL}\n十天带薪年假[1]\n谁来批准：{REFUSAL}"),
        ((REFUSAL, REFUSAL, "十天带薪年假[1]"), f"年假有几天：{REFUSAL}\n要盖章吗：{REFUSAL}\n十天带薪年假[1]"),
    ],
)
def test_what_is_not_answered_is_named(passage, said, text):
    shown, answer, _ = ask("年假有几天？要盖章吗？谁来批准？", [passage(LEAVE)], *said)
    assert shown == answer.text == text
    assert len(answer.citations) == 1 and not answer.refused and not answer.unsupported


def test_where_nothing_is_answered_the_refusal_is_the_usual_one(passage):
    shown, answer, _ = ask("太阳多大？月亮呢？", [passage(LEAVE)], REFUSAL, REFUSAL)
    assert shown == answer.text == REFUSAL and answer.refused and answer.citations == ()


def test_what_nothing_bears_out_is_found_in_its_line(passage):
    _, answer, _ = ask("年假有几天？多久内报销差旅费？", [passage(LEAVE)], "十天带薪年假[1]", "应在九十日内提交发票[1]")
    assert answer.unsupported
    assert all(answer.text[one.start : one.end] == one.text for one in answer.unsupported)


class Ending(GenericFakeChatModel):
    """A model whose pieces say how they end."""

    def _stream(self, *args, **kwargs):
        said = next(self.messages)
        yield ChatGenerationChunk(message=AIMessageChunk(said.text, response_metadata=said.response_metadata))


@pytest.mark.parametrize("ends", [("length", "stop"), ("stop", "length"), ("stop", "stop")])
def test_an_answer_is_cut_whichever_of_its_lines_was(passage, ends):
    said = [AIMessage("十天带薪年假[1]", response_metadata={"finish_reason": end}) for end in ends]
    *_, done = stream_answer(
        "年假有几天？带薪吗？", [passage(LEAVE)], model=Ending(messages=iter(said)), family="reader"
    )
    assert done.answer.cut == ("length" in ends)


def test_a_chat_model_answers_all_at_once(passage):
    _, answer, prompts = ask("年假有几天？怎么申请？", [passage(LEAVE)], "十天带薪年假[1]。", family="chatml")
    assert answer.text == "十天带薪年假[1]。" and len(prompts) == 1
