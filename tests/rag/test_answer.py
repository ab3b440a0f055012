from dataclasses import replace

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from ingest.errors import BadSetting
from rag.answer import stream_answer
from rag.errors import BadQuestion
from rag.prompts import NO_ANSWER, REFUSAL, REFUSAL_ENGLISH
from rag.refusal import is_refusal
from rag.types import Delta, Done, Found

LEAVE = "入职满一年的员工每年享有十天带薪年假。"
TRAVEL = "差旅费应在返回后三十日内报销。"


def saying(*answers):
    """A model that gives these answers one after the other, word by word."""
    return GenericFakeChatModel(messages=iter([AIMessage(answer) for answer in answers]))


def run(question, passages, model, **options):
    events = list(stream_answer(question, passages, model=model, **options))
    assert isinstance(events[0], Found)
    assert isinstance(events[-1], Done)
    shown = "".join(event.text for event in events if isinstance(event, Delta))
    return shown, events[-1].answer


def test_an_answer_comes_as_found_deltas_done(passage):
    given = [passage(LEAVE), passage(TRAVEL)]
    shown, answer = run("年假几天？", given, saying("每年享有十天带薪年假[1]。"))
    assert shown == answer.text == "每年享有十天带薪年假[1]。"
    assert answer.citations[0].quote == LEAVE
    assert answer.passages == tuple(given)
    assert not answer.refused
    assert set(answer.timings) == {"first_token_s", "total_s"}


def test_without_passages_the_model_is_not_even_loaded():
    def loaded():
        raise AssertionError("the model was asked for")

    shown, answer = run("年假几天？", [], loaded)
    assert shown == answer.text == REFUSAL
    assert answer.refused
    assert answer.citations == ()


def test_a_model_may_be_given_as_a_function_that_loads_it(passage):
    assert run("几天？", [passage(LEAVE)], lambda: saying("十天[1]"))[1].text == "十天[1]"


@pytest.mark.parametrize(
    "said", ["资料中没有相关内容", "资料中没有相关内容。[1]", "根据提供的资料，没有提到年假的天数。"]
)
def test_a_refusal_in_any_words_is_the_one_refusal(passage, said):
    shown, answer = run("年假几天？", [passage(TRAVEL)], saying(said))
    assert shown == answer.text == REFUSAL
    assert answer.refused
    assert answer.citations == ()


def test_a_model_that_says_nothing_is_not_a_refusal_of_the_documents(passage):
    shown, answer = run("年假几天？", [passage(LEAVE)], saying(" "))
    assert shown == answer.text == NO_ANSWER
    assert answer.refused and answer.citations == ()


def test_an_english_question_is_refused_in_english(passage):
    shown, answer = run("How many days?", [passage(TRAVEL)], saying("资料中没有相关内容。"))
    assert shown == answer.text == REFUSAL_ENGLISH
    assert answer.refused


def test_what_nothing_bears_out_is_named(passage):
    _, answer = run("年假几天？", [passage(LEAVE)], saying("每年享有十五天带薪年假[1]。员工每年享有十天带薪年假。"))
    assert answer.text == "每年享有十五天带薪年假[1]。员工每年享有十天带薪年假[1]。"
    assert [(part.kind, part.text) for part in answer.unsupported] == [
        ("sentence", "每年享有十五天带薪年假"),
        ("number", "十五天"),
    ]
    assert all(answer.text[part.start : part.end] == part.text for part in answer.unsupported)


def test_an_answer_that_nothing_bears_out_is_withheld_where_the_search_found_nothing_near(passage):
    far, near = (replace(passage(LEAVE), relevance=relevance) for relevance in (0.5, 6.0))
    assert run("谁修的桥？", [far], saying("鲁班[1]"))[1].text == REFUSAL
    assert run("谁修的桥？", [near], saying("鲁班[1]"))[1].text == "鲁班[1]"
    assert run("几天年假？", [far], saying("十天[1]"))[1].text == "十天[1]"


def test_the_refusal_is_shown_once_and_whole(passage):
    assert run("年假几天？", [passage(TRAVEL)], saying("资料中没有相关内容 [1]"))[0] == REFUSAL


