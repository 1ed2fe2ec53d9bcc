"""The one clock. Composition roots make it; everything else gets `now` as an argument.

`DIALERD_CLOCK_AHEAD=<file>` has the wall clock show as many seconds more as the file says at that moment, for tests of what a
clock that is set does to a campaign. Unset in real life.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

# Linux stops CLOCK_MONOTONIC while the machine is suspended, and a call that was due before must not leave after.
STEADY_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    """`now` is aware UTC, for what is stored; `monotonic` is seconds from anywhere, for pace and deadlines."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...


class SystemClock:
    """The machine's clocks."""

    def __init__(self, read: Callable[[int], float] = time.clock_gettime, ahead: Path | None = None) -> None:
        """`read` gives the seconds of one of the system's clocks; `ahead` is a file as DIALERD_CLOCK_AHEAD names it."""
        self._read = read
        self._ahead = ahead

    @classmethod
    def from_environment(cls) -> SystemClock:
        """Ahead by DIALERD_CLOCK_AHEAD, or true."""
        file = os.environ.get("DIALERD_CLOCK_AHEAD")
        return cls(ahead=Path(file) if file else None)

    def now(self) -> datetime:
        """The instant in UTC."""
        now = datetime.now(UTC)
        return now if self._ahead is None else now + timedelta(seconds=float(self._ahead.read_text()))

    def monotonic(self) -> float:
        """Seconds that never run backwards, those of a suspended machine among them where the system counts them."""
        return self._read(STEADY_CLOCK)
