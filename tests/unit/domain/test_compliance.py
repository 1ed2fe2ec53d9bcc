"""The rules of the profiles that come along, each at the instants where it begins and ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dialerd.domain.compliance import Block, By, Cap, Compliance, Dial, Per, Profile, Purpose, Rule
from dialerd.domain.eligibility import CampaignRules, LeadState, Never, NoUntil, Wait, Yes, judge, judge_place
from dialerd.domain.places import read_place
from dialerd.settings.profiles import shipped

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOON = datetime(2026, 11, 25, 18, 0, tzinfo=UTC)  # a Wednesday, 13:00 in New York
MIAMI = "America/New_York@US-FL"


def held_to(*names, purpose=Purpose.SALE, own=Rule()):  # noqa: B008 - frozen
    compliance = Compliance(tuple(map(shipped, names)), purpose, own)
    return CampaignRules(9, ZoneInfo("UTC"), compliance=compliance, name="spring")


def local(zone, *parts):
    return datetime(*parts, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def is_open(rules, key, now):
    return isinstance(judge_place(key, rules, now), Yes)


@pytest.mark.parametrize(
    ("profile", "key", "zone", "open_at", "closed_at"),
    [
        ("us-default", "America/Denver@US-CO", "America/Denver", (2026, 11, 28, 9, 0), (2026, 11, 28, 8, 59)),
        ("us-default", "America/Denver@US-CO", "America/Denver", (2026, 11, 28, 19, 59), (2026, 11, 28, 20, 0)),
        ("us-default", "Europe/Berlin@DE", "Europe/Berlin", (2026, 11, 28, 19, 59), (2026, 11, 29, 12, 0)),
        ("us-federal", "America/Denver@US-CO", "America/Denver", (2026, 11, 29, 8, 0), (2026, 11, 29, 7, 59)),
        ("us-federal", "America/Denver@US-CO", "America/Denver", (2026, 11, 29, 20, 59), (2026, 11, 29, 21, 0)),
        ("us-fl", MIAMI, "America/New_York", (2026, 11, 29, 19, 59), (2026, 11, 29, 20, 0)),
        ("us-ok", "America/Chicago@US-OK", "America/Chicago", (2026, 11, 29, 8, 0), (2026, 11, 29, 20, 0)),
        ("us-md", "America/New_York@US-MD", "America/New_York", (2026, 11, 29, 8, 0), (2026, 11, 29, 20, 0)),
        ("us-al", "America/Chicago@US-AL", "America/Chicago", (2026, 11, 28, 19, 59), (2026, 11, 29, 12, 0)),
        ("us-al", "America/Chicago@US-AL", "America/Chicago", (2026, 11, 25, 12, 0), (2026, 11, 26, 12, 0)),
        ("us-la", "America/Chicago@US-LA", "America/Chicago", (2027, 2, 8, 12, 0), (2027, 2, 9, 12, 0)),
        ("ca", "America/Toronto@CA", "America/Toronto", (2026, 11, 27, 21, 29), (2026, 11, 27, 21, 30)),
        ("ca", "America/St_Johns@CA", "America/St_Johns", (2026, 11, 28, 17, 59), (2026, 11, 28, 18, 0)),
        ("au", "Australia/Lord_Howe@AU", "Australia/Lord_Howe", (2026, 11, 28, 16, 59), (2026, 11, 28, 17, 0)),
        ("au", "Australia/Perth@AU", "Australia/Perth", (2026, 12, 24, 12, 0), (2026, 12, 25, 12, 0)),
        ("au", "Australia/Perth@AU", "Australia/Perth", (2027, 12, 29, 12, 0), (2027, 12, 28, 12, 0)),
        ("fr", "Europe/Paris@FR", "Europe/Paris", (2026, 11, 25, 12, 59), (2026, 11, 25, 13, 30)),
        ("fr", "Europe/Paris@FR", "Europe/Paris", (2026, 11, 25, 14, 0), (2026, 11, 11, 14, 0)),
        ("fr", "Europe/Paris@FR", "Europe/Paris", (2026, 5, 13, 14, 0), (2026, 5, 14, 14, 0)),
        ("in", "Asia/Kolkata@IN", "Asia/Kolkata", (2026, 11, 29, 9, 0), (2026, 11, 29, 21, 0)),
    ],
)
def test_the_hours_of_a_place_hold_by_the_clock_there(profile, key, zone, open_at, closed_at):
    rules = held_to(profile)
    assert is_open(rules, key, local(zone, *open_at))
    assert not is_open(rules, key, local(zone, *closed_at))


def test_where_several_rules_hold_the_strictest_wins():
    rules = held_to("us-federal", "us-fl", "us-al")
    evening = local("America/New_York", 2026, 11, 25, 20, 30)
    assert not is_open(rules, MIAMI, evening)
    assert is_open(rules, "America/New_York@US-GA", evening)
    assert judge_place(MIAMI, rules, evening) == NoUntil(
        local("America/New_York", 2026, 11, 26, 8), "outside the called party's hours", Wait.HOURS
    )


def test_every_zone_a_person_may_be_in_has_to_be_open():
    rules = held_to("us-federal")
    both = "America/Los_Angeles|America/New_York@US"
    assert not is_open(rules, both, local("America/New_York", 2026, 11, 25, 10, 59))
    assert is_open(rules, both, local("America/New_York", 2026, 11, 25, 11, 0))
    assert not is_open(rules, both, local("America/New_York", 2026, 11, 25, 21, 0))


def test_a_rule_holds_for_the_number_and_for_the_address():
    rules = held_to("us-federal", "us-fl")
    evening = local("America/New_York", 2026, 11, 25, 20, 30)
    assert not is_open(rules, "America/New_York@US-GA/US-FL", evening)
    assert not is_open(rules, "America/New_York@US-FL/US-GA", evening)


def test_a_rule_may_look_at_the_number_or_at_the_address_alone():
    number, address = Rule(places=("US-FL",), by=By.NUMBER), Rule(places=("US-FL",), by=By.ADDRESS)
    moved_in, moved_out = read_place("America/New_York@US-GA/US-FL"), read_place("America/New_York@US-FL/US-GA")
    assert [number.holds_at(moved_in), number.holds_at(moved_out)] == [False, True]
    assert [address.holds_at(moved_in), address.holds_at(moved_out)] == [True, False]
    # Where no address is known the number is the best guess.
    assert address.holds_at(read_place(MIAMI))


def test_somebody_who_may_be_under_a_rule_is_under_it():
    florida = Rule(places=("US-FL",))
    assert florida.holds_at(read_place("America/New_York@US"))
    assert florida.holds_at(read_place("America/New_York"))
    assert not florida.holds_at(read_place("Europe/London@GB"))


def test_a_number_in_a_country_that_no_profile_is_for_is_not_called():
    rules = held_to("us-federal", "us-fl")
    assert judge_place("Europe/London@GB", rules, NOON) == Never(
        "no rule for GB in the campaign's profiles: us-federal, us-fl"
    )
    assert isinstance(judge_place("America/New_York@US-GA/CA", rules, NOON), Never)
    assert is_open(held_to("us-federal", "ca"), "America/New_York@US-GA/CA", NOON)


@pytest.mark.parametrize("key", ["", "@US-FL", "Mars/Olympus@US-FL"])
def test_a_number_whose_zone_nobody_knows_is_not_called(key):
    assert judge_place(key, held_to("us-federal"), NOON) == Never("its time zone is not known")


def test_the_profile_none_asks_for_nothing():
    rules = held_to("none")
    for key in ("", MIAMI, "Europe/London@GB"):
        assert judge(LeadState(zone=key), rules, local("America/New_York", 2026, 11, 29, 3)) == Yes()
    assert rules.compliance.is_none


def test_what_a_campaign_limits_itself_holds_besides_its_profiles():
    own = Rule(hours=shipped("us-default").rules[0].hours)
    assert not is_open(held_to("none", own=own), MIAMI, local("America/New_York", 2026, 11, 29, 12))
    assert not is_open(held_to("us-federal", own=own), MIAMI, local("America/New_York", 2026, 11, 25, 8, 30))
    assert is_open(held_to("us-federal"), MIAMI, local("America/New_York", 2026, 11, 25, 8, 30))


def test_some_rules_hold_for_one_purpose_only():
    evening = local("America/New_York", 2026, 11, 25, 20, 30)
    assert is_open(held_to("us-federal", "us-fl", purpose=Purpose.REMINDER), MIAMI, evening)
    sunday = local("Australia/Perth", 2026, 11, 29, 12)
    assert not is_open(held_to("au"), "Australia/Perth@AU", sunday)
    assert is_open(held_to("au", purpose=Purpose.SURVEY), "Australia/Perth@AU", sunday)


def calls(*ages, outcome="no_answer", campaign="autumn", **more):
    return [Dial(NOON - age, campaign, outcome, NOON - age + timedelta(seconds=25), **more) for age in ages]


def test_a_cap_ends_when_the_oldest_call_leaves_the_window_that_rolls():
    rules = held_to("us-fl")
    three = calls(23 * HOUR, 5 * HOUR, 2 * HOUR)
    assert judge(LeadState(zone=MIAMI, dialed=three), rules, NOON) == NoUntil(
        NOON + HOUR, "called 3 times in 1 d, at most 3", Wait.CAP
    )
    assert judge(LeadState(zone=MIAMI, dialed=three), rules, NOON + HOUR) == Yes()
    assert judge(LeadState(zone=MIAMI, dialed=three[1:]), rules, NOON) == Yes()


def test_with_more_calls_than_allowed_as_many_must_leave_the_window():
    rules = held_to("us-fl")
    five = calls(23 * HOUR, 22 * HOUR, 21 * HOUR, 2 * HOUR, HOUR)
    assert judge(LeadState(zone=MIAMI, dialed=five), rules, NOON).at == NOON + 3 * HOUR


def test_the_end_of_a_cap_moves_into_the_next_opening():
    rules = held_to("us-fl")
    three = calls(15 * HOUR, 14 * HOUR, 13 * HOUR)
    verdict = judge(LeadState(zone=MIAMI, dialed=three), rules, NOON)
    assert verdict.at == local("America/New_York", 2026, 11, 26, 8)


def test_calls_of_every_campaign_count_for_a_number():
    dialed = calls(3 * HOUR, campaign="autumn") + calls(2 * HOUR, campaign="spring") + calls(HOUR, campaign="winter")
    assert isinstance(judge(LeadState(zone=MIAMI, dialed=dialed), held_to("us-fl"), NOON), NoUntil)
    own = held_to("none", own=Rule(caps=(Cap(1, DAY, per=Per.CAMPAIGN),)))
    assert isinstance(judge(LeadState(zone=MIAMI, dialed=dialed), own, NOON), NoUntil)
    assert judge(LeadState(zone=MIAMI, dialed=dialed[:1]), own, NOON) == Yes()


def test_a_call_that_cannot_have_rung_counts_for_nothing_and_one_that_goes_on_counts():
    maine = "America/New_York@US-ME"
    assert judge(LeadState(zone=maine, dialed=calls(HOUR, rang=False)), held_to("us-me"), NOON) == Yes()
    goes_on = [Dial(NOON - HOUR, "autumn")]
    assert judge(LeadState(zone=maine, dialed=goes_on), held_to("us-me"), NOON).at == NOON + 7 * HOUR


def test_the_gap_is_kept_from_the_last_call_by_any_campaign():
    verdict = judge(LeadState(zone=MIAMI, dialed=calls(30 * HOUR, HOUR / 2)), held_to("us-default"), NOON)
    assert verdict == NoUntil(NOON + HOUR / 2, "called less than 1 h ago", Wait.CAP)


def test_after_an_abandoned_call_a_briton_is_left_alone_for_three_days():
    rules, key = held_to("uk"), "Europe/London@GB"
    dialed = calls(DAY, outcome="abandoned")
    verdict = judge(LeadState(zone=key, dialed=dialed), rules, NOON)
    assert verdict == NoUntil(dialed[0].ended_at + 3 * DAY, "no call for 3 d after abandoned", Wait.CAP)
    assert judge(LeadState(zone=key, dialed=calls(DAY)), rules, NOON) == Yes()


def test_a_debtor_is_called_seven_times_a_week_and_not_for_a_week_after_a_conversation():
    rules = held_to("us-federal", purpose=Purpose.COLLECTION)
    seven = calls(*(number * DAY + HOUR for number in range(7)))
    assert judge(LeadState(zone=MIAMI, dialed=seven[1:]), rules, NOON) == Yes()
    assert judge(LeadState(zone=MIAMI, dialed=seven), rules, NOON).at == NOON + DAY - HOUR
    talked = calls(DAY, outcome="answered", contacted=True)
    assert judge(LeadState(zone=MIAMI, dialed=talked), rules, NOON).wait is Wait.CAP
    assert judge(LeadState(zone=MIAMI, dialed=talked), held_to("us-federal"), NOON) == Yes()


def test_a_frenchman_who_refused_is_left_alone_for_sixty_days():
    refused = calls(10 * DAY, outcome="not_interested")
    noon = local("Europe/Paris", 2026, 11, 25, 12)
    verdict = judge(LeadState(zone="Europe/Paris@FR", dialed=refused), held_to("fr"), noon)
    # The 60th day, 14 January 2027, is a Thursday.
    assert verdict.at == refused[0].ended_at + 60 * DAY


def test_how_far_back_calls_matter_is_the_longest_of_all_periods():
    assert held_to("none").compliance.look_back == timedelta()
    assert held_to("us-default").compliance.look_back == DAY
    assert held_to("us-federal", "fr").compliance.look_back == 60 * DAY
    assert held_to("us-federal").compliance.look_back == timedelta()
    assert held_to("us-federal", purpose=Purpose.COLLECTION).compliance.look_back == 7 * DAY
    assert held_to("none", own=Rule(gap=2 * DAY)).compliance.look_back == 2 * DAY


def test_the_version_names_each_profile_with_its_date():
    assert held_to("us-federal", "us-fl").compliance.version == "us-federal 2026-11-25, us-fl 2026-11-25"
    assert held_to("none").compliance.version == "none"


def test_the_longest_ring_of_all_profiles_and_the_shortest_timeout_hold():
    assert held_to("us-federal", "us-fl").compliance.ring == timedelta(seconds=15)
    assert held_to("us-default").compliance.ring_timeout == timedelta(seconds=25)
    assert held_to("none").compliance.ring_timeout is None


def test_a_campaign_made_up_without_a_profile_is_held_to_nothing():
    rules = CampaignRules(1, ZoneInfo("UTC"))
    assert judge(LeadState(zone=""), rules, NOON) == Yes()


def test_two_profiles_of_one_place_hold_both():
    first, second = (
        Profile(name, NOON.date(), "", ("GB",), (Rule(places=("GB",), blocks=(Block(frozenset({outcome}), DAY),)),))
        for name, outcome in (("one", "busy"), ("two", "rejected"))
    )
    rules = CampaignRules(9, ZoneInfo("UTC"), compliance=Compliance((first, second)))
    for outcome in ("busy", "rejected"):
        lead = LeadState(zone="Europe/London@GB", dialed=calls(HOUR, outcome=outcome))
        assert isinstance(judge(lead, rules, NOON), NoUntil)
