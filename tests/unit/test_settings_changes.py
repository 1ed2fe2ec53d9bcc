"""What a reload says that it changed."""

from __future__ import annotations

from datetime import date

import pytest

from dialerd.settings import Campaign, Settings, Trunk
from dialerd.settings.changes import HIDDEN, Change, changes

TRUNK = {"endpoint": "carrier", "calls_per_second": 10, "max_calls": 100}
CAMPAIGN = {
    "name": "sales",
    "trunks": ["carrier"],
    "caller_id": "+12025550100",
    "calls_per_second": 2,
    "max_calls": 7,
    "destination": {"type": "hangup"},
    "schedule": {"timezone": "UTC", "hours": ["daily 09:00-20:00"]},
    "recycle": {"busy": {"attempts": 2, "wait": "10m"}},
}


def settings(*, trunk=None, asterisk=None, database=None, **campaign):
    given = {
        "trunks": {"carrier": Trunk.model_validate({**TRUNK, **(trunk or {})})},
        "campaigns": {"sales": Campaign.model_validate({**CAMPAIGN, **campaign})},
    }
    if asterisk:
        given["asterisk"] = asterisk
    if database:
        given["database"] = database
    return Settings.model_validate(given)


def test_the_same_settings_have_no_changes():
    assert changes(settings(), settings()) == []


@pytest.mark.parametrize(
    ("change", "key", "old", "new"),
    [
        ({"max_calls": 9}, "campaigns.sales.max_calls", "7", "9"),
        ({"calls_per_second": 2.5}, "campaigns.sales.calls_per_second", "2", "2.5"),
        ({"trunk": {"breaker": {"wait": "1m"}}}, "trunks.carrier.breaker.wait", "5s", "1m"),
        ({"trunk": {"prefix": "00"}}, "trunks.carrier.prefix", "+", "00"),
        ({"description": "Summer"}, "campaigns.sales.description", "", "Summer"),
    ],
)
def test_a_change_has_its_key_as_in_the_file_and_both_values(change, key, old, new):
    assert changes(settings(), settings(**change)) == [Change(key, old, new)]


def test_hours_are_told_as_they_are_written():
    schedule = {"timezone": "UTC", "hours": ["mon-wed 10:00-12:00"], "holidays": [date(2026, 12, 25)]}
    found = {change.key: change for change in changes(settings(), settings(schedule=schedule))}
    hours = found["campaigns.sales.schedule.hours"]
    assert (hours.old, hours.new) == ("daily 09:00-20:00", "mon,tue,wed 10:00-12:00; not on 2026-12-25")
    assert found["campaigns.sales.schedule.holidays"].new == "2026-12-25"


def test_what_a_campaign_is_held_to_is_told_key_by_key():
    other = {
        "profile": ["us-federal", "us-fl"],
        "purpose": "survey",
        "minimum_gap": "4h",
        "caps": [{"calls": 2, "period": "24h"}],
    }
    found = changes(settings(), settings(compliance=other, ring_timeout=25))
    assert found == [
        Change(
            "campaigns.sales.compliance.profile", "us-default 2026-11-25", "us-federal 2026-11-25, us-fl 2026-11-25"
        ),
        Change("campaigns.sales.compliance.purpose", "sale", "survey"),
        Change("campaigns.sales.compliance.caps", "none", "calls 2, period 1d, outcomes none, per number"),
        Change("campaigns.sales.compliance.minimum_gap", "0s", "4h"),
    ]


def test_a_rule_that_comes_and_one_that_is_other():
    recycle = {"busy": {"attempts": 3, "wait": "10m"}, "no_answer": {"attempts": 2, "wait": ["1h", "2h"]}}
    assert changes(settings(), settings(recycle=recycle)) == [
        Change("campaigns.sales.recycle.busy.attempts", "2", "3"),
        Change("campaigns.sales.recycle.no_answer", None, "there"),
    ]


def test_another_destination_is_told_key_by_key():
    found = changes(settings(), settings(destination={"type": "playback", "file": "custom/hello"}))
    assert Change("campaigns.sales.destination.type", "hangup", "playback") in found
    assert Change("campaigns.sales.destination.file", None, "custom/hello") in found


def test_a_campaign_that_came_or_went_is_one_change():
    without = Settings.model_validate({"trunks": {"carrier": Trunk.model_validate(TRUNK)}})
    assert changes(without, settings()) == [Change("campaigns.sales", None, "there")]
    assert changes(settings(), without) == [Change("campaigns.sales", "there", None)]


def test_secrets_are_known_to_have_changed_and_not_shown():
    found = changes(settings(asterisk={"secret": "sesame"}), settings(asterisk={"secret": "open"}))
    assert found == [Change("asterisk.secret", HIDDEN, HIDDEN)]
    urls = [{"url": f"postgresql://dialerd:{word}@db/dialerd"} for word in ("sesame", "open")]
    assert changes(*(settings(database=url) for url in urls)) == [Change("database.url", HIDDEN, HIDDEN)]
    first = changes(settings(), settings(asterisk={"secret": "sesame"}))
    assert "sesame" not in str(first)
