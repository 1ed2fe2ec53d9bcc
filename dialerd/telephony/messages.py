"""AMI messages as typed values. A header that must be there is read with [...], so its absence is an error."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dialerd.domain.callstate import (
    CallEvent,
    ChannelCreated,
    ChannelGone,
    ChannelRinging,
    ChannelUp,
    DialBegun,
    DialEnded,
    OriginateAccepted,
    OriginateDone,
    OriginateRefused,
)
from dialerd.telephony.originate import is_attempt_id

Message = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AsteriskStopping:
    """Asterisk says it is going down (event Shutdown). The connection ends soon after."""


def translate(message: Message) -> CallEvent | AsteriskStopping | None:
    """What this message says about one of our calls, or that Asterisk stops; None when it is about neither.

    The response to an Originate is a CallEvent too, known by its ActionID. Channels are ours when their Uniqueid has
    the form of an attempt id. OriginateResponse is matched by its ActionID: its Uniqueid may be another call's.
    Raises KeyError when a header is missing that Asterisk always sends, ValueError when a number is none.
    """
    name = message.get("Event")
    if name is None:
        return _reply(message)
    reader = _READERS.get(name)
    return reader(message) if reader is not None else None


def _reply(message: Message) -> CallEvent | None:
    attempt_id = message.get("ActionID", "")
    if not is_attempt_id(attempt_id):
        return None
    if message["Response"] == "Success":
        return OriginateAccepted(attempt_id)
    return OriginateRefused(attempt_id, message.get("Message", ""))


def _newchannel(message: Message) -> CallEvent | None:
    attempt_id = message["Uniqueid"]
    return ChannelCreated(attempt_id, message["Channel"]) if is_attempt_id(attempt_id) else None


def _newstate(message: Message) -> CallEvent | None:
    attempt_id = message["Uniqueid"]
    if not is_attempt_id(attempt_id):
        return None
    state = int(message["ChannelState"])
    if state == 6:
        return ChannelUp(attempt_id)
    return ChannelRinging(attempt_id) if state == 5 else None


def _dialbegin(message: Message) -> CallEvent | None:
    attempt_id = message["DestUniqueid"]
    return DialBegun(attempt_id) if is_attempt_id(attempt_id) else None


def _dialend(message: Message) -> CallEvent | None:
    attempt_id = message["DestUniqueid"]
    return DialEnded(attempt_id, message["DialStatus"]) if is_attempt_id(attempt_id) else None


def _originate_response(message: Message) -> CallEvent | None:
    # Another manager's Originate has no ActionID here, or one of its own making.
    attempt_id = message.get("ActionID", "")
    if not is_attempt_id(attempt_id):
        return None
    return OriginateDone(attempt_id, success=message["Response"] == "Success", reason=int(message["Reason"]))


def _hangup(message: Message) -> CallEvent | None:
    attempt_id = message["Uniqueid"]
    if not is_attempt_id(attempt_id):
        return None
    # Asterisk before 20.17, 22.7 and 23.1 sends no TechCause.
    tech = re.search(r"[0-9]+", message.get("TechCause", ""))
    tech_cause = int(tech.group()) if tech is not None and int(tech.group()) > 0 else None
    return ChannelGone(attempt_id, int(message["Cause"]), tech_cause, message.get("Cause-txt", ""))


def _shutdown(message: Message) -> AsteriskStopping:  # noqa: ARG001 - every reader takes the message
    return AsteriskStopping()


_READERS: dict[str, Callable[[Message], CallEvent | AsteriskStopping | None]] = {
    "Newchannel": _newchannel,
    "Newstate": _newstate,
    "DialBegin": _dialbegin,
    "DialEnd": _dialend,
    "OriginateResponse": _originate_response,
    "Hangup": _hangup,
    "Shutdown": _shutdown,
}
