"""From the hopper to the point of no return: the gates have the last word, at the last moment."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from dialerd.domain.facts import AttemptState, EndFacts, Witness
from dialerd.engine.line import Line
from dialerd.service.attempts import Ending, end
from dialerd.settings import Trunk
from dialerd.store import lists
from harness.parts import Breaking, campaign_with
from harness.world import NOW, phones

# NOW is 15:30:12 of a Monday.
UNTIL_1531 = {"timezone": "UTC", "hours": ["mon 09:00-15:31"]}
NEXT_MONDAY = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)


def commit(parts, claimed):
    """What became of these claims: attempt ids that may be sent, and the line they were of."""
    line = parts.line

    async def scenario():
        return await parts.claimer().commit(line, claimed, "a/5038")

    return [ready.lead.attempt_id for ready in parts.play(scenario)], line


@pytest.fixture
def claimed(parts):
    parts.world.add_list(phones(3))
    parts.campaign = campaign_with(schedule=UNTIL_1531, max_attempts=3)
    return parts.world.claim(3)


def test_within_hours_what_was_claimed_is_sent(parts, claimed):
    won, _ = commit(parts, claimed)
    assert won == [lead.attempt_id for lead in claimed]
    assert {attempt.state for attempt in parts.world.attempts()} == {AttemptState.SENDING}
    assert set(parts.world.asterisks()) == {"a/5038"}


@pytest.mark.parametrize("seconds", [46.0, 3600.0, 47.65])
def test_a_process_that_was_stopped_while_the_hours_ended_sends_nothing(parts, claimed, seconds):
    # A call may leave for two seconds more, so 15:30:58.3 is too late for hours that end at 15:31.
    parts.clock.move(seconds)
    won, line = commit(parts, claimed)
    assert won == []
    assert parts.world.attempts() == []
    # The hours are the campaign's: its leads are due as they were, and not looked at again and again meanwhile.
    assert {lead.due_at for lead in parts.world.leads()} == {NOW}
    assert line.next_claim_at > parts.clock.seconds


def test_just_before_the_hours_end_calls_still_leave(parts, claimed):
    parts.clock.move(45.0)
    won, _ = commit(parts, claimed)
    assert len(won) == 3


def test_after_the_last_day_nothing_is_sent_and_no_lead_is_closed_for_it(parts, claimed):
    parts.campaign = campaign_with(schedule={**UNTIL_1531, "hours": ["daily 00:00-24:00"], "end": NOW.date()})
    parts.clock.move(9 * 3600.0)
    won, _ = commit(parts, claimed)
    assert won == []
    assert [lead.closed for lead in parts.world.leads()] == [None] * 3


def test_a_lead_outside_the_hours_of_its_recycling_rule_is_put_off_until_they_open(parts, claimed):
    rule = {"attempts": 3, "wait": "1m", "hours": ["mon 09:00-15:30"]}
    parts.campaign = campaign_with(
        schedule={"timezone": "UTC", "hours": ["daily 00:00-24:00"]}, recycle={"busy": rule}, max_attempts=3
    )
    first, *others = claimed
    parts.world.write(
        lambda conn: conn.exec_driver_sql(f"UPDATE leads SET disposition = 'busy' WHERE id = {first.lead_id}")
    )
    won, _ = commit(parts, claimed)
    assert won == [lead.attempt_id for lead in others]
    assert parts.world.lead(first.lead_id).due_at == NEXT_MONDAY
    assert parts.world.attempt(first.attempt_id) is None


def test_a_lead_whose_attempts_were_used_up_meanwhile_is_closed(parts, claimed):
    first, *others = claimed
    parts.world.write(lambda conn: conn.exec_driver_sql(f"UPDATE leads SET attempts = 3 WHERE id = {first.lead_id}"))
    won, _ = commit(parts, claimed)
    assert won == [lead.attempt_id for lead in others]
    assert parts.world.lead(first.lead_id).closed == "all attempts used: 3 of 3"


def test_a_list_that_was_archived_since_the_claim_is_not_dialed(parts, claimed):
    parts.world.write(lambda conn: lists.archive(conn, claimed[0].list_id, NOW))
    assert commit(parts, claimed)[0] == []
    assert parts.world.attempts() == []


def test_a_claim_of_which_nothing_was_sent_is_said_to_be_given_back(parts, claimed, capsys):
    async def scenario():
        await parts.claimer().give_back([claimed[0].attempt_id], "the test wants it so")

    parts.play(scenario)
    assert parts.world.attempt(claimed[0].attempt_id) is None
    said = capsys.readouterr()
    assert claimed[0].attempt_id in said.out + said.err
    assert "the test wants it so" in said.out + said.err


def test_an_attempt_that_was_committed_and_not_sent_ends_cancelled_and_is_counted_as_such(parts, claimed):
    commit(parts, claimed)

    async def scenario():
        await parts.claimer().give_back([claimed[0].attempt_id], "its commit failed")

    parts.play(scenario)
    [result] = parts.ended
    assert (result.attempt_id, result.disposition, result.applied) == (claimed[0].attempt_id, "cancelled", True)


MINUTE = timedelta(minutes=1)


@pytest.fixture
def undecided(parts):
    """A lead whose call was busy, told at NOW by somebody who lacked the campaign's file."""
    parts.world.add_list(phones(1))
    (lead,) = parts.world.claim()
    parts.world.commit(lead)
    ending = Ending(lead.attempt_id, EndFacts(sip_code=486, cause=17), Witness.AGI)
    result = parts.world.write(lambda conn: end(conn, ending, {}, NOW))
    assert (result.closed, result.again_at) == (None, None)
    assert "has no file of it" in result.held
    return lead.lead_id


