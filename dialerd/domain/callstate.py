"""What state is a call in after this event: the pure heart of the call tracker.

Events come from a connection that may repeat, reorder and lose them. A `Call` is what has been seen so far, in no
order; the verdict is read off all of it. What is proven by a rarer event (an answer, a SIP code) beats what a missing
one seems to say.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dialerd.domain.facts import AttemptState, ChannelState, EndFacts, OriginateFault

# How long to wait for a witness that usually comes at once: Newchannel after a failed Originate, or the
# OriginateResponse after a Hangup that does not say by itself what happened.
GRACE = timedelta(seconds=2)

# Reason of OriginateResponse when our own ring timeout ended the call.
_TIMED_OUT = 3
# Q.850 causes that do not tell an answered call from an unanswered one: none given, normal clearing, unspecified.
_VAGUE_CAUSES = frozenset({0, 16, 31})
_TIMEOUT_CAUSES = frozenset({0, 19})
# Cause and SIP code that a carrier may send, and that Asterisk itself says of our ring timeout.
_UNAVAILABLE = (19, 480)


@dataclass(frozen=True, slots=True)
class OriginateAccepted:
    """AMI took the Originate; that says only that a thread was started."""

    attempt_id: str


@dataclass(frozen=True, slots=True)
class OriginateRefused:
    """AMI answered Response: Error: certainly not dialed."""

    attempt_id: str
    message: str

    @property
    def stopping(self) -> bool:
        """Asterisk takes no calls because it is shutting down, which may be called off; nothing is wrong with this one."""
        return "shutting down" in self.message


@dataclass(frozen=True, slots=True)
class ChannelCreated:
    """Newchannel under our id. `channel` is Asterisk's name of it."""

    attempt_id: str
    channel: str


@dataclass(frozen=True, slots=True)
class DialBegun:
    """DialBegin: Asterisk has handed the call to the trunk, and its INVITE is out or leaves now."""

    attempt_id: str


@dataclass(frozen=True, slots=True)
class ChannelRinging:
    """The far end rings."""

    attempt_id: str


@dataclass(frozen=True, slots=True)
class ChannelUp:
    """The far end answered."""

    attempt_id: str


@dataclass(frozen=True, slots=True)
class DialEnded:
    """DialEnd. `status` is not to be classified by: it says NOANSWER for 404."""

    attempt_id: str
    status: str


@dataclass(frozen=True, slots=True)
class OriginateDone:
    """OriginateResponse, matched by ActionID. `reason`: 4 answered, 3 our ring timeout, 0 all other failures."""

    attempt_id: str
    success: bool
    reason: int


@dataclass(frozen=True, slots=True)
class ChannelGone:
    """Hangup. `cause` is Q.850; `tech_cause` the SIP code, None where Asterisk does not give it."""

    attempt_id: str
    cause: int
    tech_cause: int | None
    cause_text: str


CallEvent = (
    OriginateAccepted
    | OriginateRefused
    | ChannelCreated
    | DialBegun
    | ChannelRinging
    | ChannelUp
    | DialEnded
    | OriginateDone
    | ChannelGone
)


@dataclass(frozen=True, slots=True)
class Call:
    """What has been seen of one call. The empty one is a call whose Originate has just been sent.

    `channel` is '' while no name is known; `channel_seen` says that some event proved a channel. Instants are those of
    the first event that said so. `gap`: there were times when nobody listened, so what was not seen proves nothing.
    """

    gap: bool = False
    accepted: bool = False
    channel: str = ""
    channel_seen: bool = False
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    dial_status: str = ""
    done: OriginateDone | None = None
    done_at: datetime | None = None
    refused: OriginateRefused | None = None
    gone: ChannelGone | None = None
    gone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """The call may be alive, as far as events say."""


