"""What a gate answers: yes, no until an instant, or never."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Yes:
    """Nothing stands in the way."""


class Wait(StrEnum):
    """What a lead waits for: its own next try, an hour at which it may be called, a cap on how often, the end of an entry
    of do-not-call, or that somebody who has its campaign's file decides whether there is a next try.
    """

    RETRY = "retry"
    HOURS = "hours"
    CAP = "cap"
    DO_NOT_CALL = "do_not_call"
    DECISION = "decision"


@dataclass(frozen=True, slots=True)
class NoUntil:
    """Not now. `at` (UTC, after now) is the first instant worth asking again."""

    at: datetime
    reason: str
    wait: Wait = Wait.RETRY


@dataclass(frozen=True, slots=True)
class Never:
    """Not now and not later, unless somebody changes something."""

    reason: str


Verdict = Yes | NoUntil | Never

YES = Yes()
