"""Keeps the lines of the dial loop in step with the campaigns in the database, their files and their hours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container
from datetime import datetime
from typing import TypeVar

import structlog

from dialerd.domain.eligibility import NoUntil, Verdict, Yes, judge_schedule
from dialerd.domain.errors import DialerdError
from dialerd.domain.facts import OPEN_STATES, AttemptState
from dialerd.domain.lifecycle import CampaignState
from dialerd.engine.brakes import Brakes
from dialerd.engine.claimer import NOTHING_DUE
from dialerd.engine.dialer import Dialer
from dialerd.engine.schedule import Schedule
from dialerd.engine.tracker import Tracker
from dialerd.engine.writes import Writes
from dialerd.ops.clock import Clock
from dialerd.service.campaigns import FILE_GONE, complete, pause
from dialerd.service.next_call import NextCall, next_call
from dialerd.settings import Campaign, Settings
from dialerd.store import campaigns, freezes, leads
from dialerd.store.campaigns import CampaignRecord
from dialerd.store.database import Connection, Database

REFRESH_SECONDS = 0.5
RINGING_STATES = (AttemptState.SENDING, AttemptState.RINGING)

T = TypeVar("T")

log = structlog.get_logger("dialerd.campaigns")


class Watch:
    """Looks at the campaigns every half second, and at once when an alarm of the schedule goes off."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        database: Database,
        writes: Writes,
        dialer: Dialer,
        tracker: Tracker,
        schedule: Schedule,
        clock: Clock,
        *,
        hang_up: Callable[[str], None],
        on_look: Callable[[], None],
    ) -> None:
        """`on_look` hears that the lines are as they should be. `hang_up` ends a call, by attempt id: of a stopped campaign those that ring, of a frozen one all."""
        self._settings = settings
        self._database = database
        self._writes = writes
        self._dialer = dialer
        self._tracker = tracker
        self._schedule = schedule
        self._clock = clock
        self._hang_up = hang_up
        self._on_look = on_look
        self._brakes = Brakes(database, clock)
        self._now = asyncio.Event()
        self.states: dict[str, CampaignRecord] = {}
        self.reasons: dict[str, str] = {}

    def look_now(self) -> None:
        """Something changed."""
        self._now.set()

    async def run(self) -> None:
        """Watch for ever. A database that cannot be read leaves everything as it is."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                await self.refresh()
            except DialerdError as error:
                log.error("campaigns_not_read", error=str(error))
            timer = loop.call_later(REFRESH_SECONDS, self._now.set)
            await self._now.wait()
            timer.cancel()
            self._now.clear()

    async def refresh(self) -> None:
        """One look. Raises Unavailable when the database cannot be read."""
        rows, frozen = await asyncio.to_thread(self._read, lambda conn: (campaigns.all(conn), freezes.all(conn)))
        for row in rows:
            campaign = self._settings().campaigns.get(row.name)
            freeze = freezes.of(frozen, row.name)
            if row.state is CampaignState.ACTIVE and campaign is not None and freeze is None:
                await self._active(campaign)
                continue
            await self._dialer.close_line(row.name)
            if freeze is not None:
                self._hang_up_all(row.name, OPEN_STATES)
                self.reasons[row.name] = f"frozen by {freeze.actor} since {freeze.since:%Y-%m-%d %H:%M:%S} UTC"
            elif row.state is CampaignState.ACTIVE:
                await self._without_file(row.name)
            else:
                if row.state is CampaignState.DRAFT:
                    self._hang_up_all(row.name, RINGING_STATES)
                self.reasons[row.name] = row.stop_reason or row.state.value
        self.states = {row.name: row for row in rows}
        self._on_look()
        await self._dialer.empty_gated()

    async def _active(self, campaign: Campaign) -> None:
        now = self._clock.now()
        verdict = judge_schedule(campaign.rules, now)
        brake = await self._brakes.of(campaign, now)
        gate = next((said.reason for said in (verdict, brake.verdict) if not isinstance(said, Yes)), None)
        self._set_alarm(campaign, verdict, now)
        self._dialer.open_line(campaign, self._settings(), gate, brake.pace or 1.0)
        line = self._dialer.lines[campaign.name]
        self.reasons[campaign.name] = gate or self._dialer.obstacle or line.room or line.idle or brake.why or "dialing"
        if line.closed_by is None and line.idle == NOTHING_DUE and line.waiting == 0:
            await self._rest(campaign)

    def _set_alarm(self, campaign: Campaign, verdict: Verdict, now: datetime) -> None:
        at = verdict.at if isinstance(verdict, NoUntil) else campaign.rules.next_change(now)
        if at is not None:
            self._schedule.at(f"window:{campaign.name}", at, self._changed)

    async def _rest(self, campaign: Campaign) -> None:
        """Nobody can be called now: say until when, wake up then, or complete the campaign when nobody ever can."""
        now = self._clock.now()

        def look(conn: Connection) -> tuple[NextCall, bool]:
            found = next_call(conn, campaign, now)
            # Only when nobody can be called at any time is it worth counting what is left.
            return found, found.at is None and leads.remaining(conn, campaign.name) == found.barred

        found, over = await asyncio.to_thread(self._read, look)
        if found.at is not None:
            due_before = found.due is not None and found.due < found.at
            what = (
                "those that are due are outside their hours; the next may be called"
                if due_before
                else "the next lead is due"
            )
            self.reasons[campaign.name] = f"{what} at {found.at:%Y-%m-%d %H:%M:%S} UTC"
            self._schedule.at(f"due:{campaign.name}", found.at, self._changed)
        elif not over:
            self.reasons[campaign.name] = "every lead that is left is in a call"
        elif await self._writes(lambda conn: complete(conn, campaign.name, now, campaign.openings)):
            log.info("campaign_completed", campaign=campaign.name)

    async def _without_file(self, campaign: str) -> None:
        """Nobody knows how it is to be dialed. It does not go on by itself when the file is back: it may be another one."""
        self.reasons[campaign] = FILE_GONE
        now = self._clock.now()
        if await self._writes(lambda conn: pause(conn, campaign, FILE_GONE, now)):
            log.error("campaign_file_gone", campaign=campaign, state=CampaignState.PAUSED.value)

    def _changed(self) -> None:
        self._dialer.wake()
        self._now.set()

    def _hang_up_all(self, campaign: str, states: Container[AttemptState]) -> None:
        """Again at each look: a call that was just sent has no channel yet."""
        for attempt_id in self._tracker.of(campaign, states):
            self._hang_up(attempt_id)

    def _read(self, look: Callable[[Connection], T]) -> T:
        with self._database.read() as conn:
            return look(conn)
