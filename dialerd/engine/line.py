"""One campaign's road from the claim to the trunk: what waits, what may leave next, and why nothing leaves."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dialerd.domain.facts import ClaimedLead
from dialerd.domain.pacing import Gcra, Pace
from dialerd.settings import Campaign, Trunk


@dataclass(frozen=True, slots=True)
class Waiting:
    """A claimed lead in the hopper."""

    lead: ClaimedLead
    since: float  # monotonic seconds


@dataclass(frozen=True, slots=True)
class Ready:
    """An attempt whose `sending` is on disk: it leaves within milliseconds or never."""

    lead: ClaimedLead
    judged_at: float  # monotonic seconds, when the gates said yes for the last time


@dataclass(slots=True)
class Line:
    """The engine's view of one active campaign, with the trunks of the same settings: `file` and `known` as these say,
    `campaign` and `trunks` with what the other engines leave this one of their paces. `room` is why that is nothing, None
    when it is something, and `shut` the same of single trunks. `away` is why the Asterisk of a trunk takes no calls.

    `gate` is why nothing is claimed now, None when dialing may go on; `idle` is why the last claim fell short.
    `closed` when the campaign is not active any more: what still arrives here is given back. `committing`: how many are
    being committed, by trunk. `brake`: the part of its pace that its abandoned calls leave it. `wants_of_trunk` and `wants_of_node`: its last claim wanted more than it was left there.
    """

    campaign: Campaign
    trunks: Mapping[str, Trunk]
    file: Campaign = field(init=False)
    known: Mapping[str, Trunk] = field(init=False)
    room: str | None = None
    shut: Mapping[str, str] = field(default_factory=dict)
    away: Mapping[str, str] = field(default_factory=dict)
    pace: Gcra = field(default_factory=Gcra)
    hopper: deque[Waiting] = field(default_factory=deque)
    ready: deque[Ready] = field(default_factory=deque)
    committing: Counter[str] = field(default_factory=Counter)
    claiming: bool = False
    next_claim_at: float = 0.0
    gate: str | None = None
    idle: str = ""
    brake: float = 1.0
    closed: bool = False
    trunk_turn: int = 0
    wants_of_trunk: set[str] = field(default_factory=set)
    wants_of_node: bool = False
    sent: deque[float] = field(default_factory=lambda: deque(maxlen=20_000))

    def __post_init__(self) -> None:
        self.file, self.known = self.campaign, self.trunks

    @property
    def closed_by(self) -> str | None:
        """Why the line neither claims nor commits now; None when it may."""
        return self.gate if self.gate is not None else self.room

    def barred(self, trunk: str) -> str | None:
        """Why nothing of it may leave over the trunk, also what was committed: the pace is other engines' by now, or its
        Asterisk is away. None when it may.
        """
        return self.room if self.room is not None else self.shut.get(trunk) or self.away.get(trunk)

    def note_away(self, away: Mapping[str, str]) -> list[str]:
        """From now on these trunks' Asterisks take no calls; which of them are new, and there is another way to go."""
        new, self.away = away.keys() - self.away.keys(), away
        return sorted(new) if self.usable else []

    @property
    def usable(self) -> list[str]:
        """The campaign's trunks that are neither shut nor away."""
        return [trunk for trunk in self.campaign.trunks if trunk not in self.shut and trunk not in self.away]

    @property
    def waiting(self) -> int:
        """Leads claimed and not yet sent."""
        return len(self.hopper) + self.leaving

    @property
    def leaving(self) -> int:
        """Leads past the hopper: being committed, or waiting for their instant."""
        return self.committing.total() + len(self.ready)

    @property
    def waiting_for(self) -> Iterable[str]:
        """The trunks for which leads wait in the hopper that could leave, each once."""
        return dict.fromkeys(waiting.lead.trunk for waiting in self.hopper if waiting.lead.trunk not in self.away)

    def waiting_over(self, trunk: str) -> int:
        """Those of `waiting` that go over the trunk."""
        return self.leaving_over(trunk) + sum(waiting.lead.trunk == trunk for waiting in self.hopper)

    @property
    def gone(self) -> frozenset[str]:
        """Trunks for which leads wait in the hopper, and which a reload has taken away."""
        return frozenset(waiting.lead.trunk for waiting in self.hopper if waiting.lead.trunk not in self.trunks)

    def leaving_over(self, trunk: str) -> int:
        """Those of `leaving` that go over the trunk."""
        return self.committing[trunk] + sum(ready.lead.trunk == trunk for ready in self.ready)

    def take(self, trunk: str) -> ClaimedLead:
        """The first lead in the hopper that is for the trunk; there is one. It is committed next."""
        place = next(place for place, waiting in enumerate(self.hopper) if waiting.lead.trunk == trunk)
        lead = self.hopper[place].lead
        del self.hopper[place]
        self.committing[trunk] += 1
        return lead

    def take_stale(self, before: float) -> list[str]:
        """Takes the attempts out of the hopper that have waited since before this monotonic second."""
        stale: list[str] = []
        while self.hopper and self.hopper[0].since < before:
            stale.append(self.hopper.popleft().lead.attempt_id)
        return stale

    def take_all(self, trunk: str) -> list[str]:
        """Takes the attempts for this trunk out of the hopper."""
        taken = [waiting.lead.attempt_id for waiting in self.hopper if waiting.lead.trunk == trunk]
        self.hopper = deque(waiting for waiting in self.hopper if waiting.lead.trunk != trunk)
        return taken

    @property
    def pace_limit(self) -> Pace:
        """This engine's part of the campaign's pace, as its abandoned calls leave it."""
        return Pace(self.campaign.calls_per_second * self.brake)

    def next_trunk(self) -> str:
        """The campaign's trunks in turn."""
        trunk = self.campaign.trunks[self.trunk_turn % len(self.campaign.trunks)]
        self.trunk_turn += 1
        return trunk

    def wants(self, trunk: str, *, more_of_trunk: bool, more_of_node: bool) -> None:
        """What its latest claim, for this trunk, was left without."""
        self.wants_of_node = more_of_node
        if more_of_trunk:
            self.wants_of_trunk.add(trunk)
        else:
            self.wants_of_trunk.discard(trunk)

    def note_sent(self, at: float) -> None:
        """A call left at this monotonic second."""
        self.sent.append(at)

    def sent_within(self, seconds: float, now: float) -> int:
        """How many calls left in the last so many seconds."""
        while self.sent and self.sent[0] < now - seconds:
            self.sent.popleft()
        return len(self.sent)


@dataclass(frozen=True, slots=True)
class Rivals:
    """The campaigns, with their weights, that want more than they have of a trunk, and of the node."""

    trunk: Mapping[str, float]
    node: Mapping[str, float]


def rivals_on(trunk: str, lines: Iterable[Line]) -> Rivals:
    """Those among these lines that a claim for the trunk has to share with."""
    return Rivals(
        trunk={line.campaign.name: line.campaign.weight for line in lines if trunk in line.wants_of_trunk},
        node={line.campaign.name: line.campaign.weight for line in lines if line.wants_of_node},
    )
