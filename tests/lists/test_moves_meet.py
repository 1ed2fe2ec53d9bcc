"""Moving leads onto a list that has their numbers: no wait is lost, nobody comes back who was closed, no call is touched."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from dialerd.domain.dispositions import Disposition
from dialerd.service import lead_changes, moves
from dialerd.service.moves import MoveWish
from dialerd.store.tables import leads as table
from harness.world import NOW, lead, phones

BUSY = Disposition.BUSY
HOUR = timedelta(hours=1)
(JANE,) = phones(1)
CLOSED = "closed by hand"


@pytest.fixture
def move(desk):
    def run(source="first", target="second"):
        wish = MoveWish(source, target, update=True)
        planned = moves.plan(desk.database, wish)
        report = moves.move(desk.database, wish, clock=desk.clock, **desk.words)
        counts = [(found.moved, found.updated, found.duplicate, found.in_call) for found in (planned, report)]
        assert counts[0] == counts[1], "the dry run says what happens"
        return counts[0]

    return run


def jane(desk, list_name):
    (found,) = [found for found in desk.world.leads() if (found.list_name, found.phone) == (list_name, JANE)]
    return found


def close(desk, list_name):
    lead_changes.close(desk.database, JANE, reason="asked by mail", now=NOW, list_name=list_name, **desk.words)


@pytest.fixture
def withdrawn_there(desk, move):
    """JANE is in both lists, and withdrawn in the second, where she waits for a retry."""
    desk.world.add_list([lead(JANE)], name="second")
    desk.called(BUSY, due=NOW + 9 * HOUR)
    desk.world.add_list([lead(JANE)], name="third", campaign=None)
    assert move("second", "third") == (0, 1, 0, 0)
    desk.world.add_list([lead(JANE, first_name="Jane")], campaign=None)
    assert (jane(desk, "second").closed, jane(desk, "second").due_at) == ("withdrawn", None)


@pytest.mark.usefixtures("withdrawn_there")
def test_a_withdrawn_lead_that_a_move_brings_back_waits_for_its_retry_as_before(desk, move):
    assert move() == (0, 1, 0, 0)
    back = jane(desk, "second")
    assert (back.closed, back.due_at, back.disposition) == (None, NOW + 9 * HOUR, "busy")
    assert desk.world.claim(now=NOW + HOUR) == []


@pytest.mark.parametrize("where", ["first", "second"])
def test_a_lead_in_a_call_is_neither_withdrawn_nor_changed_by_a_move(desk, move, where):
    desk.world.add_list([lead(JANE, first_name="new")], campaign="spring" if where == "first" else None)
    desk.world.add_list([lead(JANE, first_name="old")], name="second", campaign="spring" if where == "second" else None)
    (up,) = desk.world.claim(1)
    desk.world.send(up)
    before = desk.world.leads()
    assert move() == (0, 0, 0, 1)
    assert desk.world.leads() == before
    desk.world.end(up.attempt_id)
    desk.world.recycle(up.lead_id, due=NOW + HOUR)
    assert jane(desk, where).due_at == NOW + HOUR


def test_who_opted_out_is_not_dialed_when_the_lead_of_the_other_list_was_in_a_call_during_the_move(desk, move):
    desk.world.add_list([lead(JANE)])
    desk.called(Disposition.OPTED_OUT)
    desk.world.add_list([lead(JANE)], name="second")
    (up,) = desk.world.claim(1)
    desk.world.send(up)
    assert move() == (0, 0, 0, 1)
    desk.world.end(up.attempt_id)
    desk.world.recycle(up.lead_id, due=NOW)
    assert move() == (0, 1, 0, 0)
    assert desk.world.claim() == []


def test_a_lead_closed_by_hand_stays_so_in_both_lists_and_when_its_first_list_has_it_again(desk, move):
    first = desk.world.add_list([lead(JANE)])
    close(desk, "first")
    desk.world.add_list([lead(JANE)], name="second")
    assert move() == (0, 1, 0, 0)
    assert (jane(desk, "first").closed, jane(desk, "second").closed) == (CLOSED, CLOSED)
    desk.world.add_version(first, [lead(JANE)])
    assert desk.phones("first") == [JANE]
    assert desk.world.claim() == []


def test_a_lead_of_the_target_that_was_closed_by_hand_stays_so(desk, move):
    desk.world.add_list([lead(JANE)], campaign=None)
    desk.world.add_list([lead(JANE)], name="second")
    close(desk, "second")
    assert move() == (0, 1, 0, 0)
    assert jane(desk, "second").closed == CLOSED
    assert desk.world.claim() == []


@pytest.mark.usefixtures("withdrawn_there")
def test_a_withdrawn_lead_does_not_come_back_for_one_that_was_closed_by_hand(desk, move):
    close(desk, "first")
    assert move() == (0, 1, 0, 0)
    assert jane(desk, "second").closed == CLOSED
    assert desk.world.claim(now=NOW + 99 * HOUR) == []


@pytest.mark.usefixtures("withdrawn_there")
def test_who_said_never_again_is_not_dialed_from_a_list_that_had_the_number_withdrawn(desk, move):
    said = {"disposition": "opted_out", "due_at": None, "closed": "opted_out is final"}
    desk.world.write(
        lambda conn: conn.execute(update(table).where(table.c.id == jane(desk, "first").lead_id).values(**said))
    )
    assert move() == (0, 1, 0, 0)
    assert (jane(desk, "second").disposition, jane(desk, "second").due_at) == ("opted_out", None)
    assert jane(desk, "second").closed == "opted_out is final"


def test_the_lead_of_the_target_is_dialed_by_the_priority_and_zone_it_takes(desk, move):
    desk.world.add_list([lead(JANE, priority=7, zone="Europe/Berlin")], campaign=None)
    desk.world.add_list([lead(JANE), *map(lead, phones(2, 50))], name="second")
    assert move() == (0, 1, 0, 0)
    assert (jane(desk, "second").priority, jane(desk, "second").zone) == (7, "Europe/Berlin")
    assert [claimed.phone for claimed in desk.world.claim()] == [JANE, *phones(2, 50)]
