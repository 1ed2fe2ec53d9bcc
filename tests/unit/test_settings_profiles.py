"""Compliance profiles of an admin's own, and what a campaign makes of profiles."""

from datetime import date, timedelta

import pytest

from dialerd.domain.compliance import Block, By, Cap, Per, Purpose
from dialerd.domain.errors import ConfigError
from dialerd.settings import load

MAIN = """
[trunks.carrier]
endpoint = "carrier"
calls_per_second = 5
max_calls = 10
"""
CAMPAIGN = """
name = "spring"
trunks = ["carrier"]
caller_id = "+12025550100"
calls_per_second = 2
max_calls = 7
destination = { type = "hangup" }
schedule = { timezone = "UTC", hours = ["daily 00:00-24:00"] }
"""
HOUSE = """
name = "house"
version = 2026-11-25
places = ["US", "CA"]
[[rules]]
source = "the board"
read = 2026-11-20
"""


@pytest.fixture
def files(tmp_path):
    """Writes a campaign and profiles, and loads them."""

    def write(campaign="", **profiles):
        for folder in ("campaigns.d", "compliance.d"):
            (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / "dialerd.toml").write_text(MAIN)
        (tmp_path / "campaigns.d" / "spring.toml").write_text(CAMPAIGN + campaign)
        for name, text in profiles.items():
            (tmp_path / "compliance.d" / f"{name}.toml").write_text(text)
        return load(tmp_path / "dialerd.toml", {})

    return write


def compliance(settings):
    return settings.campaigns["spring"].compliance


def problems(files, *arguments, **profiles):
    with pytest.raises(ConfigError) as raised:
        files(*arguments, **profiles)
    return [problem.rpartition("/")[2] for problem in raised.value.problems]


def test_a_campaign_that_says_nothing_is_held_to_careful_hours_and_caps(files):
    settings = files()
    assert compliance(settings).version == "us-default 2026-11-25"
    assert settings.campaigns["spring"].ring_timeout == 25.0
    assert settings.campaigns["spring"].rules.compliance is settings.campaigns["spring"].plan.compliance


def test_a_campaign_names_its_profiles_and_what_its_calls_are_for(files):
    found = compliance(files('[compliance]\nprofile = ["us-federal", "us-fl"]\npurpose = "collection"'))
    assert [profile.name for profile in found.profiles] == ["us-federal", "us-fl"]
    assert found.purpose is Purpose.COLLECTION


def test_without_rules_it_rings_as_long_as_ever(files):
    assert files('[compliance]\nprofile = ["none"]').campaigns["spring"].ring_timeout == 30.0


def test_a_campaign_limits_itself_further(files):
    found = compliance(
        files(
            """
[compliance]
hours = ["mon-fri 10:00-18:00"]
holidays = [2026-12-24, "12-25"]
caps = [{ calls = 2, period = "24h" }, { calls = 5, period = "7d", outcomes = ["answered"], per = "campaign" }]
minimum_gap = "4h"
blocks = [{ outcomes = ["contacted"], period = "30d" }]
"""
        )
    ).own
    assert date(2026, 12, 24) in found.hours.holidays
    assert date(2031, 12, 25) in found.hours.holidays
    day = timedelta(days=1)
    assert found.caps == (Cap(2, day), Cap(5, 7 * day, frozenset({"answered"}), Per.CAMPAIGN))
    assert found.gap == timedelta(hours=4)
    assert found.blocks == (Block(frozenset({"contacted"}), 30 * day),)


def test_a_profile_of_one_s_own_is_a_file(files):
    rule = 'places = ["US-FL"]\nby = "number"\npurposes = ["sale", "survey"]\nring_minimum = "20s"\n'
    found = compliance(files('[compliance]\nprofile = ["house"]', house=HOUSE + rule))
    (profile,) = found.profiles
    assert (profile.name, profile.version, profile.covers) == ("house", date(2026, 11, 25), ("US", "CA"))
    (rule,) = profile.rules
    assert (rule.places, rule.by, rule.source) == (("US-FL",), By.NUMBER, "the board")
    assert found.ring == timedelta(seconds=20)


def test_a_rule_holds_in_the_places_of_its_profile(files):
    assert compliance(files('[compliance]\nprofile = ["house"]', house=HOUSE)).rules[0].places == ("US", "CA")
    everywhere = HOUSE.replace('["US", "CA"]', '["*"]')
    assert compliance(files('[compliance]\nprofile = ["house"]', house=everywhere)).rules[0].places == ()


