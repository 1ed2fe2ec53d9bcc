"""Questions to the ledger, and what they cost when it has grown."""

from datetime import timedelta

import pytest
from sqlalchemy.dialects import sqlite

from dialerd.domain.dispositions import Disposition
from dialerd.domain.facts import AttemptState
from dialerd.store import attempts, lead_counts, ledger, reports, room
from harness.world import CAMPAIGN, NOW, phones

SECOND = timedelta(seconds=1)


@pytest.fixture
def calls(world):
    """Four attempts of two campaigns: ended, answered, sending, claimed; oldest first."""
    world.campaign("autumn")
    world.add_list(phones(3))
    world.add_list(phones(1, 10), name="second", campaign="autumn")
    ended, answered, sending = world.claim()
    (claimed,) = world.claim(campaign="autumn", trunk="u", node="m", owner="p", now=NOW + SECOND)
    world.send(ended)
    world.send(answered, now=NOW + SECOND)
    world.send(sending, now=NOW + 2 * SECOND)
    world.end(ended.attempt_id, Disposition.BUSY)
    world.write(lambda conn: attempts.mark_progress(conn, answered.attempt_id, AttemptState.ANSWERED, NOW))
    return [lead.attempt_id for lead in (ended, answered, sending, claimed)]


def page(world, **filters):
    return [found.attempt_id for found in world.read(lambda conn: attempts.page(conn, **filters))]


def test_open_attempts_are_those_that_have_not_ended_oldest_first(world, calls):
    found = world.read(attempts.open_attempts)
    assert [(one.attempt_id, one.state.value) for one in found] == list(
        zip(calls[1:], ["answered", "sending", "claimed"], strict=True)
    )
    first = found[0]
    assert (first.campaign, first.trunk, first.node, first.owner) == (CAMPAIGN, "t", "n", "o")
    assert (first.phone, first.claimed_at, first.sending_at) == (phones(3)[1], NOW, NOW + SECOND)


def test_open_attempts_of_a_node_are_its_own(world, calls):
    assert [one.attempt_id for one in world.read(lambda conn: attempts.open_attempts(conn, "m"))] == calls[3:]
    assert world.read(lambda conn: attempts.open_attempts(conn, "x")) == []


def test_open_attempts_are_counted_by_campaign_and_by_trunk(world, calls):
    counts = world.read(attempts.open_counts)
    assert (counts.campaigns, counts.trunks) == ({CAMPAIGN: 2, "autumn": 1}, {"t": 2, "u": 1})


def test_pages_go_from_the_newest_to_the_oldest_and_miss_nothing(world, calls):
    first = page(world, limit=3)
    assert first + page(world, limit=3, before=first[-1]) == calls[::-1]
    assert page(world, before=calls[0]) == []


def test_pages_can_be_filtered(world, calls):
    assert page(world, campaign="autumn") == calls[3:]
    assert page(world, phone=phones(3)[0]) == calls[:1]
    assert page(world, disposition=Disposition.BUSY) == calls[:1]
    assert page(world, open_only=True) == calls[:0:-1]
    assert page(world, open_only=True, limit=1, before=calls[3]) == calls[2:3]
    lead_id = world.attempt(calls[1]).lead_id
    assert page(world, lead_id=lead_id) == calls[1:2]
    assert page(world, lead_id=lead_id, disposition=Disposition.BUSY) == []


def test_the_pace_counts_what_was_sent_from_then_until_before_then(world, calls):
    def dialed(since, until, **filters):
        return world.read(lambda conn: reports.dialed_between(conn, since, until, **filters))

    assert dialed(NOW, NOW + 3 * SECOND) == 3
    assert dialed(NOW, NOW + 2 * SECOND) == 2
    assert dialed(NOW + SECOND, NOW + 3 * SECOND) == 2
    assert dialed(NOW, NOW + 3 * SECOND, campaign="autumn") == 0


def test_endings_are_counted_by_campaign_and_by_list(world, calls):
    world.end(calls[1], Disposition.ANSWERED)
    world.end(calls[3], Disposition.CANCELLED)

    def count(*names, **filters):
        return world.read(lambda conn: reports.disposition_counts(conn, *names, **filters))

    assert count() == {"answered": 1, "busy": 1, "cancelled": 1}
    assert count(CAMPAIGN) == {"answered": 1, "busy": 1}
    assert count(list_id=world.attempt(calls[3]).list_id) == {"cancelled": 1}


def test_leads_are_counted_by_how_often_they_were_dialed(world):
    world.add_list(phones(4))
    (claimed,) = world.claim(1)
    world.send(claimed)
    world.end(claimed.attempt_id)
    world.recycle(claimed.lead_id, due=NOW - SECOND)
    world.claim(2)
    assert world.read(lambda conn: reports.leads_by_dials(conn, CAMPAIGN)) == {0: 2, 1: 1, 2: 1}


STATEMENTS = {
    "open attempts": ledger._OPEN,
    "open attempts by campaign": ledger._OPEN_COUNTS,
    "room for a claim": room._used(by_node=True),
    "leads that remain": lead_counts._REMAINING,
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_questions_about_open_attempts_never_walk_the_ledger_on_sqlite(sqlite_world, name):
    asked = str(STATEMENTS[name].compile(dialect=sqlite.dialect()))
    explain = "EXPLAIN QUERY PLAN " + asked
    steps = sqlite_world.read(lambda conn: conn.exec_driver_sql(explain, (1,) * asked.count("?")).all())
    walks = [step.detail for step in steps if " attempts " in f"{step.detail} "]
    assert walks
    assert [walk for walk in walks if "USING INDEX attempts_open" not in walk and "(id=?)" not in walk] == []


def test_a_page_of_open_attempts_costs_the_same_however_long_the_ledger_is(sqlite_world):
    sqlite_world.add_list(phones(3))
    sqlite_world.claim()

    def steps():
        """Tens of steps of SQLite's machine."""
        count = 0

        def step():
            nonlocal count
            count += 1

        with sqlite_world.database.read() as conn:
            raw = conn.connection.driver_connection
            raw.set_progress_handler(step, 10)
            assert len(attempts.page(conn, open_only=True)) == 3
            raw.set_progress_handler(None, 0)
        return count

    before = steps()
    with sqlite_world.database.write() as conn:
        conn.exec_driver_sql(
            "INSERT INTO attempts (id, lead_id, list_id, campaign, phone, number, node, owner, trunk, state, disposition,"
            " due_at, claimed_at, ended_at) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)"
            " SELECT 'z' || i, 1, 1, 'spring', '+1', 1, 'n', 'o', 't', 'ended', 'busy', '', '', '2026-03-02 15:30:00.000000' FROM n"
        )
    assert steps() < 1.5 * before
