"""The one clock. Composition roots make it; everything else gets `now` as an argument."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

# Linux stops CLOCK_MONOTONIC while the machine is suspended, and a call that was due before must not leave after.
STEADY_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    """`now` is aware UTC, for what is stored; `monotonic` is seconds from anywhere, for pace and deadlines."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...


class SystemClock:
    """The machine's clocks."""

    def __init__(self, read: Callable[[int], float] = time.clock_gettime) -> None:
        """`read` gives the seconds of one of the system's clocks."""
        self._read = read

    def now(self) -> datetime:
        """The instant in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never run backwards, those of a suspended machine among them where the system counts them."""
        return self._read(STEADY_CLOCK)
