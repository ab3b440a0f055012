"""`POST /v1/completions`: the text is continued as it is. No instruction is put around it behind the client's back."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from rag import Engine
from ui.api.answering import Text, continued, from_library
from ui.api.generation import Choice, Form, answered
from ui.api.json_body import StrictRoute
from ui.api.replies import FAILURES, CompletionReply
from ui.api.requests import CompletionRequest
from ui.api.service import Service, service_of

router = APIRouter(route_class=StrictRoute, tags=["OpenAI"])


@router.post("/v1/completions", responses={**FAILURES, 200: {"model": CompletionReply}})
async def complete(
    request: Request, body: CompletionRequest, service: Annotated[Service, Depends(service_of)]
) -> Response:
    """Continue a text with the language model (its own name); for `wendang` the prompt is a question to the library."""
    is_library = await service.workshop.run(service.is_library, body.model)
    return await answered(request, body, service, make=_from_library if is_library else _continued, form=_FORM)


def _from_library(engine: Engine, body: CompletionRequest) -> Text:
    return from_library(engine, body, question=body.text, history=[])


def _continued(engine: Engine, body: CompletionRequest) -> Text:
    return continued(engine, body, text=body.text)


def _choice(text: str, reason: str | None = None) -> Choice:
    return {"index": 0, "text": text, "logprobs": None, "finish_reason": reason}


_FORM = Form(
    prefix="cmpl",
    reply="text_completion",
    chunk="text_completion",
    opening=None,
    piece=_choice,
    end=lambda reason: _choice("", reason),
    whole=_choice,
)
