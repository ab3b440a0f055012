import asyncio

import pytest

from ui.api.errors import ApiError
from ui.api.turns import Turns


async def test_who_comes_first_is_served_first():
    turns, served, first_may_end = Turns(at_once=1, waiting=10), [], asyncio.Event()

    async def ask(n):
        async with turns.turn():
            if n == 0:
                await first_may_end.wait()
            served.append(n)

    asking = [asyncio.create_task(ask(n)) for n in range(6)]
    await asyncio.sleep(0)
    asking[3].cancel()
    first_may_end.set()
    await asyncio.wait(asking)
    assert served == [0, 1, 2, 4, 5]


async def test_one_too_many_is_told_when_to_come_again():
    turns = Turns(at_once=2, waiting=1)
    may_end = asyncio.Event()

    async def ask():
        async with turns.turn():
            await may_end.wait()

    asking = [asyncio.create_task(ask()) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(ApiError) as caught:
        async with turns.turn():
            pass
    assert caught.value.status_code == 429 and 1 <= int(caught.value.headers["Retry-After"]) <= 60
    may_end.set()
    await asyncio.gather(*asking)
    async with turns.turn():
        pass


async def test_a_turn_that_fails_is_given_back():
    turns = Turns(at_once=1, waiting=0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            async with turns.turn():
                _ = 1 / 0
