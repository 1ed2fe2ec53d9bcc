"""The last gates, which say nothing of the lead: were few enough people abandoned, is there a trunk that is free, and may a
call leave at this pace.

For people who ask why. No claim asks them: the engine closes a campaign that abandoned too many, the caps are counted
where leads are claimed, and the dial loop keeps the pace.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dialerd.domain.abandon import FREE, Brake
from dialerd.domain.verdicts import YES, Never, NoUntil, Verdict

# How soon to look again for a free call: they end at any time.
SLOT_WAIT = timedelta(seconds=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Way:
    """A trunk a campaign may use: calls in use and their cap. `closed`: why its breaker lets no call through, empty when
    it does, and when it is tried again, None when nobody knows.
    """

    trunk: str
    calls: int
    max_calls: int
    closed: str = ""
    tried_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Traffic:
    """What goes on in a campaign at one instant: its ways out, its calls in use and their cap, its calls per second, and
    when its latest calls left. `brake`: what its abandoned calls leave it.
    """

    ways: Sequence[Way]
    calls: int
    max_calls: int
    calls_per_second: float
    sent: Sequence[datetime] = ()
    brake: Brake = FREE


def few_abandoned(traffic: Traffic, _now: datetime) -> Verdict:
    """Whether the campaign is below each of its limits for abandoned calls."""
    return traffic.brake.verdict


def trunk_available(traffic: Traffic, now: datetime) -> Verdict:
    """Whether some trunk takes a call, and the campaign has one left."""
    if not traffic.ways:
        return Never("the campaign has no trunk")
    if traffic.calls >= traffic.max_calls:
        return NoUntil(now + SLOT_WAIT, f"all {traffic.max_calls} calls of the campaign are in use")
    usable = [way for way in traffic.ways if not way.closed]
    if any(way.calls < way.max_calls for way in usable):
        return YES
    if usable:
        return NoUntil(now + SLOT_WAIT, f"every call of {' and '.join(way.trunk for way in usable)} is in use")
    first = min(traffic.ways, key=lambda way: way.tried_at or now + SLOT_WAIT)
    return NoUntil(max(first.tried_at or now, now + SLOT_WAIT), f"trunk {first.trunk} is left alone: {first.closed}")


def pace_kept(traffic: Traffic, now: datetime) -> Verdict:
    """Whether a call may leave without there being more than the pace allows in some second, or less than the time from
    one to the next of a slow pace.
    """
    pace = traffic.calls_per_second * (traffic.brake.pace or 1)
    whole = max(int(pace), 1)
    window = _SECOND if pace >= 1 else _SECOND / pace
    recent = sorted(at for at in traffic.sent if at > now - window)
    if len(recent) < whole:
        return YES
    slower = f"; {traffic.brake.why}" if traffic.brake.why else ""
    return NoUntil(recent[-whole] + window, f"{pace:g} calls per second are on their way{slower}")


WAY_GATES: tuple[tuple[str, Callable[[Traffic, datetime], Verdict]], ...] = (
    ("abandoned calls", few_abandoned),
    ("trunk available", trunk_available),
    ("pace", pace_kept),
)
"""By name, in order: they stand behind those of domain.gates."""


def explain_ways(traffic: Traffic, now: datetime) -> tuple[tuple[str, Verdict], ...]:
    """Each one's verdict at `now`, by name, in order."""
    return tuple((name, gate(traffic, now)) for name, gate in WAY_GATES)
