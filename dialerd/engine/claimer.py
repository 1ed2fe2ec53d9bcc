"""Fills the hopper: claims leads a few seconds ahead of the pace, and gives back what will not be sent."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from dialerd.domain.eligibility import Verdict, Yes, judge, judge_place, judge_schedule, judge_until
from dialerd.domain.errors import DialerdError
from dialerd.domain.facts import AttemptState, ClaimedLead
from dialerd.domain.pacing import claim_size
from dialerd.engine.attempt_log import say_claimed, say_given_back, say_reached
from dialerd.engine.caller_ids import CallerIdChoice, CallerIdMemory
from dialerd.engine.line import Line, Ready, Rivals, Waiting, rivals_on
from dialerd.engine.trunks import Choice, Closed, Trunks
from dialerd.engine.writes import Writes
from dialerd.ops.clock import Clock
from dialerd.ops.crash import Crash, CrashPoint
from dialerd.ops.metrics import Metrics
from dialerd.service.attempts import EndResult
from dialerd.service.late_decisions import decide_late
from dialerd.service.unsent import Undone, cancel_unsent
from dialerd.settings import Campaign, Settings
from dialerd.store import claims, sending
from dialerd.store.database import Connection
from dialerd.store.heads import Candidate
from dialerd.store.past import LookBack
from dialerd.store.room import ClaimRequest, Room, hold, room_for

EMPTY_CLAIM_SECONDS = 1.0
FULL_SECONDS = 0.05
RETRY_SECONDS = 1.0
NOTHING_DUE = "no lead is due"
ALL_IN_USE = "every call the caps allow is in use"
NOT_ACTIVE = "the campaign is not active any more"

log = structlog.get_logger("dialerd.dialer")


class Claimer:
    """Claims and gives back for one engine: `node` is its name, `owner` this life of it."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        writes: Writes,
        clock: Clock,
        crash: Crash,
        metrics: Metrics,
        trunks: Trunks,
        *,
        node: str,
        owner: str,
        on_ended: Callable[[EndResult], None],
    ) -> None:
        """Only `owner` may send what it claimed. `trunks` says which of a campaign's trunks may be asked; `on_ended` hears of
        each attempt that was committed and then cancelled.
        """
        self._settings = settings
        self._writes = writes
        self._clock = clock
        self._crash = crash
        self._metrics = metrics
        self._trunks = trunks
        self._node = node
        self._owner = owner
        self._caller_ids = CallerIdMemory()
        self._on_ended = on_ended

    def size(self, line: Line) -> int:
        """How many leads to claim for the line now; 0 when a claim, which costs a transaction, is not worth it yet."""
        size = claim_size(
            calls_per_second=self._pace(line),
            hopper_seconds=self._settings().engine.hopper_seconds,
            in_hopper=line.waiting,
            max_calls=line.campaign.max_calls,
            open_attempts=line.waiting,
        )
        return size if size >= line.waiting else 0

    def _pace(self, line: Line) -> float:
        """What the line can send at most, in calls per second: no more waits for it than that."""
        trunks = sum(line.trunks[trunk].calls_per_second for trunk in line.usable)
        node = self._settings().engine.calls_per_second or math.inf
        return min(line.pace_limit.calls_per_second, trunks, node)

    def _room_on(self, line: Line, trunk: str) -> int:
        """As `size`, of what one of the campaign's trunks can send: what waits for a slow one must not keep the others from
        theirs.
        """
        waiting = line.waiting_over(trunk)
        room = claim_size(
            calls_per_second=min(self._pace(line), line.trunks[trunk].calls_per_second),
            hopper_seconds=self._settings().engine.hopper_seconds,
            in_hopper=waiting,
            max_calls=line.campaign.max_calls,
            open_attempts=waiting,
        )
        return room if room >= waiting else 0

    async def fill(self, line: Line, size: int, lines: Collection[Line]) -> None:
        """Claim up to `size` leads into the line's hopper, and note when to claim again and why not at once. `lines` are
        all that dial, with which it shares trunks and node.
        """
        rooms = {trunk: self._room_on(line, trunk) for trunk in line.usable}
        choice = self._trunks.choose(line, [trunk for trunk, room in rooms.items() if room])
        if isinstance(choice, Closed):
            line.idle, line.next_claim_at = choice.reason, self._when(choice)
            return
        size = 1 if choice.probe else min(size, rooms[choice.trunk])
        claimed: list[ClaimedLead] = []
        tried: list[str] = []
        started = self._clock.monotonic()
        try:
            claimed, full = await self._claim(line, choice, size, rivals_on(choice.trunk, lines), tried)
        except DialerdError as error:
            log.error("claim_failed", campaign=line.campaign.name, error=str(error), retry_seconds=RETRY_SECONDS)
            line.next_claim_at = self._clock.monotonic() + RETRY_SECONDS
            # It may be on disk all the same, and nobody gives back what an engine that lives has claimed.
            await self.give_back(tried, "the commit of its claim failed")
            return
        finally:
            self._trunks.chosen(choice, [lead.attempt_id for lead in claimed])
        now = self._clock.monotonic()
        self._metrics.claim_seconds.observe(now - started)
        if claimed:
            self._crash.at(CrashPoint.CLAIMED)
        say_claimed(claimed)
        refused = next(filter(None, (self._trunks.refuses(lead.trunk, lead.attempt_id) for lead in claimed)), None)
        if line.closed or refused:
            await self.give_back([lead.attempt_id for lead in claimed], refused or NOT_ACTIVE)
            return
        line.hopper.extend(Waiting(lead, now) for lead in claimed)
        line.idle, wait = _rest(short=len(claimed) < size, full=full)
        line.next_claim_at = max(line.next_claim_at, now + wait)

    async def commit(self, line: Line, batch: Sequence[ClaimedLead], asterisk: str) -> list[Ready]:
        """Put these attempts past the point of no return, where every gate still lets them; those that may be sent. The
        others are given back.

        A commit that failed may have happened all the same: then none is sent, and what became of it is read back.
        """
        ids = [lead.attempt_id for lead in batch]
        try:
            judged_at, made = await self._writes(lambda conn: self._judge_and_mark(conn, line, ids, asterisk))
        except DialerdError as error:
            log.error("sending_not_committed", attempts=len(ids), error=str(error))
            await self.give_back(ids, "its commit failed")
            return []
        self._crash.at(CrashPoint.SENDING)
        self._trunks.unsent(made.refused)
        for attempt_id, reason in made.refused.items():
            say_given_back([attempt_id], reason)
        if made.refused:
            # A campaign about to close would else be claimed from and given back again and again.
            line.next_claim_at = self._clock.monotonic() + EMPTY_CLAIM_SECONDS
        ready = [Ready(lead, judged_at) for lead in batch if lead.attempt_id in made.won]
        for each in ready:
            say_reached(each.lead.attempt_id, AttemptState.SENDING)
        return ready

    async def give_back(self, attempt_ids: Sequence[str], why: str) -> None:
        """Give back attempts that were never sent, trying until the database takes it."""
        self._trunks.unsent(attempt_ids)
        while attempt_ids:
            campaigns, now = self._settings().campaigns, self._clock.now()
            try:
                undone = await self._writes(lambda conn: _undo(conn, attempt_ids, campaigns, now))  # noqa: B023
            except DialerdError as error:
                log.error("not_given_back", attempts=len(attempt_ids), error=str(error), retry_seconds=RETRY_SECONDS)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                say_given_back(undone.given_back, why)
                for result in undone.cancelled:
                    self._on_ended(result)
                return

    def _when(self, closed: Closed) -> float:
        """The monotonic second of the next claim; somebody wakes the dial loop when that is to be earlier."""
        if not closed.reason:
            return self._clock.monotonic() + FULL_SECONDS
        wait = EMPTY_CLAIM_SECONDS if closed.at is None else (closed.at - self._clock.now()).total_seconds()
        return self._clock.monotonic() + min(max(wait, FULL_SECONDS), EMPTY_CLAIM_SECONDS)

    def _judge_and_mark(
        self, conn: Connection, line: Line, ids: Sequence[str], asterisk: str
    ) -> tuple[float, sending.Commitment]:
        """The gates are asked here, in the transaction that marks: as late as can be. What they say holds for as long as a
        call may be late, and it is not sent later than that after `judged_at`.
        """
        now, judged_at = self._clock.now(), self._clock.monotonic()
        latest = now + timedelta(seconds=self._settings().engine.max_send_delay)
        rules = line.campaign.rules
        closed = judge_schedule(rules, now, latest)
        if not isinstance(closed, Yes):
            # The campaign's hours say nothing about these leads: they are due as they were.
            undone = claims.give_back(conn, ids, now)
            return judged_at, sending.Commitment(frozenset(), dict.fromkeys(undone, closed.reason))

        def judge_again(candidate: Candidate) -> Verdict:
            return judge_until(candidate, rules, now, latest)

        def judge_place_again(key: str) -> Verdict:
            return judge_place(key, rules, now, latest)

        back = LookBack(rules.compliance.look_back, line.campaign.dispositions)
        by = sending.Basis(judge_place_again, rules.compliance.version)
        made = sending.commit(
            conn, line.campaign.name, ids, self._owner, judge_again, now, by=by, asterisk=asterisk, back=back
        )
        return judged_at, made

    async def _claim(
        self, line: Line, choice: Choice, size: int, rivals: Rivals, tried: list[str]
    ) -> tuple[list[ClaimedLead], bool]:
        """The leads, and whether the caps are why there are no more. `tried` gets the attempts that are made, before anybody
        knows whether they are on disk.
        """
        campaign, trunk = line.campaign, choice.trunk
        request = ClaimRequest(
            campaign=campaign.name,
            trunk=trunk,
            node=self._node,
            owner=self._owner,
            limit=size,
            max_calls=campaign.max_calls,
            trunk_max_calls=line.trunks[trunk].max_calls,
            node_max_calls=self._settings().engine.max_calls,
            weight=campaign.weight,
            trunk_rivals=rivals.trunk,
            node_rivals=rivals.node,
            order=campaign.order,
        )
        now = self._clock.now()
        latest = now + timedelta(seconds=self._settings().engine.max_send_delay)
        back = LookBack(campaign.compliance.look_back, campaign.dispositions)

        def open_among(keys: Sequence[str]) -> list[str]:
            # Those that are about to close are not claimed, or they would be given back again and again.
            return campaign.openings.open_among(campaign.openings.open_among(keys, now), latest)

        def work(conn: Connection) -> tuple[list[ClaimedLead], Room, CallerIdChoice]:
            def judge_candidate(candidate: Candidate) -> Verdict:
                late = decide_late(conn, candidate, campaign, now)
                return judge(candidate, campaign.rules, now) if isinstance(late, Yes) else late

            room, caller_ids = room_for(conn, request), self._caller_ids.begin(conn, campaign)
            claimed = claims.claim(
                conn, request, judge_candidate, now, room, caller_ids, open_among=open_among, back=back
            )
            tried[:] = [lead.attempt_id for lead in claimed]
            self._crash.at(CrashPoint.BEFORE_CLAIM)
            return claimed, room, caller_ids

        claimed, room, caller_ids = await self._writes(work)
        self._caller_ids.used(caller_ids)
        full = len(claimed) == room.leads
        line.wants(trunk, more_of_trunk=full and room.trunk, more_of_node=full and room.node)
        return claimed, full


def _undo(conn: Connection, attempt_ids: Sequence[str], campaigns: Mapping[str, Campaign], now: datetime) -> Undone:
    """Behind every claim that is still on its way to the disk: one whose connection broke may be."""
    hold(conn)
    return cancel_unsent(conn, attempt_ids, campaigns, now)


def _rest(*, short: bool, full: bool) -> tuple[str, float]:
    """Why the claim brought less than was asked for, and the seconds until the next one."""
    if not short:
        return "", 0.0
    return (ALL_IN_USE, FULL_SECONDS) if full else (NOTHING_DUE, EMPTY_CLAIM_SECONDS)
