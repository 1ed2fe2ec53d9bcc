"""What the law of a place, or the house, says about calls: hours, caps, gaps and blocks, and which of it holds where.

Values only; domain/gates.py judges by them. Where several rules hold for a lead, all of them hold: the strictest wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from dialerd.domain.places import Place, lies_in, may_lie_in, read_place
from dialerd.domain.registries import Registry, strictest
from dialerd.domain.windows import Hours

NONE = "none"
"""The profile without rules. It must be named."""
DEFAULT = "us-default"
"""The profile of a campaign that names none."""

CONTACTED = "contacted"
"""In the place of an outcome: every one by which a person was reached."""

_NO_TIME = timedelta()


class Purpose(StrEnum):
    """What a campaign's calls are for."""

    SALE = "sale"
    COLLECTION = "collection"
    SURVEY = "survey"
    REMINDER = "reminder"


class By(StrEnum):
    """What places a lead under a rule: its number, its address (the number where none is known), or either."""

    NUMBER = "number"
    ADDRESS = "address"
    EITHER = "either"


class Per(StrEnum):
    """What is counted together: all calls to a number, or those of one campaign."""

    NUMBER = "number"
    CAMPAIGN = "campaign"


@dataclass(frozen=True, slots=True)
class Dial:
    """An attempt on a number, by any campaign. `at`: when it was sent, or claimed while it is not sent yet.

    `outcome` is the name of its disposition, None while it goes on. `contacted`: that reached a person. `rang`: the
    phone may have rung; also when nobody knows. `ended_at` is None while it goes on.
    """

    at: datetime
    campaign: str
    outcome: str | None = None
    ended_at: datetime | None = None
    rang: bool = True
    contacted: bool = False

    def ended_as(self, outcomes: frozenset[str]) -> bool:
        """Whether its outcome is among these."""
        return self.outcome in outcomes or (self.contacted and CONTACTED in outcomes)


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `calls` in any `period`: a window that rolls, no calendar day. `outcomes`: those that count, a call that
    goes on among them; none named: every call that may have rung.
    """

    calls: int
    period: timedelta
    outcomes: frozenset[str] = frozenset()
    per: Per = Per.NUMBER

    def counts(self, dial: Dial, campaign: str) -> bool:
        """Whether the attempt counts for a call of this campaign."""
        if self.per is Per.CAMPAIGN and dial.campaign != campaign:
            return False
        return dial.outcome is None or (dial.ended_as(self.outcomes) if self.outcomes else dial.rang)


@dataclass(frozen=True, slots=True)
class Block:
    """No call for `period` after the end of one that ended in one of `outcomes`."""

    outcomes: frozenset[str]
    period: timedelta
    per: Per = Per.NUMBER

    def counts(self, dial: Dial, campaign: str) -> bool:
        """Whether the attempt blocks a call of this campaign."""
        return dial.ended_as(self.outcomes) and (self.per is Per.NUMBER or dial.campaign == campaign)


@dataclass(frozen=True, slots=True)
class Abandon:
    """At most `percent` of the calls a person answered, in any `period`, may be abandoned: not connected within
    `connect_within` of the answer.
    """

    percent: float
    period: timedelta
    connect_within: timedelta


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `places` are regions as in domain.places, none: everywhere; `purposes`, none: all.

    `hours` are read in the called party's zone. `gap`: the least time from one call that may have rung to the next.
    `registries`: do-not-call registries that have to be asked, with how old a copy may be. `ring`: the least time it
    rings before we give up. `retention`: how long records are kept at least. `source` is where it is written, `read` the
    day that was read.
    """

    places: tuple[str, ...] = ()
    by: By = By.EITHER
    purposes: frozenset[Purpose] = frozenset()
    hours: Hours | None = None
    caps: tuple[Cap, ...] = ()
    gap: timedelta = _NO_TIME
    blocks: tuple[Block, ...] = ()
    abandon: tuple[Abandon, ...] = ()
    registries: tuple[Registry, ...] = ()
    ring: timedelta = _NO_TIME
    retention: timedelta = _NO_TIME
    source: str = ""
    read: date | None = None

    def holds_at(self, place: Place) -> bool:
        """Whether the lead may be where the rule holds; what is not known may be."""
        if not self.places:
            return True
        regions = [place.number, *place.address]
        if self.by is By.NUMBER:
            regions = [place.number]
        elif self.by is By.ADDRESS and place.address:
            regions = list(place.address)
        return any(may_lie_in(region, wanted) for region in regions for wanted in self.places)