@pytest.mark.parametrize(
    "said",
    [
        "资料室位于三楼。",
        "没有年假的员工可以申请调休[1]。",
        "资料表明没有问题。",
        "内容不限。",
        "内容不包括运费和税费。",
        "信息不涉及个人隐私[1]",
        "资料未提供发票的，不予报销[1]。",
    ],
)
def test_an_answer_that_only_sounds_like_a_refusal_is_none(said):
    assert not is_refusal(said)


def test_refine_keeps_the_answer_when_later_passages_do_not_help(passage):
    given = [passage(LEAVE), passage(TRAVEL), passage("食堂在一楼。")]
    shown, answer = run("年假几天？", given, saying("每年享有十天带薪年假[1]。", REFUSAL), mode="refine")
    assert shown == answer.text == "每年享有十天带薪年假[1]。"
    assert answer.passages == tuple(given)


def test_refine_goes_on_to_the_passages_that_hold_the_answer(passage):
    given = [passage("食堂在一楼。"), passage(TRAVEL), passage(LEAVE)]
    _, answer = run("年假几天？", given, saying(REFUSAL, "每年享有十天带薪年假[3]。"), mode="refine")
    assert answer.citations[0].n == 3
    assert answer.citations[0].quote == LEAVE


def test_refine_lets_the_reader_keep_its_first_answer(passage):
    given = [passage(LEAVE), passage(TRAVEL), passage("食堂在一楼。")]
    _, answer = run("年假几天？", given, saying("十天[1]"), mode="refine", family="reader")
    assert answer.text == "十天[1]"


def test_refine_refuses_where_no_passage_helps(passage):
    shown, answer = run("年假几天？", [passage(TRAVEL)], saying(REFUSAL), mode="refine")
    assert shown == answer.text == REFUSAL
    assert answer.refused


@pytest.mark.parametrize("wording", ["seed", "seed_literal"])
@pytest.mark.parametrize("mode", ["stuff", "refine"])
def test_answers_to_the_seeds_prompts_are_cited_too(passage, mode, wording):
    given = [passage(LEAVE), passage(TRAVEL)]
    model = saying("每年享有十天带薪年假。", "每年享有十天带薪年假。差旅费应在返回后三十日内报销。")
    answer = run("年假几天？", given, model, mode=mode, wording=wording, family="alpaca")[1]
    assert answer.citations[0].quote == LEAVE
    assert answer.text.startswith("每年享有十天带薪年假[1]。")
    assert len(answer.citations) == (2 if mode == "refine" else 1)


def test_in_steps_too_an_answer_that_nothing_will_better_is_shown_while_it_is_said(passage):
    given = [passage(TRAVEL)] * 2 + [passage(LEAVE)] * 2
    said = "每年享有十天带薪年假[3]。 员工入职要满一年[3]。"
    model = GenericFakeChatModel(messages=iter([AIMessage(REFUSAL), AIMessage(said)]))
    events = list(stream_answer("年假几天？", given, model=model, family="reader", mode="refine"))
    assert next(event.text for event in events if isinstance(event, Delta)) != said
    assert "".join(event.text for event in events if isinstance(event, Delta)) == said
    assert events[-1].answer.citations[0].n == 3


@pytest.mark.parametrize("question", ["", " \n", "？！。……", "###"])
def test_a_question_needs_a_word(passage, question):
    with pytest.raises(BadQuestion) as caught:
        next(stream_answer(question, [passage(LEAVE)], model=saying()))
    assert caught.value.values["cause"] == "empty"


def test_an_unknown_mode_names_the_known_ones():
    with pytest.raises(BadSetting, match=r"stuff.*refine"):
        next(stream_answer("问", [], model=saying(), mode="magic"))


def test_passages_that_do_not_fit_are_left_out(passage, chat):
    given = [passage("甲" * 60 + "。"), passage("乙" * 900 + "。")]
    _, answer = run("问", given, chat, family="reader")
    assert answer.passages == (given[0],)
    assert answer.dropped == 1
    assert answer.usage["prompt_tokens"] < chat.n_ctx
    assert answer.model == "tiny-chat"


def test_closing_the_stream_stops_the_model(passage, chat):
    events = stream_answer("问", [passage("甲。")], model=chat, family="reader")
    for event in events:
        if isinstance(event, Delta):
            break
    events.close()
    assert run("问", [passage("甲。")], chat, family="reader")
