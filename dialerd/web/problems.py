"""Errors as problem details (RFC 9457): one form for whatever is refused, wrong or not there."""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Scope

from dialerd.domain.errors import BadInput, DialerdError, NotFound, Refused, Unavailable
from dialerd.service.sessions import NotLoggedIn, TooManyLogins
from dialerd.web.people import Forbidden, Unidentified

MEDIA_TYPE = "application/problem+json"
KINDS = {
    400: ("bad-request", "The request cannot be read"),
    401: ("unidentified", "Who asks is not known"),
    403: ("forbidden", "Not allowed"),
    404: ("not-found", "There is no such thing"),
    405: ("method", "Not done this way"),
    406: ("not-acceptable", "Not in that form"),
    409: ("refused", "A rule forbids it; nothing was changed"),
    411: ("length", "Too little is known of what is sent"),
    412: ("changed", "It was changed meanwhile"),
    413: ("too-large", "Too large"),
    415: ("media-type", "Not in that form"),
    421: ("host", "Not for this server"),
    422: ("bad-input", "What was sent will not do; nothing was changed"),
    428: ("condition", "Say which state you know"),
    429: ("too-many", "Too many attempts"),
    500: ("fault", "A fault of the server"),
    503: ("unavailable", "Something it needs cannot be reached"),
}
_STATUS: tuple[tuple[type[DialerdError], int], ...] = (
    (Refused, 409),
    (NotFound, 404),
    (BadInput, 422),
    (Unavailable, 503),
    (Unidentified, 401),
    (NotLoggedIn, 401),
    (Forbidden, 403),
    (TooManyLogins, 429),
)

log = structlog.get_logger("dialerd.web")


class Changed(DialerdError):
    """The thing is not any more what the request took it for. HTTP 412."""


class Mistake(BaseModel):
    """One mistake in what was sent."""

    where: str = Field(description="The place, such as `body.priority` or `query.limit`.")
    what: str = Field(description="What is wrong with it.")


class Problem(BaseModel):
    """Why a request was not done (RFC 9457)."""

    type: str = Field(description="What kind of problem, such as `urn:dialerd:refused`.")
    title: str = Field(description="The kind in words.")
    status: int
    detail: str = Field(description="What it is about: the thing, the rule and the way out.")
    errors: list[Mistake] | None = Field(None, description="Each mistake, where several can be told apart.")


def problem(
    scope: Scope,
    status: int,
    detail: str,
    *,
    errors: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """The answer; `detail` is also what the audit says when it is a refusal."""
    kind, title = KINDS.get(status, ("other", "Not done"))
    scope.setdefault("state", {})["why"] = detail[:500]
    body: dict[str, Any] = {"type": f"urn:dialerd:{kind}", "title": title, "status": status, "detail": detail}
    if errors:
        body["errors"] = errors
    if status == 401:
        headers = {"WWW-Authenticate": 'Bearer realm="dialerd"', **(headers or {})}
    return JSONResponse(body, status, headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Makes every error of the application such an answer."""
    app.add_exception_handler(DialerdError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(Exception, _fault)


def status_of(error: DialerdError) -> int:
    """The HTTP status of one of our errors."""
    if isinstance(error, Changed):
        return 412
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


async def _ours(request: Request, error: Exception) -> Response:
    if not isinstance(error, DialerdError):
        raise error
    status = status_of(error)
    if status >= 500:
        log.error("request_failed", path=request.url.path, error=str(error))
    headers = None
    if isinstance(error, TooManyLogins):
        seconds = (error.until - request.state.site.now()).total_seconds()
        headers = {"Retry-After": str(max(1, round(seconds)))}
    return problem(request.scope, status, str(error), headers=headers)


async def _invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    told = [{"where": ".".join(str(part) for part in each["loc"]), "what": str(each["msg"])} for each in error.errors()]
    words = "; ".join(f"{each['where']}: {each['what']}" for each in told[:5])
    return problem(request.scope, 422, words, errors=told)


async def _plain(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers) if error.headers else {}
    detail = error.detail
    if error.status_code == 404:
        detail = f"there is nothing at {request.url.path}"
    elif error.status_code == 405:
        headers["Allow"] = ", ".join(_methods(request))
        detail = f"{request.method} is not done here; {headers['Allow']} is"
    return problem(request.scope, error.status_code, str(detail), headers=headers)


async def _fault(request: Request, error: Exception) -> Response:
    log.error("request_crashed", path=request.url.path, exc_info=error)
    return problem(request.scope, 500, "a fault of the server; its log says more")


def _methods(request: Request) -> list[str]:
    """What is done at this path, by whichever route: the router's own answer knows only the first one."""
    plain = [route for route in request.app.routes if isinstance(route, Route)]
    routes: list[Route] = [*plain, *getattr(request.app.state, "routes", ())]
    return sorted(
        {method for route in routes if route.path_regex.match(_path(request)) for method in route.methods or ()}
    )


def _path(request: Request) -> str:
    """The path below where the application is mounted."""
    path: str = request.scope["path"]
    return path.removeprefix(request.scope.get("root_path", ""))
