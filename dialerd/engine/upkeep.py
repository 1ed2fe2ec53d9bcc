"""What the engine keeps in order in the database, aside from the writer that the calls wait for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import structlog

from dialerd.domain.errors import DialerdError
from dialerd.ops.clock import Clock
from dialerd.service import dnc_sweeps, statistics
from dialerd.store.database import Database
from dialerd.store.dnc_leads import Effect

LOOK_SECONDS = 2.0

log = structlog.get_logger("dialerd.engine")


class Upkeep:
    """A part of the engine: every two seconds it keeps the tallies short, and goes on with leads that do-not-call closes or
    releases where nobody else does.
    """

    def __init__(self, database: Database, clock: Clock, released: Callable[[], None]) -> None:
        """`released` is called when leads are due again."""
        self._database = database
        self._clock = clock
        self._released = released
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End at the next step; whoever looks next goes on from there."""
        self._stopped.set()

    async def run(self) -> None:
        """Look for ever. A database that fails is tried again."""
        while True:
            try:
                await asyncio.to_thread(statistics.fold, self._database)
                self._tell(await asyncio.to_thread(self._sweep))
            except DialerdError as error:
                log.warning("upkeep_failed", error=str(error), retry_seconds=LOOK_SECONDS)
            await asyncio.sleep(LOOK_SECONDS)

    def _sweep(self) -> Effect:
        return dnc_sweeps.take_over(self._database, clock=self._clock.now, stopped=self._stopped.is_set)

    def _tell(self, effect: Effect) -> None:
        if effect != Effect():
            log.info(
                "do_not_call_swept",
                closed=effect.closed,
                waiting=effect.waiting,
                released=effect.released,
                let_in=effect.let_in,
                kept_out=effect.kept_out,
            )
        if effect.released or effect.let_in:
            self._released()
