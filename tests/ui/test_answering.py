"""An answer in a thread of its own: real library, real llama.cpp on a tiny model, real SQLite."""

import itertools
import threading

import pytest
import tiny_gguf
from samples import BigramEmbedder

from rag import open_library
from rag.conversations import FILE, Conversations
from rag.errors import UnusableModel
from rag.types import Delta, Found
from ui.views import answering
from ui.views.answering import Answering, Question

CHATML = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    for folder, text in (("甲", "年假共十天。"), ("乙", "年假须提前申请。")):
        (home / "docs" / folder).mkdir(parents=True)
        (home / "docs" / folder / "规定.txt").write_text(text, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiny_gguf, "CONTEXT", 4096)
        model = tiny_gguf.write_tiny_model(home / "tiny-chat.gguf", template=CHATML)
    options = {"threads": 1, "max_tokens": 200, "queue_timeout": 30}
    with open_library(home, model=str(model), backend_options=options) as opened:
        opened._loaded._embedder = BigramEmbedder()
        for _ in opened.sync():
            pass
        yield opened


@pytest.fixture
def kept(tmp_path):
    return Conversations(tmp_path / FILE)


@pytest.fixture
def ask(engine, kept):
    """Return what asks a question; whatever is still being answered at the end is stopped."""
    asked = []

    def start(text="年假有几天？", **question):
        asked.append(Answering(engine, Question(text, **question), kept=kept, conversation=None))
        return asked[-1]

    yield start
    for one in asked:
        one.stop()


def last(running):
    [*_, progress] = running.follow()
    return progress


def test_the_question_is_kept_before_the_answer_and_the_answer_before_it_is_over(ask, kept):
    running = ask()
    [turn] = kept.turns(running.conversation)
    assert turn.question == "年假有几天？"
    assert last(running).is_over
    [turn] = kept.turns(running.conversation)
    assert not turn.partial
    assert turn.model == "tiny-chat"
    assert {passage.source for passage in turn.passages} == {"甲/规定.txt", "乙/规定.txt"}


def test_only_the_sources_that_were_chosen_are_read(ask):
    assert [passage.source for passage in last(ask(sources=("乙/*",))).passages] == ["乙/规定.txt"]


def test_a_follow_up_says_how_it_was_understood(ask, kept):
    running = ask("乙呢？", history=[("甲的年假有几天？", "十天")])
    understood = last(running).standalone
    assert understood != "乙呢？"
    assert kept.turns(running.conversation)[0].standalone == understood


def test_a_question_that_waits_says_for_how_many(ask, engine):
    with engine.chat_model()._line.place():
        running = ask()
        waiting = next(progress for progress in running.follow() if progress.waiting)
        assert waiting.waiting == 1
        assert waiting.passages
    assert last(running).waiting == 0


def test_stop_ends_it_at_once_even_in_the_line_and_the_line_moves_on(ask, engine, kept):
    with engine.chat_model()._line.place():
        running = ask()
        next(progress for progress in running.follow() if progress.waiting)
        running.stop()
        assert last(running).is_over
        assert kept.turns(running.conversation)[0].partial
    following = ask()
    assert last(following).error is None
    assert not kept.turns(following.conversation)[0].partial


def test_what_was_said_until_the_stop_is_kept_and_nothing_after_it(engine, kept, monkeypatch):
    said, closed = threading.Event(), threading.Event()

    def endless(*_, **__):
        try:
            yield Found(())
            for number in itertools.count():
                yield Delta(f"{number}，")
                if number == 3:
                    said.set()
                    closed.wait(0.05)
        finally:
            closed.set()

    monkeypatch.setattr(engine, "stream", endless, raising=True)
    running = Answering(engine, Question("年假？"), kept=kept, conversation=None)
    assert said.wait(10)
    running.stop()
    assert closed.wait(10)
    [turn] = kept.turns(running.conversation)
    assert turn.partial
    assert turn.answer.startswith("0，1，2，3，")
    assert last(running).text == turn.answer


def test_an_answer_that_nobody_looks_at_ends_by_itself(engine, kept, monkeypatch):
    closed = threading.Event()

    def endless(*_, **__):
        try:
            while True:
                yield Delta("一")
        finally:
            closed.set()

    monkeypatch.setattr(engine, "stream", endless)
    monkeypatch.setattr(answering, "_ABANDONED_S", 0.0)
    running = Answering(engine, Question("年假？"), kept=kept, conversation=None)
    assert closed.wait(10)
    assert last(running).is_over
    assert kept.turns(running.conversation)[0].partial


def test_what_goes_wrong_is_handed_over_and_the_question_stays(engine, kept, monkeypatch):
    def failing(*_, **__):
        yield Found(())
        raise UnusableModel("no", model="x", cause="missing", remedy="y")

    monkeypatch.setattr(engine, "stream", failing)
    running = Answering(engine, Question("年假？"), kept=kept, conversation=None)
    assert last(running).is_over
    assert isinstance(running.error, UnusableModel)
    [turn] = kept.turns(running.conversation)
    assert (turn.question, turn.answer, turn.partial) == ("年假？", "", True)
