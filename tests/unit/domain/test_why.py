"""Each gate's answer, and the instant at which it next changes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.domain.compliance import Compliance, Rule
from dialerd.domain.eligibility import CampaignRules, LeadState, Never, NoUntil, Yes
from dialerd.domain.gates import GATES
from dialerd.domain.verdicts import YES
from dialerd.domain.why import Answer, Says, answer_of, answers
from dialerd.domain.windows import parse_hours
from harness.cases import Cases

NEW_YORK = ZoneInfo("America/New_York")
# A Monday, 10:00 in New York.
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


def asked(lead=None, **rules):
    lead = lead or LeadState()
    told = answers(lead, CampaignRules(**{"max_attempts": 3, "zone": NEW_YORK, **rules}), NOW)
    return {answer.gate: answer for answer in told}


def test_every_gate_answers_in_order():
    assert list(asked()) == [name for name, _ in GATES]


def test_a_yes_of_hours_ends_when_they_close():
    told = asked(hours=parse_hours(["mon-fri 09:00-17:30"]))["campaign hours"]
    assert told == Answer("campaign hours", Says.YES, "", datetime(2026, 3, 2, 22, 30, tzinfo=UTC))


def test_a_no_of_hours_ends_when_they_open():
    told = asked(hours=parse_hours(["tue 09:00-17:30"]))["campaign hours"]
    assert (told.says, told.changes_at) == (Says.NO_UNTIL, datetime(2026, 3, 3, 14, tzinfo=UTC))


def test_recycling_hours_close_by_the_clock_where_the_person_is():
    lead = LeadState(disposition="busy", zone="America/Los_Angeles@US-CA")
    told = asked(lead, retry_hours={"busy": parse_hours(["daily 06:00-09:00"])})["recycling hours"]
    assert (told.says, told.changes_at) == (Says.YES, datetime(2026, 3, 2, 17, tzinfo=UTC))


def test_the_last_day_ends_at_midnight():
    told = asked(end=date(2026, 3, 2))["campaign not over"]
    assert (told.says, told.changes_at) == (Says.YES, datetime(2026, 3, 3, 5, tzinfo=UTC))


def test_a_lead_ends_when_it_expires():
    end = NOW + timedelta(hours=1)
    assert asked(LeadState(expires_at=end))["expiry"].changes_at == end


def test_a_never_changes_by_no_clock():
    told = asked(LeadState(attempts=3))["attempts left"]
    assert told == Answer("attempts left", Says.NEVER, "all attempts used: 3 of 3")


def test_the_called_partys_hours_close_in_the_first_zone_that_closes():
    rule = Rule(places=("US",), hours=parse_hours(["daily 08:00-21:00"]))
    lead = LeadState(zone="America/Chicago|America/New_York@US")
    told = asked(lead, compliance=Compliance(own=rule))["called party's hours"]
    assert (told.says, told.changes_at) == (Says.YES, datetime(2026, 3, 3, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("verdict", "says"),
    [(YES, Says.YES), (Never("it is so"), Says.NEVER), (NoUntil(NOW, "it is so"), Says.NO_UNTIL)],
)
def test_a_verdict_becomes_an_answer(verdict, says):
    assert answer_of("gate", verdict).says is says


@given(st.integers(min_value=0, max_value=100_000))
def test_nothing_changes_before_the_instant_that_is_told(seed):
    """Up to that instant the gate says the same; at it a yes of hours has become a no."""
    cases = Cases(seed)
    now = cases.instant()
    lead, rules = cases.lead(now), cases.rules()
    gates = dict(GATES)
    for answer in answers(lead, rules, now):
        at, gate = answer.changes_at, gates[answer.gate]
        if answer.says is Says.YES and at is not None:
            assert isinstance(gate(lead, rules, now + (at - now) / 2), Yes)
            assert isinstance(gate(lead, rules, at - timedelta(seconds=1)), Yes)
            assert not isinstance(gate(lead, rules, at), Yes)
