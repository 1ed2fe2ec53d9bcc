from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialerd.domain.compliance import Cap, Compliance, Dial, Rule
from dialerd.domain.dispositions import FLAGS, SYSTEM, Catalogue, Disposition, Flags
from dialerd.domain.eligibility import (
    GATES,
    NUMBER_BUSY_WAIT,
    CampaignRules,
    LeadState,
    Never,
    NoUntil,
    Wait,
    Yes,
    explain,
    judge,
    judge_schedule,
    judge_until,
)
from dialerd.domain.windows import Hours, parse_hours
from harness.book import may_call

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NOW = datetime(2026, 7, 6, 10, 0, tzinfo=UTC)  # a Monday, noon in Berlin
OFFICE = parse_hours(["mon-fri 09:00-20:00"])
RULES = CampaignRules(max_attempts=3, zone=BERLIN, hours=OFFICE)


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BERLIN).astimezone(UTC)


def test_a_fresh_lead_in_an_open_campaign_may_be_dialed():
    assert judge(LeadState(), RULES, NOW) == Yes()
    assert all(verdict == Yes() for _name, verdict in explain(LeadState(), RULES, NOW))


@pytest.mark.parametrize("disposition", [name for name, flags in FLAGS.items() if flags.final])
def test_a_final_disposition_ends_a_lead(disposition):
    assert judge(LeadState(disposition), RULES, NOW) == Never(f"{disposition} is final")


@pytest.mark.parametrize(
    ("flags", "verdict"),
    [
        (Flags(final=True, recyclable=False), Never("sale is final")),
        (Flags(recyclable=False), Never("sale is not recyclable")),
        (Flags(), Yes()),
    ],
)
def test_the_catalogue_says_which_of_the_admins_dispositions_end_a_lead(flags, verdict):
    rules = replace(RULES, dispositions=Catalogue(MappingProxyType({**SYSTEM.flags, "sale": flags})))
    assert judge(LeadState("sale"), rules, NOW) == verdict


def test_a_disposition_that_nobody_defines_any_more_ends_a_lead():
    assert judge(LeadState("sale"), RULES, NOW) == Never("sale is final")


CLOSING = berlin(2026, 7, 6, 20, 0)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("before", "may"), [(3 * SECOND, True), (2 * SECOND, False), (SECOND, False)])
def test_a_call_that_may_leave_after_the_hours_end_does_not_leave(before, may):
    now = CLOSING - before
    verdicts = (
        judge_until(LeadState(), RULES, now, now + 2 * SECOND),
        judge_schedule(RULES, now, now + 2 * SECOND),
    )
    opening = NoUntil(berlin(2026, 7, 7, 9, 0), "outside the campaign's hours", Wait.HOURS)
    assert verdicts == ((Yes(), Yes()) if may else (opening, opening))


def test_what_opens_while_a_call_would_wait_is_closed_for_it():
    now = berlin(2026, 7, 6, 9, 0) - SECOND
    assert isinstance(judge_until(LeadState(), RULES, now, now + 2 * SECOND), NoUntil)


def test_a_used_up_budget_ends_a_lead():
    assert judge(LeadState(attempts=2), RULES, NOW) == Yes()
    assert judge(LeadState(attempts=3), RULES, NOW) == Never("all attempts used: 3 of 3")


def test_before_its_first_day_a_campaign_waits_for_it():
    rules = CampaignRules(3, BERLIN, start=date(2026, 7, 8))
    assert judge(LeadState(), rules, NOW) == NoUntil(
        berlin(2026, 7, 8), "the campaign begins on 2026-07-08", Wait.HOURS
    )
    assert judge(LeadState(), rules, berlin(2026, 7, 8)) == Yes()


def test_the_last_day_is_dialed_to_its_end():
    rules = CampaignRules(3, BERLIN, end=date(2026, 7, 8))
    assert judge(LeadState(), rules, berlin(2026, 7, 8, 23, 59)) == Yes()
    assert judge(LeadState(), rules, berlin(2026, 7, 9)) == Never("the campaign ended on 2026-07-08")


