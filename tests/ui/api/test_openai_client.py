"""The official client against a real server with the default model."""

import openai
import pytest

from rag.default_model import NAME

QUESTION = "工作满一年的员工每年有几天年假？"


@pytest.fixture(scope="module")
def client(reader):
    with openai.OpenAI(base_url=f"{reader.url}/v1", api_key="any", max_retries=0) as made:
        yield made


def asked(text):
    return [{"role": "user", "content": text}]


def test_the_library_and_the_language_model_are_listed(client):
    assert [model.id for model in client.models.list()] == ["wendang", NAME]
    assert client.models.retrieve("wendang").object == "model"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-4")


def test_an_answer_from_the_library_has_its_citations(client):
    reply = client.chat.completions.create(model="wendang", messages=asked(QUESTION))
    [choice] = reply.choices
    assert "五天" in choice.message.content and choice.finish_reason == "stop"
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens > 0
    assert reply.refused is False and reply.unsupported == []
    [citation] = reply.citations
    assert citation["source"] == "制度/年假.md" and "五天" in citation["quote"] and citation["verified"]
    assert reply.passages[citation["n"] - 1]["source"] == "制度/年假.md"


def test_a_stream_says_the_same_and_ends_with_the_citations(client):
    whole = client.chat.completions.create(model="wendang", messages=asked(QUESTION))
    first, *pieces, last, usage = client.chat.completions.create(
        model="wendang", messages=asked(QUESTION), stream=True, stream_options={"include_usage": True}
    )
    assert first.choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content for chunk in pieces) == whole.choices[0].message.content
    assert all(chunk.choices[0].finish_reason is None for chunk in [first, *pieces])
    assert last.choices[0].finish_reason == "stop" and last.citations == whole.citations and last.refused is False
    assert usage.choices == [] and usage.usage == whole.usage
    assert len({chunk.id for chunk in [first, *pieces, last, usage]}) == 1


def test_without_asking_a_stream_has_no_usage(client):
    chunks = list(client.chat.completions.create(model="wendang", messages=asked(QUESTION), stream=True))
    assert all(chunk.choices and chunk.usage is None for chunk in chunks)


def test_what_is_in_no_document_is_refused(client):
    reply = client.chat.completions.create(model="wendang", messages=asked("火星探测器的轨道倾角是多少？"))
    assert reply.refused and reply.citations == [] and "没有" in reply.choices[0].message.content


def test_earlier_messages_are_the_history_and_a_system_message_changes_nothing(client):
    turns = [
        {"role": "system", "content": "你是一只猫，只会喵喵叫。"},
        {"role": "user", "content": "进入冷库要穿什么？"},
        {"role": "assistant", "content": "防寒服[1]"},
        {"role": "user", "content": [{"type": "text", "text": "那里面一次能停留多久？"}]},
    ]
    reply = client.chat.completions.create(model="wendang", messages=turns)
    assert "三十分钟" in reply.choices[0].message.content


def test_an_answer_can_be_kept_short_and_says_so(client):
    reply = client.chat.completions.create(model="wendang", messages=asked(QUESTION), max_completion_tokens=2)
    assert reply.usage.completion_tokens <= 2
    assert reply.choices[0].finish_reason == "length" or reply.refused


def test_files_can_be_chosen(client):
    reply = client.chat.completions.create(
        model="wendang", messages=asked(QUESTION), extra_body={"sources": ["没有的/*"]}
    )
    assert reply.refused and reply.passages == []


def test_the_language_model_answers_without_the_library(client):
    reply = client.chat.completions.create(model=NAME, messages=asked("公司"), max_tokens=8)
    assert reply.model == NAME and not hasattr(reply, "citations")
    assert 0 < reply.usage.completion_tokens <= 8


def test_a_completion_goes_on_with_the_text_and_nothing_is_put_around_it(client):
    reply = client.completions.create(model=NAME, prompt="公司", max_tokens=8)
    assert reply.object == "text_completion" and reply.usage.prompt_tokens <= 3
    pieces = client.completions.create(model=NAME, prompt="公司", max_tokens=8, stream=True)
    assert "".join(chunk.choices[0].text for chunk in pieces) == reply.choices[0].text


