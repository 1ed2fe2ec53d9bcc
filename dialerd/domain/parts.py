"""How engines on one database share what must not be exceeded by all of them together: calls per second."""

from __future__ import annotations

import math


def part(total: float, sharers: int, place: int) -> float:
    """The calls per second that the engine at `place` (from 0) of so many may make of `total`; 0 when none are left for it.

    Whole calls, since only those add up: who makes at most n in any second and who makes at most m make n + m at most
    together, while two halves of a call are two calls. What cannot be divided goes to the first places, and what is not a
    whole call to place 0. The parts of all places add up to the total; an engine more, before or behind, makes nobody's
    part larger. ValueError when there is no such place.
    """
    if not 0 <= place < sharers:
        raise ValueError(f"there is no place {place} among {sharers}")
    whole = math.floor(total)
    each, over = divmod(whole, sharers)
    return each + (place < over) + (total - whole if place == 0 else 0.0)
