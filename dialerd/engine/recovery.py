"""What became of the calls nobody watched: at every start and after every lost connection, before anything is dialed.

The order is the one of docs/reliability.md: events are on, the channels are listed twice, two seconds apart; what
Asterisk knows is adopted; what it does not know waits a grace time for its own report and then ends as unknown.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from dialerd.domain.facts import AttemptState, OpenAttempt
from dialerd.engine.tracker import Tracker
from dialerd.engine.writes import Writes
from dialerd.ops.clock import Clock
from dialerd.store import attempts, claims
from dialerd.store.database import Connection
from dialerd.telephony.ami import AmiSession

# Asterisk may make a call late that it took before it froze, so one look at its channels is not enough.
SECOND_LOOK_SECONDS = 2.0
LIST_SECONDS = 10.0

log = structlog.get_logger("dialerd.recovery")


class Recovery:
    """Settles the attempts of this node that have no end yet."""

    def __init__(self, writes: Writes, tracker: Tracker, clock: Clock, node: str) -> None:
        """`node` is whose attempts are ours."""
        self._writes = writes
        self._tracker = tracker
        self._clock = clock
        self._node = node

    async def give_back(self) -> int:
        """Give back what an earlier life of this node had claimed and not sent. Returns how many."""
        now = self._clock.now()
        count = await self._writes(lambda conn: claims.give_back_of_node(conn, self._node, now))
        if count:
            log.info("claims_given_back", attempts=count)
        return count

    async def reconcile(self, session: AmiSession, grace: timedelta) -> None:
        """Adopt what is alive, doubt what is not. Raises Unavailable when the session ends in the middle."""
        await self._drop_ended()
        for attempt in await self._open():
            self._tracker.adopt(attempt.attempt_id, attempt.campaign, attempt.state)
        watched = self._tracker.ids
        if not watched:
            return
        first = await session.channels(timeout=LIST_SECONDS)
        await asyncio.sleep(SECOND_LOOK_SECONDS)
        second = await session.channels(timeout=LIST_SECONDS)
        alive = watched & (first | second)
        self._tracker.doubt(watched - alive, grace)
        log.info("reconciled", alive=len(alive), in_doubt=len(watched - alive), grace_seconds=grace.total_seconds())

    async def stray(self, attempt_id: str, session: AmiSession) -> None:
        """A channel carries an attempt we do not watch: adopt it if it is live and ours, hang it up if it has ended.

        Asterisk may carry out an Originate long after we gave it up (frozen, then resumed): nobody waits for that call.
        An attempt that is not in our database was never ours, since it is committed there before it is sent.
        """
        record = await self._writes(lambda conn: attempts.load(conn, attempt_id))
        if record is None:
            log.info("call_of_another_dialer", attempt_id=attempt_id)
        elif record.state is AttemptState.ENDED:
            log.warning("stray_call_hung_up", attempt_id=attempt_id)
            await session.hangup(attempt_id)
        elif record.node == self._node:
            self._tracker.adopt(attempt_id, record.campaign, record.state)

    async def _drop_ended(self) -> None:
        """Forget calls whose end the `ended` script wrote while our events were lost."""
        watched = list(self._tracker.ids)

        def ended(conn: Connection) -> list[str]:
            records = [attempts.load(conn, attempt_id) for attempt_id in watched]
            return [record.attempt_id for record in records if record is not None and record.disposition is not None]

        self._tracker.forget(await self._writes(ended))

    async def _open(self) -> list[OpenAttempt]:
        everything = await self._writes(lambda conn: attempts.open_attempts(conn, self._node))
        return [attempt for attempt in everything if attempt.state is not AttemptState.CLAIMED]
