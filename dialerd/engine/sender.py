"""One Originate for one committed attempt, never a second: what is not certain is left to the witnesses."""

from __future__ import annotations

import structlog

from dialerd.domain.errors import DialerdError, Unavailable
from dialerd.domain.facts import ClaimedLead
from dialerd.engine.tracker import Tracker
from dialerd.ops.clock import Clock
from dialerd.ops.crash import Crash, CrashPoint
from dialerd.ops.metrics import Metrics
from dialerd.settings import Campaign, Trunk
from dialerd.telephony.ami import AmiLink, AmiSession, MaybeSent, NotSent
from dialerd.telephony.originate import OriginateOrder, originate

RESPONSE_SECONDS = 10.0
OVERDUE_SECONDS = 1.0
NOT_CONNECTED = "Asterisk is not connected"

log = structlog.get_logger("dialerd.dialer")


class Sender:
    """Sends over whatever session the link has now."""

    def __init__(
        self,
        link: AmiLink,
        tracker: Tracker,
        crash: Crash,
        clock: Clock,
        metrics: Metrics,
        *,
        response_seconds: float = RESPONSE_SECONDS,
    ) -> None:
        """`tracker` learns of everything that did not go out. An Originate's answer is waited for so many seconds."""
        self._link = link
        self._tracker = tracker
        self._crash = crash
        self._clock = clock
        self._metrics = metrics
        self._response_seconds = response_seconds
        self._unanswered: dict[str, float] = {}
        self._allowed: AmiSession | None = None
        self._held: str | None = None

    @property
    def obstacle(self) -> str | None:
        """Why nothing may be sent now, in words for people; None when calls may leave.

        An Asterisk that is frozen takes what is written to it, and nobody knows what it will make of that: so nothing
        is sent while an answer is overdue, and one that is given up stays overdue until Asterisk has answered a ping.
        """
        session = self._link.session
        if session is None:
            return NOT_CONNECTED
        if session is not self._allowed:
            return "the calls of the last connection are being accounted for"
        oldest = next(iter(self._unanswered.values()), None)
        if oldest is not None and self._clock.monotonic() - oldest > OVERDUE_SECONDS:
            return "Asterisk does not answer"
        return self._held

    @property
    def connected(self) -> bool:
        """Whether there is an Asterisk to send to, now or as soon as nothing holds us back."""
        return self._link.session is not None

    @property
    def asterisk(self) -> str:
        """Which Asterisk calls go to now, as AmiSession.asterisk; '' while they go nowhere."""
        session = self._link.session
        return session.asterisk if session is not None else ""

    def allow(self, session: AmiSession) -> None:
        """Send over this session: every call of an earlier one has been accounted for, and nothing holds us back."""
        self._allowed, self._held = session, None

    def hold(self, why: str) -> None:
        """Send nothing until `allow`; `why` is for people."""
        self._held = why

    async def send(self, lead: ClaimedLead, campaign: Campaign, trunk: Trunk) -> None:
        """Originate. The attempt is `sending` on disk; whatever happens from here it is never sent again."""
        session = self._link.session
        if session is None or session is not self._allowed:
            self._tracker.not_sent(lead.attempt_id, self.obstacle or NOT_CONNECTED)
            return
        try:
            fields = originate(
                OriginateOrder(
                    attempt_id=lead.attempt_id,
                    endpoint=trunk.endpoint,
                    dial_number=trunk.prefix + lead.phone.removeprefix("+"),
                    caller_id=lead.caller_id,
                    ring_timeout=campaign.ring_timeout,
                    max_talk=round(campaign.max_talk_time),
                )
            )
            began = self._unanswered[lead.attempt_id] = self._clock.monotonic()
            # A refusal reaches the tracker as an event, like everything else Asterisk says about the call.
            await session.send(fields, timeout=self._response_seconds)
            self._metrics.ami_send_seconds.observe(self._clock.monotonic() - began)
            self._crash.at(CrashPoint.SENT)
        except NotSent as error:
            self._tracker.not_sent(lead.attempt_id, str(error))
        except MaybeSent as error:
            self._metrics.ami_failures.labels("unanswered").inc()
            log.warning("originate_unanswered", attempt_id=lead.attempt_id, error=str(error))
            await self._sign_of_life(session)
        except DialerdError as error:
            self._tracker.not_sent(lead.attempt_id, str(error))
        finally:
            self._unanswered.pop(lead.attempt_id, None)

    async def _sign_of_life(self, session: AmiSession) -> None:
        """Return when Asterisk has answered a ping, or the session is over: a frozen one would take every Originate that is
        written to it, and make all those calls when nobody expects them any more.
        """
        while not session.lost.done():
            try:
                await session.ping(self._response_seconds)
            except Unavailable:
                continue
            return
