"""A library whose language model is on another server, here a second `wendang api` with a model that never ends."""

import pytest
from api_server import ApiServer

#: With these, the likeliest token alone can be chosen, whatever the temperature.
LIKELIEST = {"temperature": 2, "top_k": 1, "repetition_penalty": 1}


@pytest.fixture(scope="module")
def front(quick, tmp_path_factory, models_dir):
    """A server that asks `quick` for its answers."""
    home = tmp_path_factory.mktemp("front") / "家"
    home.mkdir()
    (home / "wendang.toml").write_text(
        f'backend = "openai"\nmodel = "endless"\n[backend_options]\nbase_url = "{quick.url}/v1"\n', "utf-8"
    )
    server = ApiServer(home, models=models_dir).start()
    yield server
    server.stop()


def said(server, **fields):
    status, reply = server.chat("温室", model="endless", **{"max_tokens": 12, **fields})
    assert status == 200, reply
    return reply["choices"][0]["message"]["content"]


def test_the_models_name_there_is_its_name_here(front):
    assert [one["id"] for one in front.ask("GET", "/v1/models")[1]["data"]] == ["wendang", "endless"]


def test_every_setting_of_a_request_reaches_the_other_server(front, quick):
    likeliest = said(quick, **{**LIKELIEST, "temperature": 0})
    assert said(front, **LIKELIEST) == likeliest
    assert said(front, **{**LIKELIEST, "top_k": 0}, seed=3) != likeliest  # the temperature is 2
    assert said(front, **{**LIKELIEST, "top_k": 0}, seed=3) == said(quick, **{**LIKELIEST, "top_k": 0}, seed=3)
    assert len(said(front, **LIKELIEST, max_tokens=3)) < len(likeliest)
    assert likeliest[1] not in said(front, **LIKELIEST, stop=likeliest[1])


def test_its_stream_comes_in_pieces(front):
    _, reply = front.chat("温室", model="endless", stream=True, max_tokens=6)
    assert reply.count(b'"delta":{"content"') > 1 and b"[DONE]" in reply


def test_a_text_cannot_be_continued_there(front):
    status, reply = front.ask("POST", "/v1/completions", {"model": "endless", "prompt": "温室"})
    assert (status, reply["error"]["code"]) == (400, "no_continuation")
