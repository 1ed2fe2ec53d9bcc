"""What its abandoned calls, and the age of its copies of do-not-call registries, leave each campaign of its pace: looked up
every two seconds.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from dialerd.domain.abandon import FREE, Brake, brake
from dialerd.domain.verdicts import Never
from dialerd.ops.clock import Clock
from dialerd.service import registries
from dialerd.service.abandoning import meters
from dialerd.settings import Campaign
from dialerd.store.database import Database

LOOK_SECONDS = 2.0
AHEAD = timedelta(seconds=5)
"""So long before a copy is too old it is: until we look again calls leave that were let through before."""


class Brakes:
    """Remembers what it read last. All engines read the same figures, so they slow down and stop together."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Nothing is read before somebody asks."""
        self._database = database
        self._clock = clock
        self._last: dict[str, tuple[float, Campaign, Brake]] = {}

    async def of(self, campaign: Campaign, now: datetime) -> Brake:
        """As it is now or was two seconds ago. Raises Unavailable when the database cannot be read."""
        if not campaign.compliance.abandon and not campaign.compliance.registries:
            return FREE
        at, judged, last = self._last.get(campaign.name, (0.0, None, FREE))
        began = self._clock.monotonic()
        if judged is campaign and began < at + LOOK_SECONDS:
            return last
        found = await asyncio.to_thread(self._read, campaign, now)
        self._last[campaign.name] = (began, campaign, found)
        return found

    def _read(self, campaign: Campaign, now: datetime) -> Brake:
        with self._database.read() as conn:
            copies = registries.verdict(conn, campaign, now + AHEAD)
            if isinstance(copies, Never):
                return Brake(0.0, copies, copies.reason)
            return brake(meters(conn, campaign, now))
