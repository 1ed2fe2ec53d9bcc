"""How a campaign's calls ended, by the minute: what the abandon meter reads."""

from collections import Counter
from datetime import timedelta

import pytest

from dialerd.domain.abandon import HOUR, MINUTE, Answered
from dialerd.domain.dispositions import Disposition
from dialerd.store import attempts, minutes, tables
from dialerd.store.tables_tallies import minute_tallies
from harness.churn import Churn
from harness.world import CAMPAIGN, NOW, lead, phones

PEOPLE = ("answered", "short_call")
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
        return [(row.disposition, row.ended_at) for row in rows]


def counted(database, since, span):
    """One by one, from the attempts there are."""
    found = {}
    size = span.total_seconds()
    for disposition, at in ended(database):
        slot = at.timestamp() // size
        if disposition in (*PEOPLE, "abandoned") and slot >= since.timestamp() // size:
            people, gone = found.get(slot, (0, 0))
            found[slot] = (people + 1, gone + (disposition == "abandoned"))
    return [((slot + 1) * size, *found[slot]) for slot in sorted(found)]


@pytest.mark.parametrize("span", [MINUTE, HOUR])
@pytest.mark.parametrize("back", [timedelta(0), timedelta(minutes=7)])
def test_it_says_what_counting_the_attempts_says(churned, span, back):
    with churned.read() as conn:
        found = minutes.answered(conn, CAMPAIGN, PEOPLE, AT + back, span)
    assert found, "nothing to compare"
    assert [(row.until.timestamp(), row.people, row.abandoned) for row in found] == counted(churned, AT + back, span)


def test_every_ended_attempt_is_in_the_minute_of_its_end(churned):
    kept = Counter()
    with churned.read() as conn:
        for row in conn.execute(minute_tallies.select()):
            kept[row.disposition, row.minute] += row.number
    assert +kept == Counter((disposition, int(at.timestamp()) // 60) for disposition, at in ended(churned))


def test_another_campaign_sees_nothing_of_it(churned):
    with churned.read() as conn:
        assert minutes.answered(conn, "other", PEOPLE, AT, MINUTE) == []


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


def answered(world):
    return world.read(lambda conn: minutes.answered(conn, CAMPAIGN, PEOPLE, AT, MINUTE))