@dataclass(frozen=True, slots=True)
class Profile:
    """The rules of one place, as a file has them. `version` is the file's date. `covers`: the regions whose calls it
    answers for, none: all.
    """

    name: str
    version: date
    title: str = ""
    covers: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    ring_timeout: timedelta | None = None

    def covers_place(self, place: Place) -> bool:
        """Whether it answers for every region the lead is known to be in."""
        return not self.covers or all(
            any(lies_in(region, wanted) for wanted in self.covers) for region in place.regions
        )


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for the leads of one zone key. `covered`: some profile answers for each of their regions. `hours` are
    read in each of `zones`; without one nobody can say whether they are kept, and `zoned` says that they must be.
    """

    covered: bool = True
    zoned: bool = False
    zones: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    hours: tuple[Hours, ...] = ()
    caps: tuple[Cap, ...] = ()
    gap: timedelta = _NO_TIME
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Compliance:
    """What a campaign is held to: its profiles, for its purpose, and what it asks of itself beyond them (`own`)."""

    profiles: tuple[Profile, ...] = ()
    purpose: Purpose = Purpose.SALE
    own: Rule = Rule()
    _terms: dict[str, Terms] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def is_none(self) -> bool:
        """No profile limits it; what it asks of itself may."""
        return all(profile.name == NONE for profile in self.profiles)

    @property
    def version(self) -> str:
        """The profiles with the dates of their files, as it is kept with each attempt."""
        return ", ".join(
            profile.name if profile.name == NONE else f"{profile.name} {profile.version}" for profile in self.profiles
        )

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule that may hold for some lead: those for the purpose, and the campaign's own."""
        found = [rule for profile in self.profiles for rule in profile.rules]
        return (*(rule for rule in found if not rule.purposes or self.purpose in rule.purposes), self.own)

    @property
    def look_back(self) -> timedelta:
        """How far back an attempt may matter, counted from its beginning for caps and gaps and from its end for blocks;
        zero when none does.
        """
        return _longest(
            span
            for rule in self.rules
            for span in (rule.gap, *(cap.period for cap in rule.caps), *(block.period for block in rule.blocks))
        )

    @property
    def abandon(self) -> tuple[Abandon, ...]:
        """The limits for abandoned calls, over all places: they are counted for the campaign as a whole."""
        return tuple(dict.fromkeys(limit for rule in self.rules for limit in rule.abandon))

    @property
    def registries(self) -> tuple[Registry, ...]:
        """The do-not-call registries a copy of which has to be there, over all places: for the campaign as a whole."""
        return strictest([each for rule in self.rules for each in rule.registries])

    @property
    def ring(self) -> timedelta:
        """The least time it rings before we give up, over all places."""
        return _longest(rule.ring for rule in self.rules)

    @property
    def ring_timeout(self) -> timedelta | None:
        """How long it rings where the campaign does not say; None: as the campaign's default has it."""
        return min((given for given in (found.ring_timeout for found in self.profiles) if given), default=None)

    def terms(self, key: str) -> Terms:
        """What holds for leads of this zone key (domain.places)."""
        found = self._terms.get(key)
        if found is None:
            found = self._terms[key] = self._read(key)
        return found

    def _read(self, key: str) -> Terms:
        place = read_place(key)
        rules = [rule for rule in self.rules if rule.holds_at(place)]
        hours = tuple(dict.fromkeys(rule.hours for rule in rules if rule.hours is not None))
        return Terms(
            covered=_covered(self.profiles, place),
            zoned=bool(hours) or not self.is_none,
            zones=place.zones,
            regions=place.regions,
            hours=hours,
            caps=tuple(dict.fromkeys(cap for rule in rules for cap in rule.caps)),
            gap=_longest(rule.gap for rule in rules),
            blocks=tuple(dict.fromkeys(block for rule in rules for block in rule.blocks)),
        )


UNLIMITED = Compliance()
"""No profile at all: for campaigns made up in code."""


def _covered(profiles: Sequence[Profile], place: Place) -> bool:
    """Each region is some profile's business: an address in another country needs the rules of both."""
    return not profiles or all(
        any(profile.covers_place(Place(number=region)) for profile in profiles) for region in place.regions
    )


def _longest(spans: Iterable[timedelta]) -> timedelta:
    return max(spans, default=_NO_TIME)