@dataclass(frozen=True, slots=True)
class Settling:
    """The call is over or never was, but a witness that would say more may still come until `until`."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """The call is over; `facts` is all that the events say of its end."""

    facts: EndFacts


Verdict = Open | Settling | Ended


def advance(call: Call, event: CallEvent, at: datetime) -> Call:  # noqa: C901, PLR0911 - one return for each kind of event
    """The call after one more event, seen at `at`.

    Events may be repeated and come in any order. Once the verdict is `Ended`, later events change nothing: they are
    evidence, not history rewritten.
    """
    if isinstance(verdict(call, at), Ended):
        return call
    match event:
        case OriginateAccepted():
            return replace(call, accepted=True)
        case OriginateRefused():
            return replace(call, refused=call.refused or event)
        case ChannelCreated():
            return replace(call, channel_seen=True, channel=call.channel or event.channel)
        case DialBegun():
            return replace(call, channel_seen=True)
        case ChannelRinging():
            return replace(call, channel_seen=True, ringing_at=call.ringing_at or at)
        case ChannelUp():
            return replace(call, channel_seen=True, answered_at=call.answered_at or at)
        case DialEnded():
            return replace(call, channel_seen=True, dial_status=call.dial_status or event.status)
        case OriginateDone():
            return _originate_done(call, event, at)
        case ChannelGone():
            return replace(call, channel_seen=True, gone=call.gone or event, gone_at=call.gone_at or at)


def verdict(call: Call, now: datetime) -> Verdict:
    """Whether the call is over at `now`.

    Over on Hangup; on a refused Originate; on a failed one that showed no channel within `GRACE`. A Hangup that could
    be the end of an answered call as well as of an unanswered one (no final SIP code, a cause that says nothing) waits
    `GRACE` for the OriginateResponse, which Asterisk may send after it. A failed OriginateResponse never closes a call
    whose channel is alive: it may belong to a second Originate under the same id. With a gap it does not prove that
    there never was a channel: such a call is lost, not failed.
    """
    if call.gone is not None and call.gone_at is not None:
        sure = _speaks_for_itself(call, call.gone)
        return Ended(_facts(call, call.gone)) if sure else _settled(call.gone_at, now, _facts(call, call.gone))
    if call.channel_seen:
        return Open()
    if call.refused is not None:
        fault = OriginateFault.NOT_SENT if call.refused.stopping else OriginateFault.REFUSED
        return Ended(EndFacts(answered=False, fault=fault, detail=call.refused.message))
    if call.done_at is not None:
        return _settled(call.done_at, now, _UNSEEN if call.gap else _NO_CHANNEL)
    return Open()


_NO_CHANNEL = EndFacts(answered=False, fault=OriginateFault.NO_CHANNEL)
_UNSEEN = EndFacts(fault=OriginateFault.LOST, detail="it ended while nobody listened to Asterisk")


def progress(call: Call) -> AttemptState:
    """How far the call got: SENDING, RINGING or ANSWERED. Never goes back as events are added."""
    if call.answered_at is not None:
        return AttemptState.ANSWERED
    if call.ringing_at is not None:
        return AttemptState.RINGING
    return AttemptState.SENDING


def _settled(since: datetime, now: datetime, facts: EndFacts) -> Verdict:
    return Ended(facts) if now >= since + GRACE else Settling(since + GRACE)


def _originate_done(call: Call, event: OriginateDone, at: datetime) -> Call:
    if event.success:
        # It outranks a failure seen before, which was that of a second Originate under the same id.
        return replace(call, channel_seen=True, answered_at=call.answered_at or at, done=event, done_at=at)
    return replace(call, done=call.done or event, done_at=call.done_at or at)


def _speaks_for_itself(call: Call, gone: ChannelGone) -> bool:
    if call.answered_at is not None or call.done is not None:
        return True
    if (gone.cause, gone.tech_cause) == _UNAVAILABLE:
        return False
    return (gone.tech_cause is not None and gone.tech_cause >= 300) or gone.cause not in _VAGUE_CAUSES


def _facts(call: Call, gone: ChannelGone) -> EndFacts:
    answered = _answered(call, gone)
    timed_out = answered is not True and _ring_timed_out(call, gone)
    # Asterisk dropped the channel without a word from the network: a restart, or another hand.
    cut = answered is False and not timed_out and gone.cause == 0 and not _is_final(gone)
    return EndFacts(
        # Of our own timeout Asterisk says 480, which nobody sent.
        sip_code=None if timed_out else gone.tech_cause,
        cause=gone.cause,
        channel_state=_channel_state(call),
        answered=answered,
        ring_timed_out=timed_out,
        fault=OriginateFault.LOST if cut else None,
        detail="interrupted" if cut else gone.cause_text,
    )


def _is_final(gone: ChannelGone) -> bool:
    return gone.tech_cause is not None and gone.tech_cause >= 200


def _answered(call: Call, gone: ChannelGone) -> bool | None:
    """None when neither the answer nor its absence was seen: of a call that was adopted, events are missing."""
    if call.answered_at is not None:
        return True
    refused = gone.tech_cause is not None and gone.tech_cause >= 300
    return False if refused or call.done is not None else None


def _ring_timed_out(call: Call, gone: ChannelGone) -> bool:
    if call.done is not None:
        return call.done.reason == _TIMED_OUT
    return call.ringing_at is not None and gone.cause in _TIMEOUT_CAUSES and gone.tech_cause == 180


def _channel_state(call: Call) -> ChannelState | None:
    """None when no event said how far the channel got: not having seen it ring does not prove that it did not."""
    if call.answered_at is not None:
        return ChannelState.UP
    return None if call.ringing_at is None else ChannelState.RINGING
