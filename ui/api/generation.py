"""A text on its way to the client: in its turn, whole or as a stream, and stopped when the client leaves."""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

from fastapi import Request
from starlette.responses import Response

from rag import Engine
from ui.api.answering import Ended, Text
from ui.api.json_body import Json, event
from ui.api.requests import Sampled
from ui.api.service import Service
from ui.api.work import Gone, GoneResponse, begun

Body = TypeVar("Body", bound=Sampled)

Choice = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Form:
    """How OpenAI writes a text: the names of its objects, and the one choice in them.

    `piece` makes the choice of a chunk from a piece of text, `end` that of the last chunk from the reason, `whole` that
    of a reply from the text and the reason; `opening` is the choice of the first chunk, if there is one without text.
    """

    prefix: str
    reply: str
    chunk: str
    opening: Choice | None
    piece: Callable[[str], Choice]
    end: Callable[[str], Choice]
    whole: Callable[[str, str], Choice]


async def answered(
    request: Request, body: Body, service: Service, *, make: Callable[[Engine, Body], Text], form: Form
) -> Response:
    """Return the reply to a request for a text, or the stream of it."""
    texts = _texts(service, body, make=make)
    head = {"id": f"{form.prefix}-{uuid4().hex}", "created": int(time.time()), "model": body.model}
    if body.stream:
        chunks = _chunks(texts, form, head=head, with_usage=body.wants_usage)
        return await begun(chunks, request=request, workshop=service.workshop)
    try:
        ended = await service.workshop.unless_gone(request.receive, _last(texts))
    except Gone:
        return GoneResponse()
    choice = form.whole(ended.text, ended.reason)
    return Json({**head, "object": form.reply, "choices": [choice], "usage": _total(ended), **ended.beside})


async def _texts(
    service: Service, body: Body, *, make: Callable[[Engine, Body], Text]
) -> AsyncGenerator[str | Ended | None]:
    """Yield a text as it is made, once it is its turn."""
    async with service.answers.turn():
        made = await service.workshop.run(make, service.engine, body)
        async with aclosing(service.workshop.steps(made)) as steps:
            async for step in steps:
                yield step


async def _last(texts: AsyncGenerator[str | Ended | None]) -> Ended:
    async with aclosing(texts):
        async for step in texts:
            if isinstance(step, Ended):
                return step
    raise AssertionError("a text ends with Ended")


async def _chunks(
    texts: AsyncGenerator[str | Ended | None], form: Form, *, head: dict[str, Any], with_usage: bool
) -> AsyncGenerator[bytes]:
    """Yield the events of a stream; the first comes with the first piece of text."""
    head = {**head, "object": form.chunk, **({"usage": None} if with_usage else {})}
    opening = form.opening
    async with aclosing(texts):
        async for step in texts:
            if step is None:
                continue
            if opening:
                yield event({**head, "choices": [opening]})
                opening = None
            if isinstance(step, Ended):
                yield event({**head, "choices": [form.end(step.reason)], **step.beside})
                if with_usage:
                    yield event({**head, "choices": [], "usage": _total(step)})
                yield b"data: [DONE]\n\n"
            else:
                yield event({**head, "choices": [form.piece(step)]})


def _total(ended: Ended) -> dict[str, int]:
    return {**ended.usage, "total_tokens": sum(ended.usage.values())}
