"""May this lead be dialed now, and if not, why and until when.

One ordered list of gates. The claim takes their verdict together; `explain` gives them one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol
from zoneinfo import ZoneInfo

from dialerd.domain.dispositions import SYSTEM, Catalogue, Disposition
from dialerd.domain.dnc import ON_DNC, Entry
from dialerd.domain.windows import Hours, day_start, next_change, next_open_in_all

# How soon to ask again about a number that is in a call: most calls are over, or answered, within that time.
NUMBER_BUSY_WAIT = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Yes:
    """Nothing stands in the way."""


class Wait(StrEnum):
    """What a lead waits for: its own next try, an hour at which it may be called, a cap on how often, or the end of an
    entry of do-not-call.
    """

    RETRY = "retry"
    HOURS = "hours"
    CAP = "cap"
    DO_NOT_CALL = "do_not_call"


@dataclass(frozen=True, slots=True)
class NoUntil:
    """Not now. `at` (UTC, after now) is the first instant worth asking again."""

    at: datetime
    reason: str
    wait: Wait = Wait.RETRY


@dataclass(frozen=True, slots=True)
class Never:
    """Not now and not later, unless somebody changes something."""

    reason: str


Verdict = Yes | NoUntil | Never


class Lead(Protocol):
    """What the gates look at. The claim's candidates fit as they are; `LeadState` is for everybody else."""

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
    def last_attempt_at(self) -> datetime | None:
        """When the last attempt began, counted or not."""

    @property
    def busy(self) -> bool:
        """An attempt on the lead, or on its number in any list, has not ended."""

    @property
    def stopped_by(self) -> Entry | None:
        """The entry of do-not-call that keeps the campaign from calling the number for longest."""


@dataclass(frozen=True, slots=True)
class LeadState:
    """A lead as the gates see it; a fresh one by default."""

    disposition: str = Disposition.NEW
    attempts: int = 0
    due_at: datetime | None = None
    last_attempt_at: datetime | None = None
    busy: bool = False
    stopped_by: Entry | None = None


@dataclass(frozen=True, slots=True)
class CampaignRules:
    """What a campaign says about when and how often. `hours`, `start` and `end` are read in `zone`.

    `start` and `end` are the first and the last day, both included; None: no bound. `minimum_gap`: the least time
    between two attempts on one lead. `retry_hours`: the hours of the recycling rule of a disposition, for leads whose
    last attempt ended so. `dispositions` says which of them are final.
    """

    max_attempts: int
    zone: ZoneInfo
    hours: Hours = field(default_factory=Hours)
    start: date | None = None
    end: date | None = None
    minimum_gap: timedelta = timedelta()
    retry_hours: Mapping[str, Hours] = field(default_factory=lambda: MappingProxyType({}))
    dispositions: Catalogue = SYSTEM

    def next_change(self, now: datetime) -> datetime | None:
        """The next instant after `now` (UTC) where `judge_schedule` may answer otherwise; None when there is none
        within 400 days.
        """
        instants = [next_change(self.hours, self.zone, now)]
        if self.start is not None:
            instants.append(day_start(self.start, self.zone))
        if self.end is not None:
            instants.append(_end_of(self.end, self.zone))
        return min((instant for instant in instants if instant is not None and instant > now), default=None)


Gate = Callable[[Lead, CampaignRules, datetime], Verdict]

_YES = Yes()


def _not_final(lead: Lead, rules: CampaignRules, _now: datetime) -> Verdict:
    over = rules.dispositions[lead.disposition].over
    return Never(f"{lead.disposition} is {over}") if over else _YES


def _not_on_dnc(lead: Lead, _rules: CampaignRules, now: datetime) -> Verdict:
    entry = lead.stopped_by
    if entry is None or not entry.holds(now):
        return _YES
    if entry.expires_at is None:
        return Never(ON_DNC)
    return NoUntil(entry.expires_at, ON_DNC, Wait.DO_NOT_CALL)


def _attempts_left(lead: Lead, rules: CampaignRules, _now: datetime) -> Verdict:
    if lead.attempts < rules.max_attempts:
        return _YES
    return Never(f"all attempts used: {lead.attempts} of {rules.max_attempts}")


def _started(_lead: Lead, rules: CampaignRules, now: datetime) -> Verdict:
    if rules.start is None:
        return _YES
    opening = day_start(rules.start, rules.zone)
    return _YES if now >= opening else NoUntil(opening, f"the campaign begins on {rules.start}", Wait.HOURS)


