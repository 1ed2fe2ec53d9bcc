"""Events for who watches: one look at the database a second, however many watch, and none while nobody does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import structlog
from anyio import to_thread

from dialerd.domain.errors import DialerdError
from dialerd.service import watching
from dialerd.service.watching import CampaignSight, ImportSight, Place, Sight
from dialerd.store.audit import AuditEntry
from dialerd.web.site import Site

LOOK_SECONDS = 1.0
MOST_WAITING = 1000
"""Events that wait for somebody who does not read them; then the stream ends, and whoever comes back goes on behind the
last deed they had.
"""

log = structlog.get_logger("dialerd.web")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that changed. `last` is the id of a deed; others have none."""

    kind: str
    data: Any
    last: int | None = None


Queue = asyncio.Queue[Event | None]


class Feed:
    """Tells everybody who watches what changed. None in a queue is the end of the stream."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._watchers: set[Queue] = set()
        self._task: asyncio.Task[None] | None = None
        self._seen: Sight | None = None

    @property
    def watchers(self) -> int:
        """How many watch."""
        return len(self._watchers)

    @contextmanager
    def watch(self) -> Iterator[Queue]:
        """While the block runs, how it is now and then what changes is put into the queue."""
        queue: Queue = asyncio.Queue(MOST_WAITING)
        self._watchers.add(queue)
        if self._seen is not None:
            for event in _events(None, replace(self._seen, deeds=())):
                queue.put_nowait(event)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look_again_and_again())
        try:
            yield queue
        finally:
            self._watchers.discard(queue)

    async def _look_again_and_again(self) -> None:
        while self._watchers and not self._site.stopping.is_set():
            try:
                self._seen = await self._look(self._seen)
            except DialerdError as error:
                log.warning("watching_failed", error=str(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._site.stopping.wait(), LOOK_SECONDS)
        # What is seen then is old when somebody watches again.
        self._seen = None
        for queue in list(self._watchers):
            self._end(queue)

    async def _look(self, seen: Sight | None) -> Sight:
        database = self._site.database
        last = seen.last if seen else await to_thread.run_sync(watching.last_deed, database)
        known = {place for place, sight in seen.imports.items() if sight.state.unfinished} if seen else set()
        now = await to_thread.run_sync(watching.look, database, last, known)
        for event in _events(seen, now):
            self._tell(event)
        return now

    def _tell(self, event: Event) -> None:
        for queue in list(self._watchers):
            try:
                queue.put_nowait(event)
            except asyncio.QueueFull:
                self._end(queue)

    def _end(self, queue: Queue) -> None:
        self._watchers.discard(queue)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)


def deed(entry: AuditEntry) -> Event:
    """A deed as an event."""
    return Event("deed", entry, entry.entry_id)


def _events(before: Sight | None, now: Sight) -> Iterator[Event]:
    yield from map(deed, now.deeds)
    imports: Mapping[Place, ImportSight] = before.imports if before else {}
    for place, sight in now.imports.items():
        if imports.get(place) != sight:
            yield Event("import", sight)
    campaigns: Mapping[str, CampaignSight] = before.campaigns if before else {}
    changed = {name: sight for name, sight in now.campaigns.items() if campaigns.get(name) != sight}
    if changed or before is None:
        yield Event("campaigns", changed)
