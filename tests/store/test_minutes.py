"""How a campaign's calls ended, by the minute: what the abandon meter reads."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from dialerd.domain.abandon import HOUR, MINUTE, Answered
from dialerd.domain.compliance import Abandon
from dialerd.domain.dispositions import Disposition
from dialerd.domain.facts import EndFacts
from dialerd.store import attempts, minutes, tables
from dialerd.store.tables_tallies import minute_tallies
from harness.churn import Churn
from harness.world import CAMPAIGN, NOW, lead, phones

PEOPLE = ("answered", "short_call")
LIMIT = Abandon(3.0, timedelta(days=1), timedelta(seconds=2))
AT = NOW.replace(second=0, microsecond=0)


@pytest.fixture
def churned(world):
    """A list whose calls ended in every way over some hours."""
    list_id = world.add_list([lead(phone) for phone in phones(300)])
    churn = Churn(world.database, [list_id], seed=5)
    for number in range(300):
        churn.transaction()
        if number % 20 == 0:
            churn.fold()
    return world.database


def ended(database):
    with database.read() as conn:
        rows = conn.execute(tables.attempts.select().where(tables.attempts.c.disposition.is_not(None)))
        return [(row.disposition, row.ended_at, row.waited_ms) for row in rows]


def counted(database, since, span):
    """One by one, from the attempts there are."""
    found = {}
    size = span.total_seconds()
    for disposition, at, waited in ended(database):
        slot = at.timestamp() // size
        if disposition in (*PEOPLE, "abandoned") and slot >= since.timestamp() // size:
            people, gone, late = found.get(slot, (0, 0, 0))
            waits = disposition != "abandoned" and (waited or 0) > 2000
            found[slot] = (people + 1, gone + (disposition == "abandoned" or waits), late + waits)
    return [((slot + 1) * size, *found[slot]) for slot in sorted(found)]


@pytest.mark.parametrize("span", [MINUTE, HOUR])
@pytest.mark.parametrize("back", [timedelta(0), timedelta(minutes=7)])
def test_it_says_what_counting_the_attempts_says(churned, span, back):
    with churned.read() as conn:
        found = minutes.answered(conn, CAMPAIGN, PEOPLE, LIMIT, AT + back, span)
    assert sum(row.late for row in found), "nothing to compare"
    assert [(row.until.timestamp(), row.people, row.abandoned, row.late) for row in found] == counted(
        churned, AT + back, span
    )


def test_every_ended_attempt_is_in_the_minute_of_its_end(churned):
    kept = Counter()
    with churned.read() as conn:
        for row in conn.execute(minute_tallies.select()):
            kept[row.disposition, row.minute] += row.number
    assert +kept == Counter((disposition, int(at.timestamp()) // 60) for disposition, at, _ in ended(churned))


def test_another_campaign_sees_nothing_of_it(churned):
    with churned.read() as conn:
        assert minutes.answered(conn, "other", PEOPLE, LIMIT, AT, MINUTE) == []


def test_a_call_that_gets_another_disposition_later_counts_as_that_one(world):
    world.add_list(phones(1))
    [claimed] = world.claim()
    world.send(claimed)
    world.end(claimed.attempt_id, Disposition.ABANDONED)
    assert answered(world) == [Answered(AT + MINUTE, people=1, abandoned=1)]
    world.write(lambda conn: attempts.amend(conn, [(claimed.attempt_id, "answered", True, "")]))
    assert answered(world) == [Answered(AT + MINUTE, people=1, abandoned=0)]
    world.write(lambda conn: attempts.amend(conn, [(claimed.attempt_id, "voicemail", True, "")]))
    assert answered(world) == []


@pytest.mark.parametrize(
    ("waited", "late"), [(None, 0), (0, 0), (1999, 0), (2000, 0), (2001, 1), (10_001, 1), (3_600_000, 1)]
)
def test_who_waited_longer_than_the_limit_allows_was_abandoned_whatever_became_of_the_call(world, waited, late):
    world.add_list(phones(1))
    [claimed] = world.claim()
    world.send(claimed)
    world.end(claimed.attempt_id, Disposition.ANSWERED, facts=EndFacts(answered=True, connected=True, waited_ms=waited))
    assert answered(world) == [Answered(AT + MINUTE, people=1, abandoned=late, late=late)]


def test_what_the_second_witness_says_of_the_wait_counts(world):
    world.add_list(phones(1))
    [claimed] = world.claim()
    world.send(claimed)
    world.end(claimed.attempt_id, Disposition.ANSWERED)
    world.write(lambda conn: attempts.keep_waited(conn, [(claimed.attempt_id, 5000)]))
    assert answered(world) == [Answered(AT + MINUTE, people=1, abandoned=1, late=1)]


@pytest.mark.parametrize(("within", "late"), [(1, 1), (3, 1), (4, 0), (10, 0)])
def test_each_limit_says_for_itself_how_long_is_too_long(world, within, late):
    world.add_list(phones(1))
    [claimed] = world.claim()
    world.send(claimed)
    world.end(claimed.attempt_id, Disposition.ANSWERED, facts=EndFacts(answered=True, waited_ms=3500))
    [found] = answered(world, replace(LIMIT, connect_within=timedelta(seconds=within)))
    assert found.late == late


def answered(world, limit=LIMIT):
    return world.read(lambda conn: minutes.answered(conn, CAMPAIGN, PEOPLE, limit, AT, MINUTE))
