"""The application put together: the guard around the API, the login and the console."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from fastapi import FastAPI

from dialerd.web import api, login, problems
from dialerd.web.care import take_care
from dialerd.web.feed import Feed
from dialerd.web.guard import Guard
from dialerd.web.site import Site

API_PATH = "/api/v1"
THREADS = 12
"""Fewer than the connections that a database gives out at once (5 and 10 more, SQLAlchemy's QueuePool)."""


def create_app(site: Site, *, pages: bool = True) -> FastAPI:
    """The application. NiceGUI, which `pages` are made with, is there once in a process; others are without."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = THREADS
        caring = asyncio.create_task(take_care(site))
        yield
        site.stopping.set()
        await caring

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan)
    problems.install(app)
    app.mount(API_PATH, api.application())
    app.include_router(login.router)
    if pages:
        from dialerd.web import pages as console  # noqa: PLC0415 - it starts NiceGUI

        console.install(app)
    # Around everything, the errors of the application among it.
    app.add_middleware(Guard, site=site, feed=Feed(site))
    return app
