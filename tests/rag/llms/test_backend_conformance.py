"""What every backend keeps to, on a tiny model: a new file of rag/llms is tested by being there."""

import gc
import inspect
import threading
from importlib import import_module

import pytest
import tiny_backends
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests
from pydantic import BaseModel

from ingest.errors import BadSetting
from rag import llms
from rag.asking import FREE_TEXT, trait
from rag.errors import ContextTooSmall, ModelFailed
from rag.language_model import free_text

ASKED = [HumanMessage("年假有几天")]
OTHER = [HumanMessage("合同期满后押金何时支付，前面也不同")]
NAMES = llms.names()
_NEEDED = {"transformers": ("torch", "transformers", "sentencepiece"), "openai": ("langchain_openai",)}


@pytest.fixture(scope="module", params=NAMES)
def given(request, tmp_path_factory):
    """A backend's name, and what loads its tiny model."""
    for package in _NEEDED.get(request.param, ()):
        pytest.importorskip(package)
    with getattr(tiny_backends, request.param)(tmp_path_factory.mktemp(request.param)) as arguments:
        yield request.param, {"max_tokens": 24, **arguments}


@pytest.fixture(scope="module")
def tiny(given):
    name, arguments = given
    opened = llms.load(name, **arguments)
    yield opened
    if hasattr(opened, "close"):
        opened.close()


@pytest.fixture
def model(tiny):
    return tiny


@pytest.fixture
def local(model):
    """The same where the model is in this machine's hands; a server sees to its own queue and context."""
    if not hasattr(model, "prompt_tokens"):
        pytest.skip("a server's own affair")
    return model


def impatient(local):
    return local.model_copy(update={"options": local.options.model_copy(update={"queue_timeout": 0.2})})


# ── LangChain's own contract ──


class _OnTinyModel:
    """What LangChain's tests have to know: text in, text out, and how to make another such model."""

    has_tool_calling = has_structured_output = False

    @pytest.fixture(autouse=True)
    def _opened(self, tiny, monkeypatch):
        monkeypatch.setattr(type(self), "tiny", tiny, raising=False)

    @property
    def chat_model_class(self):
        return type(self.tiny)

    @property
    def chat_model_params(self):
        asked_for = {"max_tokens", "stop"}  # by a test itself
        return {name: getattr(self.tiny, name) for name in self.tiny.model_fields_set - asked_for}


class TestLangChainsUnitContract(_OnTinyModel, ChatModelUnitTests):
    pass


class TestLangChainsIntegrationContract(_OnTinyModel, ChatModelIntegrationTests):
    pass


# ── the file ──


@pytest.mark.parametrize("name", NAMES)
def test_the_file_has_options_and_load(name):
    backend = import_module(f"rag.llms.{name}")
    assert issubclass(backend.Options, BaseModel)
    assert list(inspect.signature(backend.load).parameters) == ["model", "family", "options"]


# ── one answer ──


def test_streamed_pieces_add_up_to_the_whole_answer(model):
    assert "".join(chunk.text for chunk in model.stream(ASKED)) == model.invoke(ASKED).text != ""


def test_the_last_chunk_counts_the_tokens_of_prompt_and_answer(model):
    usage = model.invoke(ASKED).usage_metadata
    assert 0 < usage["output_tokens"] <= 24
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


def test_the_same_question_gets_the_same_answer_after_another_one(model):
    first = model.invoke(ASKED).text
    assert model.invoke(OTHER).text != first
    assert model.invoke(ASKED).text == first


def test_system_and_earlier_turns_are_part_of_the_prompt(model):
    turns = [SystemMessage("规则"), HumanMessage("问题"), AIMessage("此后"), HumanMessage("年假有几天")]
    used, alone = (model.invoke(asked).usage_metadata["input_tokens"] for asked in (turns, ASKED))
    assert used > alone


def test_what_the_model_says_of_itself_is_enough_to_fit_a_prompt(model):
    assert trait(model, "n_ctx") == 512
    assert trait(model, "family")
    assert trait(model, "max_tokens") == 24


async def test_an_answer_comes_to_those_who_wait_for_it_later(model):
    expected = model.invoke(ASKED).text
    assert (await model.ainvoke(ASKED)).text == expected
    assert "".join([chunk.text async for chunk in model.astream(ASKED)]) == expected


# ── how tokens are chosen ──


def test_the_likeliest_token_is_taken_where_nothing_else_is_asked(model):
    plain = model.invoke(ASKED).text
    assert model.invoke(ASKED, temperature=0.0, seed=5).text == plain
    assert model.invoke(ASKED, temperature=2.0, top_k=1, seed=5).text == plain
    assert model.invoke(ASKED, temperature=2.0, top_p=1e-9, seed=5).text == plain


def test_the_seed_decides_what_is_drawn(model):
    def drawn(seed):
        return model.invoke(ASKED, temperature=1.5, top_k=0, top_p=1.0, seed=seed).text

    assert drawn(1) == drawn(1)
    assert len({drawn(seed) for seed in range(5)}) > 1


def test_a_penalty_on_repetition_changes_the_answer(model):
    assert model.invoke(ASKED, repeat_penalty=2.0).text != model.invoke(ASKED).text


