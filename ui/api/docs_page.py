"""`/docs`: the OpenAPI document to read and try. Every asset is served from here; nothing comes from the network."""

from importlib.resources import files
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from ui.text import t

router = APIRouter(include_in_schema=False)

#: The files of Swagger UI, which the package fastapi-offline carries, and their types.
_ASSETS = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css", "favicon.png": "image/png"}
# Scripts from here only, and none inline: not even a text of the OpenAPI document could become one.
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
_POLICY += "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_PAGE = """<!doctype html>
<html lang="{lang}">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="/docs/favicon.png"><link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script>
</html>
"""
_START = """SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null, tryItOutEnabled: true,
  presets: [SwaggerUIBundle.presets.apis], layout: "BaseLayout"
});
"""


@router.get("/docs")
async def page() -> Response:
    """Return the page."""
    html = _PAGE.format(lang=t("api.lang"), title=t("api.title"))
    return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY})


@router.get("/docs/start.js")
async def start() -> Response:
    """Return the line that starts Swagger UI."""
    return Response(_START, media_type="text/javascript")


def _asset(name: str, kind: str) -> Any:  # noqa: ANN401 - a function that FastAPI calls
    async def asset() -> Response:
        """Return a file of Swagger UI."""
        return Response(files("fastapi_offline").joinpath("static", name).read_bytes(), media_type=kind)

    return asset


for _name, _kind in _ASSETS.items():
    router.add_api_route(f"/docs/{_name}", _asset(_name, _kind), methods=["GET"])
