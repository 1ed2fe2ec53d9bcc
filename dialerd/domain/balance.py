"""Which of several destinations gets the next call."""

from __future__ import annotations

from collections.abc import Sequence


def choose(weights: Sequence[int], loads: Sequence[int], ticket: float) -> int:
    """The place of the destination with the fewest calls for its weight; of several such one by chance, in proportion to
    their weights.

    `loads` are the calls each has now; `ticket`, from 0 up to but not including 1, is the chance. So each has its share
    while calls last long, and over many calls also when they are few and short.
    """
    least = min(load / weight for load, weight in zip(loads, weights, strict=True))
    idle = [place for place, weight in enumerate(weights) if loads[place] / weight == least]
    drawn = ticket * sum(weights[place] for place in idle)
    for place in idle:
        drawn -= weights[place]
        if drawn < 0:
            return place
    return idle[-1]


def ticket_of(attempt_id: str) -> float:
    """A chance that is the attempt's own: its id ends in random digits (RFC 9562, version 7)."""
    return int(attempt_id[-8:], 16) / 16**8