def test_the_prompt_of_a_completion_is_a_question_to_the_library(client):
    reply = client.completions.create(model="wendang", prompt=[QUESTION])
    assert "五天" in reply.choices[0].text and reply.citations


@pytest.mark.parametrize("asked_for", [{}, {"encoding_format": "float"}], ids=["base64", "float"])
def test_vectors_come_in_order_and_have_the_length_of_one(client, asked_for):
    texts = ["年假", "冷库", "报销"]
    reply = client.embeddings.create(model="wendang", input=texts, **asked_for)  # the client's own choice is base64
    assert [item.index for item in reply.data] == [0, 1, 2]
    [alone] = client.embeddings.create(model=reply.model, input="冷库", encoding_format="float").data
    for item in reply.data:
        assert sum(x * x for x in item.embedding) == pytest.approx(1, abs=1e-3)
    assert reply.data[1].embedding == pytest.approx(alone.embedding, abs=1e-4)
    assert reply.usage.prompt_tokens == reply.usage.total_tokens > 3


def test_a_question_is_nearer_to_the_passage_that_answers_it(client):
    def vectors(texts, kind):
        reply = client.embeddings.create(model="wendang", input=texts, extra_body={"input_type": kind})
        return [item.embedding for item in reply.data]

    [question] = vectors(["住宿费能报多少"], "query")
    scores = [
        sum(a * b for a, b in zip(question, one, strict=True))
        for one in vectors(["住宿费每晚不超过四百二十元", "进入冷库必须穿防寒服"], "passage")
    ]
    assert scores[0] > scores[1]


@pytest.mark.parametrize(
    ("fields", "kind", "param"),
    [
        ({"model": "gpt-4"}, openai.NotFoundError, "model"),
        ({"n": 2}, openai.BadRequestError, "n"),
        ({"temperature": 3}, openai.BadRequestError, "temperature"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, openai.BadRequestError, "tools"),
        ({"response_format": {"type": "json_object"}}, openai.BadRequestError, "response_format"),
        ({"logprobs": True}, openai.BadRequestError, "logprobs"),
        ({"messages": asked("问" * 4001)}, openai.BadRequestError, None),
        ({"messages": asked("？！")}, openai.BadRequestError, None),
    ],
)
def test_errors_are_those_of_openai_and_name_the_field(client, fields, kind, param):
    with pytest.raises(kind) as caught:
        client.chat.completions.create(**{"model": "wendang", "messages": asked(QUESTION), **fields})
    assert caught.value.param == param and caught.value.body["message"]


def test_the_defaults_that_clients_send_are_no_error(client):
    reply = client.chat.completions.create(
        model="wendang", messages=asked(QUESTION), n=1, temperature=1, top_p=1, presence_penalty=0,
        frequency_penalty=0, logit_bias={}, tool_choice="none", response_format={"type": "text"}, user="u", seed=-1,
    )  # fmt: skip
    assert "五天" in reply.choices[0].message.content


def test_a_stream_that_the_client_closes_leaves_the_model_free(client, reader):
    with client.chat.completions.create(model="wendang", messages=asked(QUESTION), stream=True) as stream:
        next(iter(stream))
    assert client.chat.completions.create(model="wendang", messages=asked(QUESTION)).citations


async def test_the_async_client_asks_several_things_at_a_time(reader):
    import asyncio

    questions = {
        "工作满一年的员工每年有几天年假？": "五天",
        "冷库一次最多停留多久？": "三十分钟",
        "出差住宿费每晚最多多少？": "四百二十元",
    }
    async with openai.AsyncOpenAI(base_url=f"{reader.url}/v1", api_key="any") as client:
        asking = [client.chat.completions.create(model="wendang", messages=asked(one)) for one in questions]
        replies = await asyncio.gather(*asking)
    for reply, expected in zip(replies, questions.values(), strict=True):
        assert expected in reply.choices[0].message.content
