"""Every call in the air, as this engine sees it: events fold into a `Call`, endings go to the database in groups.

The tracker is one of the two witnesses (docs/reliability.md). The other, the `ended` script, usually commits first;
then our word is kept as evidence and the call is forgotten here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from dialerd.domain.callstate import Call, CallEvent, ChannelCreated, Ended, Settling, advance, progress, verdict
from dialerd.domain.errors import DialerdError
from dialerd.domain.facts import AttemptState, EndFacts, OriginateFault, Witness
from dialerd.engine.attempt_log import say_reached
from dialerd.engine.writes import Writes
from dialerd.ops.clock import Clock
from dialerd.ops.crash import Crash, CrashPoint
from dialerd.service.attempts import Ending, EndResult, end_many
from dialerd.settings import Campaign
from dialerd.store import attempts
from dialerd.store.database import Connection

FLUSH_SECONDS = 0.05
RETRY_SECONDS = 0.5
_RANK = {AttemptState.SENDING: 0, AttemptState.RINGING: 1, AttemptState.ANSWERED: 2}

log = structlog.get_logger("dialerd.calls")


@dataclass(slots=True)
class Tracked:
    """One call in the air, at the Asterisk that our settings call `asterisk`. `doubt_until` is set while Asterisk does not know its channel; `since` is when we began to
    follow it, in monotonic seconds.
    """

    attempt_id: str
    campaign: str
    asterisk: str
    call: Call
    state: AttemptState
    since: float
    settle_at: datetime | None = None
    doubt_until: datetime | None = None


class Tracker:
    """Feeds events in, writes progress and endings out. All methods run on the event loop."""

    def __init__(
        self,
        writes: Writes,
        campaigns: Callable[[], Mapping[str, Campaign]],
        clock: Clock,
        crash: Crash,
        *,
        on_rang: Callable[[str], None],
        on_ended: Callable[[EndResult], None],
        on_stray: Callable[[str, str], None],
        hear: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`on_rang` hears which attempt rings or was answered, `on_ended` each ending; `on_stray` an attempt id that lives in
        an Asterisk and not here, and the name of that. `hear` is awaited before any end is written: what the channels
        reported comes first.
        """
        self._hear = hear
        self._writes = writes
        self._campaigns = campaigns
        self._clock = clock
        self._crash = crash
        self._on_rang = on_rang
        self._on_ended = on_ended
        self._on_stray = on_stray
        self._calls: dict[str, Tracked] = {}
        self._progress: dict[str, tuple[AttemptState, datetime]] = {}
        self._endings: list[Ending] = []
        self._writing = 0
        self._work = asyncio.Event()

    @property
    def unwritten(self) -> int:
        """Endings that are not on disk yet."""
        return len(self._endings) + self._writing

    @property
    def ids(self) -> frozenset[str]:
        """The attempts in the air."""
        return frozenset(self._calls)

    def at(self, asterisk: str) -> frozenset[str]:
        """The attempts in the air at this Asterisk."""
        return frozenset(call.attempt_id for call in self._calls.values() if call.asterisk == asterisk)

    def where(self, attempt_id: str) -> str | None:
        """The Asterisk that the call is at; None when it is not in the air."""
        tracked = self._calls.get(attempt_id)
        return tracked.asterisk if tracked is not None else None

    def __len__(self) -> int:
        return len(self._calls)

    def of(self, campaign: str, states: Container[AttemptState]) -> list[str]:
        """The attempts of a campaign that are in one of these states."""
        return [call.attempt_id for call in self._calls.values() if call.campaign == campaign and call.state in states]

    def count(self, campaign: str) -> int:
        """The calls of a campaign that are in the air."""
        return sum(call.campaign == campaign for call in self._calls.values())

    def older_than(self, seconds: Mapping[str, float], otherwise: float) -> list[str]:
        """The attempts that have been followed for longer than so many seconds, by campaign; `otherwise` for the others."""
        now = self._clock.monotonic()
        return [
            call.attempt_id for call in self._calls.values() if now - call.since > seconds.get(call.campaign, otherwise)
        ]

    def started(self, attempt_id: str, campaign: str, asterisk: str) -> None:
        """An Originate for this attempt is about to leave."""
        now = self._clock.monotonic()
        self._calls[attempt_id] = Tracked(attempt_id, campaign, asterisk, Call(), AttemptState.SENDING, now)

    def adopt(self, attempt_id: str, campaign: str, asterisk: str, state: AttemptState) -> None:
        """A call of an earlier life of this engine, of an engine that stopped, or one that was not seen for a while."""
        if attempt_id not in self._calls:
            now = self._clock.monotonic()
            self._calls[attempt_id] = Tracked(attempt_id, campaign, asterisk, Call(gap=True), state, now)

    def missed(self, asterisk: str) -> None:
        """It may have said things that nobody heard: what was not seen of its calls proves nothing any more."""
        for tracked in self._calls.values():
            if tracked.asterisk == asterisk:
                tracked.call = replace(tracked.call, gap=True)

    def feed(self, event: CallEvent, asterisk: str) -> None:
        """One event from this Asterisk."""
        tracked = self._calls.get(event.attempt_id)
        if tracked is None:
            if isinstance(event, ChannelCreated):
                self._on_stray(event.attempt_id, asterisk)
            return
        now = self._clock.now()
        tracked.doubt_until = None
        tracked.call = advance(tracked.call, event, now)
        self._note_progress(tracked, now)
        self._judge(tracked, now)

    def not_sent(self, attempt_id: str, why: str) -> None:
        """The bytes of this attempt certainly never left: it ends cancelled and the lead comes back at once."""
        self._end(attempt_id, EndFacts(fault=OriginateFault.NOT_SENT, detail=why), Witness.ENGINE)

    def doubt(self, attempt_ids: Iterable[str], grace: timedelta) -> int:
        """Asterisk does not know these channels. Without a sign of life within the grace they end as unknown. Returns how
        many were not in doubt before.

        Their own report through FastAGI may come, or may have come, in the meantime: then that stands.
        """
        until = self._clock.now() + grace
        begun = 0
        for attempt_id in attempt_ids:
            tracked = self._calls.get(attempt_id)
            if tracked is not None and tracked.doubt_until is None:
                tracked.doubt_until = until
                begun += 1
        self._work.set()
        return begun

    def forget(self, attempt_ids: Iterable[str]) -> None:
        """These have ended in the database; their last event will not come."""
        for attempt_id in attempt_ids:
            self._calls.pop(attempt_id, None)

    async def drop_ended(self, attempt_ids: Iterable[str]) -> None:
        """Forget those whose end the `ended` script wrote while our events were lost. Raises Unavailable."""
        watched = list(attempt_ids)

        def ended(conn: Connection) -> list[str]:
            records = attempts.load_many(conn, watched).values()
            return [record.attempt_id for record in records if record.disposition is not None]

        if watched:
            self.forget(await self._writes(ended))

    async def run(self) -> None:
        """Write what came in, a group at a time, for ever. A database that fails is tried again; nothing is dropped."""
        while True:
            self._expire(self._clock.now())
            if not self._progress and not self._endings:
                await self._wait_for_work()
                continue
            try:
                await self.flush()
            except DialerdError as error:
                log.error(
                    "calls_not_written", error=str(error), retry_seconds=RETRY_SECONDS, waiting=len(self._endings)
                )
                await asyncio.sleep(RETRY_SECONDS)
            else:
                await asyncio.sleep(FLUSH_SECONDS)

    async def flush(self) -> None:
        """Write everything that waits. Raises Unavailable when the database fails; then all of it still waits."""
        progressed, endings = self._progress, self._endings
        self._progress, self._endings = {}, []
        campaigns, now = self._campaigns(), self._clock.now()
        self._writing += len(endings)

        def work(conn: Connection) -> list[EndResult]:
            attempts.mark_progress_many(conn, [(key, state, at) for key, (state, at) in progressed.items()])
            return end_many(conn, endings, campaigns, now) if endings else []

        try:
            if self._hear is not None and endings:
                await self._hear()
            results = await self._writes(work, locks=[*progressed, *(ending.attempt_id for ending in endings)])
        except BaseException:  # a cancellation too: what was not written waits on
            self._progress = {**progressed, **self._progress}
            self._endings = endings + self._endings
            raise
        finally:
            self._writing -= len(endings)
        self._report(progressed, results)

    def _report(self, progressed: Mapping[str, tuple[AttemptState, datetime]], results: list[EndResult]) -> None:
        for attempt_id, (state, _) in progressed.items():
            say_reached(attempt_id, state)
            self._crash.at(CrashPoint(state.value))
        for result in results:
            self._crash.at(CrashPoint.ENDED)
            self._on_ended(result)

    async def _wait_for_work(self) -> None:
        self._work.clear()
        due = [at for call in self._calls.values() for at in (call.settle_at, call.doubt_until) if at is not None]
        timeout = (min(due) - self._clock.now()).total_seconds() if due else None
        timer = None if timeout is None else asyncio.get_running_loop().call_later(max(timeout, 0), self._work.set)
        try:
            await self._work.wait()
        finally:
            if timer is not None:
                timer.cancel()

    def _note_progress(self, tracked: Tracked, now: datetime) -> None:
        state = progress(tracked.call)
        if _RANK.get(state, 0) > _RANK.get(tracked.state, 0):
            tracked.state = state
            self._on_rang(tracked.attempt_id)
            self._progress[tracked.attempt_id] = (state, now)
            self._work.set()

    def _judge(self, tracked: Tracked, now: datetime) -> None:
        judged = verdict(tracked.call, now)
        if isinstance(judged, Ended):
            self._end(tracked.attempt_id, judged.facts, Witness.AMI)
        elif isinstance(judged, Settling):
            tracked.settle_at = judged.until
            self._work.set()
        else:
            tracked.settle_at = None

    def _expire(self, now: datetime) -> None:
        for tracked in list(self._calls.values()):
            if tracked.settle_at is not None and tracked.settle_at <= now:
                self._judge(tracked, now)
            elif tracked.doubt_until is not None and tracked.doubt_until <= now:
                lost = EndFacts(
                    fault=OriginateFault.LOST, detail="Asterisk does not know the call, and nobody reported its end"
                )
                self._end(tracked.attempt_id, lost, Witness.RECOVERY)

    def _end(self, attempt_id: str, facts: EndFacts, witness: Witness) -> None:
        self._calls.pop(attempt_id, None)
        self._endings.append(Ending(attempt_id, facts, witness))
        self._work.set()
