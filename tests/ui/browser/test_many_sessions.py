"""Many at once on one home: the page for several people, and the API, a process of its own that only reads."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import tiny_gguf
from browsing import PATIENCE, Api, Server, settle
from playwright.sync_api import Page, expect

from rag import open_library

DEPOSITS = {"上海": "83,950", "成都": "41,200", "武汉": "36,780", "沈阳": "29,640", "广州": "92,310"}
CLIENTS = 50
#: Tokens; the tiny model has one for each byte.
CONTEXT = 16384
CHATML = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"


@pytest.fixture(scope="module")
def warehouses(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Path:
    """A home with a contract for each city, synced."""
    home = tmp_path_factory.mktemp("many") / "库"
    (home / "docs").mkdir(parents=True)
    for city, amount in DEPOSITS.items():
        text = f"{city}仓租赁合同\n\n{city}仓的保证金为{amount}元，签约后五日内付清。\n"
        (home / "docs" / f"{city}.txt").write_text(text, "utf-8")
    with open_library(home, models_dir=models_dir) as library:
        list(library.sync())
    return home


@pytest.fixture(scope="module")
def page_server(warehouses: Path, models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The page, which owns the library, with the model that comes with the product."""
    with Server(warehouses, models=models_dir, log=tmp_path_factory.mktemp("log") / "page.log") as server:
        yield server


@pytest.fixture
def api(page_server: Server, models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """The API of the same home, with a model of a few kilobytes."""
    monkeypatch.setattr(tiny_gguf, "CONTEXT", CONTEXT)
    path = tmp_path / "tiny.gguf"
    tiny_gguf.write_tiny_model(path, name="tiny", template=CHATML)
    settings = {"WENDANG_MODEL": str(path), "WENDANG_BACKEND_OPTIONS": f'{{"threads": 1, "n_ctx": {CONTEXT}}}'}
    with Api(page_server.home, models=models_dir, log=tmp_path / "api.log", settings=settings) as server:
        yield server


def question(city: str) -> str:
    return f"{city}仓的保证金是多少？"


def ask(page: Page, city: str) -> None:
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(question(city))
    box.press("Enter")


def assert_answered(page: Page, city: str) -> None:
    """The tab shows the answer to its own question, and no other."""
    expect(page.locator(".answer")).to_contain_text(DEPOSITS[city])
    expect(page.locator(".chip").first).to_be_visible()
    shown = page.locator(".answer").all_inner_texts()
    assert len(shown) == 1
    assert [amount for amount in DEPOSITS.values() if amount in shown[0]] == [DEPOSITS[city]]
    expect(page.get_by_text(question(city))).to_have_count(1)


def posted(api: Api, path: str, body: dict[str, Any]) -> Any:
    """Return the reply to a request; what is refused is an error."""
    request = urllib.request.Request(
        api.address + path, json.dumps(body).encode(), headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE / 1000) as reply:
        return json.load(reply)


def told(api: Api, asked: tuple[str, str]) -> tuple[str, int]:
    """Return what a model says to a question, and the tokens that it read, which are those of this question alone."""
    model, content = asked
    messages = [{"role": "user", "content": content}]
    body = {"model": model, "messages": messages, "temperature": 0, "max_tokens": 12}
    reply = posted(api, "/v1/chat/completions", body)
    return reply["choices"][0]["message"]["content"], reply["usage"]["prompt_tokens"]


def is_well(server: Server) -> bool:
    with urllib.request.urlopen(server.address + server.health, timeout=PATIENCE / 1000) as reply:
        return bool(reply.status == 200)


def test_fifty_programs_and_five_people_get_each_their_own_answer(
    page_server: Server, api: Api, visit: Callable[..., Page]
) -> None:
    asked = [("tiny", f"第{n}个问题" + "字" * n) for n in range(CLIENTS - 2 * len(DEPOSITS))]
    asked += [("wendang", question(city)) for city in DEPOSITS] * 2
    alone = {one: told(api, one) for one in dict.fromkeys(asked)}
    assert len({tokens for (model, _), (_, tokens) in alone.items() if model == "tiny"}) == len(alone) - len(DEPOSITS)

    pages = {city: visit(page_server.address) for city in DEPOSITS}
    for city, page in pages.items():
        ask(page, city)
    with ThreadPoolExecutor(CLIENTS + len(DEPOSITS)) as clients:
        answers = [clients.submit(told, api, one) for one in asked]
        searches = {
            city: clients.submit(posted, api, "/v1/library/search", {"query": question(city), "top_k": 1})
            for city in DEPOSITS
        }
        while not all(answer.done() for answer in answers):
            assert is_well(api) and is_well(page_server)
        for city, page in pages.items():
            assert_answered(page, city)
    assert [answer.result() for answer in answers] == [alone[one] for one in asked]
    for city, search in searches.items():
        assert [found["source"] for found in search.result()] == [f"{city}.txt"]
    for server in (api, page_server):
        assert "Traceback" not in server.log.read_text("utf-8")


def test_two_tabs_of_one_browser_that_ask_at_once_get_each_their_own_answer(
    page_server: Server, visit: Callable[..., Page]
) -> None:
    first = visit(page_server.address)
    second = first.context.new_page()
    second.goto(page_server.address)
    settle(second)
    ask(first, "成都")
    ask(second, "沈阳")
    assert_answered(second, "沈阳")
    assert_answered(first, "成都")
    for tab, city in ((first, "成都"), (second, "沈阳")):
        tab.reload()
        settle(tab)
        assert_answered(tab, city)
