"""Whether calls may go to Asterisk: not before every call of the last connection is accounted for, nor while it shuts down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import structlog

from dialerd.domain.errors import DialerdError, Unavailable
from dialerd.engine.dialer import Dialer
from dialerd.engine.errands import Errands
from dialerd.engine.recovery import Recovery
from dialerd.engine.sender import Sender
from dialerd.engine.tracker import Tracker
from dialerd.engine.trunks import Trunks
from dialerd.telephony.ami import AmiLink, AmiSession

RECONCILE_RETRY_SECONDS = 1.0
STOPPING_LOOK_SECONDS = 1.0
STOPPING_ANSWER_SECONDS = 5.0

log = structlog.get_logger("dialerd.engine")


class Readiness:
    """Opens and shuts the sender of one Asterisk. All methods run on the event loop."""

    def __init__(
        self,
        link: AmiLink,
        sender: Sender,
        dialer: Dialer,
        tracker: Tracker,
        trunks: Trunks,
        recovery: Recovery,
        errands: Errands,
        grace: Callable[[], timedelta],
        asterisk: str,
    ) -> None:
        """`grace` is how long a call that Asterisk does not know may wait for its own report, `asterisk` its name."""
        self._link = link
        self._sender = sender
        self._dialer = dialer
        self._tracker = tracker
        self._trunks = trunks
        self._recovery = recovery
        self._errands = errands
        self._grace = grace
        self._asterisk = asterisk

    def connected(self, session: AmiSession) -> None:
        """A session has begun."""
        self._errands.run(self._account(session))

    def stopping(self) -> None:
        """Asterisk is shutting down, perhaps once the last call has ended: send nothing, go on listening."""
        session = self._link.session
        if self._sender.obstacle is None and session is not None:
            self._sender.hold("Asterisk is shutting down")
            log.warning("asterisk_stopping", asterisk=self._asterisk, calls_up=len(self._tracker.at(self._asterisk)))
            self._errands.run(self._ask_again(session))

    def look(self) -> None:
        """See to the calls of engines that stopped since the last look. Without a session nothing is taken over."""
        if self._link.session is not None:
            self._errands.run(self._recovery.succeed(self._link.session, self._grace()))

    def audit(self) -> None:
        """Compare the calls in the air with what Asterisk has."""
        self._errands.run(self._recovery.audit(self._link.session, self._grace()))

    async def _account(self, session: AmiSession) -> None:
        """Account for every open attempt; only then may the dial loop send."""
        try:
            await self._recovery.reconcile(session, self._grace())
        except DialerdError as error:
            log.error("not_reconciled", error=str(error), retry_seconds=RECONCILE_RETRY_SECONDS)
            await asyncio.sleep(RECONCILE_RETRY_SECONDS)
            session.drop("its calls could not be accounted for")
            return
        if self._link.session is session:
            self._sender.allow(session)
            # Which wakes the dial loop too.
            self._trunks.retry(self._asterisk)

    async def _ask_again(self, session: AmiSession) -> None:
        """Dial on when the shutdown is called off; until then Asterisk refuses every action."""
        while not session.lost.done():
            await asyncio.sleep(STOPPING_LOOK_SECONDS)
            try:
                await session.core_status(STOPPING_ANSWER_SECONDS)
            except Unavailable:
                continue
            self._sender.allow(session)
            self._dialer.wake()
            return
