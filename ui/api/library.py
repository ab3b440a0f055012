"""`/v1/library…`: what is in the library, and what changes it. Paths and addresses are never taken from a client."""

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, closing
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from ingest.types import Failed, Progress, Summary, SyncEvent, Unchanged
from ui.api.json_body import Json, StrictRoute, event
from ui.api.replies import FAILURES, Removed, Uploaded
from ui.api.requests import SearchRequest, SyncRequest
from ui.api.service import Service, service_of
from ui.api.uploads import received
from ui.api.work import Gone, GoneResponse, begun
from ui.commands import search as search_command
from ui.commands.status import library_record
from ui.commands.sync import as_record

router = APIRouter(prefix="/v1/library", route_class=StrictRoute, tags=["Library"], responses=FAILURES)

_Served = Annotated[Service, Depends(service_of)]
_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "array", "items": {"type": "string", "format": "binary"}}},
                }
            }
        },
    }
}


@router.get("", summary="Status")
async def status(service: _Served) -> Response:
    """Return what is in the library, as `wendang status --json`."""
    return Json(await service.workshop.run(library_record, service.engine))


@router.post("/files", status_code=201, responses={201: {"model": Uploaded}}, openapi_extra=_UPLOAD)
async def upload(request: Request, service: _Served) -> Response:
    """Put files into the drop folder, under safe names and never over another file; the next sync reads them."""
    content_type = request.headers.get("content-type", "")
    workshop = service.workshop
    files = await received(service.engine, content_type=content_type, body=request.stream(), workshop=workshop)
    return Json({"files": [file.model_dump() for file in files]}, status_code=201)


@router.delete("/files/{source:path}", responses={200: {"model": Removed}})
async def remove(source: str, service: _Served) -> Response:
    """Forget a document until its file changes, as `wendang remove`; the file itself is left alone."""
    await service.workshop.run(_remove, service, source)
    return Json({"removed": [source]})


@router.post("/search", summary="Search")
async def search(body: SearchRequest, service: _Served) -> Response:
    """Return the passages that a query is about, as `wendang search --json`."""
    return Json(await service.workshop.run(_found, service, body))


@router.post("/sync", summary="Sync")
async def sync(request: Request, service: _Served, body: SyncRequest | None = None) -> Response:
    """Make the library equal to its folders: the summary, with what failed; or a stream of `sync --json`'s events."""
    asked = body or SyncRequest()
    events = _events(service, asked)
    if asked.stream:
        return await begun(_lines(events), request=request, workshop=service.workshop)
    try:
        return Json(await service.workshop.unless_gone(request.receive, _summary(events)))
    except Gone:
        return GoneResponse()


def _remove(service: Service, source: str) -> None:
    service.engine.status(source)  # NotInLibrary: a folder, which `remove` would take too, is no document
    service.own().remove([source])


def _found(service: Service, body: SearchRequest) -> list[dict[str, Any]]:
    found = service.engine.search(body.query, top_k=body.top_k, sources=body.sources, leg=body.leg)
    return [search_command.as_record(passage, rank) for rank, passage in enumerate(found, 1)]


async def _events(service: Service, body: SyncRequest) -> AsyncGenerator[SyncEvent]:
    steps = service.workshop.steps(_synced(service, body))
    async with aclosing(steps):
        async for step in steps:
            yield step


def _synced(service: Service, body: SyncRequest) -> Generator[SyncEvent]:
    events = service.own().sync(force=body.force, remove_many=body.remove_many)
    with closing(cast("Generator[SyncEvent]", events)) as steps:
        yield from steps


async def _lines(events: AsyncGenerator[SyncEvent]) -> AsyncGenerator[bytes]:
    async with aclosing(events):
        async for happened in events:
            if not isinstance(happened, Progress | Unchanged):
                yield event(as_record(happened))


async def _summary(events: AsyncGenerator[SyncEvent]) -> dict[str, Any]:
    failures, summary = list[dict[str, Any]](), as_record(Summary())
    async with aclosing(events):
        async for happened in events:
            if isinstance(happened, Failed):
                failures.append(as_record(happened))
            elif isinstance(happened, Summary):
                summary = as_record(happened)
    return {**summary, "failures": failures}
