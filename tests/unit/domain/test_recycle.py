from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialerd.domain.dispositions import FLAGS, SYSTEM, Catalogue, Disposition, Flags
from dialerd.domain.recycle import Again, Exhausted, History, Never, RecyclePlan, Rule, decide
from dialerd.domain.windows import Hours, is_open, parse_hours

D = Disposition
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 7, 6, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ENDINGS = [disposition for disposition in D if disposition is not D.NEW]
COUNTED = [name for name in ENDINGS if FLAGS[name].counts and not FLAGS[name].final]
UNCOUNTED = [D.CONGESTION, D.FAILED, D.CANCELLED]
HOURS = [
    Hours(),
    parse_hours(["mon-fri 09:00-20:00"]),
    parse_hours(["daily 22:00-02:30"]),
    parse_hours(["sun 02:15-02:45", "sat 10:00-24:00"]),
]
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/St_Johns"]


def plan(rules=None, *, max_attempts=5, hours=HOURS[0], zone=BERLIN) -> RecyclePlan:
    return RecyclePlan(
        rules=rules or {},
        max_attempts=max_attempts,
        hours=hours,
        zone=zone,
        unknown_hold=24 * HOUR,
        uncounted_wait=timedelta(seconds=60),
    )


def test_a_rule_brings_the_lead_back_after_its_wait():
    busy = plan({D.BUSY: Rule(attempts=3, waits=(HOUR,))})
    assert decide(busy, D.BUSY, History(attempts=1, same=1), NOW) == Again(NOW + HOUR)


def test_waits_are_taken_in_turn_and_the_last_one_repeats():
    rule = Rule(attempts=9, waits=(HOUR, 4 * HOUR, 24 * HOUR))
    waits = [
        decide(plan({D.BUSY: rule}, max_attempts=9), D.BUSY, History(same, same), NOW).at - NOW for same in range(1, 6)
    ]
    assert waits == [HOUR, 4 * HOUR, 24 * HOUR, 24 * HOUR, 24 * HOUR]


def test_a_disposition_without_a_rule_closes_the_lead_and_says_so():
    assert decide(plan(), D.BUSY, History(1, 1), NOW) == Never("no recycling rule for busy")


@pytest.mark.parametrize("disposition", [name for name in ENDINGS if FLAGS[name].final])
def test_a_final_disposition_is_never_tried_again_whatever_the_rules_say(disposition):
    rules = {name: Rule(9, (HOUR,)) for name in ENDINGS}
    assert decide(plan(rules), disposition, History(1, 1), NOW) == Never(f"{disposition} is final")


def admins(**flags):
    """A plan in which the admin's disposition `sale` has these flags, and a rule that allows two of them."""
    catalogue = Catalogue(MappingProxyType({**SYSTEM.flags, "sale": Flags(**flags)}))
    return replace(plan({"sale": Rule(2, (HOUR,))}), dispositions=catalogue)


def test_a_disposition_of_the_admin_follows_its_flags_and_its_rule():
    assert decide(admins(), "sale", History(1, 1), NOW) == Again(NOW + HOUR)
    assert decide(admins(final=True, recyclable=False), "sale", History(1, 1), NOW) == Never("sale is final")
    assert decide(admins(recyclable=False), "sale", History(1, 1), NOW) == Never("sale is not recyclable")
    assert decide(plan(), "sale", History(1, 1), NOW) == Never("sale is final")


def test_a_disposition_of_the_admin_that_uses_up_no_attempt_comes_back_no_more_often_than_its_rule_allows():
    assert decide(admins(counts=False), "sale", History(0, 1, 1), NOW) == Again(NOW + HOUR)
    assert isinstance(decide(admins(counts=False), "sale", History(0, 2, 2), NOW), Exhausted)
    without = replace(admins(counts=False), rules={})
    assert decide(without, "sale", History(0, 1, 1), NOW) == Never("no recycling rule for sale")


