"""`POST /v1/embeddings`: the vectors of the library's own embedder."""

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from rag import Engine
from ui.api.errors import ApiError
from ui.api.json_body import Json, StrictRoute
from ui.api.replies import FAILURES, EmbeddingReply
from ui.api.requests import LIBRARY_MODEL, EmbeddingRequest
from ui.api.service import Service, service_of
from ui.api.work import Gone, GoneResponse

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

router = APIRouter(route_class=StrictRoute, tags=["OpenAI"])

#: Texts between two looks at whether the client is still there.
_BATCH = 32


@router.post("/v1/embeddings", responses={**FAILURES, 200: {"model": EmbeddingReply}})
async def embed(request: Request, body: EmbeddingRequest, service: Annotated[Service, Depends(service_of)]) -> Response:
    """Return the vector of each text, L2-normalised, in order."""
    try:
        reply = await service.workshop.unless_gone(request.receive, _embedded(service, body))
    except Gone:
        return GoneResponse()
    return Json(reply)


async def _embedded(service: Service, body: EmbeddingRequest) -> dict[str, object]:
    engine, run = service.engine, service.workshop.run
    name = await run(_checked_name, engine, body)
    data: list[dict[str, object]] = []
    tokens = 0
    async with service.vectors.turn():
        for start in range(0, len(body.texts), _BATCH):
            texts = body.texts[start : start + _BATCH]
            tokens += sum(await run(engine.embedder.count_tokens, texts))
            rows = await run(_rows, engine, texts, body.input_type)
            data += [_item(start + n, row, encoding=body.encoding_format) for n, row in enumerate(rows)]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": name, "usage": usage}


def _checked_name(engine: Engine, body: EmbeddingRequest) -> str:
    """Return the embedder's name; ApiError where the request means another one."""
    name, dimensions = engine.embedder.name, engine.embedder.dimensions
    if body.model not in (LIBRARY_MODEL, name):
        names = f"{LIBRARY_MODEL}, {name}"
        raise ApiError(404, "model_not_found", param="model", model=body.model[:200], names=names)
    if body.dimensions not in (None, dimensions):
        raise ApiError(400, "dimensions", param="dimensions", value=body.dimensions, dimensions=dimensions)
    return name


def _rows(engine: Engine, texts: Sequence[str], kind: str) -> "Sequence[npt.NDArray[np.float32]]":
    if kind == "query":
        return [engine.embedder.embed_question(text) for text in texts]
    return list(engine.embedder.embed_passages(texts))


def _item(index: int, row: "npt.NDArray[np.float32]", *, encoding: str) -> dict[str, object]:
    packed = base64.b64encode(row.astype("<f4").tobytes()).decode() if encoding == "base64" else row.tolist()
    return {"object": "embedding", "index": index, "embedding": packed}
