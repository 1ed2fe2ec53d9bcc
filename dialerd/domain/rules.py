"""What the gates look at: a lead, and what its campaign says about when and how often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Protocol
from zoneinfo import ZoneInfo

from dialerd.domain.compliance import UNLIMITED, Compliance, Dial, Terms
from dialerd.domain.dispositions import SYSTEM, Catalogue, Disposition
from dialerd.domain.dnc import Entry
from dialerd.domain.windows import Hours, Opening, day_start, find_zone, next_change


class Lead(Protocol):
    """What the gates look at. The claim's candidates fit as they are; `LeadState` is for everybody else."""

    @property
    def live(self) -> bool:
        """The current version of its list has it."""

    @property
    def disposition(self) -> str:
        """A disposition's stored name."""

    @property
    def attempts(self) -> int:
        """Attempts that counted."""

    @property
    def due_at(self) -> datetime | None:
        """None: no time of its own to wait for."""

    @property
    def expires_at(self) -> datetime | None:
        """From then on it is dialed no more; None: it never ends by itself."""

    @property
    def busy(self) -> bool:
        """An attempt on the lead, or on its number in any list, has not ended."""

    @property
    def stopped_by(self) -> Entry | None:
        """The entry of do-not-call that keeps the campaign from calling the number for longest."""

    @property
    def refused(self) -> str | None:
        """Why its list does not take its number, as the list's rules are now; None: it does."""

    @property
    def zone(self) -> str | None:
        """Where it may be, a zone key (domain.places); None: somewhere where it is open."""

    @property
    def dialed(self) -> Sequence[Dial]:
        """The attempts on its number by all campaigns, those of Compliance.look_back at least, in any order."""


@dataclass(frozen=True, slots=True)
class LeadState:
    """A lead as the gates see it; a fresh one by default, where it is open."""

    disposition: str = Disposition.NEW
    attempts: int = 0
    due_at: datetime | None = None
    busy: bool = False
    zone: str | None = None
    dialed: Sequence[Dial] = ()
    live: bool = True
    stopped_by: Entry | None = None
    expires_at: datetime | None = None
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class CampaignRules:
    """What a campaign says about when and how often. `hours`, `start` and `end` are read in `zone`.

    `start` and `end` are the first and the last day, both included; None: no bound. `retry_hours`: the hours of the
    recycling rule of a disposition, for leads whose last attempt ended so; they are read in the lead's own zones, in
    `zone` when those are not known. `dispositions` says which of them are final. `compliance`: what it is held to;
    `name` is the campaign's, for what counts per campaign.
    """

    max_attempts: int
    zone: ZoneInfo
    hours: Hours = field(default_factory=Hours)
    start: date | None = None
    end: date | None = None
    retry_hours: Mapping[str, Hours] = field(default_factory=lambda: MappingProxyType({}))
    dispositions: Catalogue = SYSTEM
    compliance: Compliance = UNLIMITED
    name: str = ""

    def next_change(self, now: datetime) -> datetime | None:
        """The next instant after `now` (UTC) where `judge_schedule` may answer otherwise; None when there is none
        within 400 days.
        """
        instants = [next_change(self.hours, self.zone, now)]
        if self.start is not None:
            instants.append(day_start(self.start, self.zone))
        if self.end is not None:
            instants.append(end_of(self.end, self.zone))
        return min((instant for instant in instants if instant is not None and instant > now), default=None)

    def openings(self, lead: Lead) -> list[Opening]:
        """All hours that must be open for the lead, each with the zone it is read in."""
        retry = self.retry_hours.get(lead.disposition)
        return [
            (self.hours, self.zone),
            *(() if retry is None else ((retry, zone) for zone in zones_of(terms_of(lead, self), self.zone))),
            *called_party(terms_of(lead, self)),
        ]


def terms_of(lead: Lead, rules: CampaignRules) -> Terms:
    """What the campaign is held to for the lead, by where it is. Where that is said to be open, only caps are left."""
    return rules.compliance.terms(lead.zone) if lead.zone is not None else Terms()


def called_party(terms: Terms) -> list[Opening]:
    """The called party's hours in each zone it may be in; nothing where some zone is not known."""
    zones = [find_zone(name) for name in terms.zones]
    return [(hours, zone) for hours in terms.hours for zone in zones if zone is not None]


def zones_of(terms: Terms, otherwise: ZoneInfo) -> list[ZoneInfo]:
    """All zones a lead may be in; `otherwise` where one is not known."""
    found = [find_zone(name) for name in terms.zones]
    known = [zone for zone in found if zone is not None]
    return known if known and len(known) == len(found) else [otherwise]


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The first instant after a day, in UTC."""
    return day_start(day + timedelta(days=1), zone)