def test_a_ring_timeout_below_what_the_profiles_ask_for_is_a_mistake(files):
    ring = 'ring_timeout = "10s"\n'
    assert problems(files, ring) == [
        "spring.toml: ring_timeout: 10s is shorter than its compliance (us-default) lets it ring; 15s or longer"
    ]
    files(ring + '[compliance]\nprofile = ["none"]')


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('profile = ["us-fla"]', "compliance.profile: 'us-fla' is no profile; names of profiles: "),
        ("profile = []", "compliance.profile: [] is no list or an empty one; names of profiles: "),
        ('profile = "us-fl"', "compliance.profile: 'us-fl' is no list or an empty one; names of profiles: "),
        (
            'profile = ["none", "us-fl"]',
            "compliance.profile: ['none', 'us-fl'] has none beside others; none stands alone",
        ),
        ('profile = ["ca", "ca"]', "compliance.profile: ['ca', 'ca'] names one twice; each profile once"),
        ('purpose = "fun"', "compliance.purpose: 'fun' is none of them; sale, collection, survey, reminder"),
        ('hours = ["9-17"]', "compliance.hours: '9-17': write days, a space and hours"),
        ('holidays = ["xmas"]', "compliance.holidays: 'xmas' is no holiday; a date without quotes, or a text like"),
        (
            "caps = [{ calls = 0, period = '1h' }]",
            "compliance.caps.0.calls: 0 is out of range; a whole number of calls",
        ),
        ("caps = [{ calls = 1 }]", "compliance.caps.0.period: missing; it has to be given"),
        (
            "caps = [{ calls = 1, period = '1h', count = 2 }]",
            "compliance.caps.0.count: no such key; known here: calls,",
        ),
        ("caps = [{ calls = 1, period = '1h', per = 'day' }]", "compliance.caps.0.per: 'day' is none of them; number,"),
        ("blocks = [{ outcomes = [], period = '1h' }]", "compliance.blocks.0.outcomes: [] is no list or an empty one;"),
        (
            "blocks = [{ outcomes = ['bussy'], period = '1h' }]",
            "compliance.blocks.0.outcomes: 'bussy' is no disposition;",
        ),
        ('minimum_gap = "soon"', "compliance.minimum_gap: 'soon' is no duration;"),
        ("gap = 3", "compliance.gap: no such key; known here:"),
    ],
)
def test_a_mistake_in_a_campaign_is_told_with_its_key(files, text, problem):
    (told,) = problems(files, "[compliance]\n" + text)
    assert told.startswith(f"spring.toml: {problem}"), told


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ('name = "house"', 'name = "us-fl"', "name: 'us-fl' is the name of another profile; each name once"),
        ("version = 2026-11-25", 'version = "1"', "version: '1' is no date; a date without quotes"),
        ('["US", "CA"]', '["USA"]', "places: 'USA' is no place; a list of countries and states such as"),
        ('["US", "CA"]', '["US-XX"]', "places: 'US-XX' is no place;"),
        ('["US", "CA"]', '["*", "US"]', "places: '*' is no place;"),
        ("read = 2026-11-20", "", "rules.0.read: missing; it has to be given"),
        (
            'source = "the board"',
            'by = "name"\nsource = "x"',
            "rules.0.by: 'name' is none of them; number, address, either",
        ),
        ('source = "the board"', 'sorce = "x"\nsource = "x"', "rules.0.sorce: no such key; known here:"),
        ("read = 2026-11-20", "read = 2026-11-20\nhours = []", "rules.0.hours: [] is no list or an empty one;"),
    ],
)
def test_a_mistake_in_a_profile_is_told_with_file_and_key(files, before, after, problem):
    (told,) = problems(files, house=HOUSE.replace(before, after))
    assert told.startswith(f"house.toml: {problem}"), told


def test_a_profile_with_a_mistake_and_a_campaign_that_names_it_are_both_told(files):
    told = problems(files, '[compliance]\nprofile = ["house"]', house="name = 3")
    assert any(problem.startswith("house.toml: name:") for problem in told)
    assert any(problem.startswith("spring.toml: compliance.profile: 'house' is no profile") for problem in told)
