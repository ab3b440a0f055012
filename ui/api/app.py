"""The app: routes behind the gate."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from ui.api import chat, completions, docs_page, embeddings, errors, library, models
from ui.api.gate import Gate
from ui.api.json_body import Json
from ui.api.replies import Healthy
from ui.api.service import Service
from ui.text import t

health = APIRouter(tags=["Health"])

# Nothing is told to anybody: also where the environment configures OpenTelemetry for everything.
_SILENT = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False}


@health.get("/healthz", responses={200: {"model": Healthy}})
async def healthz() -> Json:
    """Say that the server is there; needs no key."""
    return Json({"status": "ok"})


def make_app(service: Service, *, key: str | None = None, any_host: bool = False) -> ASGIApp:
    """Return the ASGI app of a library. It closes the library when it ends.

    `key` is the bearer token that clients need; `any_host` lets requests in under any name, for a server that others
    than this machine reach.
    """

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        yield
        service.close()

    app = FastAPI(
        title=t("api.title"),
        description=t("api.description"),
        version="1",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=life,
        telemetry=_SILENT,  # type: ignore[arg-type]  # a TypedDict of fastapi's own
    )
    app.state.service = service
    errors.install(app)
    for part in (health, models.router, chat.router, completions.router, embeddings.router, library.router):
        app.include_router(part)
    app.include_router(docs_page.router)
    return Gate(app, key=key, any_host=any_host)
