"""May this lead be called at this instant, read off the rules one by one, the slow way: to compare the gates with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dialerd.domain.compliance import Block, By, Cap, Dial, Per, Profile, Rule
from dialerd.domain.dispositions import FLAGS, Disposition
from dialerd.domain.eligibility import CampaignRules
from dialerd.domain.windows import Hours


def may_call(lead, rules: CampaignRules, now: datetime) -> bool:
    """Whether every rule allows it. `lead` is anything with what a LeadState has."""
    if lead.zone is None:
        # Somewhere where it is open: no place is asked, and no cap of a place.
        return _by_itself(lead, rules, now)
    zones, number, address = _read(lead.zone)
    compliance = rules.compliance
    mine = [
        rule
        for profile in compliance.profiles
        for rule in profile.rules
        if not rule.purposes or compliance.purpose in rule.purposes
        if _holds(rule, number, address)
    ] + [compliance.own]
    free = all(profile.name == "none" for profile in compliance.profiles) and not any(rule.hours for rule in mine)
    return (
        _by_itself(lead, rules, now, zones)
        and (not compliance.profiles or all(_answers(compliance.profiles, region) for region in (number, *address)))
        and (free or (bool(zones) and all(is_open(rule.hours, zone, now) for rule in mine for zone in zones)))
        and all(_below(cap, lead.dialed, rules.name, now) for rule in mine for cap in rule.caps)
        and (
            lead.disposition == "callback"
            or all(now - dial.at >= rule.gap for rule in mine if rule.gap for dial in lead.dialed if dial.rang)
        )
        and not any(
            _rests(block, dial, rules.name, now) for rule in mine for block in rule.blocks for dial in lead.dialed
        )
    )


def _by_itself(lead, rules: CampaignRules, now: datetime, zones: Sequence[ZoneInfo] = ()) -> bool:
    today = now.astimezone(rules.zone).date()
    retry = rules.retry_hours.get(lead.disposition, Hours())
    return (
        lead.live
        and lead.refused is None
        and not FLAGS[Disposition(lead.disposition)].final
        and not lead.busy
        and (lead.stopped_by is None or _over(lead.stopped_by.expires_at, now))
        and (rules.start is None or today >= rules.start)
        and (rules.end is None or today <= rules.end)
        and is_open(rules.hours, rules.zone, now)
        and all(is_open(retry, zone, now) for zone in zones or [rules.zone])
        and lead.attempts < rules.max_attempts
        and (lead.due_at is None or now >= lead.due_at)
    )


def _over(end: datetime | None, now: datetime) -> bool:
    return end is not None and now >= end


def is_open(hours: Hours | None, zone: ZoneInfo, now: datetime) -> bool:
    """Whether a clock on a wall of the zone shows a time inside the hours."""
    local = now.astimezone(zone).replace(tzinfo=None)
    if hours is None or (not hours.spans and local.date() not in hours.holidays):
        return True
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    for began in (midnight - timedelta(days=1), midnight):
        for span in hours.spans:
            length = (span.end - span.start) % 1440 or 1440
            start = began + timedelta(minutes=span.start)
            if (
                began.weekday() in span.days
                and start <= local < start + timedelta(minutes=length)
                and not {began.date(), local.date()} & hours.holidays
            ):
                return True
    return False


def _read(key: str | None) -> tuple[list[ZoneInfo], str, list[str]]:
    zones, _, regions = (key or "").partition("@")
    number, *address = regions.split("/")
    return [ZoneInfo(zone) for zone in zones.split("|") if zone], number, address


def _holds(rule: Rule, number: str, address: list[str]) -> bool:
    looked_at = {By.NUMBER: [number], By.ADDRESS: address or [number], By.EITHER: [number, *address]}[rule.by]
    return not rule.places or any(_may_be(region, place) for region in looked_at for place in rule.places)


def _may_be(region: str, place: str) -> bool:
    return not region or (region + "-").startswith(place + "-") or (place + "-").startswith(region + "-")


def _answers(profiles: Iterable[Profile], region: str) -> bool:
    return not region or any(
        not profile.covers or any((region + "-").startswith(place + "-") for place in profile.covers)
        for profile in profiles
    )


def _below(cap: Cap, dialed: Iterable[Dial], campaign: str, now: datetime) -> bool:
    counted = 0
    for dial in dialed:
        if cap.per is Per.CAMPAIGN and dial.campaign != campaign:
            continue
        if dial.outcome is None:
            counts = True
        elif cap.outcomes:
            counts = dial.outcome in cap.outcomes or (dial.contacted and "contacted" in cap.outcomes)
        else:
            counts = dial.rang
        counted += counts and dial.at + cap.period > now
    return counted < cap.calls


def _rests(block: Block, dial: Dial, campaign: str, now: datetime) -> bool:
    named = dial.outcome in block.outcomes or (dial.contacted and "contacted" in block.outcomes)
    mine = block.per is Per.NUMBER or dial.campaign == campaign
    return named and mine and dial.ended_at is not None and now < dial.ended_at + block.period