def test_who_asked_to_be_called_again_is_due_then_without_any_rule_and_in_the_hours():
    asked = NOW + 30 * HOUR
    assert decide(plan(), D.CALLBACK, History(1, 1, asked=asked), NOW) == Again(asked)
    assert decide(plan(), D.CALLBACK, History(1, 1, asked=NOW - HOUR), NOW) == Again(NOW)
    rules = {D.CALLBACK: Rule(1, (HOUR,), parse_hours(["daily 18:00-22:00"]))}
    assert decide(plan(rules), D.CALLBACK, History(1, 1, asked=NOW + HOUR), NOW) == Again(
        datetime(2026, 7, 6, 18, 0, tzinfo=BERLIN).astimezone(UTC)
    )


def test_a_wish_to_be_called_again_does_not_widen_the_budget():
    assert isinstance(decide(plan(max_attempts=2), D.CALLBACK, History(2, 1, asked=NOW + HOUR), NOW), Exhausted)


def test_a_rule_is_exhausted_when_that_many_attempts_ended_so():
    rules = {D.BUSY: Rule(attempts=2, waits=(HOUR,))}
    assert isinstance(decide(plan(rules), D.BUSY, History(attempts=2, same=1), NOW), Again)
    assert decide(plan(rules), D.BUSY, History(attempts=2, same=2), NOW) == Exhausted(
        "busy 2 times, and its recycling rule allows 2"
    )


def test_one_budget_covers_all_rules():
    rules = {D.BUSY: Rule(9, (HOUR,)), D.NO_ANSWER: Rule(9, (HOUR,))}
    assert decide(plan(rules, max_attempts=3), D.BUSY, History(attempts=3, same=1), NOW) == Exhausted(
        "all attempts used: 3 of 3"
    )


def test_an_unknown_fate_is_held_without_any_rule_until_the_budget_is_used_up():
    assert decide(plan(), D.UNKNOWN, History(1, 1), NOW) == Again(NOW + 24 * HOUR)
    assert isinstance(decide(plan(max_attempts=1), D.UNKNOWN, History(1, 1), NOW), Exhausted)


def test_a_rule_cannot_shorten_the_hold_of_an_unknown_fate():
    rules = {D.UNKNOWN: Rule(3, (timedelta(minutes=5), 48 * HOUR))}
    assert decide(plan(rules), D.UNKNOWN, History(1, 1), NOW) == Again(NOW + 24 * HOUR)
    assert decide(plan(rules), D.UNKNOWN, History(2, 2), NOW) == Again(NOW + 48 * HOUR)


def test_a_cancelled_attempt_comes_back_at_once():
    assert decide(plan(), D.CANCELLED, History(attempts=0, same=7, uncounted=7), NOW) == Again(NOW)


@pytest.mark.parametrize("disposition", [D.CONGESTION, D.FAILED])
def test_our_own_failures_come_back_with_a_back_off_that_doubles_up_to_a_quarter_of_an_hour(disposition):
    waits = [
        decide(plan(), disposition, History(attempts=0, same=number, uncounted=number), NOW).at - NOW
        for number in (0, 1, 2, 3, 4, 5, 6, 1000)
    ]
    assert [wait.total_seconds() for wait in waits] == [60, 60, 120, 240, 480, 900, 900, 900]


def test_a_first_wait_above_the_longest_back_off_stands():
    slow = RecyclePlan({}, 5, Hours(), BERLIN, HOUR, uncounted_wait=HOUR)
    assert decide(slow, D.FAILED, History(0, 3, 3), NOW) == Again(NOW + HOUR)


def test_a_wait_that_ends_outside_the_hours_goes_on_to_the_next_opening():
    rules = {D.NO_ANSWER: Rule(3, (timedelta(hours=12),))}
    weekdays = plan(rules, hours=parse_hours(["mon-fri 09:00-20:00"]))
    friday = datetime(2026, 7, 10, 19, 0, tzinfo=BERLIN)
    assert decide(weekdays, D.NO_ANSWER, History(1, 1), friday) == Again(
        datetime(2026, 7, 13, 9, 0, tzinfo=BERLIN).astimezone(UTC)
    )


