"""kill -9 in the middle of imports: whoever comes next goes on, and the list is right."""

import random

import pytest

from dialerd.domain.importing import Duplicates, Mode
from dialerd.domain.lifecycle import VersionState
from dialerd.ingest.leadfile import Reading
from dialerd.service import imports, workers
from dialerd.store import versions
from dialerd.store.staging import Rules
from dialerd.store.versions import Buckets
from harness.waiting import wait_for

ROWS = 100_000
KILLS = 20


def number(n):
    return f"+1202{2_000_000 + n:07d}"


def begin(desk, path, rules):
    ticket = imports.begin(desk.database, "june", path, Reading(), actor=desk.actor, clock=desk.clock, rules=rules)
    return ticket.list_id, ticket.version


def version_of(desk, place):
    with desk.database.read() as conn:
        return versions.get(conn, *place)


def kill_at(desk, place, reached):
    """Starts a worker for the version, as recover does, and ends it as kill -9 does once it has reached the place."""
    process = workers.start(desk.database, *place, version_of(desk, place).worker)
    try:
        wait_for(lambda: process.poll() is not None or reached(version_of(desk, place)), "the worker gets on", 60)
    finally:
        process.kill()
        process.wait()


def live_count(desk, number_):
    """How many leads of the list the version has, by its rows; nobody may see them before it is published."""
    with desk.database.read() as conn:
        return conn.exec_driver_sql(
            f"SELECT count(*) FROM lead_rows WHERE list_id = {desk.list_id()} AND from_version = {number_}"
        ).scalar()


def finish(desk, place):
    """What the next `dialerd` command, or the engine within a minute, has done."""
    assert imports.recover(desk.database, clock=desk.clock) in ([place], [])
    wait_for(lambda: not version_of(desk, place).state.unfinished, "the version ends by itself", 100)


@pytest.mark.timeout(400)
def test_an_import_that_is_killed_twenty_times_has_every_row_once_in_the_end(desk):
    seed = random.randrange(1_000_000)
    moments = sorted(random.Random(seed).randrange(1, ROWS) for _ in range(KILLS))
    rows = [(number(n) if n % 50 else "12", f"n{n}") for n in range(ROWS)]
    desk.create()
    place = begin(desk, desk.file([*rows, rows[1], rows[2]]), Rules())
    for moment in moments:
        kill_at(desk, place, lambda now, moment=moment: now.buckets.rows >= moment or not now.state.unfinished)
        now = version_of(desk, place)
        if now.state is VersionState.STAGING:
            assert live_count(desk, 1) == now.buckets.imported, f"seed {seed}, moment {moment}"
            assert now.buckets.rows == now.buckets.imported + now.buckets.duplicate + now.buckets.rejected
    finish(desk, place)
    rejected = ROWS // 50
    assert version_of(desk, place).buckets == Buckets(
        rows=ROWS + 2, imported=ROWS - rejected, duplicate=2, rejected=rejected
    ), f"seed {seed}"
    leads = desk.leads()
    assert set(leads) == {phone for phone, _ in rows if phone != "12"}
    assert all(lead.due_at is not None for lead in leads.values())


@pytest.mark.timeout(400)
def test_a_replacement_of_a_list_in_use_that_is_killed_twenty_times_is_right_in_the_end(desk, world):
    desk.create(campaign="spring")
    desk.load([(number(n), "old") for n in range(0, ROWS, 10)])
    seed = random.randrange(1_000_000)
    rng = random.Random(seed)
    staging = sorted(rng.randrange(1, ROWS // 2) for _ in range(KILLS - 6))
    rows = [(number(n), "new") for n in range(ROWS // 2)]
    before = desk.dialable()
    place = begin(desk, desk.file(rows), Rules(Mode.REPLACE, Duplicates.UPDATE))
    for moment in staging:
        kill_at(desk, place, lambda now, moment=moment: now.buckets.rows >= moment or not now.state.unfinished)
    if version_of(desk, place).state is VersionState.STAGING:
        assert desk.dialable() == before
    for share in sorted(rng.random() for _ in range(6)):
        armed = int(share * ROWS / 2)
        kill_at(desk, place, lambda now, armed=armed: (now.armed_up_to or 0) > armed or not now.state.unfinished)
    finish(desk, place)
    known = ROWS // 20
    assert version_of(desk, place).buckets == Buckets(
        rows=ROWS // 2, imported=ROWS // 2 - known, updated=known, withdrawn=known
    ), f"seed {seed}"
    assert desk.dialable() == dict(rows)
    assert set(desk.closed().values()) == {"withdrawn"}
    assert len(desk.closed()) == known
