"""What an import that goes on has brought so far is counted with its steps: exact, and never by looking at leads."""

import pytest
from sqlalchemy import text

from dialerd.domain.importing import Phase
from dialerd.service import lists, rollbacks, statistics
from dialerd.store import lead_counts
from dialerd.store.database import Database
from harness.machine import transactions

ROWS = 5000
FEW = 20_000
"""So many steps of SQLite's machine show a list; looking at 5,000 leads takes a hundred thousand more."""


def number(n):
    return f"+1202{2_000_000 + n:07d}"


def counted(desk):
    """Leads that the unfinished version brings and that have no due time yet, one by one."""
    unarmed = """SELECT count(*) FROM list_versions v JOIN lead_rows r ON r.list_id = v.list_id AND
        r.from_version = v.number JOIN leads l ON l.id = r.lead_id WHERE v.state IN ('staging', 'published')
        AND l.due_at IS NULL AND (l.closed IS NULL OR l.closed = 'withdrawn')"""
    born = """SELECT count(*) FROM list_versions v JOIN leads l ON l.list_id = v.list_id AND l.id > v.highest_before
        WHERE v.state = 'staging' AND l.due_at IS NOT NULL"""
    with desk.database.read() as conn:
        return sum(conn.scalar(text(statement)) for statement in (unarmed, born))


@pytest.fixture
def compare(desk):
    """compare(at): as progress, sees that what is told is what there is; compare.phases are those in which it did."""

    def look(at):
        with desk.database.read() as conn:
            assert lead_counts.staged(conn, desk.list_id()) == counted(desk)
        look.phases.add(at.phase)

    look.phases = set()
    return look


@pytest.mark.parametrize("campaign", [None, "spring"])
def test_it_is_exact_after_every_step_of_an_import(desk, world, compare, campaign):
    desk.create(campaign=campaign)
    desk.load([(number(n), "a") for n in range(0, ROWS, 2)])
    desk.load([(number(n), "a") for n in range(0, ROWS, 4)], mode="replace")
    # New leads, leads that come back, leads that change, leads that go.
    rows = [(number(n), "b") for n in range(ROWS) if n % 12]
    desk.load(rows, mode="replace", duplicates="update", progress=compare)
    assert compare.phases == set(Phase)
    with desk.database.read() as conn:
        assert lead_counts.staged(conn, desk.list_id()) == 0


def test_it_is_exact_while_a_rollback_is_armed(desk, world, compare):
    desk.create(campaign="spring")
    desk.load([(number(n), "a") for n in range(ROWS)])
    desk.load([(number(n), "b") for n in range(0, ROWS, 2)], mode="replace", duplicates="update")
    rollbacks.rollback(desk.database, "june", 1, actor="tests", clock=desk.clock, progress=compare)
    assert Phase.ARMING in compare.phases


def test_an_import_that_fails_leaves_nothing_counted(desk):
    desk.create()
    desk.load([(number(0), "a")])

    def stop(at):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.load([(number(n), "b") for n in range(ROWS)], progress=stop)
    view = lists.show(desk.database, "june", now=desk.clock()).view
    assert (view.leads.total, view.leads.dialable, view.leads.staged) == (1, 1, 0)


def test_a_list_is_shown_during_its_import_at_the_same_cost_however_much_is_in(sqlite_url, make_desk):
    desk = make_desk(Database(sqlite_url))
    desk.create()
    costs = []

    def look(at):
        with transactions() as steps:
            lists.show(desk.database, "june", now=desk.clock())
            statistics.of_list(desk.database, "june", campaigns={}, now=desk.clock())
        costs.append(sum(steps))

    desk.load([(number(n), "a") for n in range(ROWS)], progress=look)
    desk.database.close()
    assert len(costs) > 3
    assert max(costs) < FEW
