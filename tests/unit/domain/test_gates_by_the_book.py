"""The gates say what the rules say, on tens of thousands of leads, campaigns and instants; and when they will not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dialerd.domain.eligibility import Never, NoUntil, Yes, judge, judge_place
from harness.book import may_call
from harness.cases import Cases

MICROSECOND = timedelta(microseconds=1)
CASES = 4000


@pytest.mark.parametrize("seed", range(4))
def test_the_verdict_is_that_of_a_plain_reading_of_the_rules(seed):
    cases = Cases(seed)
    answers = {Yes: 0, NoUntil: 0, Never: 0}
    for _ in range(CASES):
        rules, now = cases.rules(), cases.instant()
        lead = cases.lead(now)
        verdict = judge(lead, rules, now)
        assert isinstance(verdict, Yes) is may_call(lead, rules, now), (lead, rules, now, verdict)
        answers[type(verdict)] += 1
    assert min(answers.values()) > CASES / 30, answers


@pytest.mark.parametrize("seed", range(4, 6))
def test_until_the_instant_it_names_nothing_is_open_and_then_all_is(seed):
    cases = Cases(seed)
    tried = 0
    while tried < 800:
        rules, now = cases.rules(), cases.instant()
        lead = cases.lead(now)
        verdict = judge(lead, rules, now)
        if not isinstance(verdict, NoUntil) or lead.busy:
            continue
        tried += 1
        assert verdict.at > now
        assert not may_call(lead, rules, verdict.at - MICROSECOND), (lead, rules, now, verdict)
        # One that goes on now will have ended by then, and is none of its own calls.
        over = rules.end is not None and verdict.at.astimezone(rules.zone).date() > rules.end
        assert may_call(lead, rules, verdict.at) or over, (lead, rules, now, verdict)
        for part in range(1, 8):
            assert not may_call(lead, rules, now + (verdict.at - now) * part / 8)


@pytest.mark.parametrize("seed", range(6, 8))
def test_a_lead_may_be_called_only_where_its_zone_key_is_open(seed):
    cases = Cases(seed)
    for _ in range(2000):
        rules, now = cases.rules(), cases.instant()
        lead = cases.lead(now)
        place = judge_place(lead.zone, rules, now)
        assert isinstance(place, Yes) or not may_call(lead, rules, now), (lead, rules, now, place)
        if isinstance(place, NoUntil):
            assert isinstance(judge_place(lead.zone, rules, place.at), Yes)
