"""Leaving in good order: nothing more is sent, what waits is given back, calls in progress are seen to their end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import structlog

from dialerd.domain.errors import DialerdError
from dialerd.engine.dialer import Dialer
from dialerd.engine.tracker import Tracker
from dialerd.telephony.ami import AmiLink

LOOK_SECONDS = 0.1
ASK_SECONDS = 1.0
RETRY_SECONDS = 0.5
# What is known is written down and given back, also where calls are not waited for; a database gets so long for it.
LEAST_SECONDS = 5.0

log = structlog.get_logger("dialerd.engine")


class Drain:
    """Ends one engine's work, within a limit."""

    def __init__(self, dialer: Dialer, tracker: Tracker, links: Iterable[AmiLink]) -> None:
        """All of them go on running meanwhile: events come in, a lost connection comes back."""
        self._dialer = dialer
        self._tracker = tracker
        self._links = list(links)

    async def run(self, limit: float, *, give_back: bool) -> bool:
        """Wait for calls in progress, at most `limit` seconds. `give_back` is False when the dial loop itself is at fault:
        its claims are given back by whoever comes next.

        Never raises for a database that is away: what could not be written or given back by then is said in the log, and
        the next start, or another engine, accounts for it. False when there was such.
        """
        whole = True
        self._dialer.stopped = True
        log.info("draining", calls_up=len(self._tracker), limit_seconds=limit)
        deadline = asyncio.get_running_loop().time() + limit
        try:
            async with asyncio.timeout(max(limit, LEAST_SECONDS)):
                if give_back:
                    await self._dialer.stop()
                await self._see_calls_out(deadline)
                await self._write_down()
        except TimeoutError:
            whole = False
            log.error(
                "left_undone",
                claims=sum(line.waiting for line in self._dialer.lines.values()),
                endings=self._tracker.unwritten,
                next="the next start, or another engine, accounts for them; look at the database",
            )
        if len(self._tracker):
            log.warning("calls_left_up", calls_up=len(self._tracker), next="the next start adopts them")
        return whole

    async def _see_calls_out(self, deadline: float) -> None:
        """Until no call is up. While Asterisk is away its events are missed, but calls still report their end through
        FastAGI, and the connection may come back.
        """
        loop = asyncio.get_running_loop()
        ask_at = loop.time()
        while len(self._tracker) and loop.time() < deadline:
            if any(link.session is None for link in self._links) and loop.time() >= ask_at:
                ask_at = loop.time() + ASK_SECONDS
                try:
                    await self._tracker.drop_ended(self._tracker.ids)
                except DialerdError as error:
                    log.warning("ends_not_read", error=str(error), retry_seconds=ASK_SECONDS)
            await asyncio.sleep(LOOK_SECONDS)

    async def _write_down(self) -> None:
        while self._tracker.unwritten:
            try:
                await self._tracker.flush()
            except DialerdError as error:
                log.error("calls_not_written", error=str(error), retry_seconds=RETRY_SECONDS)
            if self._tracker.unwritten:
                await asyncio.sleep(RETRY_SECONDS)
