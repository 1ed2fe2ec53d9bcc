"""What must never be in the database is refused by the database itself."""

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from dialerd.domain.errors import Refused
from dialerd.store import lists
from dialerd.store.tables import attempts, campaigns, leads, list_versions
from harness.world import CAMPAIGN, NOW, phones


def attempt(**changes):
    plain = {"id": "a1", "lead_id": 1, "list_id": 1, "campaign": CAMPAIGN, "phone": "+12025550000", "number": 1}
    made = {"node": "n", "owner": "o", "trunk": "t", "state": "claimed", "due_at": NOW, "claimed_at": NOW}
    return {**plain, **made, **changes}


ENDED = {"state": "ended", "disposition": "busy", "ended_at": NOW}


def refused(world, *statements):
    """Whether the database takes all of them but the last."""
    *before, last = statements
    with world.database.write() as conn:
        for statement in before:
            conn.execute(statement)
    try:
        world.write(lambda conn: conn.execute(last))
    except IntegrityError:
        return True
    return False


def test_a_lead_has_one_open_attempt(world):
    other = attempt(id="a2", phone="+12025550001")
    assert refused(world, insert(attempts).values(attempt()), insert(attempts).values(other))
    assert len(world.attempts()) == 1


def test_a_number_has_one_open_attempt_over_all_lists(world):
    other = attempt(id="a2", lead_id=2, list_id=2)
    assert refused(world, insert(attempts).values(attempt()), insert(attempts).values(other))


def test_ended_attempts_do_not_stand_in_the_way(world):
    with world.database.write() as conn:
        conn.execute(insert(attempts).values(attempt(**ENDED)))
        conn.execute(insert(attempts).values(attempt(id="a2", **ENDED)))
        conn.execute(insert(attempts).values(attempt(id="a3")))
    assert len(world.attempts()) == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "ended", "ended_at": NOW},
        {"state": "ended", "disposition": "busy"},
        {"disposition": "busy"},
        {"ended_at": NOW},
        {"state": "answered", "disposition": "answered", "ended_at": NOW},
    ],
    ids=["ended without disposition", "ended without time", "disposition while open", "time while open", "both open"],
)
def test_an_attempt_has_a_disposition_and_an_end_exactly_when_it_is_ended(world, changes):
    assert refused(world, insert(attempts).values(attempt(**changes)))


def test_an_attempt_has_no_state_nobody_defined(world):
    assert refused(world, insert(attempts).values(attempt(state="dialing")))


def test_a_campaign_has_no_state_nobody_defined(world):
    assert refused(world, update(campaigns).values(state="running"))


def test_a_number_is_once_in_a_list(world):
    list_id = world.add_list(phones(1))
    assert refused(world, insert(leads).values(list_id=list_id, phone=phones(1)[0], created_at=NOW))


def test_a_number_may_be_in_two_lists(world):
    world.add_list(phones(1))
    world.add_list(phones(1), name="second")
    assert [lead.list_name for lead in world.leads()] == ["first", "second"]


def test_a_closed_lead_is_not_due(world):
    world.add_list(phones(1))
    assert refused(world, update(leads).values(closed="done"))


def test_a_lead_belongs_to_a_list(world):
    assert refused(world, insert(leads).values(list_id=4711, phone="+12025550000", created_at=NOW))


def test_a_list_belongs_to_a_campaign_that_exists(world):
    assert refused(
        world, insert(lists.lists).values(name="x", policy="strict", campaign="no", created_at=NOW, changed_at=NOW)
    )


def test_a_version_has_no_state_nobody_defined(world):
    world.add_list(phones(1))
    assert refused(world, update(list_versions).values(state="importing"))


def test_two_unarchived_lists_do_not_share_a_name(world):
    world.write(lambda conn: lists.create(conn, name="leads", now=NOW))
    with pytest.raises(Refused, match=r"list leads exists already: .* choose another name"):
        world.write(lambda conn: lists.create(conn, name="leads", now=NOW))


def test_an_archived_list_leaves_its_name_to_another(world):
    with world.database.write() as conn:
        lists.archive(conn, lists.create(conn, name="leads", now=NOW), NOW)
        second = lists.create(conn, name="leads", now=NOW)
        assert lists.require(conn, "leads").list_id == second


def test_the_id_of_a_deleted_lead_does_not_come_back(world):
    list_id = world.add_list(phones(2))
    with world.database.write() as conn:
        last = conn.scalar(insert(leads).values(list_id=list_id, phone="+1", created_at=NOW).returning(leads.c.id))
        conn.execute(leads.delete().where(leads.c.id == last))
        new = conn.scalar(insert(leads).values(list_id=list_id, phone="+2", created_at=NOW).returning(leads.c.id))
    assert new > last
