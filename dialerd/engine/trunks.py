"""The breakers of this engine's trunks: which trunk the next claim is for, which calls may leave, what is written down.

All methods run on the event loop. What a breaker becomes is domain.breaker's to say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from dialerd.domain import breaker as rules
from dialerd.domain.breaker import Breaker, Leave, Phase, Word
from dialerd.domain.errors import DialerdError
from dialerd.domain.signs import Sign
from dialerd.engine.line import Line
from dialerd.engine.writes import Writes
from dialerd.ops.clock import Clock
from dialerd.ops.metrics import Metrics
from dialerd.service.attempts import EndResult
from dialerd.service.trunk_words import put_right
from dialerd.settings import Settings
from dialerd.store import breakers
from dialerd.store.database import Connection

RETRY_SECONDS = 1.0
# More calls than one engine has in the air; those beyond were forgotten by a lost connection.
MOST_WATCHED = 100_000

log = structlog.get_logger("dialerd.trunks")


@dataclass(slots=True)
class Watched:
    """A call that was sent over a trunk and whose end has not been told."""

    trunk: str
    rang: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """The trunk the next claim is for. `probe`: one call only, to find out whether the trunk works again."""

    trunk: str
    probe: bool


@dataclass(frozen=True, slots=True)
class Closed:
    """No trunk of the campaign may be asked. `reason` is for people, "" when enough waits for those that may; ask again at
    `at` (UTC), None: when told.
    """

    reason: str
    at: datetime | None


class Trunks:
    """What each trunk of this engine was like of late."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        writes: Writes,
        clock: Clock,
        metrics: Metrics,
        node: str,
    ) -> None:
        """`node` is whose breakers these are."""
        self._settings = settings
        self._writes = writes
        self._clock = clock
        self._metrics = metrics
        self._node = node
        self._on_shut: Callable[[str], None] = _nobody
        self._on_leave: Callable[[], None] = _nobody
        self._breakers: dict[str, Breaker] = {}
        self._watched: dict[str, Watched] = {}
        self._asking: set[str] = set()
        self._unwritten: set[str] = set()
        self._convicted: dict[str, Sign] = {}
        self._work = asyncio.Event()

    def tell(self, on_shut: Callable[[str], None], on_leave: Callable[[], None]) -> None:
        """`on_shut` hears which trunk carries nothing from now on, `on_leave` that one may be asked again."""
        self._on_shut, self._on_leave = on_shut, on_leave

    async def restore(self) -> None:
        """Take up what an earlier life of this node wrote down; a trunk that was stopped is tried at once."""
        now, known = self._clock.now(), self._settings().trunks

        def work(conn: Connection) -> list[breakers.BreakerRecord]:
            breakers.forget_others(conn, self._node, known)
            return breakers.of_node(conn, self._node)

        for record in await self._writes(work):
            phase = Phase.STOPPED if record.phase is Phase.STOPPED else Phase.OPEN
            before = Breaker(phase, record.blame, record.reason, record.since, record.next_probe_at)
            if phase is Phase.STOPPED:
                before = rules.retry(before, now)
            self._change(record.trunk, before, now)

    def choose(self, line: Line, roomy: Collection[str]) -> Choice | Closed:
        """The campaign's trunks in turn, of those with room for a claim the ones that may be asked."""
        now = self._clock.now()
        for _ in line.campaign.trunks:
            trunk = line.next_trunk()
            if trunk not in roomy:
                continue
            given = rules.leave(self._of(trunk), now)
            if given is Leave.ALL:
                return Choice(trunk, probe=False)
            if given is Leave.ONE and trunk not in self._asking:
                self._asking.add(trunk)
                return Choice(trunk, probe=True)
        if any(self._of(trunk).phase is Phase.CLOSED for trunk in line.usable):
            return Closed("", None)
        return self._closed(line)

    def chosen(self, choice: Choice, attempt_ids: Sequence[str]) -> None:
        """What was claimed for the choice; nothing, perhaps. Must follow each `choose` that gave one."""
        if not choice.probe:
            return
        self._asking.discard(choice.trunk)
        if attempt_ids and not rules.carries(self._of(choice.trunk), attempt_ids[0]):
            now = self._clock.now()
            self._change(choice.trunk, rules.begin_probe(self._of(choice.trunk), attempt_ids[0], now), now)

    def refuses(self, trunk: str, attempt_id: str) -> str | None:
        """Why this claimed call may not leave over the trunk; None when it may."""
        breaker = self._of(trunk)
        return None if rules.carries(breaker, attempt_id) else rules.describe(breaker, trunk)

    def sent(self, attempt_id: str, trunk: str) -> None:
        """A call leaves over the trunk."""
        self._watched[attempt_id] = Watched(trunk)
        if len(self._watched) > MOST_WATCHED:
            del self._watched[next(iter(self._watched))]

    def unsent(self, attempt_ids: Iterable[str]) -> None:
        """These claims are given back."""
        probes = {breaker.probe: trunk for trunk, breaker in self._breakers.items() if breaker.probe}
        now = self._clock.now()
        for attempt_id in attempt_ids:
            if attempt_id in probes:
                trunk = probes[attempt_id]
                self._change(trunk, rules.probe_unsent(self._of(trunk), attempt_id, now), now)

    def rang(self, attempt_id: str) -> None:
        """A call rings or was answered."""
        call = self._watched.get(attempt_id)
        if call is not None and not call.rang:
            call.rang = True
            self._change(call.trunk, rules.rang(self._of(call.trunk), attempt_id), self._clock.now())

    def ended(self, result: EndResult) -> None:
        """A call has ended."""
        call = self._watched.pop(result.attempt_id, None)
        if call is None or result.sign is None or call.trunk not in self._settings().trunks:
            self.unsent([result.attempt_id])
            return
        now, before = self._clock.now(), self._of(call.trunk)
        word = Word(result.attempt_id, result.sign, result.detail)
        after = rules.ended(before, self._settings().trunks[call.trunk].breaker, word, now, rang=call.rang)
        self._change(call.trunk, after, now)
        for attempt_id in rules.convicted(before, after, word):
            self._convicted[attempt_id] = word.sign
            self._work.set()

    def retry(self, asterisk: str | None = None) -> None:
        """Something changed that may have cured a trunk: its configuration, or its Asterisk, of this name, or the connection
        to that; None: all of them.
        """
        now, known = self._clock.now(), self._settings().trunks
        for trunk in list(self._breakers):
            if trunk not in known:
                self._change(trunk, Breaker(), now)
            elif asterisk is None or known[trunk].asterisk == asterisk:
                self._change(trunk, rules.retry(self._of(trunk), now), now)
        self._on_leave()

    def status(self) -> dict[str, dict[str, Any]]:
        """Every trunk's state for the node's status row."""
        return {
            trunk: {
                "state": breaker.phase.value,
                "reason": breaker.reason,
                "since": breaker.since and breaker.since.isoformat(),
                "next_probe_at": breaker.next_probe_at and breaker.next_probe_at.isoformat(),
            }
            for trunk in self._settings().trunks
            for breaker in (self._of(trunk),)
        }

    async def run(self) -> None:
        """Write down what changes, for ever; while the database cannot be used it is kept and tried again."""
        while True:
            await self._work.wait()
            self._work.clear()
            try:
                await self._write()
            except DialerdError as error:
                log.error("trunks_not_written", error=str(error), retry_seconds=RETRY_SECONDS)
                await asyncio.sleep(RETRY_SECONDS)
                self._work.set()

    async def _write(self) -> None:
        trunks, convicted = self._unwritten, self._convicted
        self._unwritten, self._convicted = set(), {}
        changed = {trunk: self._of(trunk) for trunk in trunks}
        campaigns, now = self._settings().campaigns, self._clock.now()

        def work(conn: Connection) -> int:
            # The blame first: what ends from now on is judged by it, and what ended before is put right here.
            breakers.save(conn, self._node, changed, now)
            by_sign = {sign: [key for key, held in convicted.items() if held is sign] for sign in convicted.values()}
            return sum(put_right(conn, attempt_ids, sign, campaigns, now) for sign, attempt_ids in by_sign.items())

        try:
            count = await self._writes(work, locks=list(convicted))
        except BaseException:  # a cancellation too: what was not written waits on
            self._unwritten |= trunks
            self._convicted = {**convicted, **self._convicted}
            raise
        if count:
            log.warning("endings_put_right", attempts=count)

    def _of(self, trunk: str) -> Breaker:
        return self._breakers.get(trunk, _CLOSED)

    def _closed(self, line: Line) -> Closed:
        broken = {trunk: self._of(trunk) for trunk in line.usable}
        instants = [at for breaker in broken.values() if (at := rules.next_leave(breaker)) is not None]
        reasons = dict.fromkeys(rules.describe(breaker, trunk) for trunk, breaker in broken.items())
        reasons |= dict.fromkeys([*line.shut.values(), *line.away.values()])
        return Closed("; ".join(reason for reason in reasons if reason), min(instants, default=None))

    def _change(self, trunk: str, after: Breaker, now: datetime) -> None:
        before = self._of(trunk)
        if after == before:
            return
        self._breakers[trunk] = after
        if (before.phase, before.next_probe_at) == (after.phase, after.next_probe_at):
            return
        self._say(trunk, before, after, now)
        self._metrics.trunk_open.labels(trunk).set(after.phase is not Phase.CLOSED)
        self._unwritten.add(trunk)
        self._work.set()
        if after.phase in (Phase.OPEN, Phase.STOPPED):
            self._on_shut(trunk)
        elif after.phase is Phase.CLOSED:
            self._on_leave()

    @staticmethod
    def _say(trunk: str, before: Breaker, after: Breaker, now: datetime) -> None:
        if after.phase is Phase.CLOSED:
            seconds = (now - before.since).total_seconds() if before.since else 0.0
            log.info("trunk_closed", trunk=trunk, after_seconds=round(seconds, 1))
        elif after.phase is Phase.PROBING:
            log.info("trunk_probed", trunk=trunk, attempt_id=after.probe)
        else:
            stopped = after.phase is Phase.STOPPED
            say, event = (log.error, "trunk_stopped") if stopped else (log.warning, "trunk_opened")
            next_probe_at = after.next_probe_at and after.next_probe_at.isoformat()
            say(event, trunk=trunk, reason=after.reason, next_probe_at=next_probe_at)


def _nobody(*_said: str) -> None:
    """Nobody listens yet."""


_CLOSED = Breaker()
