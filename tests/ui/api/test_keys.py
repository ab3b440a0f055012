"""A key is compared in constant time: as a whole, by the one function that takes as long for a wrong beginning."""

import hmac

import httpx
import pytest
from starlette.responses import PlainTextResponse

from ui.api.gate import Gate

KEY = "sesame-4711"


@pytest.fixture
def compared(monkeypatch):
    """The (given, right) pairs that were compared; `compared.verdict` takes the place of what came of it."""

    class Compared(list):
        verdict = None

    pairs, compare = Compared(), hmac.compare_digest

    def spy(given, right):
        pairs.append((given, right))
        return compare(given, right) if pairs.verdict is None else pairs.verdict

    monkeypatch.setattr(hmac, "compare_digest", spy)
    return pairs


@pytest.fixture
async def client():
    gate = Gate(PlainTextResponse("in"), key=KEY, any_host=False)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url="http://127.0.0.1") as made:
        yield made


async def status(client, token, scheme="Bearer"):
    return (await client.get("/v1/models", headers={"Authorization": f"{scheme} {token}"})).status_code


@pytest.mark.parametrize("token", ["x", "sesame-471", "sesame-4712", "Sesame-4711", "sesame-47111", "x" * 5000, ""])
async def test_a_wrong_key_of_any_length_is_compared_as_a_whole(client, compared, token):
    assert await status(client, token) == 401
    assert compared == [(token.encode(), KEY.encode())]


async def test_nothing_else_decides_whether_a_key_is_right(client, compared):
    compared.verdict = True
    assert await status(client, "x") == 200
    compared.verdict = False
    assert await status(client, KEY) == 401


async def test_the_right_key_opens_and_a_key_that_is_no_ascii_does_not_break_it(client, compared):
    assert await status(client, KEY) == 200
    assert (await client.get("/v1/models", headers={"Authorization": b"Bearer \xe5\xaf\x86"})).status_code == 401
    assert len(compared) == 2
