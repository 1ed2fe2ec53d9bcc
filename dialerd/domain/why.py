"""Why a lead is dialed or not: what each gate answers, and the instant at which that next changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from dialerd.domain.eligibility import explain
from dialerd.domain.rules import CampaignRules, Lead, called_party, end_of, terms_of, zones_of
from dialerd.domain.verdicts import Never, NoUntil, Verdict
from dialerd.domain.windows import Opening, next_change


class Says(StrEnum):
    """What a gate answers."""

    YES = "yes"
    NO_UNTIL = "no_until"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Answer:
    """One gate's answer. `changes_at` (UTC): when a "no until" may become a yes, or when the clock alone turns a yes into a
    no; None when only something that happens will change it. `reason` is empty for a yes.
    """

    gate: str
    says: Says
    reason: str = ""
    changes_at: datetime | None = None


def answers(lead: Lead, rules: CampaignRules, now: datetime) -> tuple[Answer, ...]:
    """Every gate's answer about the lead, in order."""
    return tuple(
        answer_of(name, verdict, _closes_at(name, lead, rules, now)) for name, verdict in explain(lead, rules, now)
    )


def answer_of(gate: str, verdict: Verdict, closes_at: datetime | None = None) -> Answer:
    """The answer that a verdict is. `closes_at`: when a yes ends by the clock."""
    if isinstance(verdict, NoUntil):
        return Answer(gate, Says.NO_UNTIL, verdict.reason, verdict.at)
    if isinstance(verdict, Never):
        return Answer(gate, Says.NEVER, verdict.reason)
    return Answer(gate, Says.YES, changes_at=closes_at)


def _closes_at(gate: str, lead: Lead, rules: CampaignRules, now: datetime) -> datetime | None:
    if gate == "expiry":
        return lead.expires_at
    if gate == "campaign not over":
        return None if rules.end is None else end_of(rules.end, rules.zone)
    openings = _HOURS[gate](lead, rules) if gate in _HOURS else ()
    changes = [next_change(hours, zone, now) for hours, zone in openings]
    return min((at for at in changes if at is not None), default=None)


def _campaign_hours(_lead: Lead, rules: CampaignRules) -> Sequence[Opening]:
    return [(rules.hours, rules.zone)]


def _called_party_hours(lead: Lead, rules: CampaignRules) -> Sequence[Opening]:
    return called_party(terms_of(lead, rules))


def _retry_hours(lead: Lead, rules: CampaignRules) -> Sequence[Opening]:
    hours = rules.retry_hours.get(lead.disposition)
    return [] if hours is None else [(hours, zone) for zone in zones_of(terms_of(lead, rules), rules.zone)]


# By the names of domain.gates: those that the clock closes again.
_HOURS: Mapping[str, Callable[[Lead, CampaignRules], Sequence[Opening]]] = MappingProxyType(
    {
        "called party's hours": _called_party_hours,
        "campaign hours": _campaign_hours,
        "recycling hours": _retry_hours,
    }
)
