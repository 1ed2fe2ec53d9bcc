"""How many leads are due in some zones is exact, whatever happened to them, and no plan looks at the leads of a list."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from dialerd.domain.funnel import Standing, by_zone
from dialerd.store import tallies, zone_groups
from dialerd.store.tables import leads
from harness.churn import Churn
from harness.world import NOW, lead, phones

ZONES = ["America/New_York@US-FL", "Europe/Berlin@DE", "Europe/London@GB", ""]
LEADS = 240


@pytest.fixture
def lists(world):
    made = []
    for number, name in enumerate(("first", "second")):
        rows = [
            lead(phone, zone=ZONES[place % len(ZONES)], priority=place % 2)
            for place, phone in enumerate(phones(LEADS // 2, first=number * LEADS // 2))
        ]
        made.append(world.add_list(rows, name=name))
    return made


def told(world, list_ids, zones, now):
    found = world.read(lambda conn: zone_groups.due_in(conn, dict.fromkeys(list_ids, zones), now))
    return Counter(
        {
            (list_id, group.zone, group.disposition, group.attempts, group.contacted): group.leads
            for list_id, groups in found.items()
            for group in groups
        }
    )


def counted(world, list_ids, zones, now):
    rows = world.read(lambda conn: conn.execute(select(leads)).all())
    return Counter(
        (row.list_id, row.zone, row.disposition, row.attempts, row.contacted)
        for row in rows
        if row.list_id in list_ids and row.zone in zones and row.due_at is not None and row.due_at <= now
    )


@pytest.mark.parametrize("seed", range(2))
def test_after_hundreds_of_random_changes_they_are_what_counting_says(world, lists, seed):
    churn = Churn(world.database, lists, seed)
    seen = 0
    for number in range(150):
        churn.transaction()
        if number % 10 == 0:
            churn.fold()
        if number % 25 == 0:
            expected = counted(world, lists, ZONES[:3], churn.now)
            assert told(world, lists, ZONES[:3], churn.now) == expected
            seen += expected.total()
    for seconds in (-3600, -61, 0, 0.5, 60, 1800, 3600, 7200):
        now = churn.now + timedelta(seconds=seconds)
        assert told(world, lists, ZONES, now) == counted(world, lists, ZONES, now)
    assert seen > LEADS, "there was little to count"


def test_a_lead_that_moves_to_another_place_is_counted_there(world):
    list_id = world.add_list([lead("+12025550001", zone=ZONES[0])])
    world.write(lambda conn: conn.execute(leads.update().values(zone=ZONES[1])))
    assert told(world, [list_id], ZONES, NOW) == {(list_id, ZONES[1], "new", 0, False): 1}


def test_told_apart_by_zone_the_groups_are_the_same_leads(world, lists):
    found = world.read(lambda conn: tallies.of_lists(conn, lists, NOW))
    zoned = world.read(lambda conn: zone_groups.due_in(conn, dict.fromkeys(lists, ZONES[:2]), NOW))
    for list_id in lists:
        apart = by_zone(found[list_id], zoned[list_id])
        assert sum(group.leads for group in apart) == LEADS // 2
        due = {group.zone: group.leads for group in apart if group.standing is Standing.DUE}
        assert due == {None: LEADS // 4, ZONES[0]: LEADS // 8, ZONES[1]: LEADS // 8}


def test_only_the_tallies_and_the_rest_of_this_hour_are_looked_at(sqlite_world):
    list_id = sqlite_world.add_list([lead(phone, zone=ZONES[0]) for phone in phones(50)])
    caught = []
    with sqlite_world.database.read() as conn:

        @event.listens_for(conn, "before_cursor_execute")
        def note(_conn, _cursor, statement, parameters, _context, _many):
            caught.append((statement, parameters))

        zone_groups.due_in(conn, {list_id: ZONES[:1]}, NOW)
        statement, parameters = caught[0]
        steps = [row.detail for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    assert any("SEARCH t USING PRIMARY KEY (list_id=? AND zone=? AND slot<?)" in step for step in steps), steps
    walks = [step for step in steps if step.startswith(("SEARCH l ", "SCAN l"))]
    assert len(walks) == 1
    assert "leads_claim (list_id=? AND priority=? AND zone=? AND due_at>? AND due_at<?)" in walks[0]
