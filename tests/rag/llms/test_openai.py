"""Any OpenAI-compatible server, here a small one of our own on the loopback."""

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from langchain_core.messages import HumanMessage

from ingest.errors import BadSetting
from rag import llms
from rag.asking import FREE_TEXT
from rag.errors import ModelFailed, UnusableModel
from rag.language_model import free_text

ASKED = [HumanMessage("年假有几天")]


class _Stub(BaseHTTPRequestHandler):
    """Answers 十天 to everything, or fails as the server's `status` says."""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked = asked
        status = self.server.status
        if status != 200:
            self._send(status, json.dumps({"error": {"message": "as told", "type": "x", "code": None}}).encode())
        elif asked.get("stream"):
            pieces = [{"delta": {"role": "assistant", "content": text}, "index": 0} for text in ("十", "天")]
            pieces.append({"delta": {}, "index": 0, "finish_reason": "stop"})
            lines = [{"id": "1", "object": "chat.completion.chunk", "model": "m", "choices": [one]} for one in pieces]
            body = "".join(f"data: {json.dumps(line)}\n\n" for line in lines)
            cut = self.server.cut
            self._send(
                200, (body[:-40] if cut else body + "data: [DONE]\n\n").encode(), kind="text/event-stream", cut=cut
            )
        else:
            message = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "十天"}}
            self._send(200, json.dumps({"id": "1", "object": "chat.completion", "choices": [message]}).encode())

    def _send(self, status, body, *, kind="application/json", cut=False):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) + 100 * cut))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    made = ThreadingHTTPServer(("127.0.0.1", 0), _Stub)
    made.status, made.cut = 200, False
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    """The client asks again at once."""
    monkeypatch.setattr("openai._base_client.BaseClient._calculate_retry_timeout", lambda *_, **__: 0.0)


@pytest.fixture
def model(server):
    return llms.load("openai", model="m", base_url=f"http://127.0.0.1:{server.server_port}/v1")


def test_an_answer_comes_whole_and_in_pieces(model):
    assert model.invoke(ASKED).text == "十天"
    assert [chunk.text for chunk in model.stream(ASKED) if chunk.text] == ["十", "天"]


def whole(model):
    return model.invoke(ASKED)


def streamed(model):
    return list(model.stream(ASKED))


def later(model):
    return asyncio.run(model.ainvoke(ASKED))


def later_in_pieces(model):
    async def pieces():
        return [chunk async for chunk in model.astream(ASKED)]

    return asyncio.run(pieces())


WAYS = (whole, streamed, later, later_in_pieces)


@pytest.mark.parametrize(
    ("status", "kind", "cause"),
    [
        (400, ModelFailed, "refused"),
        (401, UnusableModel, "not_permitted"),
        (403, UnusableModel, "not_permitted"),
        (404, UnusableModel, "not_there"),
    ],
)
def test_what_the_server_refuses_says_where_why_and_what_to_do(model, server, status, kind, cause):
    server.status = status
    for ask in WAYS:
        with pytest.raises(kind, match="as told") as caught:
            ask(model)
        values = caught.value.values
        assert values["cause"] == cause
        assert values["server"] == f"http://127.0.0.1:{server.server_port}/v1"
        assert values["remedy"]


@pytest.mark.parametrize(("status", "cause"), [(429, "busy"), (500, "failed")])
def test_what_passes_by_itself_is_no_fault_of_the_model(model, server, status, cause):
    server.status = status
    for ask in WAYS:
        with pytest.raises(ModelFailed) as caught:
            ask(model)
        assert caught.value.values["cause"] == cause


def test_a_server_that_is_not_there_is_named():
    for ask in WAYS:
        model = llms.load("openai", model="m", base_url="http://127.0.0.1:1/v1")
        with pytest.raises(ModelFailed, match=r"127\.0\.0\.1:1.*start the server") as caught:
            ask(model)
        assert caught.value.values["cause"] == "unreachable"


@pytest.mark.parametrize("ask", [streamed, later_in_pieces])
def test_a_stream_that_breaks_off_is_a_failure(model, server, ask):
    server.cut = True
    with pytest.raises(ModelFailed) as caught:
        ask(model)
    assert caught.value.values["cause"] == "unreachable"


# ── what is sent ──

WARM = {"temperature": 0.2, "top_k": 40, "top_p": 0.9, "repeat_penalty": 1.1, "seed": 7, "max_tokens": 9}


def test_a_local_server_gets_every_setting_in_its_words(model, server):
    model.invoke(ASKED, stop=["。"], **WARM)
    told = server.asked
    assert {name: told[name] for name in WARM} == WARM
    assert told["repetition_penalty"] == 1.1
    assert told["stop"] == ["。"]
    assert "max_completion_tokens" not in told
    list(model.stream(ASKED, **WARM))
    assert {name: server.asked[name] for name in WARM} == WARM


def test_a_local_server_gets_the_usual_settings_where_nothing_is_asked(model, server):
    model.invoke(ASKED)
    assert (server.asked["temperature"], server.asked["max_tokens"], server.asked["seed"]) == (0, 512, 0)
    assert not {"top_k", "repeat_penalty", "repetition_penalty"} & set(server.asked)


def test_openais_own_service_gets_only_what_it_knows(server):
    model = llms.load("openai", model="m", base_url=f"http://127.0.0.1:{server.server_port}/v1", dialect="openai")
    model.invoke(ASKED, **WARM)
    assert server.asked["max_completion_tokens"] == 9
    assert not {"max_tokens", "top_k", "repeat_penalty", "repetition_penalty"} & set(server.asked)


def test_what_the_user_set_wins_over_the_settings_of_free_text(server):
    model = llms.load("openai", model="m", base_url=f"http://127.0.0.1:{server.server_port}/v1", temperature=0.7)
    assert free_text(model, top_k=None) == {**FREE_TEXT, "temperature": 0.7}
    assert free_text(model, temperature=0.1)["temperature"] == 0.1


@pytest.mark.parametrize(
    ("name", "value"), [("temperature", float("nan")), ("temperature", 3), ("max_tokens", 0), ("timeout", float("inf"))]
)
def test_a_value_that_cannot_be_is_refused_under_its_name(name, value):
    with pytest.raises(BadSetting, match=f"backend_options.{name}"):
        llms.load("openai", model="m", base_url="http://127.0.0.1:1/v1", **{name: value})
