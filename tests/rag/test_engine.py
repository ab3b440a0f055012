import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ingest.errors import BadSetting, LibraryBusy, LibraryReadOnly
from rag import open_library
from rag.errors import BadQuestion
from rag.types import Delta, Done, Found

HANDBOOK = """# 员工手册

## 休假

员工工作满一年，每年享有五天带薪年休假。

## 着装

进入冷库必须穿防寒服，一次不超过三十分钟。
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    made = tmp_path_factory.mktemp("家")
    (made / "docs").mkdir()
    (made / "docs" / "手册.md").write_text(HANDBOOK, "utf-8")
    return made


@pytest.fixture(scope="module")
def engine(home, models_dir):
    with open_library(home, models_dir=models_dir) as opened:
        list(opened.sync())
        yield opened


def test_a_stream_finds_then_writes_then_is_done(engine):
    found, *deltas, done = engine.stream("工作满一年有几天年休假？")
    assert isinstance(found, Found) and isinstance(done, Done)
    assert all(isinstance(event, Delta) for event in deltas)
    assert "".join(delta.text for delta in deltas) == done.answer.text
    stored = engine.text("手册.md").text
    for citation in done.answer.citations:
        assert stored[citation.start : citation.end] == citation.quote


def test_the_second_question_can_point_back_at_the_first(engine):
    answer = engine.ask("那里面一次能待多久？", history=[("进入冷库要穿什么？", "防寒服[1]")])
    assert answer.passages[0] == engine.search("冷库里面一次能待多久？")[0]


def test_nothing_found_is_a_refusal_without_the_model(engine, monkeypatch):
    monkeypatch.setattr(engine, "chat_model", lambda: pytest.fail("the model was called"))
    answer = engine.ask("年假", sources=["没有的文件夹/*"])
    assert answer.refused and answer.citations == () and answer.passages == ()


@pytest.mark.parametrize("question", ["", " \n", "问" * 4001])
def test_a_question_that_cannot_be_asked_is_refused(engine, question):
    with pytest.raises(BadQuestion):
        engine.ask(question)


def test_a_model_that_rewrites_follow_ups_is_not_asked_what_cannot_be_asked(home, models_dir):
    with (
        open_library(home, models_dir=models_dir, read_only=True, model="没有.gguf", followups="model") as library,
        pytest.raises(BadQuestion),
    ):
        library.ask("问" * 4001, history=[("进入冷库要穿什么？", "防寒服[1]")])


def test_fewer_passages_than_one_cannot_be_asked_for(engine):
    with pytest.raises(BadSetting, match="top_k = 0"):
        engine.search("年假", top_k=0)


def test_threads_may_make_a_reader_the_owner_at_the_same_time(tmp_path, models_dir):
    with open_library(tmp_path, models_dir=models_dir):
        pass
    with open_library(tmp_path, models_dir=models_dir, read_only=True) as library, ThreadPoolExecutor(8) as pool:
        together = threading.Barrier(8)
        tries = [pool.submit(lambda: (together.wait(), library.own())) for _ in range(8)]
        assert [one.exception() for one in tries] == [None] * 8
        assert not library.library.read_only


def test_threads_may_share_an_engine(engine):
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(engine.ask("冷库一次最多待多久？").text)) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 3 and len(set(answers)) == 1


def test_langchain_gets_its_own_types(engine):
    from langchain_core.documents import Document
    from langchain_core.language_models import BaseChatModel
    from langchain_core.retrievers import BaseRetriever

    retriever = engine.retriever(top_k=2)
    assert isinstance(retriever, BaseRetriever) and isinstance(engine.chat_model(), BaseChatModel)
    [document, *_] = retriever.invoke("防寒服")
    assert isinstance(document, Document) and "防寒服" in document.page_content
    assert document.metadata["source"] == "手册.md"
    question = "冷库一次最多待多久？"
    assert engine.chain().invoke(question).text == engine.ask(question).text
    assert engine.chain().invoke({"question": question}).passages == engine.ask(question).passages
    assert len(engine.embeddings().embed_query(question)) == engine.embedder.dimensions


def test_one_owner_and_many_readers(engine, home, models_dir):
    with pytest.raises(LibraryBusy, match="already open in this process") as busy:
        open_library(home, models_dir=models_dir)
    assert str(busy.value.values["owner"]).split()[0] == str(os.getpid())
    with open_library(home, models_dir=models_dir, read_only=True) as reader:
        assert reader.search("年休假")[0].source == "手册.md"
        with pytest.raises(LibraryReadOnly):
            list(reader.sync())


def test_a_bad_setting_is_named(tmp_path):
    with pytest.raises(BadSetting, match="dense_weight"):
        open_library(tmp_path, dense_weight=2)


def test_settings_come_from_the_file_then_the_environment_then_arguments(tmp_path, monkeypatch):
    from rag.settings import read_settings

    (tmp_path / "wendang.toml").write_text("top_k = 3\ndense_weight = 0.1\njobs = 2\n", "utf-8")
    monkeypatch.setenv("WENDANG_DENSE_WEIGHT", "0.2")
    monkeypatch.setenv("WENDANG_JOBS", "3")
    settings = read_settings(tmp_path, jobs=4)
    assert (settings.top_k, settings.dense_weight, settings.jobs) == (3, 0.2, 4)
