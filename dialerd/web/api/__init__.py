"""The API: one module for each kind of thing, put together here."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from dialerd import __version__
from dialerd.web import problems
from dialerd.web.api import (
    calls,
    campaigns,
    dnc,
    document,
    events,
    flow,
    imports,
    leads,
    lists,
    office,
    session,
    trials,
    versions,
)

ROUTERS: tuple[APIRouter, ...] = (
    *(session.router, lists.router, versions.router, imports.uploads, flow.router, leads.router, campaigns.router),
    trials.router,
    *(dnc.router, dnc.uploads, calls.router, office.router, office.secret, events.router),
)
DESCRIPTION = """\
Lists, leads, campaigns and what became of the calls of dialerd, an outbound dialer for Asterisk.

Errors are problem details (RFC 9457). docs/api.md explains tokens, paging, idempotency keys, ETags and events.
"""


@cache
def application() -> FastAPI:
    """The API as an application of its own, so that what it does not know is its 404 and 405, and no page's. It is made once:
    what it stands on comes with each request.
    """
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
    # How an application keeps what it includes is its own affair, and another one in each version.
    app.state.routes = tuple(route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute))
    document.install(app)
    return app
