"""What statistics cost does not depend on how many leads there are: no plan looks at the leads of a list."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from dialerd.store import tallies
from dialerd.store.database import Database
from harness.world import NOW, World, phones

LEADS = 30_000
FILL = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)",
    "postgresql": "WITH n(i) AS (SELECT generate_series(1, :count))",
}


@pytest.fixture(params=["sqlite", "postgresql"])
def full(request):
    """A list of many leads, due and closed, in several zones; and the statement that counts them."""
    database = Database(request.getfixturevalue(f"{request.param}_url"))
    world = World(database)
    list_id = world.add_list(phones(3), due=NOW - timedelta(hours=1))
    with database.write() as conn:
        conn.execute(
            text(
                f"INSERT INTO list_buckets (list_id, priority, zone) {FILL[request.param]}"
                " SELECT :list_id, 0, 'zone' || i FROM n"
            ),
            {"count": 30, "list_id": list_id},
        )
        conn.execute(
            text(
                "INSERT INTO leads (list_id, phone, zone, due_at, closed, disposition, attempts, created_at)"
                f" {FILL[request.param]} SELECT :list_id, '+1303' || i, 'zone' || (1 + i % 30),"
                " CASE WHEN i % 4 > 0 THEN old.due_at END, CASE WHEN i % 4 = 0 THEN 'over' END, 'busy', i % 3,"
                " old.created_at FROM n CROSS JOIN (SELECT due_at, created_at FROM leads LIMIT 1) old"
            ),
            {"count": LEADS, "list_id": list_id},
        )
    yield world, list_id
    database.close()


@pytest.mark.parametrize("until", [False, True])
def test_no_plan_looks_at_the_leads_of_a_list(full, until):
    world, list_id = full
    steps = world.read(lambda conn: plan(conn, list_id, until=until))
    if world.database.dialect == "sqlite":
        on_leads = [step for step in steps if step.startswith(("SEARCH l ", "SCAN l "))]
        assert len(on_leads) == 2, steps
        assert sum("leads_claim" in step and "due_at>? AND due_at<?" in step for step in on_leads) == 1
        assert sum("INTEGER PRIMARY KEY" in step for step in on_leads) == 1
        return
    read = sum(node["Actual Rows"] * node["Actual Loops"] for node in steps if node.get("Relation Name") == "leads")
    assert read < LEADS / 100


def plan(conn, list_id, *, until):
    """SQLite's words for its steps; PostgreSQL's nodes, with how many rows each has seen."""
    caught = []

    @event.listens_for(conn, "before_cursor_execute")
    def note(_conn, _cursor, statement, parameters, _context, _many):
        caught.append((statement, parameters))

    found = tallies.of_lists(conn, [list_id], NOW, until=until)[list_id]
    assert sum(group.leads for group in found) == LEADS + 3
    statement, parameters = caught[0]
    if conn.dialect.name == "sqlite":
        return [row.detail for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    told = conn.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).scalar_one()
    (tree,) = told if isinstance(told, list) else json.loads(told)
    return list(nodes(tree["Plan"]))


def nodes(node):
    yield node
    for below in node.get("Plans", ()):
        yield from nodes(below)
