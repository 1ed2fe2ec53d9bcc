"""How every request to the API is taken: within its size, with filters that there are, and done once under one key."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from anyio import to_thread
from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Message

from dialerd.domain.errors import BadInput, DialerdError
from dialerd.domain.people import Role
from dialerd.service import repeats
from dialerd.store.idempotency import Answer
from dialerd.web import people
from dialerd.web.guard import SAFE
from dialerd.web.people import asker_of, site_of
from dialerd.web.site import Site

LARGEST_BODY = 16 * 1024 * 1024
"""Bytes of a request that is no file."""

_KEPT_HEADERS = ("content-type", "location", "etag")

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class ApiRoute(APIRoute):
    """A route whose writes may carry an Idempotency-Key."""

    def get_route_handler(self) -> Handler:
        """The handler, with what comes before it."""
        handle = super().get_route_handler()
        known = set(_query_names(self.dependant))

        async def handler(request: Request) -> Response:
            unknown = sorted(set(request.query_params) - known)
            if unknown:
                raise BadInput(f"query {unknown[0][:40]!r}: there is no such parameter here{_those(known)}")
            if request.method in SAFE:
                return await handle(request)
            return await self.write(handle, request)

        return handler

    async def write(self, handle: Handler, request: Request) -> Response:
        """Does what changes something."""
        body = await _read(request, LARGEST_BODY)
        return await once(handle, _again(request, body), hashlib.sha256(body).hexdigest())


class SecretRoute(ApiRoute):
    """A route that is sent a secret or answers with one: nothing of that is kept, so it is not done once under a key."""

    async def write(self, handle: Handler, request: Request) -> Response:
        """As ApiRoute, without keys. Raises BadInput for one."""
        if "idempotency-key" in request.headers:
            raise BadInput(
                "Idempotency-Key: is not taken here, since the answer would have to be kept, and it is secret"
            )
        return await handle(_again(request, await _read(request, LARGEST_BODY)))


class UploadRoute(ApiRoute):
    """A route that takes a file as its body: it is on disk, as `state.file`, while the request is answered."""

    async def write(self, handle: Handler, request: Request) -> Response:
        """As ApiRoute; who may not upload has not uploaded."""
        people.require(asker_of(request), Role.OPERATOR)
        site = site_of(request)
        folder = await to_thread.run_sync(lambda: Path(mkdtemp(dir=site.uploads)))
        try:
            path = folder / "body"
            digest = await _spool(request, path, site.settings.web.largest_upload)
            request.state.file = path
            return await once(handle, _again(request, b""), digest)
        finally:
            await to_thread.run_sync(shutil.rmtree, folder, True)


async def once(handle: Handler, request: Request, digest: str) -> Response:
    """Answers as the first time when the request comes again with its key. `digest` is that of the body."""
    key, asker = request.headers.get("idempotency-key"), asker_of(request)
    if key is None or asker is None:
        return await handle(request)
    site, owner = site_of(request), asker.name
    print_ = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query} {digest}".encode()).hexdigest()
    answered = await to_thread.run_sync(repeats.begin, site.database, owner, key, print_, site.now())
    if answered is not None:
        headers = {**answered.headers, "Idempotency-Replayed": "true"}
        return Response(answered.body, answered.status, headers)
    try:
        response = await handle(request)
    except (DialerdError, RequestValidationError, HTTPException):
        # What is refused has changed nothing, and may be asked for again. The end of a fault of ours nobody knows.
        await _end(site, owner, key, None)
        raise
    await _end(site, owner, key, _kept(response))
    return response


async def _end(site: Site, owner: str, key: str, answer: Answer | None) -> None:
    await to_thread.run_sync(repeats.end, site.database, owner, key, answer)


def _kept(response: Response) -> Answer:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    return Answer(response.status_code, headers, bytes(response.body).decode())


async def _read(request: Request, most: int) -> bytes:
    found = bytearray()
    async for block in request.stream():
        found += block
        if len(found) > most:
            raise HTTPException(413, f"what is sent here has at most {most:,} bytes")
    return bytes(found)


async def _spool(request: Request, path: Path, most: int) -> str:
    """Writes the body to the file; its SHA-256."""
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as out:
        async for block in request.stream():
            size += len(block)
            if size > most:
                raise HTTPException(413, f"a file has at most {most:,} bytes; see largest_upload under [web]")
            digest.update(block)
            await to_thread.run_sync(out.write, block)
    return digest.hexdigest()


def _again(request: Request, body: bytes) -> Request:
    """The request with a body that can be read once more."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(request.scope, receive)


def _query_names(dependant: Dependant) -> Iterator[str]:
    for field in dependant.query_params:
        yield field.alias
    for below in dependant.dependencies:
        yield from _query_names(below)


def _those(known: set[str]) -> str:
    return f"; there are {', '.join(sorted(known))}" if known else ""
