"""What will become of a list's leads next: a funnel whose parts add up to all of them, and what is read off it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from dialerd.domain.dispositions import SYSTEM, Catalogue, Disposition
from dialerd.domain.dnc import ON_DNC
from dialerd.domain.eligibility import (
    NUMBER,
    PLACE,
    SCHEDULE,
    WITHDRAWN,
    CampaignRules,
    LeadState,
    Never,
    NoUntil,
    Wait,
    Yes,
    explain,
    judge,
    judge_schedule,
)
from dialerd.domain.openings import Openings

__all__ = ["WITHDRAWN", "Funnel", "Group", "Part", "Slice", "Standing", "by_zone", "funnel", "place"]


class Standing(StrEnum):
    """Where a lead is, by its own row alone."""

    DUE = "due"
    WAITING = "waiting"
    IN_CALL = "in_call"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Group:
    """So many `leads` that are alike: what the gates look at, and `reason`: why they are closed, or the Wait of those
    that wait. `contacted`: some attempt reached a person. `until` is when the first of those that wait is due. `zone`:
    the zone key of those that are due, None where all of it is open for them.
    """

    standing: Standing
    disposition: str
    attempts: int
    contacted: bool
    reason: str
    leads: int
    until: datetime | None = None
    zone: str | None = None


class Part(StrEnum):
    """The parts of a funnel, in the order they are shown. Each lead is in exactly one."""

    DIALABLE = "dialable"
    RETRY = "waiting_for_retry"
    HOURS = "outside_hours"
    CAP = "at_cap"
    IN_CALL = "in_call"
    FINISHED = "finished"
    DO_NOT_CALL = "do_not_call"
    INVALID = "invalid"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Slice:
    """One part: how many leads, and for those that wait when the first of them goes on; None when nobody knows."""

    leads: int
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Funnel:
    """All parts, also the empty ones. `total` is their sum; `contacted` of them were reached, at any time."""

    parts: Mapping[Part, Slice]
    total: int
    contacted: int
    dispositions: Mapping[str, int]

    @property
    def dialable(self) -> int:
        """Leads that may be dialed now."""
        return self.parts[Part.DIALABLE].leads

    @property
    def penetration(self) -> float:
        """The share of the leads that were contacted, 0 to 1; 0 when there are none."""
        return self.contacted / self.total if self.total else 0.0


def funnel(
    groups: Iterable[tuple[Group, CampaignRules | None]], now: datetime, catalogue: Catalogue = SYSTEM
) -> Funnel:
    """The funnel of these groups, each judged by the rules of its campaign, None when it has none."""
    leads: Counter[Part] = Counter()
    until: dict[Part, datetime] = {}
    dispositions: Counter[str] = Counter()
    total = contacted = 0
    closed: dict[int, _Closed] = {}
    for group, rules in groups:
        if group.standing is Standing.DUE and group.zone is not None and rules is not None:
            part, at = closed.setdefault(id(rules), _Closed(rules)).place(group, now), None
        else:
            part, at = place(group, rules, now, catalogue)
        leads[part] += group.leads
        if at is not None and group.leads:
            until[part] = min(at, until.get(part, at))
        dispositions[group.disposition] += group.leads
        total += group.leads
        contacted += group.leads if group.contacted else 0
    opens = [at for each in closed.values() if (at := each.opens_at(now)) is not None]
    if opens:
        until[Part.HOURS] = min([*opens, *([until[Part.HOURS]] if Part.HOURS in until else [])])
    parts = {part: Slice(leads[part], until.get(part)) for part in Part}
    shown = {name: count for name, count in sorted(dispositions.items()) if count}
    return Funnel(parts, total, contacted, shown)


def by_zone(groups: Iterable[Group], zoned: Iterable[Group]) -> list[Group]:
    """The groups of a list, with the due leads of some zones told apart: those of `zoned`, which are among `groups`
    without a zone.
    """
    apart = [group for group in zoned if group.leads]
    left: Counter[tuple[str, int, bool]] = Counter()
    for group in apart:
        left[_kind(group)] += group.leads
    found: list[Group] = []
    for group in groups:
        taken = min(group.leads, left[_kind(group)]) if group.standing is Standing.DUE else 0
        left[_kind(group)] -= taken
        found.append(replace(group, leads=group.leads - taken) if taken else group)
    # What changed between two looks at the database: no lead is in it twice.
    for group in apart:
        over = min(group.leads, left[_kind(group)])
        left[_kind(group)] -= over
        found.append(replace(group, leads=group.leads - over))
    return [group for group in found if group.leads]


def _kind(group: Group) -> tuple[str, int, bool]:
    return group.disposition, group.attempts, group.contacted


class _Closed:
    """Due leads by zone key, of one campaign: there are thousands of groups, so each question is asked once."""

    def __init__(self, rules: CampaignRules) -> None:
        self._openings = Openings(rules)
        self._scheduled: bool | None = None
        self._over: dict[tuple[str, int], bool] = {}
        self._waiting: dict[str, set[str]] = {}

    def place(self, group: Group, now: datetime) -> Part:
        kind, rules = (group.disposition, group.attempts), self._openings.rules
        if kind not in self._over:
            self._over[kind] = _is_over(kind, rules, now)
        if self._over[kind]:
            return Part.FINISHED
        key = group.zone or ""
        if self._scheduled is None:
            self._scheduled = isinstance(judge_schedule(rules, now), Yes)
        if (
            self._scheduled
            and self._openings.is_open(key, now)
            and self._openings.retry_open(key, group.disposition, now)
        ):
            return Part.DIALABLE
        same = group.disposition if group.disposition in rules.retry_hours else ""
        self._waiting.setdefault(same, set()).add(key)
        return Part.HOURS

    def opens_at(self, now: datetime) -> datetime | None:
        """When the first of those that are outside their hours may be called; None when that is never, or there is none."""
        found = [
            self._openings.next_call(dict.fromkeys(keys, now), now, same or Disposition.NEW)
            for same, keys in self._waiting.items()
        ]
        return min((at for at in found if at is not None), default=None)


def _is_over(kind: tuple[str, int], rules: CampaignRules, now: datetime) -> bool:
    """Whether leads of this disposition and so many attempts are over by themselves: by no hours and no place."""
    told = explain(LeadState(*kind), rules, now)
    return any(isinstance(found, Never) for name, found in told if name not in _BY_HOURS)


def place(
    group: Group, rules: CampaignRules | None, now: datetime, catalogue: Catalogue = SYSTEM
) -> tuple[Part, datetime | None]:
    """The part these leads belong to, and when the first of them goes on from there."""
    if group.standing is Standing.CLOSED:
        return _closed(group, catalogue), None
    if group.standing is Standing.IN_CALL:
        return Part.IN_CALL, None
    if group.standing is Standing.WAITING:
        return _WAITING.get(group.reason, Part.RETRY), group.until
    return (Part.DIALABLE, None) if rules is None else _due(group, rules, now)


def _closed(group: Group, catalogue: Catalogue) -> Part:
    if group.reason == WITHDRAWN:
        return Part.WITHDRAWN
    if group.reason == ON_DNC or catalogue[group.disposition].do_not_call:
        return Part.DO_NOT_CALL
    invalid = group.disposition == Disposition.INVALID_NUMBER or group.reason.startswith(NUMBER)
    return Part.INVALID if invalid else Part.FINISHED


def _due(group: Group, rules: CampaignRules, now: datetime) -> tuple[Part, datetime | None]:
    """Due, but a gate may say no before the claim has come to these leads. What only their numbers' history tells, the
    caps, shows when it has.
    """
    verdict = judge(LeadState(group.disposition, group.attempts, zone=group.zone), rules, now)
    if isinstance(verdict, NoUntil):
        return _WAITING.get(verdict.wait, Part.RETRY), verdict.at
    if isinstance(verdict, Never):
        # By hours and places the leads are not over: another campaign, or another last day, and they are dialed.
        over = _is_over((group.disposition, group.attempts), rules, now)
        return (Part.FINISHED if over else Part.HOURS), None
    return Part.DIALABLE, None


_BY_HOURS = frozenset(name for name, _gate in (*PLACE, *SCHEDULE))
_WAITING: Mapping[str, Part] = {
    Wait.RETRY: Part.RETRY,
    Wait.HOURS: Part.HOURS,
    Wait.CAP: Part.CAP,
    Wait.DO_NOT_CALL: Part.DO_NOT_CALL,
}
