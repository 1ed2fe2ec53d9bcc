"""What do-not-call says about a number: which entries cover it, and until when."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.domain.dnc import ON_DNC, Entry, Kind, beginnings, read_number, stopping
from dialerd.domain.eligibility import CampaignRules, LeadState, Never, NoUntil, Wait, Yes, judge
from dialerd.domain.phone import BadPhone
from dialerd.settings.values import zone

NOW = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
NUMBER = "+14155550123"
RULES = CampaignRules(max_attempts=3, zone=zone("UTC"))


def entry(number=NUMBER, kind=Kind.EXACT, campaign=None, expires_at=None):
    return Entry(number, kind, campaign, expires_at, "", "", NOW - HOUR, "the tests")


def verdict(*entries, now=NOW, campaign="spring"):
    return judge(LeadState(stopped_by=stopping(entries, NUMBER, campaign, now)), RULES, now)


def test_an_entry_without_an_end_says_never():
    assert verdict(entry()) == Never(ON_DNC)


def test_an_entry_with_an_end_says_no_until_then():
    assert verdict(entry(expires_at=NOW + HOUR)) == NoUntil(NOW + HOUR, ON_DNC, Wait.DO_NOT_CALL)


def test_an_entry_is_over_at_the_very_instant_it_expires():
    assert verdict(entry(expires_at=NOW)) == Yes()


def test_of_several_entries_the_one_that_holds_longest_decides():
    short, long = entry(expires_at=NOW + HOUR), entry("+1415", Kind.PREFIX, expires_at=NOW + 2 * HOUR)
    assert verdict(short, long) == NoUntil(NOW + 2 * HOUR, ON_DNC, Wait.DO_NOT_CALL)
    assert verdict(short, entry("+1", Kind.PREFIX)) == Never(ON_DNC)


@pytest.mark.parametrize("other", ["+14155550124", "+1415555012", "+141555501234"])
def test_an_exact_entry_covers_no_other_number(other):
    assert verdict(entry(other)) == Yes()


def test_an_entry_of_a_campaign_stops_that_campaign_alone():
    assert verdict(entry(campaign="spring")) == Never(ON_DNC)
    assert verdict(entry(campaign="autumn")) == Yes()
    assert verdict(entry(campaign="spring"), campaign=None) == Yes()


def test_do_not_call_comes_before_everything_but_what_is_final():
    lead = LeadState(attempts=3, stopped_by=entry())
    assert judge(lead, RULES, NOW) == Never(ON_DNC)
    assert judge(LeadState("answered", stopped_by=entry()), RULES, NOW) == Never("answered is final")


@given(st.from_regex(r"\+[1-9][0-9]{5,14}", fullmatch=True), st.from_regex(r"\+[1-9][0-9]{0,14}", fullmatch=True))
def test_the_beginnings_of_a_number_are_all_prefixes_that_cover_it(phone, prefix):
    assert (prefix in beginnings(phone)) == entry(prefix, Kind.PREFIX).stops(phone, None, NOW)


@pytest.mark.parametrize(
    ("text", "region", "prefix"),
    [
        ("+1 415", None, "+1415"),
        ("0044 20", None, "+4420"),
        ("415", "US", "+1415"),
        ("1-415", "US", "+1415"),
        ("020", "GB", "+4420"),
        ("06", "IT", "+3906"),
        ("+1", None, "+1"),
    ],
)
def test_a_prefix_is_read_as_numbers_are(text, region, prefix):
    assert read_number(text, Kind.PREFIX, region) == prefix


@pytest.mark.parametrize("text", ["", "+", "415", "+0", "+999", "+1415x", "1-800-FLOWERS", "+1234567890123456"])
def test_what_is_no_prefix_is_refused_with_a_reason(text):
    found = read_number(text, Kind.PREFIX, None)
    assert isinstance(found, BadPhone)
    assert found.reason


def test_a_number_is_read_by_the_rules_of_lists():
    assert read_number("(415) 555-0123", Kind.EXACT, "US") == NUMBER
    assert isinstance(read_number("+881612345678", Kind.EXACT, None), BadPhone)
    assert read_number("+1 800 356 9377", Kind.EXACT, None) == "+18003569377", "a list may allow it"