def test_the_hours_of_a_rule_hold_inside_those_of_the_campaign():
    rules = {D.NO_ANSWER: Rule(3, (HOUR,), parse_hours(["daily 18:00-22:00"]))}
    campaign = plan(rules, hours=parse_hours(["mon-fri 09:00-20:00"]))
    saturday = datetime(2026, 7, 11, 12, 0, tzinfo=BERLIN)
    assert decide(campaign, D.NO_ANSWER, History(1, 1), saturday) == Again(
        datetime(2026, 7, 13, 18, 0, tzinfo=BERLIN).astimezone(UTC)
    )


def test_hours_that_never_meet_close_the_lead_and_say_so():
    rules = {D.BUSY: Rule(3, (HOUR,), parse_hours(["sun 09:00-10:00"]))}
    campaign = plan(rules, hours=parse_hours(["mon-fri 09:00-20:00"]))
    judged = decide(campaign, D.BUSY, History(1, 1), NOW)
    assert isinstance(judged, Never)
    assert "hours" in judged.reason


def test_new_is_no_ending():
    with pytest.raises(ValueError, match="new"):
        decide(plan(), D.NEW, History(1, 1), NOW)


@pytest.mark.parametrize(("attempts", "waits"), [(0, (HOUR,)), (1, ()), (2, (timedelta(seconds=-1),))])
def test_a_rule_that_cannot_be_followed_cannot_be_made(attempts, waits):
    with pytest.raises(ValueError, match="recycling rule"):
        Rule(attempts, waits)


waits = st.lists(st.integers(0, 72 * 60).map(lambda minutes: timedelta(minutes=minutes)), min_size=1, max_size=4)
rules = st.builds(Rule, st.integers(1, 6), waits.map(tuple), st.none() | st.sampled_from(HOURS))
plans = st.builds(
    RecyclePlan,
    rules=st.dictionaries(st.sampled_from(COUNTED), rules),
    max_attempts=st.integers(1, 8),
    hours=st.sampled_from(HOURS),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    unknown_hold=st.integers(0, 48).map(lambda hours: timedelta(hours=hours)),
    uncounted_wait=st.integers(1, 3600).map(lambda seconds: timedelta(seconds=seconds)),
)
# Days around the clock changes of all those zones.
instants = st.sampled_from(
    ["2026-03-07", "2026-03-28", "2026-04-04", "2026-10-03", "2026-10-24", "2026-10-31"]
).flatmap(
    lambda day: st.integers(0, 2 * 86400).map(
        lambda seconds: datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(seconds=seconds)
    )
)


@given(plans, instants, st.lists(st.sampled_from(ENDINGS), min_size=1, max_size=25))
@settings(max_examples=150)
def test_whatever_happens_a_lead_keeps_its_budget_its_waits_and_its_hours(campaign, now, endings):
    attempts, uncounted, by_disposition = 0, 0, dict.fromkeys(ENDINGS, 0)
    for ending in endings:
        assert attempts < campaign.max_attempts
        attempts += FLAGS[ending].counts
        uncounted = 0 if FLAGS[ending].counts else uncounted + 1
        by_disposition[ending] += 1
        same = by_disposition[ending]
        judged = decide(campaign, ending, History(attempts, same, uncounted), now)
        if not isinstance(judged, Again):
            assert judged.reason
            break
        rule = campaign.rules.get(ending)
        if rule is not None:
            assert same < rule.attempts
            assert judged.at >= now + rule.waits[min(same, len(rule.waits)) - 1]
            assert rule.hours is None or is_open(rule.hours, campaign.zone, judged.at)
        if ending is D.UNKNOWN:
            assert judged.at >= now + campaign.unknown_hold
        if ending in (D.CONGESTION, D.FAILED):
            assert judged.at >= now + campaign.uncounted_wait
        assert is_open(campaign.hours, campaign.zone, judged.at)
        assert judged.at.tzinfo is UTC
        now = judged.at


@given(plans, instants, st.sampled_from(UNCOUNTED), st.integers(1, 50))
def test_what_is_not_the_leads_fault_never_closes_it(campaign, now, ending, in_a_row):
    history = History(attempts=campaign.max_attempts - 1, same=in_a_row, uncounted=in_a_row)
    assert isinstance(decide(campaign, ending, history, now), Again)
