"""JSON in and out: bodies that mean one thing only, and replies that hold any text."""

import json
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute


def encoded(value: object) -> bytes:
    """Return a value as JSON; half a surrogate pair, as file names may hold, becomes its escape."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def event(value: object) -> bytes:
    """Return a value as a server-sent event."""
    return b"data: " + encoded(value) + b"\n\n"


class Json(JSONResponse):
    """A reply of JSON, not escaped."""

    def render(self, content: object) -> bytes:
        """Return the body."""
        return encoded(content)


def parsed(body: bytes) -> Any:  # noqa: ANN401 - whatever the JSON is
    """Return the value of a JSON text. ValueError says why it is none.

    Stricter than `json.loads`: UTF-8 only, no NaN, no key twice, no half surrogate pair, no depth that the parser
    cannot take.
    """
    try:
        text = body.decode("utf-8")
        value = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unique)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


class _StrictRequest(Request):
    async def json(self) -> Any:  # noqa: ANN401 - as Request has it
        from ui.api.errors import ApiError

        try:
            return parsed(await self.body())
        except ValueError as exc:  # UnicodeDecodeError and JSONDecodeError are such
            raise ApiError(400, "bad_json", detail=str(exc)) from exc


class StrictRoute(APIRoute):
    """A route that reads JSON strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's handler, given a request of ours."""
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handle(_StrictRequest(request.scope, request.receive))

        return strict
