"""What became of the calls nobody watched: at every start and after every lost connection, before anything is dialed;
and, since an event may be lost without the connection, at intervals while all goes well.

The order is the one of docs/reliability.md: events are on, the channels are listed twice, two seconds apart; what
Asterisk knows is adopted; what it does not know waits a grace time for its own report and then ends as unknown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from dialerd.domain.facts import AttemptState
from dialerd.engine.succession import BESIDES_SECONDS, LONGEST_SECONDS, Succession
from dialerd.engine.tracker import Tracker
from dialerd.engine.writes import Writes
from dialerd.store import attempts, nodes
from dialerd.store.attempts import AttemptRecord
from dialerd.store.database import Connection
from dialerd.store.leases import SILENCE
from dialerd.telephony.ami import AmiSession

# Asterisk may make a call late that it took before it froze, so one look at its channels is not enough.
SECOND_LOOK_SECONDS = 2.0
LIST_SECONDS = 10.0

log = structlog.get_logger("dialerd.recovery")


class Recovery:
    """Settles the attempts at one Asterisk, of this engine and of those it succeeds, that have no end yet."""

    def __init__(
        self,
        writes: Writes,
        tracker: Tracker,
        succession: Succession,
        owner: str,
        asterisk: str,
        hear: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`owner` is whose attempts are ours, `asterisk` the name of the server that is asked; `hear` has what waits in
        journals written down.
        """
        self._hear = hear
        self._writes = writes
        self._tracker = tracker
        self._succession = succession
        self._owner = owner
        self._asterisk = asterisk
        self._absent: frozenset[str] = frozenset()

    async def reconcile(self, session: AmiSession, grace: timedelta) -> None:
        """Adopt what is alive, doubt what is not. Raises Unavailable when the session ends in the middle."""
        if self._hear is not None:
            await self._hear()
        await self._tracker.drop_ended(self._tracker.at(self._asterisk))
        await self._inherit(session)
        await self._look_twice(session, self._tracker.at(self._asterisk), grace)

    async def succeed(self, session: AmiSession, grace: timedelta) -> None:
        """See to the calls of engines that stopped since the last look."""
        await self._look_twice(session, await self._inherit(session), grace)

    async def audit(self, session: AmiSession | None, grace: timedelta) -> None:
        """Doubt the calls that Asterisk did not know at this look and at the one before: their last event was lost. While
        there is no Asterisk to ask, those that are over by now whatever became of them.
        """
        if session is None:
            old = self._tracker.older_than(self._succession.limits(), LONGEST_SECONDS + BESIDES_SECONDS)
            overdue = self._tracker.at(self._asterisk).intersection(old)
        else:
            watched = self._tracker.at(self._asterisk)
            absent = watched - await session.channels(timeout=LIST_SECONDS) if watched else frozenset()
            overdue, self._absent = absent & self._absent, absent
        if overdue:
            await self._tracker.drop_ended(overdue)
            begun = self._tracker.doubt(overdue & self._tracker.ids, grace)
            if begun:
                log.warning("calls_not_found", in_doubt=begun, grace_seconds=grace.total_seconds())

    async def stray(self, attempt_id: str, session: AmiSession) -> None:
        """A channel carries an attempt we do not watch: adopt it if it is live and ours, hang it up if it has ended. What
        another engine that lives has sent to this Asterisk is that one's to watch.

        Asterisk may carry out an Originate long after we gave it up (frozen, then resumed): nobody waits for that call.
        An attempt that is not in our database was never ours, since it is committed there before it is sent.
        """

        def look(conn: Connection) -> tuple[AttemptRecord | None, bool]:
            found = attempts.load(conn, attempt_id)
            if found is None or found.owner == self._owner:
                return found, False
            return found, nodes.lives(conn, found.node, found.owner, SILENCE)

        record, watched = await self._writes(look)
        if record is None:
            log.info("call_of_another_dialer", attempt_id=attempt_id)
        elif watched:
            return
        elif record.state is AttemptState.ENDED:
            log.warning("stray_call_hung_up", attempt_id=attempt_id)
            await session.hangup(attempt_id)
        elif record.owner == self._owner:
            self._tracker.adopt(attempt_id, record.campaign, self._asterisk, record.state)

    async def _inherit(self, session: AmiSession) -> frozenset[str]:
        """Follow what stopped engines sent to this Asterisk; which those are."""
        taken = await self._succession.take_over(session.asterisk)
        for attempt in taken:
            self._tracker.adopt(attempt.attempt_id, attempt.campaign, self._asterisk, attempt.state)
        return frozenset(attempt.attempt_id for attempt in taken)

    async def _look_twice(self, session: AmiSession, watched: frozenset[str], grace: timedelta) -> None:
        if not watched:
            return
        first = await session.channels(timeout=LIST_SECONDS)
        await asyncio.sleep(SECOND_LOOK_SECONDS)
        second = await session.channels(timeout=LIST_SECONDS)
        alive = watched & (first | second)
        self._tracker.doubt(watched - alive, grace)
        log.info("reconciled", alive=len(alive), in_doubt=len(watched - alive), grace_seconds=grace.total_seconds())
