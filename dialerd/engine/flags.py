"""Takes changed flags of dispositions over into the database, at the start and at each reload, aside from the calls."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import structlog

from dialerd.domain.errors import DialerdError
from dialerd.ops.clock import Clock
from dialerd.service.dispositions import Adopted, adopt
from dialerd.settings import Settings
from dialerd.store.database import Database

RETRY_SECONDS = 5.0

log = structlog.get_logger("dialerd.engine")


class FlagChanges:
    """A part of the engine: at its start, and whenever `look` says so, it looks for flags that have changed."""

    def __init__(self, settings: Callable[[], Settings], database: Database, clock: Clock) -> None:
        """`settings` are asked each time."""
        self._settings = settings
        self._database = database
        self._clock = clock
        self._look = asyncio.Event()
        self._stopped = threading.Event()

    def look(self) -> None:
        """The settings are others."""
        self._look.set()

    def stop(self) -> None:
        """End at the next step; the next start goes on from there."""
        self._stopped.set()

    async def run(self) -> None:
        """Judge leads anew whose disposition means something else, for ever. A database that fails is tried again."""
        while True:
            try:
                await self._adopt()
            except DialerdError as error:
                log.error("flags_not_adopted", error=str(error), retry_seconds=RETRY_SECONDS)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            await self._look.wait()
            self._look.clear()

    async def _adopt(self) -> None:
        settings = self._settings()
        done = await asyncio.to_thread(
            adopt,
            self._database,
            settings.dispositions,
            settings.campaigns,
            actor="engine",
            clock=self._clock.now,
            stopped=self._stopped.is_set,
        )
        if done != Adopted():
            log.info(
                "flags_adopted",
                dispositions=", ".join(done.changed),
                leads_closed=done.closed,
                leads_due=done.due,
                leads_recounted=done.recounted,
                leads_on_dnc=done.stopped,
            )
