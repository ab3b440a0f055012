"""`POST /v1/chat/completions`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from rag import Engine
from ui.api.answering import Text, freely, from_library
from ui.api.generation import Choice, Form, answered
from ui.api.json_body import StrictRoute
from ui.api.replies import FAILURES, ChatReply
from ui.api.requests import ChatRequest
from ui.api.service import Service, service_of

router = APIRouter(route_class=StrictRoute, tags=["OpenAI"])


@router.post("/v1/chat/completions", responses={**FAILURES, 200: {"model": ChatReply}})
async def chat(request: Request, body: ChatRequest, service: Annotated[Service, Depends(service_of)]) -> Response:
    """Answer the last message: from the library (model `wendang`), or by the language model alone (its own name)."""
    is_library = await service.workshop.run(service.is_library, body.model)
    return await answered(request, body, service, make=_from_library if is_library else freely, form=_FORM)


def _from_library(engine: Engine, body: ChatRequest) -> Text:
    question, history = body.question()
    return from_library(engine, body, question=question, history=history)


def _delta(delta: dict[str, str], reason: str | None = None) -> Choice:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}


def _whole(text: str, reason: str) -> Choice:
    said = {"role": "assistant", "content": text, "refusal": None}
    return {"index": 0, "message": said, "logprobs": None, "finish_reason": reason}


_FORM = Form(
    prefix="chatcmpl",
    reply="chat.completion",
    chunk="chat.completion.chunk",
    opening=_delta({"role": "assistant", "content": ""}),
    piece=lambda text: _delta({"content": text}),
    end=lambda reason: _delta({}, reason),
    whole=_whole,
)
