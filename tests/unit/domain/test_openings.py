from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dialerd.domain.compliance import Compliance
from dialerd.domain.eligibility import CampaignRules, LeadState, Yes, judge_place
from dialerd.domain.openings import Openings
from dialerd.domain.windows import parse_hours
from dialerd.settings.profiles import shipped
from harness.book import may_call
from harness.cases import KEYS, Cases

MINUTE = timedelta(minutes=1)


def local(zone, *parts):
    return datetime(*parts, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def held_to(*names, **more):
    return CampaignRules(9, ZoneInfo("UTC"), compliance=Compliance(tuple(map(shipped, names))), **more)


@pytest.mark.parametrize("seed", range(2))
def test_what_is_remembered_is_what_would_be_judged(seed):
    cases = Cases(seed)
    for _ in range(25):
        rules, now = cases.rules(), cases.instant()
        openings = Openings(rules)
        for step in range(12):
            # Mostly on, sometimes back: clocks of two engines differ.
            now += [7, 61, 600, -5][step % 4] * MINUTE
            expected = [key for key in KEYS if isinstance(judge_place(key, rules, now), Yes)]
            assert openings.open_among(KEYS, now) == expected, (rules, now)


@pytest.mark.parametrize("seed", range(2, 4))
def test_the_next_call_is_the_first_instant_at_which_some_lead_may_be_called(seed):
    cases = Cases(seed)
    found = 0
    for _ in range(120):
        rules, now = cases.rules(), cases.instant()
        dues = {key: cases.instant() for key in KEYS[:6]}
        at = Openings(rules).next_call(dues, now)

        def open_for(key, instant):
            return instant >= dues[key] and may_call(LeadState(zone=key), rules, instant)  # noqa: B023

        if at is not None:
            found += 1
            assert at >= now
            assert any(open_for(key, at) for key in dues), (rules, now, at)
            for part in range(12):
                before = now + (at - now) * part / 12
                assert before >= at or not any(open_for(key, before) for key in dues), (rules, now, at, before)
    assert found > 40


def test_a_key_without_rules_for_it_is_never_open():
    openings = Openings(held_to("us-federal"))
    now = local("Europe/London", 2026, 11, 25, 12)
    assert not openings.ever("Europe/London@GB", now)
    assert not openings.ever("@US-FL", now)
    assert openings.ever("America/New_York@US-FL", now)
    assert openings.next_call({"Europe/London@GB": now}, now) is None


def test_hours_of_the_campaign_and_of_the_place_that_never_meet_are_never():
    night = held_to("us-federal", hours=parse_hours(["daily 02:00-03:00"]))
    assert (
        Openings(night).next_call({"Europe/London@US": night_now(), "Europe/Paris@US": night_now()}, night_now())
        is None
    )


def night_now():
    return datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_the_next_call_waits_for_the_first_place_that_opens():
    openings = Openings(held_to("us-federal"))
    night = local("America/New_York", 2026, 11, 25, 3)
    dues = {"America/Los_Angeles@US": night, "America/New_York@US": night, "America/Denver@US": night}
    assert openings.next_call(dues, night) == local("America/New_York", 2026, 11, 25, 8)
    del dues["America/New_York@US"]
    assert openings.next_call(dues, night) == local("America/Denver", 2026, 11, 25, 8)
