"""Whether an instant is inside hours as a campaign's file has them: written again, in few lines, to judge the program by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Opening:
    """Lines such as "daily 09:00-17:30", read on the clocks of a zone. None of them goes over midnight."""

    lines: Sequence[str]
    zone: str = "UTC"

    def schedule(self) -> dict[str, object]:
        """The table of the campaign's file."""
        return {"timezone": self.zone, "hours": list(self.lines)}

    def holds(self, instant: datetime) -> bool:
        """Whether a call may be sent then."""
        local = instant.astimezone(ZoneInfo(self.zone))
        clock = f"{local:%H:%M:%S}"
        for line in self.lines:
            opens, closes = line.removeprefix("daily ").split("-")
            if opens <= clock < closes:
                return True
        return False


ALWAYS = Opening(["daily 00:00-24:00"])


def far_from(now: datetime) -> Opening:
    """An hour that is eight hours away, so that no clock that is set by less finds it open."""
    hour = (now.hour + 8) % 24
    return Opening([f"daily {hour:02d}:00-{hour:02d}:59"])
