"""What one ended call says about its trunk, beside what it says about its lead."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from dialerd.domain.dispositions import Disposition
from dialerd.domain.outcome import Outcome


class Sign(StrEnum):
    """What a call says of its trunk.

    WORKS: the network answered about this very number. INVALID: it said that there is no such number, which speaks for
    the trunk unless it says so to every number. TROUBLE: the trunk or what is behind it failed (5xx, congestion).
    SILENT: nobody said anything, or 408. MISCONFIGURED: our request was not acceptable (401, 407, 488). NO_CHANNEL: there
    was nowhere to send it, an endpoint that Asterisk does not know or that has no contact.
    """

    WORKS = "works"
    INVALID = "invalid"
    TROUBLE = "trouble"
    SILENT = "silent"
    MISCONFIGURED = "misconfigured"
    NO_CHANNEL = "no_channel"


FAULTS = frozenset({Sign.TROUBLE, Sign.SILENT, Sign.MISCONFIGURED, Sign.NO_CHANNEL})
"""Signs that the trunk did not carry the call."""

FORGIVEN = frozenset({Sign.INVALID, Sign.SILENT})
"""Signs that use up an attempt as long as one number is concerned, and none once the trunk is to blame."""

_UNTOLD = frozenset({Disposition.CANCELLED, Disposition.UNKNOWN, Disposition.DO_NOT_CALL})
_REQUEST_TIMEOUT = 408
_TRYING = 100


@dataclass(frozen=True, slots=True)
class Told:
    """How an attempt ended, as far as it concerns the trunk.

    `channel` is False when no channel was made. `silence` is True when the channel itself reported its end, so that no
    SIP code, or 100, means that nothing came back; what AMI says leaves that open.
    """

    disposition: str
    sip_code: int | None = None
    channel: bool = True
    silence: bool = False


def sign_of(told: Told) -> Sign | None:
    """What the ending says of the trunk; None when it says nothing (never sent, or nobody knows)."""
    if told.disposition in _UNTOLD:
        return None
    match told.disposition:
        case Disposition.CONGESTION:
            return Sign.TROUBLE
        case Disposition.INVALID_NUMBER:
            return Sign.INVALID
        case Disposition.FAILED:
            return Sign.MISCONFIGURED if told.channel else Sign.NO_CHANNEL
        case Disposition.NO_ANSWER:
            unheard = told.silence and told.sip_code in (None, _TRYING)
            return Sign.SILENT if unheard or told.sip_code == _REQUEST_TIMEOUT else Sign.WORKS
    return Sign.WORKS


def forgiven(outcome: Outcome, sign: Sign | None, blame: Sign | None) -> Outcome:
    """The outcome of a call that ended with `sign` while its trunk is blamed for `blame`: congestion, which uses up no
    attempt and closes no lead, where the same ending would be held against the number otherwise.
    """
    if sign is None or sign not in FORGIVEN or sign is not blame:
        return outcome
    return replace(
        outcome,
        disposition=Disposition.CONGESTION,
        counts=False,
        detail=blamed(outcome.detail, sign),
    )


def blamed(detail: str, sign: Sign) -> str:
    """What is written down with an ending that is laid to the trunk's account."""
    words = {Sign.INVALID: "the trunk says so to almost every number", Sign.SILENT: "the trunk does not answer at all"}
    return f"{detail}: {words.get(sign, 'the trunk failed')}"
