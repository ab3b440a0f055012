"""What a client reads of a field that cannot be used: our words in both languages, for every kind of problem."""

from datetime import date

import pytest
from pydantic import BaseModel, ValidationError

from ui.api.errors import ApiError, invalid
from ui.api.requests import ChatRequest, CompletionRequest, EmbeddingRequest, SearchRequest, SyncRequest
from ui.text import TEXTS, set_language

MODELS = (ChatRequest, CompletionRequest, EmbeddingRequest, SearchRequest, SyncRequest)
#: Values that are wrong for one field or another; what is right for a field makes no problem.
WRONG = [
    None, True, "", "x", "字" * 200, -1, 0, 3, 1.5, 1e300, float("nan"), -(10**30), 10**30, "\ud800", {}, {"a": 1},
    [], [1], [""], [[]], [{}], [None], ["a"] * 3000, [{"role": "x"}], [{"role": "user"}],
    [{"role": "user", "content": [3]}],
    [{"role": "user", "content": [{"type": "text"}]}], [{"role": "user", "content": [{"type": "text", "text": 3}]}],
]  # fmt: skip


def problems_of(model, body):
    """Return what pydantic says of a body; nothing where it is served, or refused by name."""
    try:
        model.model_validate(body)
    except ValidationError as exc:
        return exc.errors()
    except ApiError:
        pass
    return []


@pytest.fixture
def english():
    set_language("en")
    yield
    set_language("zh")


@pytest.mark.parametrize("model", MODELS)
def test_every_kind_of_problem_that_a_field_can_have_has_words_of_ours(model):
    bodies = [*WRONG, *({name: wrong} for name in model.model_fields for wrong in WRONG)]
    found = {problem["type"] for body in bodies for problem in problems_of(model, body)}
    assert len(found) > 1
    assert not [kind for kind in found - {"missing"} if f"api.expected.{kind}" not in TEXTS]


SAID = [
    ({"temperature": 2.5}, "temperature 的值 2.5 不能用：不能大于 2"),
    ({"top_p": 0}, "top_p 的值 0 不能用：应大于 0"),
    ({"stream": "yes"}, "stream 的值 'yes' 不能用：应为 true 或 false"),
    ({"mode": "fast"}, "mode 的值 'fast' 不能用：只能是其中之一：'stuff', 'refine'"),
    ({"stop": [""]}, "stop[0] 的值 '' 不能用：至少要有 1 个字"),
    ({"messages": [{"role": "user"}]}, "messages[0] 的值 {'role': 'user'} 不能用：缺少 content"),
    ({"messages": []}, "messages 的值 [] 不能用：至少要有 1 项"),
]


@pytest.mark.parametrize(("fields", "message"), SAID)
def test_a_field_that_cannot_be_used_is_explained_in_chinese(fields, message):
    body = {"messages": [{"role": "user", "content": "a"}], **fields}
    assert invalid(problems_of(ChatRequest, body))["error"]["message"] == message


def test_a_field_that_is_not_there_is_asked_for(english):
    problems = problems_of(ChatRequest, {"temperature": 1})
    assert invalid(problems)["error"]["message"] == "messages is missing; add it"
    set_language("zh")
    error = invalid(problems)["error"]
    assert (error["message"], error["param"]) == ("缺少 messages，请补上", "messages")


def test_in_english_the_words_are_ours_too(english):
    [problem] = problems_of(SearchRequest, {"query": "a", "top_k": 101})
    assert invalid([problem])["error"]["message"] == "top_k = 101: it must be 100 or less; correct it"


def test_a_kind_of_problem_that_is_not_foreseen_is_told_in_pydantics_english():
    class Dated(BaseModel):
        day: date

    [problem] = problems_of(Dated, {"day": "gestern"})
    assert invalid([problem])["error"]["message"].endswith(problem["msg"])


def test_the_server_speaks_so(quick):
    status, body = quick.chat(temperature="热")
    assert (status, body["error"]["message"]) == (400, "temperature 的值 '热' 不能用：应为数字")
    _, body = quick.ask("POST", "/v1/library/search", {})
    assert body["error"]["message"] == "缺少 query，请补上"
