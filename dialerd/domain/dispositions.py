"""What can become of an attempt, and what each outcome means for the lead."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Disposition(StrEnum):
    """The system dispositions, as stored. `NEW` is a lead's only: no attempt ends with it."""

    NEW = "new"
    ANSWERED = "answered"
    VOICEMAIL = "voicemail"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REJECTED = "rejected"
    INVALID_NUMBER = "invalid_number"
    CONGESTION = "congestion"
    FAILED = "failed"
    ABANDONED = "abandoned"
    SHORT_CALL = "short_call"
    OPTED_OUT = "opted_out"
    DO_NOT_CALL = "do_not_call"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Flags:
    """contacted: a person was reached; final: never dialed again; counts: uses up one attempt of the lead;
    recyclable: a campaign's recycling rule may bring the lead back.
    """

    contacted: bool = False
    final: bool = False
    counts: bool = True
    recyclable: bool = True


FLAGS: dict[Disposition, Flags] = {
    Disposition.NEW: Flags(counts=False),
    Disposition.ANSWERED: Flags(contacted=True, final=True, recyclable=False),
    Disposition.VOICEMAIL: Flags(),
    Disposition.NO_ANSWER: Flags(),
    Disposition.BUSY: Flags(),
    Disposition.REJECTED: Flags(),
    Disposition.INVALID_NUMBER: Flags(final=True, recyclable=False),
    Disposition.CONGESTION: Flags(counts=False),
    Disposition.FAILED: Flags(counts=False),
    Disposition.ABANDONED: Flags(),
    Disposition.SHORT_CALL: Flags(contacted=True),
    Disposition.OPTED_OUT: Flags(contacted=True, final=True, recyclable=False),
    Disposition.DO_NOT_CALL: Flags(final=True, recyclable=False, counts=False),
    Disposition.UNKNOWN: Flags(),
    Disposition.CANCELLED: Flags(counts=False),
}


PICKED_UP = frozenset(
    {
        Disposition.ANSWERED,
        Disposition.VOICEMAIL,
        Disposition.ABANDONED,
        Disposition.SHORT_CALL,
        Disposition.OPTED_OUT,
    }
)
"""Endings of calls that a person or a machine answered."""

NOT_DIALED = frozenset({Disposition.CANCELLED, Disposition.DO_NOT_CALL})
"""Endings of attempts that never left."""


def flags_of(disposition: str) -> Flags:
    """The flags of a disposition by its stored name. Raises ValueError for a name nobody defined."""
    return FLAGS[Disposition(disposition)]
