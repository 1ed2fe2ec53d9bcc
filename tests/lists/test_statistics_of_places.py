"""The funnel where leads are in many places: what is closed is outside its hours, until the first of them opens."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dialerd.domain.eligibility import LeadState
from dialerd.domain.funnel import Part
from dialerd.service import lists, next_call, statistics, status
from harness import rules as harness
from harness.book import may_call
from harness.cases import KEYS, Cases
from harness.world import CAMPAIGN, NOW, lead, phones

# 15:30 UTC on a Monday: 10:30 in New York, 7:30 in Los Angeles, 16:30 in Berlin, 21:00 in Kolkata.
EAST, WEST = "America/New_York@US-NY", "America/Los_Angeles@US-CA"
ABROAD, NOWHERE = "Europe/Berlin@DE", ""


def held_to(*profiles, **more):
    always = {"timezone": "UTC", "hours": ["daily 00:00-24:00"]}
    return harness.settings(compliance={"profile": list(profiles)}, schedule=always, **more)


def told(desk, settings, now=NOW):
    found = statistics.of_campaign(desk.database, CAMPAIGN, campaigns=settings.campaigns, now=now)
    return {part.part: (part.leads, part.until) for part in found.funnel if part.leads}


@pytest.fixture
def people(desk):
    zones = [EAST] * 3 + [WEST] * 4 + [ABROAD] * 5 + [NOWHERE] * 6
    desk.world.add_list([lead(phone, zone=zone) for phone, zone in zip(phones(18), zones, strict=True)])
    return desk


def local(zone, *parts):
    return datetime(*parts, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def test_leads_of_closed_places_are_outside_hours_until_the_first_of_them_opens(people):
    eight = local("America/Los_Angeles", 2026, 3, 2, 8)
    assert told(people, held_to("us-federal")) == {Part.DIALABLE: (3, None), Part.HOURS: (15, eight)}
    assert told(people, held_to("us-federal"), eight) == {Part.DIALABLE: (7, None), Part.HOURS: (11, None)}


def test_leads_that_no_profile_is_for_wait_for_nothing(people):
    evening = local("Europe/Berlin", 2026, 3, 2, 17)
    found = told(people, held_to("uk"), evening)
    assert found == {Part.HOURS: (18, None)}


def test_without_rules_all_of_them_are_dialable(people):
    assert told(people, held_to("none")) == {Part.DIALABLE: (18, None)}


def test_the_overview_and_the_status_say_the_same(people):
    settings = held_to("us-federal")
    (view,) = lists.overview(people.database, now=NOW, campaigns=settings.campaigns)
    assert (view.leads.dialable, view.leads.waiting) == (3, 15)
    found = status.campaign(people.database, CAMPAIGN, settings, now=NOW)
    assert (found.due_now, found.next_due) == (3, NOW)


def test_the_next_call_is_when_the_next_place_opens(people):
    settings = held_to("us-federal")
    night = local("America/New_York", 2026, 3, 3, 3)
    found = people.world.read(lambda conn: next_call.next_call(conn, settings.campaigns[CAMPAIGN], night))
    assert (found.at, found.due, found.barred) == (local("America/New_York", 2026, 3, 3, 8), NOW, 0)


def test_a_campaign_that_may_call_nobody_where_they_are_says_how_many(people):
    settings = held_to("uk")
    found = people.world.read(lambda conn: next_call.next_call(conn, settings.campaigns[CAMPAIGN], NOW))
    assert (found.at, found.barred) == (None, 18)


def test_hours_of_a_recycling_rule_hold_where_the_lead_is_for_those_that_ended_so(people):
    rules = {"busy": {"attempts": 3, "wait": "1h", "hours": ["daily 17:00-20:00"]}}
    settings = held_to("none", rules=rules)
    change = "UPDATE leads SET disposition = 'busy', attempts = 1 WHERE zone IN ('%s', '%s')" % (EAST, ABROAD)  # noqa: UP031
    people.world.write(lambda conn: conn.exec_driver_sql(change))
    found = told(people, settings)
    assert found == {Part.DIALABLE: (10, None), Part.HOURS: (8, local("Europe/Berlin", 2026, 3, 2, 17))}


@pytest.mark.parametrize("seed", range(6))
def test_the_funnel_is_that_of_every_lead_asked_one_by_one(desk, seed):
    cases = Cases(seed)
    zones = [KEYS[place % len(KEYS)] for place in range(150)]
    desk.world.add_list([lead(phone, zone=zone) for phone, zone in zip(phones(150), zones, strict=True)])
    campaign = held_to("none").campaigns[CAMPAIGN]
    for _ in range(4):
        rules = cases.rules()
        # The campaign's own caches are by its rules: another campaign for other rules.
        other = campaign.model_copy()
        other.__dict__ |= {"rules": rules}
        other.__dict__.pop("openings", None)
        now = NOW + timedelta(minutes=cases.minutes())
        expected = Counter(may_call(LeadState(zone=zone), rules, now) for zone in zones)
        found = statistics.of_campaign(desk.database, CAMPAIGN, campaigns={CAMPAIGN: other}, now=now)
        assert found.dialable == expected[True]
        assert sum(part.leads for part in found.funnel) == 150
