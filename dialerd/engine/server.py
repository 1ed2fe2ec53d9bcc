"""One Asterisk of an engine: its connection, who sends over it, and what becomes of calls whose events were missed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from dialerd.domain.callstate import (
    CallEvent,
    ChannelGone,
    ChannelRinging,
    ChannelUp,
    DialBegun,
    OriginateDone,
    OriginateRefused,
)
from dialerd.domain.errors import ConfigError
from dialerd.engine.dialer import Dialer
from dialerd.engine.readiness import Readiness
from dialerd.engine.recovery import Recovery
from dialerd.engine.sender import Sender
from dialerd.engine.tracker import Tracker
from dialerd.ops.metrics import Metrics
from dialerd.telephony.ami import AmiLink, AsteriskStopping, LinkDown, LinkEvent, LinkUp

# After any of these the call leaves no more: the first is the earliest, and the others make up for it when it is lost.
SINCE_IT_LEFT = (DialBegun, ChannelRinging, ChannelUp, ChannelGone, OriginateDone, OriginateRefused)
# An Asterisk that refused the login, while others serve: it is asked again after so long.
REFUSED_SECONDS = 30.0

log = structlog.get_logger("dialerd.engine")


@dataclass(frozen=True, slots=True)
class Server:
    """The parts of the engine that belong to the Asterisk that the settings call `name`. All on the event loop."""

    name: str
    link: AmiLink
    sender: Sender
    recovery: Recovery
    readiness: Readiness
    tracker: Tracker
    dialer: Dialer
    metrics: Metrics

    def heard(self, event: CallEvent | LinkEvent) -> None:
        """What this Asterisk, or the connection to it, says."""
        match event:
            case LinkUp(session=session):
                self.readiness.connected(session)
            case LinkDown(reason=reason):
                self.tracker.missed(self.name)
                self.dialer.wake()
                self.metrics.ami_failures.labels("connection_lost").inc()
                calls_up = len(self.tracker.at(self.name))
                log.warning("asterisk_lost", server=self.name, reason=reason, calls_up=calls_up)
            case AsteriskStopping():
                self.readiness.stopping()
            case OriginateRefused(stopping=True):
                self.tracker.feed(event, self.name)
                self.readiness.stopping()
            case _:
                if isinstance(event, SINCE_IT_LEFT):
                    self.dialer.left(event.attempt_id)
                self.tracker.feed(event, self.name)

    async def run(self, *, alone: bool) -> None:
        """Be connected, for ever. Raises ConfigError when Asterisk refuses the login and this one is `alone`; where there
        are others, they go on, and this one is asked again.
        """
        while True:
            try:
                await self.link.run()
            except ConfigError as error:
                if alone:
                    raise
                log.error("asterisk_refused", server=self.name, error=str(error), retry_seconds=REFUSED_SECONDS)
                await asyncio.sleep(REFUSED_SECONDS)

    async def stray(self, attempt_id: str) -> None:
        """A channel of this Asterisk carries an attempt that nobody watches."""
        if self.link.session is not None:
            await self.recovery.stray(attempt_id, self.link.session)

    async def hang_up(self, attempt_id: str) -> None:
        """End a call."""
        if self.link.session is not None:
            await self.link.session.hangup(attempt_id)