def fill(parts):
    """The leads that a claim brings now."""
    line = parts.line

    async def scenario():
        await parts.claimer().fill(line, 5, [line])

    parts.play(scenario)
    return [waiting.lead.lead_id for waiting in line.hopper]


def test_an_end_without_the_campaigns_file_closes_nothing(parts, undecided):
    lead = parts.world.lead(undecided)
    assert (lead.disposition, lead.attempts, lead.due_at, lead.closed) == ("busy", 1, NOW, None)


def test_the_rules_decide_late_as_they_would_have_at_the_end_of_the_call(parts, undecided):
    parts.campaign = campaign_with(max_attempts=3, recycle={"busy": {"attempts": 2, "wait": "5m"}})
    parts.clock.move(60)
    assert fill(parts) == []
    assert parts.world.lead(undecided).due_at == NOW + 5 * MINUTE
    parts.clock.move(5 * 60)
    assert fill(parts) == [undecided]


def test_a_lead_that_was_due_again_before_anybody_could_decide_is_dialed_at_once(parts, undecided):
    parts.campaign = campaign_with(max_attempts=3, recycle={"busy": {"attempts": 2, "wait": "5m"}})
    parts.clock.move(10 * 60)
    assert fill(parts) == [undecided]


@pytest.mark.parametrize(
    ("rules", "reason"),
    [({}, "no recycling rule for busy"), ({"busy": {"attempts": 1, "wait": "5m"}}, "its recycling rule allows 1")],
)
def test_a_lead_that_no_rule_brings_back_is_closed_late_and_never_dialed(parts, undecided, rules, reason):
    parts.campaign = campaign_with(max_attempts=3, recycle=rules)
    assert fill(parts) == []
    assert reason in parts.world.lead(undecided).closed


def test_what_is_final_needs_no_campaign_to_be_so(parts):
    parts.world.add_list(phones(1))
    (lead,) = parts.world.claim()
    parts.world.commit(lead)
    ending = Ending(lead.attempt_id, EndFacts(sip_code=404, cause=1), Witness.AGI)
    parts.world.write(lambda conn: end(conn, ending, {}, NOW))
    assert parts.world.lead(lead.lead_id).closed == "invalid_number is final"


def test_what_waits_for_a_slow_trunk_does_not_keep_a_quick_one_from_its_calls(parts):
    parts.world.add_list(phones(300))
    parts.campaign = campaign_with(calls_per_second=40, trunks=["slow", "quick"], max_calls=1000)
    trunks = {"slow": 2, "quick": 100}
    line = Line(
        parts.campaign,
        {name: Trunk(endpoint=name, calls_per_second=pace, max_calls=1000) for name, pace in trunks.items()},
    )

    told = []

    async def scenario():
        claimer = parts.claimer()
        for _ in range(3):
            await claimer.fill(line, claimer.size(line), [line])
            told.append(Counter(waiting.lead.trunk for waiting in line.hopper))
            # The quick one sends all of its own meanwhile, the slow one nothing.
            line.take_all("quick")

    parts.play(scenario)
    # Three seconds of work for each, and for both together no more than the campaign's pace makes of them.
    assert told == [{"slow": 6}, {"slow": 6, "quick": 114}, {"slow": 6, "quick": 114}]


def test_a_claim_that_is_on_disk_although_its_commit_failed_is_given_back(parts):
    parts.world.add_list(phones(2))
    parts.writes = Breaking(parts.writes)
    line = fill(parts)
    assert parts.world.attempts() == []
    assert [lead.due_at for lead in parts.world.leads()] == [NOW, NOW]
    assert (len(line), parts.writes.broken) == (0, 1)
