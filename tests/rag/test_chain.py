"""The library among LangChain's parts: `|`, batch, stream, async."""

import asyncio

import pytest
from langchain_core.runnables import RunnableLambda, RunnableParallel

from rag import Answer, open_library
from rag.errors import BadQuestion

RULES = """温室管理办法

番茄温室每天上午九点浇水，黄瓜温室每天下午四点浇水。
通风机发生故障时，由孙师傅在两小时内修复。
"""
QUESTION = "番茄温室每天几点浇水？"


@pytest.fixture(scope="module")
def engine(tmp_path_factory, models_dir):
    home = tmp_path_factory.mktemp("温室")
    (home / "docs").mkdir()
    (home / "docs" / "办法.txt").write_text(RULES, "utf-8")
    with open_library(home, models_dir=models_dir) as opened:
        list(opened.sync())
        yield opened


def text(answer):
    return answer.text


def test_a_question_or_a_mapping_gives_an_answer(engine):
    answer = engine.chain().invoke(QUESTION)
    assert isinstance(answer, Answer) and "九点" in answer.text and answer.citations
    following = engine.chain().invoke({"question": "那黄瓜呢？", "history": [(QUESTION, answer.text)]})
    assert following.passages


def test_the_last_chunk_of_a_stream_is_the_whole_answer(engine):
    *growing, last = engine.chain().stream(QUESTION)
    assert growing and all(not chunk.citations for chunk in growing)
    assert [len(chunk.text) for chunk in growing] == sorted(len(chunk.text) for chunk in growing)
    assert last.text == engine.chain().invoke(QUESTION).text and last.citations


def test_it_composes(engine):
    chain = engine.chain()
    whole = chain.invoke(QUESTION).text
    assert list((RunnableLambda(str.strip) | chain | text).stream(f" {QUESTION}\n")) == [whole]
    both = RunnableParallel(answer=chain, passages=engine.retriever(top_k=1))
    assert len(both.invoke(QUESTION)["passages"]) == 1
    assert [chunk["answer"].text for chunk in both.stream(QUESTION) if "answer" in chunk][-1] == whole
    assert (chain | text).batch([QUESTION, QUESTION]) == [whole, whole]
    assert chain.with_config(tags=["温室"]).bind(top_k=1).invoke(QUESTION).passages[1:] == ()


async def test_it_is_asynchronous(engine):
    chain = engine.chain()
    whole = chain.invoke(QUESTION).text
    assert (await chain.ainvoke(QUESTION)).text == whole
    assert [chunk async for chunk in chain.astream(QUESTION)][-1].text == whole
    assert await (chain | text).abatch([QUESTION, QUESTION]) == [whole, whole]
    assert (await engine.retriever(top_k=1).ainvoke("通风机"))[0].page_content in RULES
    kinds = {event["event"] async for event in chain.astream_events(QUESTION)}
    assert {"on_chain_stream", "on_chat_model_stream"} <= kinds


async def test_a_cancelled_stream_stops_and_the_next_question_is_answered(engine):
    begun = asyncio.Event()

    async def ask():
        async for _ in engine.chain().astream(QUESTION):
            begun.set()

    task = asyncio.create_task(ask())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await engine.chain().ainvoke(QUESTION)).citations


@pytest.mark.parametrize("given", [{}, {"query": "年假"}, 7, None, {"question": 3}])
def test_what_is_no_question_is_refused(engine, given):
    with pytest.raises(BadQuestion, match="question"):
        engine.chain().invoke(given)
