"""The stream of changes, as server-sent events."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Header, Request
from starlette.responses import StreamingResponse

from dialerd.domain.errors import BadInput, Unavailable
from dialerd.service import sessions, watching
from dialerd.service.sessions import Asker
from dialerd.web.feed import Event, Feed, Queue, deed
from dialerd.web.people import Here, Viewer
from dialerd.web.routes import ApiRoute
from dialerd.web.site import Site
from dialerd.web.values import MAX_ID

router = APIRouter(tags=["status"], route_class=ApiRoute)

STILL_SECONDS = 5.0
"""How often a stream that has nothing to say shows that it lives, and asks whether its reader may still read."""
MOST_STREAMS = 200
MEDIA_TYPE = "text/event-stream"

_DESCRIPTION: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events `deed` (who did what; its id goes on behind it), `import` (a version on its way or at its end) "
        "and `campaigns` (those whose state, calls or freeze changed). Each has a JSON document as its data.",
        "content": {MEDIA_TYPE: {}},
    }
}


@router.get("/events", response_class=StreamingResponse, responses=_DESCRIPTION)
async def events(
    request: Request,
    site: Here,
    asker: Viewer,
    last_event_id: Annotated[str | None, Header(description="Go on behind this deed.")] = None,
) -> StreamingResponse:
    """What changes, as it does. The stream ends when your login or token does; come back with Last-Event-ID."""
    last = _last(last_event_id)
    feed: Feed = request.state.feed
    if feed.watchers >= MOST_STREAMS:
        raise Unavailable(f"{MOST_STREAMS} streams of events are open already; close some, or ask again later")
    return StreamingResponse(_stream(feed, site, asker, last), media_type=MEDIA_TYPE)


async def _stream(feed: Feed, site: Site, asker: Asker, last: int | None) -> AsyncIterator[str]:
    with feed.watch() as queue:
        told = last or 0
        if last is not None:
            for entry in await to_thread.run_sync(watching.deeds_since, site.database, last):
                told = entry.entry_id
                yield _written(deed(entry))
        # Says at once that the stream stands, before anything changes.
        yield ": listening\n\n"
        asked = time.monotonic()
        while True:
            event = await _next(queue)
            if time.monotonic() - asked >= STILL_SECONDS:
                asked = time.monotonic()
                if await to_thread.run_sync(_still, site, asker) is None:
                    return
            if event is None:
                return
            if event == STILL:
                yield ": still here\n\n"
            elif event.last is None or event.last > told:
                yield _written(event)


STILL = Event("still", None)


async def _next(queue: Queue) -> Event | None:
    try:
        return await asyncio.wait_for(queue.get(), STILL_SECONDS)
    except TimeoutError:
        return STILL


def _still(site: Site, asker: Asker) -> Asker | None:
    return sessions.still(site.database, asker, now=site.now(), idle=site.settings.web.idle)


def _last(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:20]) <= MAX_ID):
        raise BadInput("Last-Event-ID: is none of ours; leave it out to hear what changes from now on")
    return int(text)


def _written(event: Event) -> str:
    number = "" if event.last is None else f"id: {event.last}\n"
    return f"{number}event: {event.kind}\ndata: {json.dumps(_plain(event.data), default=_text)}\n\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