def test_outside_its_hours_a_campaign_waits_for_the_next_opening():
    assert judge(LeadState(), RULES, berlin(2026, 7, 10, 20)) == NoUntil(
        berlin(2026, 7, 13, 9), "outside the campaign's hours", Wait.HOURS
    )


def test_the_hours_of_the_rule_that_brought_a_lead_back_hold_for_it_only():
    rules = CampaignRules(3, BERLIN, OFFICE, retry_hours={Disposition.BUSY: parse_hours(["daily 18:00-22:00"])})
    assert judge(LeadState(), rules, NOW) == Yes()
    assert judge(LeadState("busy", attempts=1), rules, NOW) == NoUntil(
        berlin(2026, 7, 6, 18), "outside the hours of the rule for busy", Wait.HOURS
    )


def test_a_lead_waits_for_its_due_time():
    assert judge(LeadState(due_at=NOW + HOUR), RULES, NOW) == NoUntil(NOW + HOUR, "waits for its next try")
    assert judge(LeadState(due_at=NOW), RULES, NOW) == Yes()


def test_the_minimum_gap_is_kept_whatever_the_due_time_says():
    rules = CampaignRules(3, BERLIN, OFFICE, compliance=Compliance(own=Rule(gap=HOUR)))
    lead = LeadState("busy", due_at=NOW, zone="Europe/Berlin", dialed=[Dial(NOW - 20 * MINUTE, "other", "busy", NOW)])
    assert judge(lead, rules, NOW) == NoUntil(NOW + 40 * MINUTE, "called less than 1 h ago", Wait.CAP)


def test_a_number_in_a_call_is_asked_about_again_soon():
    assert judge(LeadState(busy=True), RULES, NOW) == NoUntil(NOW + NUMBER_BUSY_WAIT, "the number is in a call")


def test_what_is_over_for_good_wins_over_what_only_waits():
    lead = LeadState(Disposition.OPTED_OUT, attempts=9, due_at=NOW + HOUR)
    assert judge(lead, RULES, berlin(2026, 7, 11, 12)) == Never("opted_out is final")


def test_a_lead_that_waits_past_the_closing_is_moved_once_to_the_next_opening():
    lead = LeadState(due_at=berlin(2026, 7, 10, 21))
    assert judge(lead, RULES, berlin(2026, 7, 10, 12)) == NoUntil(berlin(2026, 7, 13, 9), "waits for its next try")


def test_hours_that_never_open_are_never():
    never = Hours(OFFICE.spans, frozenset(date(2026, 7, 1) + timedelta(days=number) for number in range(420)))
    assert judge(LeadState(), CampaignRules(3, BERLIN, never), NOW) == Never(
        "the campaign's hours do not open within 400 days"
    )


def test_a_rule_whose_hours_never_meet_those_of_the_campaign_is_never():
    rules = CampaignRules(3, BERLIN, OFFICE, retry_hours={Disposition.BUSY: parse_hours(["sun 10:00-12:00"])})
    verdict = judge(LeadState("busy"), rules, NOW)
    assert isinstance(verdict, Never)
    assert verdict.reason.startswith(
        "outside the hours of the rule for busy, and all the hours that hold for it never meet"
    )


def test_a_number_that_its_list_does_not_take_is_never_dialed_in_the_words_of_an_import():
    assert judge(LeadState(refused="a pager: not dialed"), RULES, NOW) == Never("phone number: a pager: not dialed")


def test_every_gate_is_explained_by_name_in_one_order():
    lead = LeadState(Disposition.BUSY, attempts=3, due_at=NOW + HOUR)
    told = explain(lead, RULES, NOW)
    assert [name for name, _verdict in told] == [name for name, _gate in GATES]
    assert dict(told)["attempts left"] == Never("all attempts used: 3 of 3")
    assert dict(told)["due"] == NoUntil(NOW + HOUR, "waits for its next try")


