"""The dial loop: claim ahead by seconds, commit `sending` ahead by milliseconds, send each call at its instant."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Coroutine
from typing import Any

import structlog

from dialerd.domain.facts import ClaimedLead
from dialerd.domain.pacing import LEAST_AHEAD, commit_ahead, earliest
from dialerd.engine.claimer import NOT_ACTIVE, Claimer
from dialerd.engine.crew import Crew
from dialerd.engine.line import Line, Ready
from dialerd.engine.roads import Roads
from dialerd.engine.senders import Senders
from dialerd.engine.shares import Shares
from dialerd.engine.tracker import Tracker
from dialerd.engine.trunks import Trunks
from dialerd.ops.clock import Clock
from dialerd.settings import Campaign, Settings

IDLE_SECONDS = 1.0
SETTLE_SECONDS = 0.01
# A claim may wait in the hopper for so many times the work it is claimed ahead for, and these seconds.
HOPPER_TIMES = 2
HOPPER_SLACK_SECONDS = 5.0

log = structlog.get_logger("dialerd.dialer")


class Dialer:
    """Sends calls for every campaign that has a line. Runs on the event loop; all state belongs to it."""

    def __init__(
        self, claimer: Claimer, senders: Senders, tracker: Tracker, trunks: Trunks, crew: Crew, clock: Clock
    ) -> None:
        """Nothing is dialed before a line is opened."""
        trunks.tell(self.empty_trunk, self.wake)
        self._claimer = claimer
        self._senders = senders
        self._tracker = tracker
        self._trunks = trunks
        self._crew = crew
        self._shares = Shares(crew)
        self._share_at = -math.inf
        self._clock = clock
        self._max_send_delay = 0.0
        self._hopper_seconds = 0.0
        self._ahead = LEAST_AHEAD
        self._roads = Roads()
        self._tasks: set[asyncio.Task[None]] = set()
        self._fault: BaseException | None = None
        self._wake = asyncio.Event()
        self.lines: dict[str, Line] = {}
        self.stopped = False

    @property
    def obstacle(self) -> str | None:
        """Why nothing is sent now, whatever the campaigns say, in words for people; None when calls may leave."""
        if self.stopped:
            return "the engine is stopping"
        return self._senders.obstacle or self._crew.obstacle(self._clock.monotonic())

    @property
    def wanted(self) -> frozenset[str]:
        """The paces of which this engine wants a part: those of every line, while calls can go to Asterisk."""
        return frozenset() if self.stopped else self._shares.wanted(self.lines.values(), self._senders.connected)

    def wake(self) -> None:
        """Something changed: look again now."""
        for line in self.lines.values():
            line.next_claim_at = 0.0
        self._wake.set()

    def open_line(self, campaign: Campaign, settings: Settings, gate: str | None, brake: float = 1.0) -> None:
        """An active campaign, as these settings have it. `gate` says why it may not claim now, None when it may; `brake` is
        the part of its pace that it may use, above 0.
        """
        if campaign.name not in self.lines:
            self.lines[campaign.name] = Line(campaign, settings.trunks, pace=self._roads.pace_of(campaign.name))
            log.info("campaign_opened", campaign=campaign.name, gate=gate)
        line = self.lines[campaign.name]
        line.file, line.known, line.brake = campaign, settings.trunks, brake
        self._fit(line)
        self._max_send_delay = settings.engine.max_send_delay
        self._hopper_seconds = settings.engine.hopper_seconds
        self._roads.limit_node(settings)
        if line.gate != gate:
            line.gate = gate
            self.wake()

    def share(self) -> None:
        """Give every line what the other engines leave it by now."""
        now, held = self._clock.monotonic(), {line.room for line in self.lines.values()}
        for line in self.lines.values():
            self._fit(line)
        self._share_at = self._crew.changes_at(now)
        if held != {line.room for line in self.lines.values()}:
            self.wake()

    def _fit(self, line: Line) -> None:
        for trunk in self._shares.fit(line, self._clock.monotonic()):
            self._return(line.take_all(trunk), line.shut[trunk])

    def left(self, attempt_id: str) -> None:
        """Asterisk has handed this call to the trunk."""
        self._roads.left(attempt_id, self._clock.monotonic())

    def empty_trunk(self, trunk: str) -> None:
        """The trunk carries nothing now: what waits for it is given back, so that other trunks may take it."""
        for line in self.lines.values():
            self._return(line.take_all(trunk), f"trunk {trunk} carries no calls now")
        self.wake()

    async def close_line(self, name: str) -> None:
        """The campaign is not active any more: what waited is given back, what was committed is cancelled."""
        line = self.lines.pop(name, None)
        if line is None:
            return
        line.closed = True
        self._roads.closed(line)
        self._cancel(line, NOT_ACTIVE)
        log.info("campaign_closed", campaign=name, waiting=len(line.hopper))
        await self._empty(line, NOT_ACTIVE)

    async def empty_gated(self) -> None:
        """Give back what waits in lines that may not claim."""
        for line in list(self.lines.values()):
            if line.closed_by is not None:
                await self._empty(line, line.closed_by)

    async def stop(self) -> None:
        """Send nothing more. Returns when everything that was not sent has been given back."""
        self.stopped = True
        for line in self.lines.values():
            self._cancel(line, "the engine is stopping")
        # A handful of milliseconds, once in a process's life.
        while any(line.claiming or line.committing.total() for line in self.lines.values()):  # noqa: ASYNC110
            await asyncio.sleep(SETTLE_SECONDS)
        for name in list(self.lines):
            await self.close_line(name)

    async def run(self) -> None:
        """Dial for ever. Raises what a claim, commit or send raised unexpectedly: half a dialer is worse than none."""
        loop = asyncio.get_running_loop()
        while True:
            if self._fault is not None:
                raise self._fault
            timer = loop.call_later(self._step(), self._wake.set)
            await self._wake.wait()
            timer.cancel()
            self._wake.clear()

    def _step(self) -> float:
        """Do all that is due; the seconds until more is."""
        obstacle, now = self.obstacle, self._clock.monotonic()
        if now >= self._share_at:
            self.share()
        self._give_stale_back(now)
        if obstacle is not None:
            for line in self.lines.values():
                self._cancel(line, obstacle)
            return IDLE_SECONDS
        self._look_away()
        lines = self._open()
        waits = [
            IDLE_SECONDS,
            self._share_at - now,
            *(self._claim(line, now) for line in lines),
            self._commit(lines, now),
            self._send_due(),
        ]
        return max(min(waits), 0.0)

    def _look_away(self) -> None:
        """What waits for a trunk that is gone is given back, or for an Asterisk that takes no calls when there is another."""
        for line in self.lines.values():
            for trunk in line.gone:
                self._return(line.take_all(trunk), f"trunk {trunk} is not in the configuration any more")
            on = {trunk: self._senders.obstacle_on(line.trunks[trunk]) for trunk in line.campaign.trunks}
            for trunk in line.note_away({trunk: why for trunk, why in on.items() if why is not None}):
                self._return(line.take_all(trunk), line.away[trunk])

    def _open(self) -> list[Line]:
        return [line for line in self.lines.values() if line.closed_by is None]

    def _claim(self, line: Line, now: float) -> float:
        if line.claiming:
            return IDLE_SECONDS
        early = max(line.next_claim_at, earliest(line.pace) - self._hopper_seconds) - now
        if early > 0:
            return early
        size = self._claimer.size(line)
        if size:
            line.claiming = True
            self._spawn(self._fill(line, size))
        return IDLE_SECONDS

    async def _fill(self, line: Line, size: int) -> None:
        try:
            await self._claimer.fill(line, size, self._open())
        finally:
            line.claiming = False
            self._wake.set()

    def _commit(self, lines: list[Line], now: float) -> float:
        """Commit `sending` for the calls whose instant is near, and with them those that are nearly so, whose turn it is
        first; the seconds until the next ones are.
        """
        batches: dict[tuple[str, str], list[ClaimedLead]] = {}
        wait = IDLE_SECONDS
        while (pick := self._roads.pick(lines, now)) is not None:
            until = pick.at - now
            if until > self._ahead * (2 if batches else 1):
                wait = until - self._ahead
                break
            asterisk = self._senders.asterisk(pick.line.trunks[pick.trunk])
            batches.setdefault((pick.line.campaign.name, asterisk), []).append(pick.line.take(pick.trunk))
            self._roads.taken(pick)
        for (name, asterisk), batch in batches.items():
            self._spawn(self._commit_batch(self.lines[name], batch, asterisk))
        return wait

    async def _commit_batch(self, line: Line, batch: list[ClaimedLead], asterisk: str) -> None:
        began = self._clock.monotonic()
        try:
            ready = await self._claimer.commit(line, batch, asterisk)
        finally:
            line.committing.subtract(lead.trunk for lead in batch)
            self._wake.set()
        self._ahead = commit_ahead(self._ahead, self._clock.monotonic() - began)
        for each in ready:
            trunk = line.trunks.get(each.lead.trunk)
            self._tracker.started(each.lead.attempt_id, each.lead.campaign, trunk.asterisk if trunk else "")
            line.ready.append(each)
        if line.closed or self.stopped:
            self._cancel(line, NOT_ACTIVE)

    def _send_due(self) -> float:
        """Send every call whose instant has come, the earliest first; the seconds until the next one."""
        while True:
            now = self._clock.monotonic()
            line = self._roads.first(self.lines.values())
            if line is None:
                return IDLE_SECONDS
            self._roads.still_leaving(now)
            at = self._roads.opens(line, line.ready[0].lead.trunk)
            if at > now:
                return at - now
            self._send(line, line.ready.popleft(), now)

    def _send(self, line: Line, ready: Ready, now: float) -> None:
        lead, waited = ready.lead, now - ready.judged_at
        trunk = line.trunks.get(lead.trunk)
        if waited > self._max_send_delay:
            why = f"waited {waited:.1f} s to be sent, {self._max_send_delay:g} s at most: was the process suspended?"
            self._tracker.not_sent(lead.attempt_id, why)
        elif trunk is None:
            self._tracker.not_sent(lead.attempt_id, f"trunk {lead.trunk} is not in the configuration any more")
        elif self._tracker.where(lead.attempt_id) != trunk.asterisk:
            self._tracker.not_sent(lead.attempt_id, f"trunk {lead.trunk} is on another Asterisk now")
        elif (barred := self._crew.obstacle(now) or line.barred(lead.trunk)) is not None:
            self._tracker.not_sent(lead.attempt_id, barred)
        elif (refused := self._trunks.refuses(lead.trunk, lead.attempt_id)) is not None:
            self._tracker.not_sent(lead.attempt_id, refused)
        else:
            line.note_sent(now)
            self._trunks.sent(lead.attempt_id, lead.trunk)
            self._roads.sent(lead.attempt_id, line, lead.trunk, now)
            self._spawn(self._senders.send(lead, line.campaign, trunk))

    def _cancel(self, line: Line, why: str) -> None:
        while line.ready:
            self._tracker.not_sent(line.ready.popleft().lead.attempt_id, why)

    async def _empty(self, line: Line, why: str) -> None:
        await self._claimer.give_back(line.take_stale(math.inf), why)

    def _give_stale_back(self, now: float) -> None:
        """What could not leave for so long, as while Asterisk is away, is somebody else's to dial, or later, or never."""
        limit = HOPPER_TIMES * self._hopper_seconds + HOPPER_SLACK_SECONDS
        for line in self.lines.values():
            self._return(line.take_stale(now - limit), f"waited longer than {limit:g} s to be sent")

    def _return(self, attempt_ids: list[str], why: str) -> None:
        if attempt_ids:
            self._spawn(self._claimer.give_back(attempt_ids, why))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._fault = task.exception()
            self._wake.set()
