"""Values that cross module borders: what the dialer says about calls, parsed once at the edge."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Mapping


class AttemptState(StrEnum):
    """The life of an attempt (docs/reliability.md). Only `ENDED` has a disposition."""

    CLAIMED = "claimed"
    SENDING = "sending"
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


OPEN_STATES = (AttemptState.CLAIMED, AttemptState.SENDING, AttemptState.RINGING, AttemptState.ANSWERED)


class Witness(StrEnum):
    """Who said how an attempt ended."""

    AMI = "ami"
    AGI = "agi"
    ENGINE = "engine"
    RECOVERY = "recovery"


class ChannelState(StrEnum):
    """How far the outgoing channel got, as Asterisk names it."""

    DOWN = "Down"
    RINGING = "Ringing"
    UP = "Up"


class OriginateFault(StrEnum):
    """Why no channel was made, when that is certain or had to be given up on."""

    REFUSED = "refused"  # AMI answered Response: Error
    NO_CHANNEL = "no_channel"  # OriginateResponse Failure and no Newchannel
    NOT_SENT = "not_sent"  # the bytes never left this process, or came when Asterisk was shutting down
    LOST = "lost"  # no witness: the call may have been made


@dataclass(frozen=True, slots=True)
class EndFacts:
    """What one witness knows about the end of a call; None where it does not know.

    `sip_code` is the last SIP status (486, 200, 180 ...), `sip_text` its words; `cause` is Q.850. `answered` is True
    when the channel was ever up. `ring_timed_out` is True when our own ring timeout ended the call.
    `waited_ms`: milliseconds from the answer until somebody or something was there for the person, or to the end.
    `detail` is free text for people (an AMI message, a reason), at most a line.
    """

    sip_code: int | None = None
    sip_text: str | None = None
    cause: int | None = None
    channel_state: ChannelState | None = None
    answered: bool | None = None
    ring_timed_out: bool = False
    fault: OriginateFault | None = None
    connected: bool | None = None
    waited_ms: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ClaimedLead:
    """A lead that is ours to dial, as the claim returned it: the attempt is committed in state `claimed`."""

    attempt_id: str
    lead_id: int
    list_id: int
    campaign: str
    phone: str  # E.164 with the plus sign
    trunk: str
    number: int  # 1 for the lead's first attempt
    claimed_at: datetime
    caller_id: str = ""  # what the called party sees, in E.164; empty for the trunk's own number


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    """An attempt that has not ended, as recovery and the tracker need it."""

    attempt_id: str
    lead_id: int
    campaign: str
    phone: str
    trunk: str
    node: str
    owner: str  # the engine process that claimed it
    state: AttemptState
    claimed_at: datetime
    sending_at: datetime | None


@dataclass(frozen=True, slots=True)
class LeadFields:
    """What the list says about a lead, for the dialplan and for people."""

    phone: str
    values: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