def test_a_closed_campaign_is_told_without_asking_any_lead():
    assert judge_schedule(RULES, NOW) == Yes()
    assert judge_schedule(RULES, berlin(2026, 7, 10, 20)) == NoUntil(
        berlin(2026, 7, 13, 9), "outside the campaign's hours", Wait.HOURS
    )


def test_the_next_change_of_a_campaign_is_the_nearest_of_its_bounds():
    rules = CampaignRules(3, BERLIN, OFFICE, start=date(2026, 7, 8), end=date(2026, 7, 8))
    assert rules.next_change(berlin(2026, 7, 7, 21)) == berlin(2026, 7, 8)
    assert rules.next_change(berlin(2026, 7, 8, 12)) == berlin(2026, 7, 8, 20)
    assert rules.next_change(berlin(2026, 7, 8, 20)) == berlin(2026, 7, 9)
    assert CampaignRules(3, BERLIN).next_change(NOW) is None


START = datetime(2026, 10, 23, 12, 0, tzinfo=UTC)  # two days before clocks are set back in Europe
instants = st.integers(0, 4 * 1440).map(lambda minutes: START + minutes * MINUTE)
days = st.none() | st.integers(-1, 5).map(lambda number: START.date() + timedelta(days=number))
hours = st.sampled_from([Hours(), OFFICE, parse_hours(["daily 22:00-02:30"]), parse_hours(["sun 02:15-02:45"])])
leads = st.builds(
    LeadState,
    st.sampled_from(list(Disposition)),
    attempts=st.integers(0, 4),
    due_at=st.none() | instants,
    zone=st.sampled_from(
        [None, "Europe/Berlin@DE", "Asia/Kolkata|Australia/Lord_Howe@IN", "America/St_Johns@CA/US-FL"]
    ),
    dialed=st.lists(st.builds(Dial, instants, st.just("other"), st.just("busy")), max_size=4),
)
limits = st.builds(
    Rule,
    hours=st.none() | hours,
    caps=st.lists(st.builds(Cap, st.integers(1, 3), st.integers(60, 3000).map(lambda m: m * MINUTE)), max_size=2).map(
        tuple
    ),
    gap=st.integers(0, 600).map(lambda minutes: minutes * MINUTE),
)
campaigns = st.builds(
    CampaignRules,
    max_attempts=st.integers(1, 4),
    zone=st.sampled_from(["Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"]).map(ZoneInfo),
    hours=hours,
    start=days,
    end=days,
    retry_hours=st.dictionaries(st.sampled_from(["busy", "no_answer"]), hours),
    compliance=st.builds(Compliance, own=limits),
)


@given(leads, campaigns, instants)
@settings(max_examples=100)
def test_the_verdict_agrees_with_a_minute_by_minute_reading_of_the_rules(lead, rules, now):
    verdict = judge(lead, rules, now)
    assert (verdict == Yes()) is may_call(lead, rules, now)
    minutes = [now + number * MINUTE for number in range(1, 6 * 1440)]
    if isinstance(verdict, NoUntil):
        assert verdict.at > now
        assert not any(may_call(lead, rules, minute) for minute in minutes if minute < verdict.at)
        ends = rules.end is not None and verdict.at.astimezone(rules.zone).date() > rules.end
        assert may_call(lead, rules, verdict.at) or ends
    if isinstance(verdict, Never):
        assert not any(may_call(lead, rules, minute) for minute in minutes[::7])


def test_a_lead_that_expires_is_dialed_until_then_and_never_after():
    lead = LeadState(expires_at=NOW)
    assert isinstance(judge(lead, RULES, NOW - MINUTE), Yes)
    assert judge(lead, RULES, NOW) == Never("expired")
    # A call that would leave too late is none either.
    assert judge_until(lead, RULES, NOW - MINUTE, NOW) == Never("expired")
