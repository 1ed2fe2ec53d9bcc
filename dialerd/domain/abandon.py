"""The abandon meter: how many of the people who answered were left without anybody, and what that does to the pace.

A limit is "at most 3 % in 30 days" and the like (domain.compliance.Abandon). Near it a campaign dials slower, at it not
at all, until enough abandoned calls are longer ago than the period.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dialerd.domain.compliance import Abandon
from dialerd.domain.verdicts import YES, NoUntil, Verdict

FEWEST = 100
"""People: of fewer a share says nothing, so that the first call that goes wrong does not stop a campaign. Up to so many,
as many may be abandoned as of this number.
"""
EASY = 0.5
"""The part of what is allowed that may be used up at full pace."""
SLOWEST = 0.1
"""The part of its pace with which a campaign dials just below its limit."""
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LONG = timedelta(days=2)
"""Longer periods are counted by the hour, others by the minute."""


@dataclass(frozen=True, slots=True)
class Answered:
    """Calls that ended in a minute or an hour, before `until` (UTC): those a person answered, and of these the abandoned, `late`
    of them because nobody was there in time.
    """

    until: datetime
    people: int
    abandoned: int
    late: int = 0


@dataclass(frozen=True, slots=True)
class Meter:
    """Where a campaign stands with one limit: of so many `people` in the limit's period so many were `abandoned`, `late` of
    them because they were not connected in time, whatever became of the call then. `clears` (UTC): when it may dial again
    if it is at the limit now, None while it is below.
    """

    limit: Abandon
    people: int
    abandoned: int
    clears: datetime | None = None
    late: int = 0

    @property
    def percent(self) -> float:
        """Of those who answered, 0 when nobody did."""
        return 100 * self.abandoned / self.people if self.people else 0.0

    @property
    def pace(self) -> float:
        """The part of its pace with which the campaign may dial, from 0 to 1."""
        used = _used(self.limit, self.people, self.abandoned)
        if used >= 1:
            return 0.0
        if used <= EASY:
            return 1.0
        return 1 - (1 - SLOWEST) * (used - EASY) / (1 - EASY)

    def __str__(self) -> str:
        within = self.limit.connect_within.total_seconds()
        late = f", {self.late} of them not connected within {within:g} s" if self.late else ""
        return (
            f"{self.abandoned} of {self.people} people abandoned in {_spell(self.limit.period)}{late} "
            f"({self.percent:.1f} %, {self.limit.percent:g} % at most)"
        )


@dataclass(frozen=True, slots=True)
class Brake:
    """What its meters leave a campaign: the part `pace` of its pace (0 to 1), the `verdict`, and why it is slower, empty
    when it is not.
    """

    pace: float = 1.0
    verdict: Verdict = YES
    why: str = ""


FREE = Brake()
"""Without a limit."""


def meter(limit: Abandon, answered: Sequence[Answered], now: datetime) -> Meter:
    """Where a campaign stands at `now`. `answered`: its minutes or hours, in order, those of the limit's period at least. One
    counts as long as a part of it lies in the period.
    """
    recent = [each for each in answered if _leaves(each, limit) > now]
    people, abandoned = sum(each.people for each in recent), sum(each.abandoned for each in recent)
    clears = None
    left_people, left_abandoned = people, abandoned
    for each in recent:
        if _used(limit, left_people, left_abandoned) < 1:
            break
        left_people -= each.people
        left_abandoned -= each.abandoned
        clears = _leaves(each, limit)
    return Meter(limit, people, abandoned, clears, sum(each.late for each in recent))


def brake(meters: Sequence[Meter]) -> Brake:
    """What the strictest of the meters leaves."""
    stopped = [(each.clears, str(each)) for each in meters if each.clears is not None]
    if stopped:
        clears, why = max(stopped)
        return Brake(0.0, NoUntil(clears, why), why)
    slowest = min(meters, key=lambda each: each.pace, default=None)
    if slowest is None or slowest.pace >= 1:
        return FREE
    return Brake(slowest.pace, YES, f"dials at {slowest.pace:.0%} of its pace: {slowest}")


def read(
    limits: Sequence[Abandon], answered: Callable[[Abandon, datetime, timedelta], Sequence[Answered]], now: datetime
) -> tuple[Meter, ...]:
    """A meter for each limit. `answered` gives what a campaign's calls came to by that limit from an instant on, by the
    minute or hour.
    """
    return tuple(
        meter(limit, answered(limit, now - limit.period, HOUR if limit.period > LONG else MINUTE), now)
        for limit in limits
    )


def _used(limit: Abandon, people: int, abandoned: int) -> float:
    """How much of what is allowed is used up; at 1 the next one would be beyond it. A limit of 0 % is used up by one."""
    allowed = limit.percent / 100 * max(people, FEWEST)
    if allowed < 1:
        return float(abandoned > 0)
    return abandoned / int(allowed)


def _leaves(each: Answered, limit: Abandon) -> datetime:
    return each.until + limit.period


def _spell(period: timedelta) -> str:
    hours = period / timedelta(hours=1)
    return f"{hours / 24:g} days" if hours > 48 else f"{hours:g} h"
