"""Single values of settings: the bounds, and words for what is beyond them."""

import math
from datetime import date
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dialerd.settings import Agi, Asterisk, Campaign, Engine, Extension, Log, Node, Playback, Schedule, Trunk, values
from dialerd.settings.database_url import below, has_password, read_url

GOOD = {
    "name": "sales",
    "trunks": ["carrier"],
    "caller_id": "+12025550100",
    "calls_per_second": 1,
    "max_calls": 1,
    "destination": {"type": "hangup"},
    "schedule": {"timezone": "UTC", "hours": ["daily 00:00-24:00"]},
}
TRUNK = {"endpoint": "carrier", "calls_per_second": 1, "max_calls": 1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90s", 90), ("15m", 900), ("1h30m", 5400), ("2d", 172800), ("500ms", 0.5), ("1.5m", 90), (7, 7), (0.25, 0.25)],
)
def test_durations_are_read_as_seconds(text, expected):
    assert values.seconds(0, 1e6)(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "s", "3 s", "-3s", "3sec", "3S", "٣s", "1e3s", "3s\n", True, None, [3], {"s": 3}])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="is no duration"):
        values.seconds(0, 1e6)(text)


@given(st.floats())
def test_a_number_is_read_as_it_is_or_refused_and_never_lies_outside_its_bounds(value):
    read = values.number(0.01, 1000, "calls per second")
    if math.isfinite(value) and 0.01 <= value <= 1000:
        assert read(value) == value
    else:
        with pytest.raises(ValueError, match="out of range"):
            read(value)


@given(st.integers(1, 90 * 86400))
def test_seconds_spelled_for_people_read_back_the_same(seconds):
    assert values.seconds(0, 1e9)(values.spell(seconds)) == seconds


@pytest.mark.parametrize("pace", [0, -1, math.nan, math.inf, 1e9, "5", True, None])
@pytest.mark.parametrize("model", [Campaign, Trunk])
def test_an_absurd_pace_is_refused(model, pace):
    given = {**(GOOD if model is Campaign else TRUNK), "calls_per_second": pace}
    with pytest.raises(ValidationError, match="calls per second from"):
        model(**given)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "Sales"),
        ("name", "a b"),
        ("name", "../x"),
        ("name", "x" * 65),
        ("name", "-x"),
        ("name", "x\n"),
        ("trunks", []),
        ("trunks", "carrier"),
        ("trunks", ["a", "a"]),
        ("caller_id", "12025550100"),
        ("caller_id", "+1202555010٠"),
        ("caller_id", "+0202555010"),
        ("caller_id", "+1 202 555 0100"),
        ("caller_id", "+12025550100\n"),
        ("max_calls", 0),
        ("max_calls", 2.5),
        ("ring_timeout", "6m"),
        ("ring_timeout", 0),
        ("max_talk_time", "25h"),
        ("max_attempts", 0),
        ("max_attempts", 101),
        ("order", "oldest"),
        ("description", "two\nlines"),
        ("destination", {"type": "fax"}),
        ("destination", {"type": "extension", "context": "a,b"}),
        ("destination", {"type": "extension", "context": "a", "exten": "1&2"}),
        ("destination", {"type": "playback", "file": "../../etc/passwd"}),
        ("destination", {"type": "playback", "file": "a,skip"}),
        ("destination", {"type": "hangup", "file": "x"}),
        ("destination", "hangup"),
        ("recycle", {"answered": {"attempts": 1, "wait": 60}}),
        ("recycle", {"congestion": {"attempts": 1, "wait": 60}}),
        ("recycle", {"busy": {"attempts": 0, "wait": 60}}),
        ("recycle", {"busy": {"attempts": 1, "wait": []}}),
        ("recycle", {"busy": {"attempts": 1, "wait": -1}}),
        ("recycle", {"busy": {"attempts": 1, "wait": "1m", "hours": ["noon"]}}),
        ("recycle", []),
    ],
)
def test_what_a_campaign_cannot_be_is_refused(key, value):
    assert Campaign(**GOOD).name == "sales"
    with pytest.raises(ValidationError):
        Campaign(**{**GOOD, key: value})


