"""One campaign's road from the claim to the trunk: what waits, what may leave next, and why nothing leaves."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from dialerd.domain.facts import ClaimedLead
from dialerd.domain.pacing import Gcra, Pace
from dialerd.settings import Campaign, Trunk


@dataclass(frozen=True, slots=True)
class Ready:
    """An attempt whose `sending` is on disk: it leaves within milliseconds or never."""

    lead: ClaimedLead
    committed_at: float  # monotonic seconds


@dataclass(frozen=True, slots=True)
class Sent:
    """A call that was sent and that Asterisk has not handed to the trunk yet."""

    line: Line
    trunk: str
    at: float  # monotonic seconds


@dataclass(slots=True)
class Line:
    """The engine's view of one active campaign, with the trunks of the same settings.

    `gate` is why nothing is claimed now, None when dialing may go on; `idle` is why the last claim fell short.
    `closed` when the campaign is not active any more: what still arrives here is given back.
    """

    campaign: Campaign
    trunks: Mapping[str, Trunk]
    pace: Gcra = field(default_factory=Gcra)
    hopper: deque[ClaimedLead] = field(default_factory=deque)
    ready: deque[Ready] = field(default_factory=deque)
    committing: int = 0
    claiming: bool = False
    next_claim_at: float = 0.0
    gate: str | None = None
    idle: str = ""
    closed: bool = False
    trunk_turn: int = 0
    sent: deque[float] = field(default_factory=lambda: deque(maxlen=20_000))

    @property
    def waiting(self) -> int:
        """Leads claimed and not yet sent."""
        return len(self.hopper) + self.leaving

    @property
    def leaving(self) -> int:
        """Leads past the hopper: being committed, or waiting for their instant."""
        return self.committing + len(self.ready)

    @property
    def pace_limit(self) -> Pace:
        """The campaign's pace."""
        return Pace(self.campaign.calls_per_second)

    def next_trunk(self) -> str:
        """The campaign's trunks in turn."""
        trunk = self.campaign.trunks[self.trunk_turn % len(self.campaign.trunks)]
        self.trunk_turn += 1
        return trunk

    def note_sent(self, at: float) -> None:
        """A call left at this monotonic second."""
        self.sent.append(at)

    def sent_within(self, seconds: float, now: float) -> int:
        """How many calls left in the last so many seconds."""
        while self.sent and self.sent[0] < now - seconds:
            self.sent.popleft()
        return len(self.sent)