def _not_over(_lead: Lead, rules: CampaignRules, now: datetime) -> Verdict:
    if rules.end is None or now < _end_of(rules.end, rules.zone):
        return _YES
    return Never(f"the campaign ended on {rules.end}")


def _in_hours(_lead: Lead, rules: CampaignRules, now: datetime) -> Verdict:
    return _within([rules.hours], rules.zone, now, "the campaign's hours")


def _in_retry_hours(lead: Lead, rules: CampaignRules, now: datetime) -> Verdict:
    hours = rules.retry_hours.get(lead.disposition)
    if hours is None:
        return _YES
    # Inside the campaign's hours, so that the two do not send the lead back and forth when they never meet.
    return _within([hours, rules.hours], rules.zone, now, f"the hours of the rule for {lead.disposition}")


def _not_in_call(lead: Lead, _rules: CampaignRules, now: datetime) -> Verdict:
    return NoUntil(now + NUMBER_BUSY_WAIT, "the number is in a call") if lead.busy else _YES


def _due(lead: Lead, _rules: CampaignRules, now: datetime) -> Verdict:
    if lead.due_at is None or now >= lead.due_at:
        return _YES
    return NoUntil(lead.due_at, "waits for its next try")


def _gap_kept(lead: Lead, rules: CampaignRules, now: datetime) -> Verdict:
    if lead.last_attempt_at is None or now >= lead.last_attempt_at + rules.minimum_gap:
        return _YES
    return NoUntil(lead.last_attempt_at + rules.minimum_gap, f"called less than {rules.minimum_gap} ago", Wait.CAP)


# The order in which people read them: what is over for good, then the campaign, then the lead's own waits.
GATES: tuple[tuple[str, Gate], ...] = (
    ("disposition", _not_final),
    ("do-not-call", _not_on_dnc),
    ("attempts left", _attempts_left),
    ("campaign begun", _started),
    ("campaign not over", _not_over),
    ("campaign hours", _in_hours),
    ("recycling hours", _in_retry_hours),
    ("not in a call", _not_in_call),
    ("due", _due),
    ("minimum gap", _gap_kept),
)


def judge(lead: Lead, rules: CampaignRules, now: datetime) -> Verdict:
    """The verdict of all gates together.

    A `Never` wins, the first one in order. Else `NoUntil` with the reason of the first gate that said no and the
    earliest instant at which all of them may say yes, so that a lead is moved once and not from gate to gate. What is
    over by then (the campaign's last day) is found out then.
    """
    verdicts = [verdict for _name, verdict in explain(lead, rules, now)]
    for verdict in verdicts:
        if isinstance(verdict, Never):
            return verdict
    waits = [verdict for verdict in verdicts if isinstance(verdict, NoUntil)]
    if not waits:
        return _YES
    at = max(wait.at for wait in waits)
    while (later := _later(lead, rules, at)) is not None:
        at = later
    return NoUntil(at, waits[0].reason, waits[0].wait)


def explain(lead: Lead, rules: CampaignRules, now: datetime) -> tuple[tuple[str, Verdict], ...]:
    """Every gate's own verdict at `now`, by name, in order."""
    return tuple((name, gate(lead, rules, now)) for name, gate in GATES)


def judge_schedule(rules: CampaignRules, now: datetime) -> Verdict:
    """The verdict of the campaign's own gates. Ask it before claiming: what closes the campaign for all its leads
    (hours, first and last day) need not be written into each of them, and ends none of them.
    """
    return judge(LeadState(), rules, now)


def _later(lead: Lead, rules: CampaignRules, at: datetime) -> datetime | None:
    """When a gate that opens by the clock alone would still be closed at `at`, the instant it opens."""
    verdicts = [gate(lead, rules, at) for gate in (_started, _in_hours, _in_retry_hours)]
    return max((verdict.at for verdict in verdicts if isinstance(verdict, NoUntil)), default=None)


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    return day_start(day + timedelta(days=1), zone)


def _within(hours: Sequence[Hours], zone: ZoneInfo, now: datetime, name: str) -> Verdict:
    opening = next_open_in_all(hours, zone, now)
    if opening is None:
        return Never(f"{name} do not open within 400 days")
    return _YES if opening <= now else NoUntil(opening, f"outside {name}", Wait.HOURS)
