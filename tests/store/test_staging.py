"""Leads come into a list unseen, are armed in steps, and go again when their version failed."""

from datetime import timedelta

import pytest
from sqlalchemy import event, text

from dialerd.store import leads, versions
from dialerd.store.known import look_up
from dialerd.store.leads import CLOSED_BY_HAND, WITHDRAWN, StageCounts
from dialerd.store.versions import Buckets
from harness.world import NOW, lead, phones

MINUTE = timedelta(minutes=1)


@pytest.fixture
def list_id(world):
    """A list without leads in the active campaign."""
    return world.add_list([])


def begin(world, list_id):
    return world.write(
        lambda conn: versions.begin(conn, list_id, file_name="b.csv", sha256="1", created_by="tests", now=NOW)
    )


def stage(world, list_id, version, rows):
    staged = [row if not isinstance(row, str) else lead(row) for row in rows]
    return world.write(lambda conn: leads.stage(conn, list_id, version, staged, NOW))


def publish(world, list_id, version):
    world.write(lambda conn: versions.publish(conn, list_id, version, Buckets(), NOW))


def arm(world, list_id, version, step=1000, after=0, now=NOW):
    return world.write(lambda conn: leads.arm(conn, list_id, version, now, after, step))


def give_up(world, list_id, version):
    """Discards the version, as service.imports does."""
    while world.write(lambda conn: leads.discard(conn, list_id, version, 2)):
        pass
    world.write(lambda conn: versions.fail(conn, list_id, version, "gave up", NOW))


def test_staged_leads_are_not_dialed(world, list_id):
    stage(world, list_id, begin(world, list_id), phones(3))
    assert world.claim() == []
    assert [found.due_at for found in world.leads()] == [None] * 3


def test_staging_tells_new_numbers_from_known_and_repeated_ones(world, list_id):
    version = begin(world, list_id)
    assert stage(world, list_id, version, [*phones(3), phones(1)[0]]) == StageCounts(new=3, known=0, repeated=1)
    assert stage(world, list_id, version, phones(5)) == StageCounts(new=2, known=0, repeated=3)
    assert stage(world, list_id, version, []) == StageCounts(new=0, known=0)
    publish(world, list_id, version)
    world.write(lambda conn: versions.finish(conn, list_id, version, NOW))
    assert stage(world, list_id, begin(world, list_id), phones(7)) == StageCounts(new=2, known=5)


def test_of_many_numbers_in_one_step_each_new_one_is_a_lead_and_a_row_in_the_order_of_the_file(world, list_id):
    first = begin(world, list_id)
    known = phones(170)[::7]
    assert stage(world, list_id, first, known) == StageCounts(new=len(known), known=0)
    publish(world, list_id, first)
    world.write(lambda conn: versions.finish(conn, list_id, first, NOW))
    rows = [lead(phone, line=line) for line, phone in enumerate(phones(170), 2)]
    new = [row for row in rows if row.phone not in known]
    second = begin(world, list_id)
    counts = stage(world, list_id, second, rows)
    assert counts == StageCounts(new=len(new), known=len(known))
    assert [found.phone for found in world.leads()] == [*known, *(row.phone for row in new)]
    query = "SELECT phone, line FROM lead_rows JOIN leads ON id = lead_id WHERE from_version = :version ORDER BY id"
    with world.database.read() as conn:
        assert conn.execute(text(query), {"version": second}).all() == [(row.phone, row.line) for row in new]


def test_the_first_row_of_a_number_wins(world, list_id):
    stage(
        world,
        list_id,
        begin(world, list_id),
        [lead("+12025550001", line=2, a="1"), lead("+12025550001", line=3, a="2")],
    )
    (found,) = world.leads()
    with world.database.write() as conn:
        rows = conn.execute(leads.lead_rows.select()).all()
    assert [(row.lead_id, row.line, row.fields) for row in rows] == [(found.lead_id, 2, {"a": "1"})]


def test_the_same_number_in_another_list_is_new_there(world, list_id):
    other = world.add_list(phones(2), name="second")
    assert stage(world, list_id, begin(world, list_id), phones(2)).new == 2
    assert {found.list_id for found in world.leads()} == {list_id, other}


def test_leads_keep_the_order_of_their_rows(world, list_id):
    rows = list(reversed(phones(300)))
    stage(world, list_id, begin(world, list_id), rows)
    assert [found.phone for found in world.leads()] == rows


def test_arming_goes_on_from_where_it_was_and_ends(world, list_id):
    version = begin(world, list_id)
    stage(world, list_id, version, phones(5))
    publish(world, list_id, version)
    ids = [found.lead_id for found in world.leads()]
    assert arm(world, list_id, version, step=2) == ids[1]
    assert [claimed.phone for claimed in world.claim()] == phones(2)
    assert arm(world, list_id, version, step=2, after=ids[1]) == ids[3]
    assert arm(world, list_id, version, step=2, after=ids[3]) == ids[4]
    assert arm(world, list_id, version, step=2, after=ids[4]) is None
    assert [claimed.phone for claimed in world.claim()] == phones(3, 2)


