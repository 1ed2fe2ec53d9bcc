"""How campaigns share what is not enough for all of them: turns on a trunk's pace, and slots for calls. By weight, and what
one does not use goes to the others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Turns:
    """Whose turn it is: start-time fair queueing (Goyal, Vin, Cheng 1996) with calls that are all as long.

    Each turn of a campaign takes 1 / weight of its time; `clock` is when the latest turn began, `ends` when each
    campaign's latest ends. Who did not wait for a while begins at the clock: it gets its share from now on and nothing for
    the time before.
    """

    clock: float = 0.0
    ends: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


def begins(turns: Turns, name: str) -> float:
    """When the campaign's next turn begins, the earlier the sooner it is served."""
    return max(turns.clock, turns.ends.get(name, -math.inf))


def whose(turns: Turns, waiting: Iterable[str]) -> str:
    """Which of those that wait, at least one, is next. Of two that are as early, the one whose latest turn is longer ago."""
    return min(waiting, key=lambda name: (begins(turns, name), turns.ends.get(name, -math.inf), name))


def served(turns: Turns, name: str, weight: float) -> Turns:
    """The turns once a call of the campaign has had one. `weight` is above 0."""
    begin = begins(turns, name)
    return Turns(begin, MappingProxyType({**turns.ends, name: begin + 1 / weight}))


def share(total: int, used: Mapping[str, int], weights: Mapping[str, float], name: str) -> int:
    """How many of `total` slots the campaign may hold, at least 1: its part by weight among those that want more.

    `used` is how many each campaign holds now; `weights` are those of the campaigns that want more than they have, this
    one among them. What others hold that want no more is theirs. Rounded up: the total is for somebody else to keep.
    """
    content = sum(held for other, held in used.items() if other not in weights)
    return max(1, math.ceil((total - content) * weights[name] / sum(weights.values())))