@pytest.mark.parametrize(
    "change",
    [
        {"timezone": "../../etc/passwd"},
        {"timezone": "/etc/localtime"},
        {"timezone": "Europe"},
        {"timezone": ""},
        {"timezone": "Mars/Olympus"},
        {"timezone": 1},
        {"hours": []},
        {"hours": "daily 00:00-24:00"},
        {"hours": ["daily 25:00-26:00"]},
        {"hours": [5]},
        {"holidays": ["2026-12-25"]},
        {"start": "2026-12-25"},
    ],
)
def test_what_a_schedule_cannot_be_is_refused(change):
    good = {"timezone": "Europe/Berlin", "hours": ["mon-fri 09:00-20:00"]}
    assert Schedule(**good).timezone.key == "Europe/Berlin"
    with pytest.raises(ValidationError):
        Schedule(**{**good, **change})


def test_a_schedule_that_ends_before_it_starts_is_refused():
    with pytest.raises(ValidationError, match="is before start"):
        Schedule(timezone="UTC", hours=["daily 00:00-24:00"], start=date(2026, 12, 2), end=date(2026, 12, 1))


@pytest.mark.parametrize("endpoint", ["car;rier", "a/b", "a@b", "", "a b", "a&b", "x" * 65, "a\r\nAction: x"])
def test_an_endpoint_that_could_change_the_dial_string_is_refused(endpoint):
    with pytest.raises(ValidationError, match="PJSIP endpoint"):
        Trunk(**{**TRUNK, "endpoint": endpoint})


@pytest.mark.parametrize("prefix", ["", "+", "00", "011", "+0", "9"])
def test_prefixes_are_digits_with_or_without_a_plus(prefix):
    assert Trunk(**TRUNK, prefix=prefix).prefix == prefix


@pytest.mark.parametrize("prefix", ["++", "9,", "0" * 17, "*72", "#", "٠"])
def test_other_prefixes_are_refused(prefix):
    with pytest.raises(ValidationError):
        Trunk(**TRUNK, prefix=prefix)


@pytest.mark.parametrize(
    ("section", "given"),
    [
        (Asterisk, {"port": 0}),
        (Asterisk, {"port": 65536}),
        (Asterisk, {"port": True}),
        (Asterisk, {"host": "a b"}),
        (Asterisk, {"username": "a\r\nAction: x"}),
        (Asterisk, {"ping_timeout": 0}),
        (Agi, {"listen": "localhost"}),
        (Agi, {"listen": "10.0.0.0/8"}),
        (Agi, {"peers": []}),
        (Agi, {"peers": ["localhost"]}),
        (Agi, {"peers": ["10.0.0.1/24"]}),
        (Agi, {"threads": 0}),
        (Engine, {"hopper_seconds": "2m"}),
        (Engine, {"metrics_port": -1}),
        (Log, {"level": "loud"}),
        (Log, {"format": "xml"}),
        (Log, {"mask_numbers": "no"}),
        (Log, {"mask_numbers": 0}),
        (Node, {"name": "Node 1"}),
        (Node, {"nam": "x"}),
    ],
)
def test_other_tables_refuse_what_is_out_of_bounds(section, given):
    with pytest.raises(ValidationError):
        section(**given)


def test_peers_are_networks():
    assert Agi(peers=["10.0.0.0/24", "::1"]).peers == (ip_network("10.0.0.0/24"), ip_network("::1/128"))


def test_the_node_has_the_machines_name_in_the_form_of_names():
    assert values.name(Node().name) == Node().name


def test_destinations_say_in_a_word_where_the_call_goes():
    assert Extension(context="sales", exten="100").text == "extension 100@sales"
    assert Playback(file="custom/hello").text == "playback custom/hello"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "mysql://u:sesame@h/d",
        "postgresql://h",
        "postgresql://u:sesame@h:99999/d",
        "postgresql://[/d",
        "dialerd.db",
        "sqlite:///a\nb",
        5,
    ],
)
def test_a_database_we_cannot_use_is_refused_without_showing_the_url(url):
    with pytest.raises(ValueError, match=r"sqlite:////absolute/path/dialerd\.db") as refused:
        read_url(url)
    assert "sesame" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["sqlite:////a/b.db", "postgresql://u:p@h:5432/d", "postgresql:///d?host=/run/postgresql"]
)
def test_databases_we_know_are_taken_as_they_are(url, tmp_path):
    assert below(read_url(url), tmp_path) == url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p@h/d", True),
        ("postgresql://h/d?user=u&password=p", True),
        ("postgresql://u@h/d", False),
        ("postgresql://h:5432/d", False),
        ("sqlite:////a/b.db", False),
    ],
)
def test_a_url_with_a_password_is_known_as_such(url, expected):
    assert has_password(url) is expected
