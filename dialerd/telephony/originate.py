"""The one Originate we send. Only constants, ids, digits and integers go into it; everything else is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dialerd.domain.errors import BadInput

ANSWERED_CONTEXT = "dialerd-answered"
ENDED_CONTEXT = "dialerd-ended"
ATTEMPT_VARIABLE = "DIALERD_ATTEMPT"
MAX_TALK_VARIABLE = "DIALERD_MAX_TALK"

_ATTEMPT_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ENDPOINT = re.compile(r"[A-Za-z0-9_.-]{1,80}")
_NUMBER = re.compile(r"\+?[0-9]{1,40}")
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class OriginateOrder:
    """One call to be made. `ring_timeout` and `max_talk` are seconds; `max_talk` 0 means no limit.

    `dial_number` is what the trunk gets (its prefix and the digits), `caller_id` a number or empty for the trunk's own.
    """

    attempt_id: str
    endpoint: str
    dial_number: str
    caller_id: str
    ring_timeout: float
    max_talk: int = 0


def is_attempt_id(text: str) -> bool:
    """Could this be one of our attempt ids: 36 characters of lower-case UUID. Asterisk's own ids never are."""
    return len(text) == 36 and _ATTEMPT_ID.fullmatch(text) is not None


def originate(order: OriginateOrder) -> list[tuple[str, str]]:
    """The headers of the Originate, in order, for `AmiSession.send`.

    The attempt id is ActionID, ChannelId and variable at once. Pushing the hangup handler here makes Asterisk run
    `dialerd-ended` also for calls that nobody answers. Context, never Application, which would need class `system`.
    Raises BadInput for every value that is not of its plain form; nothing was sent then.
    """
    endpoint = _checked("trunk endpoint", order.endpoint, _ENDPOINT)
    number = _checked("number", order.dial_number, _NUMBER)
    return _headers(order, f"PJSIP/{number}@{endpoint}")


def originate_trial(order: OriginateOrder) -> list[tuple[str, str]]:
    """As `originate`, for a call to the endpoint itself, a telephone of one's own. `dial_number` is not looked at."""
    return _headers(order, f"PJSIP/{_checked('endpoint', order.endpoint, _ENDPOINT)}")


def _headers(order: OriginateOrder, channel: str) -> list[tuple[str, str]]:
    attempt_id = _checked("attempt id", order.attempt_id, _ATTEMPT_ID)
    headers = [
        ("Action", "Originate"),
        ("ActionID", attempt_id),
        ("Channel", channel),
        ("ChannelId", attempt_id),
        ("Context", ANSWERED_CONTEXT),
        ("Exten", "s"),
        ("Priority", "1"),
        ("Timeout", str(_milliseconds(order.ring_timeout))),
        ("Async", "true"),
        ("Variable", f"{ATTEMPT_VARIABLE}={attempt_id}"),
        ("Variable", f'CHANNEL(hangup_handler_push)="{ENDED_CONTEXT},s,1"'),
    ]
    if order.caller_id:
        headers.append(("CallerID", _checked("caller id", order.caller_id, _NUMBER)))
    if order.max_talk > 0:
        headers.append(("Variable", f"{MAX_TALK_VARIABLE}={int(order.max_talk)}"))
    return headers


def _checked(what: str, value: str, pattern: re.Pattern[str]) -> str:
    if pattern.fullmatch(value) is None:
        raise BadInput(f"{what} {value!a}: not of the form {pattern.pattern}; the call is not made")
    return value


def _milliseconds(seconds: float) -> int:
    if not 0 < seconds <= _DAY_SECONDS:
        raise BadInput(f"ring timeout {seconds!r}: not between 0 and {_DAY_SECONDS} seconds; the call is not made")
    return max(1, round(seconds * 1000))