def test_a_free_text_is_the_same_twice_and_another_for_another_seed(model):
    warm = {"temperature": 1.5, "top_k": 0, "top_p": 1.0}
    told = [model.invoke(ASKED, **free_text(model, **warm, seed=seed)).text for seed in (7, 7, 8, 9)]
    assert told[0] == told[1]
    assert len(set(told)) > 1
    plain = {name: value for name, value in free_text(model, seed=None).items() if name in FREE_TEXT}
    assert plain == dict(FREE_TEXT)
    assert model.invoke(ASKED, **plain).text


def test_what_is_bound_counts_as_what_is_asked(model):
    assert model.bind(max_tokens=3).invoke(ASKED).usage_metadata["output_tokens"] <= 3


def test_fewer_tokens_can_be_asked_for(model):
    whole, short = model.invoke(ASKED), model.invoke(ASKED, max_tokens=3)
    assert short.usage_metadata["output_tokens"] <= 3 < whole.usage_metadata["output_tokens"]
    assert short.response_metadata["finish_reason"] == "length"


def test_a_stop_that_spans_tokens_ends_the_answer_and_is_not_shown(model):
    whole = model.invoke(ASKED).text
    stop = whole[3:7]
    assert model.invoke(ASKED, stop=[stop]).text == whole[: whole.index(stop)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", float("nan")), ("temperature", -0.1), ("temperature", float("inf")), ("temperature", "hot"),
        ("top_k", -1), ("top_k", 10**12), ("top_p", 0), ("top_p", 1.1), ("top_p", float("nan")),
        ("repeat_penalty", 0.0), ("repeat_penalty", 1e9), ("seed", -1), ("seed", 2**40),
        ("max_tokens", 0), ("max_tokens", 10**12), ("stop", [""]),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused_under_its_name(model, name, value):
    for ask in (model.invoke, lambda asked, **chosen: list(model.stream(asked, **chosen))):
        with pytest.raises(BadSetting, match=name) as caught:
            ask(ASKED, **{name: value})
        assert caught.value.values["name"].startswith(name)


@pytest.mark.parametrize(("name", "value"), [("temperature", float("nan")), ("max_tokens", 0), ("colour", "red")])
def test_an_option_that_cannot_be_is_refused_under_its_name(given, name, value):
    backend, arguments = given
    with pytest.raises(BadSetting, match=f"backend_options.{name}"):
        llms.load(backend, **{**arguments, name: value})


# ── one at a time ──


def test_closing_an_answer_lets_the_next_one_in(model):
    answer = model.stream(ASKED)
    next(answer)
    answer.close()
    assert model.invoke(ASKED).text


def test_a_dropped_answer_lets_the_next_one_in(local):
    answer = local.stream(ASKED)
    next(answer)
    del answer
    gc.collect()
    assert impatient(local).invoke(ASKED).text


def test_threads_take_turns(model):
    expected = model.invoke(ASKED).text
    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.append(model.invoke(ASKED).text)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 4


def test_a_second_answer_waits_and_says_so_when_the_first_stays_open(local):
    hurried = impatient(local)
    first = hurried.stream(ASKED)
    next(first)
    with pytest.raises(ModelFailed, match="busy"):
        next(hurried.stream(ASKED))
    first.close()


def test_a_prompt_longer_than_the_context_is_refused_with_both_lengths(local):
    with pytest.raises(ContextTooSmall) as caught:
        local.invoke([HumanMessage("很长" * 400)])
    assert caught.value.values["available"] == local.n_ctx < caught.value.values["needed"]


def test_a_context_longer_than_the_model_was_made_for_is_refused_with_the_limit(local, given):
    name, arguments = given
    with pytest.raises(BadSetting, match=r"n_ctx = 1024: expected 256 to 512"):
        llms.load(name, **{**arguments, "n_ctx": 1024})


def test_a_refusal_margin_of_the_call_counts(local):
    assert local._sampling({"refusal_margin": 7.5}).refusal_margin == 7.5
    assert local._sampling({}).refusal_margin == 0


# ── the end ──


@pytest.fixture
def own(local, given):
    """A model of the test's own, with an answer that somebody has begun to read."""
    name, arguments = given
    return llms.load(name, **{**arguments, "max_tokens": 400, "queue_timeout": 600})


def test_closing_a_model_waits_for_no_answer(own):
    answer = own.stream(ASKED)
    next(answer)
    own.close()
    answer.close()
    with pytest.raises(ModelFailed) as caught:
        own.invoke(ASKED)
    assert caught.value.values["cause"] == "closed"


def test_those_in_line_hear_that_the_model_was_closed(own):
    answer, causes = own.stream(ASKED), []
    next(answer)

    def wait():
        with pytest.raises(ModelFailed) as caught:
            own.invoke(ASKED)
        causes.append(caught.value.values["cause"])

    waiting = threading.Thread(target=wait)
    waiting.start()
    while own.requests < 2:
        threading.Event().wait(0.01)
    own.close()
    answer.close()
    waiting.join()
    assert causes == ["closed"]


def test_a_model_can_be_closed_twice(own):
    own.close()
    own.close()
