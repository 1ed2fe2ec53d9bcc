"""What is decided while nobody else may write is decided at once, however long the list is; and nobody who writes in
steps reads from one beginning to the end, because SQLite's log could not be cleared meanwhile.
"""

from datetime import timedelta

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.service import reset_undo, resets, rollbacks
from dialerd.store import dialed, versions
from dialerd.store.database import Database
from dialerd.store.tables import leads as table
from dialerd.store.versions import Buckets
from harness.machine import readers, written

A, B = "+12025550100", "+12025550101"
ROWS = 5000
FEW = 5000
"""So many steps of SQLite's machine take less than a millisecond; looking at 5,000 leads takes a hundred thousand."""


@pytest.fixture
def large(sqlite_url, make_desk):
    """A list of 5,000 leads, as an import leaves it."""
    database = Database(sqlite_url)
    desk = make_desk(database)
    desk.create()
    desk.load([(f"+1202{2_000_000 + n:07d}", "x") for n in range(ROWS)])
    yield desk
    database.close()


def test_an_undo_decides_at_once_under_the_lock(large):
    with written() as steps:
        rollbacks.undo(large.database, "june", actor="tests", clock=large.clock)
    assert len(steps) > 3
    assert steps[0] < FEW


def test_the_undo_of_a_reset_decides_at_once_under_the_lock(large):
    with large.database.write() as conn:
        conn.execute(table.update().values(disposition="busy"))
    words = {"actor": "tests", "clock": large.clock}
    resets.reset(large.database, resets.ResetWish("june", frozenset({Disposition.BUSY})), **words)
    with written() as steps:
        assert reset_undo.undo(large.database, "june", **words).leads == ROWS
    assert steps[0] < FEW


@pytest.fixture
def version(desk, world):
    """The version of a list with one lead that was there before, and one that is new."""
    desk.create(campaign="spring")
    desk.load({A: "a"})
    desk.load({B: "b"}, duplicates="update")
    with desk.database.read() as conn:
        return versions.get(conn, desk.list_id(), 2)


def found(desk, version, since):
    with desk.database.read() as conn:
        return dialed.new_lead_since(conn, version, since)


def test_under_the_lock_an_undo_sees_who_was_dialed_since_it_looked(desk, world, version):
    began = desk.clock()
    old, new = world.claim(2, now=desk.clock())
    assert (old.phone, new.phone) == (A, B)
    assert found(desk, version, began) == B
    # Still in the call, however long ago it began.
    assert found(desk, version, began + timedelta(days=1)) == B
    world.end(new.attempt_id)
    assert found(desk, version, began) == B
    assert found(desk, version, began + timedelta(days=1)) is None


def test_under_the_lock_an_undo_does_not_mind_calls_to_leads_that_were_there_before(desk, world, version):
    (old,) = world.claim(1, now=desk.clock())
    assert old.phone == A
    assert found(desk, version, desk.clock() - timedelta(hours=1)) is None


def test_under_the_lock_the_undo_of_a_reset_sees_who_was_dialed_since_it_looked(desk, world):
    desk.create(campaign="spring")
    desk.load({A: "a"})
    (call,) = world.claim(now=desk.clock())
    world.end(call.attempt_id)
    later = desk.clock() + timedelta(hours=5)
    world.recycle(call.lead_id, due=desk.clock(), now=desk.clock())
    wish = resets.ResetWish("june", frozenset({Disposition.BUSY}))
    reset = resets.reset(desk.database, wish, actor="tests", clock=lambda: later)
    with desk.database.read() as conn:
        assert not dialed.reset_lead_since(conn, reset.reset_id, later)
    world.claim(now=later)
    with desk.database.read() as conn:
        assert dialed.reset_lead_since(conn, reset.reset_id, later)


def test_a_rollback_of_a_long_list_keeps_no_reader_open_while_it_writes(desk):
    rows = [(f"+1202{2_000_000 + n:07d}", "x") for n in range(ROWS)]
    desk.create()
    desk.load(rows)
    desk.load([(number, "y") for number, _ in rows[::2]], mode="replace", duplicates="update")
    desk.load({A: "a"})
    with readers() as found:
        rollbacks.rollback(desk.database, "june", 1, actor="tests", clock=desk.clock)
    assert len(found) > 5
    assert set(found) == {0}
    assert desk.dialable() == dict(rows)
    with desk.database.read() as conn:
        made = versions.get(conn, desk.list_id(), 4)
    assert made.buckets == Buckets(rows=ROWS, imported=ROWS // 2, updated=ROWS // 2, withdrawn=1)
