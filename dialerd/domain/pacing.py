"""How many calls may start now. All times are seconds of a monotonic clock."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from dataclasses import dataclass, replace

# The share of its time that a full second keeps free, for calls that leave or arrive late.
SPREAD = 0.007
# How much longer (seconds) one call may take to the carrier than another: as much as can be had, and the least.
MOST_JITTER = 0.005
JITTER = 0.003
# How late (seconds) a send may be although nothing holds it up.
WAKING = 0.004
# Sends that come late by more than this (seconds) were not late: there was nothing to send.
CATCH_UP = 0.25
# How long before its instant (seconds) a call is committed: long enough to reach the disk, short enough that a crash
# leaves few calls of which nobody knows whether they were made.
LEAST_AHEAD = 0.03
MOST_AHEAD = 0.25


@dataclass(frozen=True, slots=True)
class Pace:
    """A cap on calls started. `calls_per_second` is above 0 and finite; ValueError otherwise."""

    calls_per_second: float

    def __post_init__(self) -> None:
        if not (self.calls_per_second > 0 and math.isfinite(self.calls_per_second)):
            raise ValueError(f"a pace is a number of calls per second above 0, not {self.calls_per_second}")


@dataclass(frozen=True, slots=True)
class Gcra:
    """The state of one pace: `tat` is the theoretical arrival time, the next send's place in an even spread (the generic
    cell rate algorithm of ITU-T I.371 without a burst: no bucket that fills while idle).

    `recent` is when calls left, the latest of them, in order and as many as one second may hold; `opens` is when the next
    may leave for that, and `apart` when it may leave for the one before it.
    """

    tat: float = -math.inf
    recent: tuple[float, ...] = ()
    opens: float = -math.inf
    apart: float = -math.inf


def interval(pace: Pace) -> float:
    """Seconds from one send to the next: 1 / N and the spread, so the mean stays within 1 % of the pace."""
    rate = pace.calls_per_second
    return (1 + SPREAD) / rate if rate >= 1 else 1 / rate + SPREAD


def earliest(state: Gcra) -> float:
    """A send is allowed at or after this instant; -inf before the first one."""
    return max(state.tat, state.opens, state.apart)


def after(pace: Pace, state: Gcra, sent_at: float) -> Gcra:
    """The state once a call was sent at `sent_at`, which must not lie before `earliest(state)`.

    A send that was late by no more than CATCH_UP keeps its place in the spread: the ones after it follow at twice the pace,
    where there is time to wake up in between, until they are not late. However late which of them are, no half-open
    window of a second holds more than N of N calls per second (N at least 1; the next whole number, where it is not
    whole), and JITTER is to spare. Below 1, any two leave at least 1 / N apart.
    """
    step = interval(pace)
    tat = (state.tat if sent_at - state.tat <= CATCH_UP else sent_at) + step
    recent = _with(pace, state.recent, sent_at)
    return Gcra(tat, recent, _opens(pace, tat, recent), sent_at + step / 2 - WAKING)


def left(pace: Pace, state: Gcra, sent_at: float, at: float) -> Gcra:
    """The state once it is known that the call of `sent_at` did not leave before `at`: a second is counted from there."""
    place = bisect_left(state.recent, sent_at)
    if at <= sent_at or place == len(state.recent) or state.recent[place] != sent_at:
        return state
    recent = _with(pace, (*state.recent[:place], *state.recent[place + 1 :]), at)
    return replace(state, recent=recent, opens=_opens(pace, state.tat, recent))


def _with(pace: Pace, recent: tuple[float, ...], at: float) -> tuple[float, ...]:
    """The latest departures, this one among them. One that was made late may be later than those sent after it."""
    times = list(recent)
    insort(times, at)
    return tuple(times[-math.ceil(pace.calls_per_second) :])


def _opens(pace: Pace, tat: float, recent: tuple[float, ...]) -> float:
    if len(recent) < math.ceil(pace.calls_per_second):
        return -math.inf
    second = recent[0] + max(1.0, 1 / pace.calls_per_second)
    # What is behind its place has less time to give away.
    behind = max(0.0, second - tat)
    return second + max(JITTER, MOST_JITTER - behind / 5)


def next_send(*states: Gcra) -> float:
    """The earliest instant that all paces allow (campaign and trunk); -inf when nothing holds the call back."""
    return max((earliest(state) for state in states), default=-math.inf)


def commit_ahead(before: float, took: float) -> float:
    """How long before its instant the next call is committed, when it was `before` and the last commit took so long.

    Twice what commits take: at once when one is slow, and slowly less again.
    """
    return min(max(LEAST_AHEAD, 2 * took, 0.995 * before), MOST_AHEAD)


def claim_size(
    *, calls_per_second: float, hopper_seconds: float, in_hopper: int, max_calls: int, open_attempts: int
) -> int:
    """How many leads to claim now, at least 0.

    As many as fill the hopper up to `hopper_seconds` of work at the pace (one lead at least), within the free slots of
    `max_calls`. `open_attempts` counts every attempt that has not ended, those in the hopper included.
    """
    depth = max(1, math.ceil(calls_per_second * hopper_seconds))
    return max(0, min(depth - in_hopper, max_calls - open_attempts))
