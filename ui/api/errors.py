"""What goes wrong, as OpenAI's clients know it: `{"error": {"message", "type", "param", "code"}}` with a status."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import fastapi
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from ingest.errors import WendangError
from ui.api.json_body import Json
from ui.text import TEXTS, error_text, one_line, t

_LOG = logging.getLogger(__name__)

#: code of an error of the program → HTTP status; all others are 500.
_STATUS = {
    "bad_question": 400,
    "bad_setting": 400,
    "context_too_small": 400,
    "not_in_library": 404,
    "library_busy": 409,
    "library_read_only": 409,
    "library_damaged": 503,
    "unusable_model": 503,
    "model_failed": 503,
    "missing_extra": 503,
}
_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
#: Where OpenAI has a code of its own for one of ours.
_CODES = {"context_too_small": "context_length_exceeded"}


class ApiError(fastapi.HTTPException):
    """A request that is not served; the text is `api.<code>` of the tables, filled in with `values`."""

    def __init__(
        self, status: int, code: str, *, param: str | None = None, retry_after: int | None = None, **values: object
    ) -> None:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        if status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        super().__init__(status, headers=headers)
        self.body = error_body(status, code=code, message=t(f"api.{code}", **{"param": param, **values}), param=param)


def error_body(status: int, *, code: str | None, message: str, param: str | None = None) -> dict[str, Any]:
    """Return an error in OpenAI's form."""
    kind = _TYPES.get(status) or ("server_error" if status >= 500 else "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def as_error(exc: Exception) -> ApiError:
    """Return any exception as one for the client; what is not foreseen says no more than its kind."""
    if isinstance(exc, ApiError):
        return exc
    if isinstance(exc, WendangError):
        status = _STATUS.get(exc.code, 500)
        made = ApiError(status, "failed", kind=exc.code)
        code = _CODES.get(exc.code, exc.code)
        param = str(exc.values["name"]) if "name" in exc.values else None
        made.body = error_body(status, code=code, message=error_text(exc), param=param)
        return made
    _LOG.error("unexpected %s", type(exc).__name__, exc_info=exc)
    return ApiError(500, "failed", kind=type(exc).__name__)


def install(app: FastAPI) -> None:
    """Let an app answer every error in OpenAI's form."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(WendangError, _refused)
    app.add_exception_handler(Exception, _refused)


async def _refused(request: Request, exc: Exception) -> Json:
    if isinstance(exc, ApiError) or not isinstance(exc, HTTPException):
        made = as_error(exc)
    else:
        made = _of_framework(exc, request)
    return Json(made.body, status_code=made.status_code, headers=made.headers)


def _of_framework(exc: HTTPException, request: Request) -> ApiError:
    """Return an error that FastAPI raises by itself: no such path, no such method, a body that is none."""
    named = {404: "no_path", 405: "no_method"}.get(exc.status_code)
    path = one_line(request.url.path)[:200]
    made = ApiError(exc.status_code, named or "failed", path=path, method=request.method, kind=str(exc.detail))
    made.headers = {**(exc.headers or {}), **(made.headers or {})}
    return made


async def _invalid(request: Request, exc: Exception) -> Json:
    assert isinstance(exc, RequestValidationError), "FastAPI calls this for no other"
    return Json(invalid(exc.errors()), status_code=400)


def invalid(problems: Sequence[Any]) -> dict[str, Any]:
    """Return pydantic's problems as one error that names the field: the first, or what lies deepest in it.

    A field of several forms has a problem for each; the form that was meant is the one that fits the furthest.
    """
    first = _path(problems[0]["loc"]).partition("[")[0]
    about = [problem for problem in problems if _path(problem["loc"]).partition("[")[0] == first]
    chosen = max(about, key=lambda problem: (len(_path(problem["loc"])), not problem["type"].endswith("_type")))
    param = _path(chosen["loc"])
    if chosen["type"] == "missing":
        return error_body(400, code="invalid_value", message=t("api.missing", param=param), param=param)
    given = one_line(repr(chosen.get("input")))
    given = given if len(given) < 80 else given[:77] + "…"
    message = t("api.invalid", param=param, given=given, expected=_expected(chosen))
    return error_body(400, code="invalid_value", message=message, param=param)


def _expected(problem: Mapping[str, Any]) -> str:
    """Return what a field takes: in our words, or in pydantic's English for a kind of problem that has none."""
    key = f"api.expected.{problem['type']}"
    if key not in TEXTS:
        return str(problem["msg"])
    return t(key, **{name: _shown(value) for name, value in problem.get("ctx", {}).items()})


def _shown(value: object) -> object:
    """Return a limit as people write it: 2 for 2.0, and a list of words without pydantic's English before the last."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value.replace(" or ", ", ") if isinstance(value, str) else value


def _path(places: Sequence[str | int]) -> str:
    """Return where a field is, as OpenAI writes it: messages[0].content. Tags of unions are left out."""
    text = ""
    for place in places[1:] if places and places[0] in ("body", "query", "path") else places:
        if isinstance(place, int):
            text += f"[{place}]"
        elif not place.startswith(("list[", "constrained-", "function-")) and place != "str":
            text += f".{place}" if text else place
    return text or "body"
