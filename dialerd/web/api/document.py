"""The OpenAPI document: what FastAPI knows of the routes, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from dialerd.service.repeats import KEPT, LONGEST_KEY
from dialerd.web.problems import KINDS, MEDIA_TYPE, Problem
from dialerd.web.routes import SecretRoute, UploadRoute

PATH = "/api/v1"

_WRITES = ("post", "put", "patch", "delete")
_EVERY = (400, 401, 403, 421, 422, 503)
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": f"The same request with the same key is done once; the answer is kept for {KEPT.days * 24} hours.",
    "schema": {"type": "string", "maxLength": LONGEST_KEY},
}


def install(app: FastAPI) -> None:
    """Has the application show this document."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    # FastAPI's own way to have another document is to put a function in place of the method.
    vars(app)["openapi"] = openapi


def _document(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    found["servers"] = [{"url": PATH}]
    schemas = found["components"]["schemas"]
    for theirs in ("HTTPValidationError", "ValidationError"):
        schemas.pop(theirs, None)
    ours = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(ours.pop("$defs"), Problem=ours)
    secret, uploads = (set(_places(app, kind)) for kind in (SecretRoute, UploadRoute))
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            _complete(operation, path, method, keyed=(path, method) not in secret, file=(path, method) in uploads)
    return found


def _complete(operation: dict[str, Any], path: str, method: str, *, keyed: bool, file: bool) -> None:
    operation["operationId"] = f"{operation['operationId'].removesuffix('_' + method)}_{method}"
    parameters = operation.get("parameters", [])
    statuses = [*_EVERY, 404, 409] if "{" in path or parameters else [*_EVERY]
    if method in _WRITES:
        statuses += [404, 409, 413]
        if keyed:
            operation["parameters"] = [*parameters, _KEY]
    if any(each["name"].lower() == "if-match" for each in parameters):
        statuses.append(412)
    if file:
        statuses.append(415)
    for status in sorted(set(statuses)):
        operation["responses"][str(status)] = _problem(status)


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": KINDS[status][1], "content": {MEDIA_TYPE: {"schema": schema}}}


def _places(app: FastAPI, kind: type[APIRoute]) -> Iterator[tuple[str, str]]:
    for route in app.state.routes:
        if isinstance(route, kind):
            yield from ((route.path, method.lower()) for method in route.methods or ())
