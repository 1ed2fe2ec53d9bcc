"""The gates a lead passes before it is dialed: each is one rule, and answers yes, no until an instant, or never.

`GATES` has them in the order in which people read them: what is over for good, then where the person is, then the
campaign, then how often, then the lead's own waits. domain/eligibility.py takes them together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from dialerd.domain.dispositions import Disposition
from dialerd.domain.dnc import ON_DNC
from dialerd.domain.rules import CampaignRules, Lead, called_party, end_of, terms_of, zones_of
from dialerd.domain.verdicts import YES, Never, NoUntil, Verdict, Wait
from dialerd.domain.windows import Opening, day_start, find_zone, next_open_in_all

# How soon to ask again about a number that is in a call: most calls are over, or answered, within that time.
NUMBER_BUSY_WAIT = timedelta(seconds=30)

WITHDRAWN = "withdrawn"
"""Why a lead is closed that the current version of its list does not have."""

NUMBER = "phone number: "
"""How the reason begins for which a lead is closed whose number its list does not take; then comes what an import says."""

EXPIRED = "expired"
"""Why a lead is closed whose time had come before anybody was reached."""

Gate = Callable[[Lead, CampaignRules, datetime], Verdict]


def _live(lead: Lead, _rules: CampaignRules, _now: datetime) -> Verdict:
    return YES if lead.live else Never(WITHDRAWN)


def _not_final(lead: Lead, rules: CampaignRules, _now: datetime) -> Verdict:
    over = rules.dispositions[lead.disposition].over
    return Never(f"{lead.disposition} is {over}") if over else YES


def _not_expired(lead: Lead, _rules: CampaignRules, now: datetime) -> Verdict:
    return YES if lead.expires_at is None or now < lead.expires_at else Never(EXPIRED)


def _number(lead: Lead, _rules: CampaignRules, _now: datetime) -> Verdict:
    return YES if lead.refused is None else Never(f"{NUMBER}{lead.refused}")


def _not_in_call(lead: Lead, _rules: CampaignRules, now: datetime) -> Verdict:
    return NoUntil(now + NUMBER_BUSY_WAIT, "the number is in a call") if lead.busy else YES


def _not_on_dnc(lead: Lead, _rules: CampaignRules, now: datetime) -> Verdict:
    entry = lead.stopped_by
    if entry is None or not entry.holds(now):
        return YES
    if entry.expires_at is None:
        return Never(ON_DNC)
    return NoUntil(entry.expires_at, ON_DNC, Wait.DO_NOT_CALL)


def _country(lead: Lead, rules: CampaignRules, _now: datetime) -> Verdict:
    terms = terms_of(lead, rules)
    if terms.covered:
        return YES
    profiles = ", ".join(profile.name for profile in rules.compliance.profiles)
    return Never(f"no rule for {' and '.join(terms.regions)} in the campaign's profiles: {profiles}")


def _called_party_hours(lead: Lead, rules: CampaignRules, now: datetime) -> Verdict:
    terms = terms_of(lead, rules)
    if not terms.zoned:
        return YES
    if not terms.zones or not all(find_zone(name) for name in terms.zones):
        return Never("its time zone is not known")
    return _within(called_party(terms), now, "the called party's hours")


def _started(_lead: Lead, rules: CampaignRules, now: datetime) -> Verdict:
    if rules.start is None:
        return YES
    opening = day_start(rules.start, rules.zone)
    return YES if now >= opening else NoUntil(opening, f"the campaign begins on {rules.start}", Wait.HOURS)


def _not_over(_lead: Lead, rules: CampaignRules, now: datetime) -> Verdict:
    if rules.end is None or now < end_of(rules.end, rules.zone):
        return YES
    return Never(f"the campaign ended on {rules.end}")


def _in_hours(_lead: Lead, rules: CampaignRules, now: datetime) -> Verdict:
    return _within([(rules.hours, rules.zone)], now, "the campaign's hours")


def _in_retry_hours(lead: Lead, rules: CampaignRules, now: datetime) -> Verdict:
    hours = rules.retry_hours.get(lead.disposition)
    if hours is None:
        return YES
    zones = zones_of(terms_of(lead, rules), rules.zone)
    return _within([(hours, zone) for zone in zones], now, f"the hours of the rule for {lead.disposition}")


def _attempts_left(lead: Lead, rules: CampaignRules, _now: datetime) -> Verdict:
    if lead.attempts < rules.max_attempts:
        return YES
    return Never(f"all attempts used: {lead.attempts} of {rules.max_attempts}")


def _below_caps(lead: Lead, rules: CampaignRules, now: datetime) -> Verdict:
    found: NoUntil | None = None
    for cap in terms_of(lead, rules).caps:
        since = now - cap.period
        times = sorted(dial.at for dial in lead.dialed if dial.at > since and cap.counts(dial, rules.name))
        if len(times) >= cap.calls:
            # When that many have left the window there is room for one more.
            at = times[len(times) - cap.calls] + cap.period
            if found is None or at > found.at:
                found = NoUntil(at, f"called {len(times)} times in {spell(cap.period)}, at most {cap.calls}", Wait.CAP)
    return found or YES


def _gap_kept(lead: Lead, rules: CampaignRules, now: datetime) -> Verdict:
    if lead.disposition == Disposition.CALLBACK:
        # The person asked for this call.
        return YES
    gap = terms_of(lead, rules).gap
    last = max((dial.at for dial in lead.dialed if dial.rang), default=None) if gap else None
    if last is None or now >= last + gap:
        return YES
    return NoUntil(last + gap, f"called less than {spell(gap)} ago", Wait.CAP)


def _not_blocked(lead: Lead, rules: CampaignRules, now: datetime) -> Verdict:
    found: NoUntil | None = None
    for block in terms_of(lead, rules).blocks:
        for dial in lead.dialed:
            at = dial.ended_at + block.period if dial.ended_at and block.counts(dial, rules.name) else now
            if at > now and (found is None or at > found.at):
                found = NoUntil(at, f"no call for {spell(block.period)} after {dial.outcome}", Wait.CAP)
    return found or YES


def _due(lead: Lead, _rules: CampaignRules, now: datetime) -> Verdict:
    if lead.due_at is None or now >= lead.due_at:
        return YES
    return NoUntil(lead.due_at, "waits for its next try")


SCHEDULE: tuple[tuple[str, Gate], ...] = (
    ("campaign begun", _started),
    ("campaign not over", _not_over),
    ("campaign hours", _in_hours),
)
PLACE: tuple[tuple[str, Gate], ...] = (
    ("country", _country),
    ("called party's hours", _called_party_hours),
)
GATES: tuple[tuple[str, Gate], ...] = (
    ("version", _live),
    ("disposition", _not_final),
    ("expiry", _not_expired),
    ("number", _number),
    ("not in a call", _not_in_call),
    ("do-not-call", _not_on_dnc),
    *PLACE,
    *SCHEDULE,
    ("recycling hours", _in_retry_hours),
    ("attempts left", _attempts_left),
    ("caps", _below_caps),
    ("minimum gap", _gap_kept),
    ("rest after an outcome", _not_blocked),
    ("due", _due),
)
"""By name, in order. SCHEDULE looks at nothing of the lead, PLACE at nothing but its zone key."""


def spell(span: timedelta) -> str:
    """A duration in the largest units that keep it whole: 3d, 24h is 1d, 90min, 45s."""
    seconds = round(span.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _within(openings: Sequence[Opening], now: datetime, name: str) -> Verdict:
    opening = next_open_in_all(openings, now)
    if opening is None:
        return Never(f"{name} do not open within 400 days")
    return YES if opening <= now else NoUntil(opening, f"outside {name}", Wait.HOURS)
