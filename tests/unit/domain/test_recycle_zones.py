"""Recycled calls fall into windows by the clock where the lead is: compared minute by minute with a plain reading."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialerd.domain.compliance import Block, Compliance
from dialerd.domain.compliance import Rule as Law
from dialerd.domain.dispositions import Disposition
from dialerd.domain.recycle import Again, History, Never, RecyclePlan, Rule, decide
from dialerd.domain.windows import Hours, parse_hours
from dialerd.settings.profiles import shipped
from harness.book import is_open

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
UTC_ZONE = ZoneInfo("UTC")
EVENING = parse_hours(["daily 17:00-20:00"])


def plan(rule, *, hours=Hours(), zone=UTC_ZONE, compliance=Compliance()):  # noqa: B008 - frozen
    return RecyclePlan({Disposition.BUSY: rule}, 9, hours, zone, 24 * HOUR, MINUTE, compliance=compliance)


def local(zone, *parts):
    return datetime(*parts, tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Kolkata", "America/St_Johns", "Australia/Lord_Howe"])
def test_the_hours_of_a_rule_are_those_where_the_lead_is(zone):
    morning = local(zone, 2026, 7, 8, 10)
    decided = decide(plan(Rule(3, (HOUR,), EVENING)), Disposition.BUSY, History(1, 1), morning, f"{zone}@US")
    assert decided == Again(local(zone, 2026, 7, 8, 17))


def test_in_every_zone_the_lead_may_be_in_it_is_within_the_hours():
    morning = local("America/New_York", 2026, 7, 8, 10)
    both = "America/Los_Angeles|America/New_York@US"
    decided = decide(plan(Rule(3, (HOUR,), EVENING)), Disposition.BUSY, History(1, 1), morning, both)
    # 20:00 in New York is 17:00 in Los Angeles: they never meet.
    assert decided == Never("its hours do not open again within 400 days")
    wider = plan(Rule(3, (HOUR,), parse_hours(["daily 16:00-20:00"])))
    assert decide(wider, Disposition.BUSY, History(1, 1), morning, both) == Again(
        local("America/New_York", 2026, 7, 8, 19)
    )


def test_without_a_known_zone_the_campaign_s_holds():
    berlin = ZoneInfo("Europe/Berlin")
    now = local("Europe/Berlin", 2026, 7, 8, 10)
    for key in (None, "", "@US-FL", "Mars/Olympus"):
        decided = decide(plan(Rule(3, (HOUR,), EVENING), zone=berlin), Disposition.BUSY, History(1, 1), now, key)
        assert decided == Again(local("Europe/Berlin", 2026, 7, 8, 17))


def test_the_hours_of_the_profiles_hold_for_the_next_call_too():
    held = Compliance((shipped("us-default"),))
    saturday = local("America/Denver", 2026, 7, 11, 19, 30)
    decided = decide(
        plan(Rule(3, (HOUR,)), compliance=held), Disposition.BUSY, History(1, 1), saturday, "America/Denver@US-CO"
    )
    assert decided == Again(local("America/Denver", 2026, 7, 13, 9))


def test_no_wait_is_shorter_than_the_minimum_gap():
    held = Compliance((shipped("us-default"),))
    noon = local("America/Denver", 2026, 7, 8, 12)
    history = History(1, 1, began=noon - 2 * MINUTE)
    decided = decide(
        plan(Rule(3, (5 * MINUTE,)), compliance=held), Disposition.BUSY, history, noon, "America/Denver@US-CO"
    )
    assert decided == Again(noon + 58 * MINUTE)


def test_no_wait_is_shorter_than_the_rest_after_an_outcome():
    held = Compliance(own=Law(blocks=(Block(frozenset({"busy"}), 48 * HOUR),)))
    now = datetime(2026, 7, 8, 12, tzinfo=UTC)
    assert decide(plan(Rule(3, (HOUR,)), compliance=held), Disposition.BUSY, History(1, 1), now, "") == Again(
        now + 48 * HOUR
    )


ZONES = ["America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns", "Europe/Berlin"]
HOURS = [
    Hours(),
    parse_hours(["mon-fri 09:00-20:00"]),
    parse_hours(["daily 22:00-02:30"]),
    parse_hours(["daily 23:45-00:15"]),
    parse_hours(["sat,sun 01:30-03:30", "mon 00:00-24:00"]),
    Hours(parse_hours(["daily 08:00-21:00"]).spans, frozenset({date(2026, 3, 8), date(2026, 11, 2)})),
]
# Days around the clock changes of those zones, back and forth.
instants = st.sampled_from(
    ["2026-03-07", "2026-03-28", "2026-04-04", "2026-10-03", "2026-10-24", "2026-10-31"]
).flatmap(
    lambda day: st.integers(0, 2 * 1440).map(
        lambda minutes: datetime.fromisoformat(day).replace(tzinfo=UTC) + minutes * MINUTE
    )
)
hours = st.sampled_from(HOURS)


@given(
    instants,
    st.integers(1, 2000),
    st.none() | hours,
    hours,
    st.sampled_from(ZONES),
    st.none() | hours,
    st.lists(st.sampled_from(ZONES), min_size=1, max_size=2, unique=True),
)
@settings(max_examples=150)
def test_the_next_due_time_is_the_first_minute_that_is_in_all_hours(now, wait, retry, campaign, zone, law, zones):
    held = Compliance(own=Law(hours=law))
    rules = plan(Rule(3, (wait * MINUTE,), retry), hours=campaign, zone=ZoneInfo(zone), compliance=held)
    decided = decide(rules, Disposition.BUSY, History(1, 1), now, "|".join(sorted(zones)))
    places = [ZoneInfo(name) for name in zones]

    def good(minute):
        return is_open(campaign, ZoneInfo(zone), minute) and all(
            is_open(found, place, minute) for found in (retry, law) for place in places
        )

    first = now + wait * MINUTE
    expected = next((first + n * MINUTE for n in range(10 * 1440) if good(first + n * MINUTE)), None)
    if expected is None:
        assert not isinstance(decided, Again) or decided.at > first + 10 * 1440 * MINUTE - MINUTE
    else:
        assert decided == Again(expected)
