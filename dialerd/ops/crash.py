"""Named points where a test may have the process die as `kill -9` would, to show what the next start makes of it.

`DIALERD_CRASH_AT=<point>` arms one; `DIALERD_CRASH_AT=<point>:<n>` lets it pass n - 1 times first. Unset in real life.
"""

from __future__ import annotations

import os
import signal
from enum import StrEnum


class CrashPoint(StrEnum):
    """Where, in the words of the crash table in docs/reliability.md."""

    BEFORE_CLAIM = "before_claim"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


class Crash:
    """Counts passes of each point and ends the process at the armed one."""

    def __init__(self, armed: str | None) -> None:
        """`armed` is the value of DIALERD_CRASH_AT. Raises ValueError for a point that does not exist."""
        name, _, count = (armed or "").partition(":")
        self._point = CrashPoint(name) if name else None
        self._left = int(count or 1)

    @classmethod
    def from_environment(cls) -> Crash:
        """Armed by DIALERD_CRASH_AT, or never."""
        return cls(os.environ.get("DIALERD_CRASH_AT"))

    def at(self, point: CrashPoint) -> None:
        """Die here if this point is armed and was passed often enough."""
        if point is not self._point:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
