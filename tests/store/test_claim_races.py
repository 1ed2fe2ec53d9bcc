"""Several engines on one database: no lead twice, none lost, and the caps hold over all of them."""

import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import select

from dialerd.domain.facts import AttemptState
from dialerd.store import claims
from dialerd.store.tables import leads
from harness.waiting import wait_for
from harness.world import NOW, claim_request, phones, waiting_for_locks, yes

CLAIMER = Path(__file__).with_name("claimer.py")
LEADS = 300
PROCESSES = 3


def test_processes_that_claim_at_once_dial_each_lead_once_and_lose_none(world, ready_url):
    world.add_list(phones(LEADS))
    processes = [
        subprocess.Popen(
            [sys.executable, str(CLAIMER), ready_url, f"node{number}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(CLAIMER.parent.parent)},
        )
        for number in range(PROCESSES)
    ]
    for turn in ("ready", "claimed"):
        # Each has leads of its own before any of them goes on: from there all three race for the rest.
        assert [process.stdout.readline().strip() for process in processes] == [turn] * PROCESSES
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
    said = [process.communicate(timeout=100) for process in processes]
    assert [process.returncode for process in processes] == [0] * PROCESSES, said
    lines = [line for out, _ in said for line in out.splitlines()]
    sent = Counter(line.removeprefix("sent ") for line in lines if line.startswith("sent "))
    assert [line for line in lines if not line.startswith("sent ")] == []
    assert sent == Counter(phones(LEADS))
    made = world.attempts()
    assert {attempt.state for attempt in made} == {AttemptState.ENDED}
    assert Counter(attempt.phone for attempt in made) == sent
    assert all("sent " in out for out, _ in said)


def test_two_campaigns_that_claim_at_once_keep_the_cap_of_their_trunk(postgresql_world):
    world = postgresql_world
    world.campaign("autumn")
    world.add_list(phones(5))
    world.add_list(phones(5, 10), name="second", campaign="autumn")
    with ThreadPoolExecutor(1) as other, world.database.write() as conn:
        mine = claims.claim(conn, claim_request(trunk_max_calls=5), yes, NOW)
        theirs = other.submit(world.claim, campaign="autumn", trunk_max_calls=5)
        wait_for(lambda: theirs.done() or waiting_for_locks(world), "the other claim has begun")
        conn.commit()
        assert (len(mine), theirs.result(10)) == (5, [])


def test_a_lead_that_somebody_works_on_is_passed_over_and_not_waited_for(postgresql_world):
    world = postgresql_world
    world.add_list(phones(3))
    with world.database.write() as conn:
        conn.execute(select(leads.c.id).where(leads.c.phone == phones(1)[0]).with_for_update())
        assert [claimed.phone for claimed in world.claim()] == phones(2, 1)
    assert [claimed.phone for claimed in world.claim()] == phones(1)
