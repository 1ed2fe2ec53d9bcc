"""Where the called parties are, at the last moment: a place that closes keeps its leads, and what held is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dialerd.domain.facts import AttemptState
from harness.parts import campaign_with
from harness.world import NOW, lead, phones

NEW_YORK, CHICAGO, BERLIN = "America/New_York@US-NY", "America/Chicago@US-IL", "Europe/Berlin@DE"
NINE_PM_NEW_YORK = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)
HELD = {"ring_timeout": "15s", "max_attempts": 3}


def fill(parts):
    """The phones of the leads that a claim brings now, and the claims."""
    line = parts.line

    async def scenario():
        await parts.claimer().fill(line, 10, [line])

    parts.play(scenario)
    return [waiting.lead for waiting in line.hopper]


def commit(parts, claimed):
    """The phones of those that may be sent."""
    line = parts.line

    async def scenario():
        return await parts.claimer().commit(line, claimed, "a/5038")

    return [ready.lead.phone for ready in parts.play(scenario)]


@pytest.fixture
def numbers(parts):
    """One lead in each of three places, due long before nine in New York."""
    numbers = phones(3)
    keys = (NEW_YORK, CHICAGO, BERLIN)
    parts.world.add_list([lead(number, zone=key) for number, key in zip(numbers, keys, strict=True)])
    parts.campaign = campaign_with(**HELD, compliance={"profile": ["us-federal"]})
    return dict(zip(keys, numbers, strict=True))


def at(parts, instant):
    parts.clock.move((instant - parts.clock.instant).total_seconds())


def test_a_claim_brings_leads_of_open_places_only_and_leaves_the_others_as_they_are(parts, numbers):
    at(parts, NINE_PM_NEW_YORK)
    assert [claimed.phone for claimed in fill(parts)] == [numbers[CHICAGO]]
    still = [parts.world.lead(row.lead_id) for row in parts.world.leads() if row.phone != numbers[CHICAGO]]
    assert [(row.due_at, row.closed) for row in still] == [(NOW, None)] * 2


@pytest.mark.parametrize("left", [timedelta(0), timedelta(seconds=2)], ids=["the instant it closes", "about to close"])
def test_leads_of_a_place_about_to_close_are_not_claimed_to_be_given_back(parts, numbers, left):
    at(parts, NINE_PM_NEW_YORK - left)
    assert [claimed.phone for claimed in fill(parts)] == [numbers[CHICAGO]]


def test_leads_of_a_place_that_stays_open_long_enough_are_claimed_and_sent(parts, numbers):
    at(parts, NINE_PM_NEW_YORK - timedelta(seconds=2.5))
    claimed = fill(parts)
    assert commit(parts, claimed) == [numbers[NEW_YORK], numbers[CHICAGO]]


def test_a_place_that_closes_between_claim_and_call_keeps_its_lead_due_as_it_was(parts, numbers):
    at(parts, NINE_PM_NEW_YORK - timedelta(minutes=1))
    claimed = fill(parts)
    at(parts, NINE_PM_NEW_YORK - timedelta(seconds=1))
    assert commit(parts, claimed) == [numbers[CHICAGO]]
    kept = parts.world.lead(claimed[0].lead_id)
    assert (kept.phone, kept.due_at, kept.closed, kept.dials) == (numbers[NEW_YORK], NOW, None, 0)


def test_rules_that_a_reload_changed_hold_for_what_was_claimed_before_and_close_no_lead(parts, numbers):
    claimed = fill(parts)
    assert len(claimed) == 2
    parts.campaign = campaign_with(**HELD, compliance={"profile": ["fr"]})
    assert commit(parts, claimed) == []
    assert [(row.due_at, row.closed) for row in parts.world.leads()] == [(NOW, None)] * 3


def test_an_attempt_keeps_the_place_it_was_judged_by_and_the_rule_files_with_their_dates(parts, numbers):
    parts.campaign = campaign_with(**HELD, compliance={"profile": ["us-federal", "us-fl"]})
    claimed = fill(parts)
    assert {(attempt.place, attempt.rules) for attempt in parts.world.attempts()} == {(None, "")}
    commit(parts, claimed)
    sent = {attempt.phone: attempt for attempt in parts.world.attempts()}
    assert {attempt.state for attempt in sent.values()} == {AttemptState.SENDING}
    assert {phone: attempt.place for phone, attempt in sent.items()} == {
        numbers[NEW_YORK]: NEW_YORK,
        numbers[CHICAGO]: CHICAGO,
    }
    assert {attempt.rules for attempt in sent.values()} == {"us-federal 2026-11-25, us-fl 2026-11-25"}
    assert {attempt.sending_at for attempt in sent.values()} == {NOW}


def test_a_cap_that_another_campaign_reached_since_the_claim_holds_and_moves_the_lead_to_the_instant_it_ends(parts):
    parts.campaign = campaign_with(**HELD, compliance={"profile": ["none"], "caps": [{"calls": 1, "period": "24h"}]})
    parts.world.campaign("autumn")
    (number,) = phones(1)
    parts.world.add_list([lead(number, zone=NEW_YORK)], name="theirs", campaign="autumn")
    (theirs,) = parts.world.claim(campaign="autumn")
    parts.world.send(theirs)
    parts.world.end(theirs.attempt_id)
    parts.world.add_list([lead(number, zone=NEW_YORK)], name="ours")
    (ours,) = parts.world.claim(now=NOW + timedelta(minutes=1))
    parts.clock.move(60.0)
    assert commit(parts, [ours]) == []
    put_off = parts.world.lead(ours.lead_id)
    assert (put_off.due_at, put_off.closed) == (NOW + timedelta(days=1), None)
