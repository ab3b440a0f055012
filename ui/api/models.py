"""`GET /v1/models`: what can be asked."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from ui.api.errors import ApiError
from ui.api.json_body import Json, StrictRoute
from ui.api.replies import FAILURES, ModelList, ModelReply
from ui.api.service import Service, service_of

router = APIRouter(route_class=StrictRoute, tags=["OpenAI"])


@router.get("/v1/models", responses={**FAILURES, 200: {"model": ModelList}})
async def models(service: Annotated[Service, Depends(service_of)]) -> Response:
    """List the library (`wendang`) and the language model by its own name."""
    names = await service.workshop.run(service.model_names)
    return Json({"object": "list", "data": [_record(name, service) for name in names]})


@router.get("/v1/models/{name:path}", responses={**FAILURES, 200: {"model": ModelReply}})
async def model(name: str, service: Annotated[Service, Depends(service_of)]) -> Response:
    """Return one of them."""
    names = await service.workshop.run(service.model_names)
    if name not in names:
        raise ApiError(404, "model_not_found", param="model", model=name[:200], names=", ".join(names))
    return Json(_record(name, service))


def _record(name: str, service: Service) -> dict[str, object]:
    return {"id": name, "object": "model", "created": service.started, "owned_by": "wendang"}
