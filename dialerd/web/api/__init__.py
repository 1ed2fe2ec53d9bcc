"""The API: one module for each kind of thing, put together here."""

from __future__ import annotations

from fastapi import FastAPI

from dialerd import __version__
from dialerd.web import problems
from dialerd.web.api import session
from dialerd.web.problems import Problem

ROUTERS = (session.router,)
DESCRIPTION = """\
Lists, leads, campaigns and what became of the calls of dialerd, an outbound dialer for Asterisk.

Errors are problem details (RFC 9457). docs/api.md explains tokens, paging, idempotency keys, ETags and events.
"""
_PROBLEM = {"model": Problem, "content": {problems.MEDIA_TYPE: {}}}


def create() -> FastAPI:
    """The API as an application of its own, so that what it does not know is its 404 and 405, and no page's."""
    app = FastAPI(
        title="dialerd",
        version=__version__,
        description=DESCRIPTION,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router)
    return app
