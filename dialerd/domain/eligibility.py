"""May this lead be dialed now, and if not, why and until when.

One ordered list of gates (domain/gates.py). The claim takes their verdict together; `explain` gives them one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from dialerd.domain.gates import GATES, NUMBER, NUMBER_BUSY_WAIT, PLACE, SCHEDULE, WITHDRAWN, Gate
from dialerd.domain.rules import CampaignRules, Lead, LeadState
from dialerd.domain.verdicts import YES, Never, NoUntil, Verdict, Wait, Yes
from dialerd.domain.windows import Opening, next_open_in_all

__all__ = [
    "GATES",
    "NUMBER",
    "NUMBER_BUSY_WAIT",
    "PLACE",
    "SCHEDULE",
    "WITHDRAWN",
    "YES",
    "CampaignRules",
    "Gate",
    "Lead",
    "LeadState",
    "Never",
    "NoUntil",
    "Verdict",
    "Wait",
    "Yes",
    "explain",
    "judge",
    "judge_place",
    "judge_schedule",
    "judge_until",
]


def judge(lead: Lead, rules: CampaignRules, now: datetime) -> Verdict:
    """The verdict of all gates together.

    A `Never` wins, the first one in order. Else `NoUntil` with the reason of the first gate that said no and the
    earliest instant at which all of them may say yes, so that a lead is moved once and not from gate to gate. What is
    over by then (the campaign's last day) is found out then.
    """
    return _together((verdict for _name, verdict in explain(lead, rules, now)), rules.openings(lead))


def judge_until(lead: Lead, rules: CampaignRules, now: datetime, latest: datetime) -> Verdict:
    """The verdict about a call that leaves at `now` or, at the latest, at `latest`, seconds later: hours that end in
    between have ended for it.
    """
    verdict = judge(lead, rules, now)
    return judge(lead, rules, latest) if isinstance(verdict, Yes) else verdict


def explain(lead: Lead, rules: CampaignRules, now: datetime) -> tuple[tuple[str, Verdict], ...]:
    """Every gate's own verdict at `now`, by name, in order."""
    return tuple((name, gate(lead, rules, now)) for name, gate in GATES)


def judge_schedule(rules: CampaignRules, now: datetime, latest: datetime | None = None) -> Verdict:
    """The verdict of the campaign's own gates. Ask it before claiming and before sending: what closes the campaign for all
    its leads (hours, first and last day) need not be written into each of them, and ends none of them. `latest` as in
    judge_until.
    """
    verdict = _schedule(rules, now)
    return _schedule(rules, latest) if latest is not None and isinstance(verdict, Yes) else verdict


def judge_place(key: str, rules: CampaignRules, now: datetime, latest: datetime | None = None) -> Verdict:
    """The verdict on all leads of one zone key: by the country and the called party's hours, as far as it is not the
    campaign's schedule that closes them. A claim walks only those with a yes; like that one it ends no lead. `latest` as in
    judge_until.
    """
    verdict = _place(key, rules, now)
    return _place(key, rules, latest) if latest is not None and isinstance(verdict, Yes) else verdict


def _place(key: str, rules: CampaignRules, now: datetime) -> Verdict:
    lead = LeadState(zone=key)
    return _together((gate(lead, rules, now) for _name, gate in PLACE), rules.openings(lead))


def _schedule(rules: CampaignRules, now: datetime) -> Verdict:
    lead = LeadState()
    return _together((gate(lead, rules, now) for _name, gate in SCHEDULE), [(rules.hours, rules.zone)])


def _together(verdicts: Iterable[Verdict], openings: Sequence[Opening]) -> Verdict:
    waits: list[NoUntil] = []
    for verdict in verdicts:
        if isinstance(verdict, Never):
            return verdict
        if isinstance(verdict, NoUntil):
            waits.append(verdict)
    if not waits:
        return YES
    at = next_open_in_all(openings, max(wait.at for wait in waits))
    if at is None:
        return Never(f"{waits[0].reason}, and all the hours that hold for it never meet within 400 days")
    return NoUntil(at, waits[0].reason, waits[0].wait)