def test_arming_again_leaves_leads_alone_that_were_dialed_meanwhile(world, list_id):
    version = begin(world, list_id)
    stage(world, list_id, version, phones(3))
    publish(world, list_id, version)
    arm(world, list_id, version)
    in_call, closed = world.claim(2)
    world.send(closed)
    world.end(closed.attempt_id)
    world.recycle(closed.lead_id, closed="busy once")
    before = world.leads()
    arm(world, list_id, version, now=NOW + MINUTE)
    assert world.leads() == before
    assert world.lead(in_call.lead_id).due_at is None


def test_arming_brings_back_what_was_withdrawn_but_not_what_a_person_closed(world, list_id):
    version = begin(world, list_id)
    stage(world, list_id, version, phones(2))
    with world.database.write() as conn:
        table = leads.leads
        for phone, reason in zip(phones(2), (WITHDRAWN, CLOSED_BY_HAND), strict=True):
            conn.execute(table.update().where(table.c.phone == phone).values(closed=reason))
    publish(world, list_id, version)
    arm(world, list_id, version)
    assert [(found.due_at, found.closed) for found in world.leads()] == [(NOW, None), (None, CLOSED_BY_HAND)]


def test_a_failed_version_takes_its_leads_with_it_and_no_others(world):
    list_id = world.add_list(phones(3))
    version = begin(world, list_id)
    stage(world, list_id, version, phones(8))
    before = world.leads()[:3]
    give_up(world, list_id, version)
    assert world.leads() == before
    assert len(world.claim()) == 3


def test_a_lead_that_an_earlier_version_has_too_outlives_the_failed_one(world):
    list_id = world.add_list(phones(1))
    version, before = begin(world, list_id), world.leads()
    again = {"lead_id": before[0].lead_id, "list_id": list_id, "from_version": version, "line": 2, "fields": {}}
    world.write(lambda conn: conn.execute(leads.lead_rows.insert().values(again)))
    give_up(world, list_id, version)
    assert world.leads() == before
    assert len(world.claim()) == 1


def test_a_failed_version_can_be_imported_again(world, list_id):
    version = begin(world, list_id)
    stage(world, list_id, version, phones(3))
    give_up(world, list_id, version)
    again = begin(world, list_id)
    assert again == version + 1
    assert stage(world, list_id, again, phones(3)).new == 3


@pytest.mark.parametrize("zone", ["", "Europe/Berlin", "America/Chicago|America/New_York"])
def test_staged_leads_are_found_by_the_claim_in_any_zone_and_priority(world, list_id, zone):
    version = begin(world, list_id)
    rows = [lead(phone, zone=zone, priority=priority) for priority, phone in enumerate(phones(3), -1)]
    stage(world, list_id, version, rows)
    publish(world, list_id, version)
    arm(world, list_id, version)
    assert [claimed.phone for claimed in world.claim()] == phones(3)[::-1]


def test_while_a_list_grows_its_leads_are_found_by_number_and_not_by_a_walk_through_it(world, list_id):
    """As nobody has counted its rows yet, or did when there were few: the planner of PostgreSQL chose the walk."""
    version = begin(world, list_id)
    stage(world, list_id, version, phones(1, first=6000))
    with world.database.write() as conn:
        conn.execute(text("ANALYZE"))
    for first in range(0, 6000, 1000):
        stage(world, list_id, version, phones(1000, first=first))
    with world.database.write() as conn:
        read = known_walk(conn, list_id, phones(50))
    assert read <= 200


def known_walk(conn, list_id, wanted):
    """How many rows of leads, and of what is said of them, are read to look these numbers up."""
    statements = []

    def note(_conn, _cursor, statement, parameters, _context, _many):
        statements.append((statement, parameters))

    event.listen(conn, "before_cursor_execute", note)
    assert len(look_up(conn, list_id, wanted)) == len(wanted)
    event.remove(conn, "before_cursor_execute", note)
    ((statement, parameters),) = statements
    if conn.dialect.name == "sqlite":
        steps = [row.detail for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        walks = [step for step in steps if step.startswith("SCAN") and "wanted" not in step]
        return 10_000 * len(walks)
    (told,) = conn.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).scalar_one()
    return sum(rows_read(told["Plan"]))


def rows_read(node):
    if node.get("Relation Name"):
        seen = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        yield seen * node["Actual Loops"]
    for below in node.get("Plans", ()):
        yield from rows_read(below)
