"""Tallies are exact: after whatever happened to leads and attempts they say what counting one by one says."""

import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from dialerd.domain.dispositions import Disposition
from dialerd.domain.eligibility import NoUntil, Wait
from dialerd.domain.funnel import Standing
from dialerd.store import leads, tallies
from dialerd.store.database import Database
from harness import churn as churning
from harness.brute import counted, ended_attempts, tallied
from harness.churn import Churn
from harness.world import NOW, World, lead, phones

MINUTE = timedelta(minutes=1)
PROCESSES = 3
LEADS = 600


@pytest.fixture
def lists(world):
    """Three lists of one campaign, with zones and priorities."""
    made = []
    for number, name in enumerate(("first", "second", "third")):
        rows = [
            lead(phone, zone=f"zone{index % 3}", priority=index % 2)
            for index, phone in enumerate(phones(LEADS // 3, first=number * LEADS // 3))
        ]
        made.append(world.add_list(rows, name=name))
    return made


@pytest.fixture
def postgresql_world(postgresql_url):
    database = Database(postgresql_url)
    yield World(database)
    database.close()


def assert_exact(database, list_ids, now):
    assert tallied(database, list_ids, now) == counted(database, list_ids, now)
    assert tallied_attempts(database) == ended_attempts(database)


def tallied_attempts(database):
    found = {}
    with database.read() as conn:
        rows = conn.execute(text("SELECT list_id, campaign, disposition, number FROM attempt_tallies"))
        for list_id, campaign, disposition, number in rows:
            found.setdefault((list_id, campaign), Counter())[disposition] += number
    kept = {key: +counts for key, counts in found.items()}
    return {key: counts for key, counts in kept.items() if counts}


@pytest.mark.parametrize("seed", range(3))
def test_after_thousands_of_random_changes_the_tallies_are_what_counting_says(world, lists, seed):
    churn = Churn(world.database, lists, seed)
    for number in range(400):
        churn.transaction()
        if number % 10 == 0:
            churn.fold()
        if number % 25 == 0:
            assert_exact(world.database, lists, churn.now)
    for seconds in (-3600, -61, -1, 0, 0.5, 1, 59, 60, 3600):
        assert_exact(world.database, lists, churn.now + timedelta(seconds=seconds))
    at_the_minute = churn.now.replace(second=0, microsecond=0)
    for microseconds in (-1, 0, 1):
        assert_exact(world.database, lists, at_the_minute + timedelta(microseconds=microseconds))
    assert all(tallied(world.database, lists, churn.now).values()), "nothing was left to count"


def test_processes_that_change_leads_at_once_and_are_killed_leave_exact_tallies(world, lists, ready_url):
    with ExitStack() as stack:
        running = [stack.enter_context(start(ready_url, seed, lists)) for seed in range(PROCESSES)]
        for seed in range(PROCESSES, 2 * PROCESSES):
            for process in running:
                assert process.stdout.readline(), "it does not go on"
            assert_no_lead_twice(world.database, lists)
            victim = running.pop(0)
            victim.kill()
            victim.wait()
            running.append(stack.enter_context(start(ready_url, seed, lists)))
        for process in running:
            process.kill()
            process.wait()
    for _ in range(20):
        assert_exact(world.database, lists, NOW + 5 * MINUTE)
        Churn(world.database, lists, 1).fold()


def start(url, seed, list_ids):
    script = Path(churning.__file__)
    return subprocess.Popen(
        [sys.executable, str(script), url, str(seed), "100000", *map(str, list_ids)],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(script.parent.parent)},
    )


def assert_no_lead_twice(database, list_ids):
    """One statement is one moment, also while others move leads from list to list."""
    with database.read() as conn:
        found = tallies.of_lists(conn, list_ids, NOW)
    groups = [group for of_list in found.values() for group in of_list]
    assert all(group.leads > 0 for group in groups)
    assert sum(group.leads for group in groups) <= LEADS


def test_leads_of_an_import_that_is_not_published_are_not_counted(world):
    list_id = world.add_list(phones(3))
    world.write(lambda conn: leads.stage(conn, list_id, 2, [lead("+12025559999")], NOW))
    assert tallied(world.database, [list_id], NOW)[list_id].total() == 3


def test_leads_that_are_staged_with_their_due_time_are_counted_each_once(world):
    list_id = world.add_list(phones(3), campaign=None)
    due = NOW.replace(second=0, microsecond=0)
    for first in (0, 40, 60):
        rows = [lead(phone, zone=f"zone{index % 3}") for index, phone in enumerate(phones(50, first=first))]
        world.write(lambda conn, rows=rows: leads.stage(conn, list_id, 1, rows, NOW, due_at=due))
    assert tallied(world.database, [list_id], NOW)[list_id].total() == 110
    assert_exact(world.database, [list_id], NOW)
    assert zones_tallied(world.database) == zones_counted(world.database)


def zones_tallied(database):
    with database.read() as conn:
        rows = conn.execute(text("SELECT zone, sum(number) FROM zone_tallies GROUP BY zone HAVING sum(number) <> 0"))
        return {zone: int(number) for zone, number in rows}


def zones_counted(database):
    with database.read() as conn:
        return dict(conn.execute(text("SELECT zone, count(*) FROM leads WHERE due_at IS NOT NULL GROUP BY zone")).all())


def test_a_step_of_an_import_that_is_rolled_back_does_not_keep_others_from_counting(world):
    list_id = world.add_list(phones(3), campaign=None)
    with pytest.raises(ZeroDivisionError):
        world.write(
            lambda conn: leads.stage(conn, list_id, 1, [lead("+12025559999")], NOW, due_at=NOW).new / 0,
        )
    add = "INSERT INTO leads (list_id, phone, due_at, created_at) SELECT list_id, '+12025559998', due_at, created_at"
    world.write(lambda conn: conn.execute(text(f"{add} FROM leads LIMIT 1")))
    assert_exact(world.database, [list_id], NOW)
    assert tallied(world.database, [list_id], NOW)[list_id].total() == 4


def test_a_transaction_that_is_rolled_back_leaves_no_trace(world):
    list_id = world.add_list(phones(3))
    before = tallied(world.database, [list_id], NOW)
    with pytest.raises(ZeroDivisionError):
        world.write(lambda conn: conn.execute(text("UPDATE leads SET due_at = NULL, closed = 'x'")).rowcount / 0)
    assert tallied(world.database, [list_id], NOW) == before


def test_a_lead_is_waiting_up_to_its_due_time_and_due_from_then_on(world):
    due = NOW + timedelta(seconds=3)
    list_id = world.add_list(phones(1), due=due)
    for now, standing in (
        (due - timedelta(microseconds=1), Standing.WAITING),
        (due, Standing.DUE),
        (due + MINUTE, Standing.DUE),
    ):
        ((key, number),) = tallied(world.database, [list_id], now)[list_id].items()
        assert (key[0], number) == (standing, 1)


def test_those_that_wait_are_told_apart_by_what_they_wait_for_and_until_when(world):
    list_id = world.add_list(phones(4))
    hours, cap, retry = NOW + timedelta(minutes=7, seconds=3), NOW + timedelta(seconds=5), NOW + timedelta(hours=3)
    first, second, third, _ = phones(4)
    verdicts = {
        first: NoUntil(hours, "outside hours", Wait.HOURS),
        second: NoUntil(cap, "called too often", Wait.CAP),
        third: NoUntil(retry, "waits for its next try"),
    }
    world.claim(judge=lambda candidate: verdicts.get(candidate.phone, NoUntil(retry, "later")))
    with world.database.read() as conn:
        groups = tallies.of_lists(conn, [list_id], NOW, until=True)[list_id]
        exact = {group.reason: tallies.first_due(conn, list_id, group.reason, NOW, group.until) for group in groups}
    assert {group.reason: group.leads for group in groups} == {"hours": 1, "cap": 1, "": 2}
    assert exact == {"hours": hours, "cap": cap, "": retry}
    for group in groups:
        assert timedelta() < group.until - exact[group.reason] <= timedelta(hours=1)


def test_a_person_who_was_reached_once_stays_reached(world):
    list_id = world.add_list(phones(1))
    (claimed,) = world.claim()
    world.send(claimed)
    world.end(claimed.attempt_id, Disposition.SHORT_CALL)
    world.recycle(claimed.lead_id, due=NOW, disposition=Disposition.SHORT_CALL)
    world.claim()
    world.recycle(claimed.lead_id, due=NOW, disposition=Disposition.NO_ANSWER)
    ((key, number),) = counted(world.database, [list_id], NOW)[list_id].items()
    assert (key[1], key[3], number) == ("no_answer", True, 1)
    assert_exact(world.database, [list_id], NOW)


def test_folding_joins_the_rows_of_finished_transactions(postgresql_world):
    world = postgresql_world
    list_id = world.add_list(phones(50))
    for number in range(50):
        world.recycle(number + 1, due=NOW + timedelta(minutes=number))
    before = tallied(world.database, [list_id], NOW)
    assert world.read(tallies.loose) > 50
    while world.write(tallies.fold):
        pass
    assert world.read(tallies.loose) == 0
    assert world.read(lambda conn: conn.scalar(text("SELECT count(*) FROM lead_tallies WHERE number = 0"))) == 0
    assert tallied(world.database, [list_id], NOW) == before


def test_who_folds_while_another_does_goes_away_at_once(postgresql_world):
    world = postgresql_world
    world.add_list(phones(5))
    with world.database.write() as mine:
        assert tallies.fold(mine) > 0
        world.recycle(1, due=NOW)
        assert world.write(tallies.fold) == 0
    assert world.write(tallies.fold) > 0


def test_instants_in_any_zone_fall_into_the_same_minute(world):
    list_id = world.add_list(phones(1), due=NOW.astimezone(UTC))
    assert tallied(world.database, [list_id], NOW) == counted(world.database, [list_id], NOW)
