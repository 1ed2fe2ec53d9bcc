"""What a claim costs does not depend on how many leads there are: it walks one index and looks at a few rows of it."""

import json
from contextlib import closing

import pytest
from sqlalchemy import bindparam, text

from dialerd.domain.order import Order
from dialerd.store import claims, heads, order
from dialerd.store.database import Database
from dialerd.store.types import UtcDateTime
from harness.databases import TEMPLATE
from harness.world import CAMPAIGN, NOW, World, claim_request, lead, phones, yes

LEADS = 50_000
ZONES = 30
FEW = 500
ASKED = 16
OPEN = json.dumps([f"zone{number}" for number in range(1, ZONES, 2)])

NUMBERS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) ",
    "postgresql": "WITH n(i) AS (SELECT generate_series(1, {count})) ",
}


def at(text_of_sql):
    return text(text_of_sql).bindparams(bindparam("now", NOW, type_=UtcDateTime))


def fill(world, leads, *, first=0):
    """A list of so many leads over many zones, and a ledger in which many of them are."""
    list_id = world.add_list(phones(1)) if first == 0 else 1
    series = NUMBERS[world.database.dialect]
    lead_id = world.leads()[-1].lead_id
    statements = (
        (
            f"INSERT INTO list_buckets {series.format(count=ZONES)} SELECT {list_id}, 0, 'zone' || i FROM n"
            f" WHERE {first} = 0"
        ),
        (
            f"INSERT INTO leads (list_id, phone, zone, due_at, created_at) {series.format(count=leads)}"
            f" SELECT {list_id}, '+1303' || ({first} + i), 'zone' || (1 + i % {ZONES}), :now, :now FROM n"
        ),
        (
            "INSERT INTO lead_rows (lead_id, list_id, from_version, line, fields)"
            f" SELECT id, list_id, 1, 2, '{{}}' FROM leads WHERE id > {lead_id}"
        ),
        (
            "INSERT INTO attempts (id, lead_id, list_id, campaign, phone, number, node, owner, trunk, state,"
            f" disposition, due_at, claimed_at, ended_at) {series.format(count=leads // 2)}"
            f" SELECT 'a' || ({first} + i), i, {list_id}, '{CAMPAIGN}', '+1303' || i, 1, 'n', 'o', 't', 'ended',"
            " 'busy', :now, :now, :now FROM n"
        ),
    )
    with world.database.write() as conn:
        if world.database.dialect == "postgresql":
            conn.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in statements:
            conn.execute(at(statement) if ":now" in statement else text(statement))


def plan(conn, explain, *, newest):
    statement = at(explain + heads._sql(conn.dialect.name, ASKED, newest=newest))
    return conn.execute(statement, {"campaign": CAMPAIGN, "zones": OPEN}).all()


def nodes(plan):
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


@pytest.fixture(scope="module", params=["never analyzed", "analyzed"])
def filled(request, ready_cluster):
    """On PostgreSQL, for tests that only read."""
    with ready_cluster.database(TEMPLATE) as url, closing(Database(url)) as database:
        with database.write() as conn:
            for name in ("leads", "lead_rows", "attempts"):  # the server would analyze them by itself in time
                conn.execute(text(f"ALTER TABLE {name} SET (autovacuum_enabled = false)"))
        fill(World(database), LEADS)
        if request.param == "analyzed":
            with database.write() as conn:
                conn.execute(text("ANALYZE"))
        yield database


@pytest.mark.parametrize("newest", [False, True])
def test_sqlite_walks_the_claim_index_and_sorts_only_what_it_found(sqlite_world, newest):
    fill(sqlite_world, LEADS)
    steps = [row.detail for row in sqlite_world.read(lambda conn: plan(conn, "EXPLAIN QUERY PLAN ", newest=newest))]
    walks = [step for step in steps if "leads_claim" in step]
    assert len(walks) == 2
    for step in walks:
        assert "COVERING INDEX leads_claim (list_id=? AND priority=? AND zone=? AND due_at<?)" in step
    # What is scanned is what the steps before have narrowed down, never a table.
    named = "SCAN json_each VIRTUAL TABLE INDEX 1:"
    assert {step for step in steps if step.startswith("SCAN")} == {"SCAN heads", "SCAN b", "SCAN l", named}


@pytest.mark.parametrize("newest", [False, True])
@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
def test_postgresql_walks_the_claim_index_and_looks_at_few_rows(filled, mode, newest):
    with filled.write() as conn:
        conn.execute(text(f"SET LOCAL plan_cache_mode = {mode}"))
        sql = heads._sql("postgresql", ASKED, newest=newest).replace(":campaign", "$1").replace(":now", "$2")
        conn.exec_driver_sql(f"PREPARE claim(text, timestamptz, text) AS {sql.replace(':zones', '$3')}")
        explain = "EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE claim('{}', '{}', '{}')"
        found = conn.exec_driver_sql(explain.format(CAMPAIGN, NOW.isoformat(), OPEN)).scalar_one()
        conn.exec_driver_sql("DEALLOCATE claim")
    steps = steps_of(found)
    walks = [step for step in steps if step.get("Index Name") == "leads_claim"]
    assert len(walks) == 2
    assert max(step["Actual Loops"] for step in walks) <= len(json.loads(OPEN)), "closed buckets were looked into"
    scanned = {step["Relation Name"] for step in steps if step["Node Type"] == "Seq Scan"}
    assert scanned <= {"lists", "list_buckets", "campaigns"}
    looked_at = sum(step["Actual Rows"] * step["Actual Loops"] for step in steps if "Relation Name" in step)
    assert looked_at < 10 * ASKED * ASKED


def steps_of(explained):
    """The steps of a plan that PostgreSQL explained as JSON."""
    (tree,) = explained if isinstance(explained, list) else json.loads(explained)
    return list(nodes(tree["Plan"]))


def test_postgresql_draws_leads_at_random_by_the_claim_index_alone(filled):
    buckets = json.dumps([[1, f"zone{zone}"] for zone in range(1, order.MOST_ZONES + 1)])
    probes = json.dumps(list(range(1, LEADS, LEADS // ASKED)))
    with filled.write() as conn:
        explain = order._bound(f"EXPLAIN (ANALYZE, FORMAT JSON) {order._HITS['postgresql'].text}")
        values = {"buckets": buckets, "probes": probes, "priority": 0, "due": NOW}
        steps = steps_of(conn.execute(explain, values).scalar_one())
    on_leads = [step for step in steps if step.get("Relation Name") == "leads"]
    assert {step["Index Name"] for step in on_leads} == {"leads_claim"}
    assert sum(step["Actual Rows"] * step["Actual Loops"] for step in on_leads) < 2 * ASKED * order.MOST_ZONES


@pytest.mark.parametrize("way", list(Order))
def test_a_claim_of_fifty_thousand_leads_does_as_much_as_one_of_five_hundred(sqlite_world, way):
    fill(sqlite_world, FEW)
    few = steps_of_a_claim(sqlite_world, way)
    fill(sqlite_world, LEADS, first=FEW)
    many = steps_of_a_claim(sqlite_world, way)
    assert many < 1.2 * few


def steps_of_a_claim(world, way, **more):
    """How many tens of steps SQLite's machine took."""
    count = 0

    def step():
        nonlocal count
        count += 1

    with world.database.write() as conn:
        claims.claim(conn, claim_request(limit=ASKED, order=way), yes, NOW, **more)
        raw = conn.connection.driver_connection
        raw.set_progress_handler(step, 10)
        claimed = claims.claim(conn, claim_request(limit=ASKED, order=way), yes, NOW, **more)
        raw.set_progress_handler(None, 0)
    assert len(claimed) == ASKED
    return count


def test_a_closed_zone_costs_a_claim_far_less_than_an_open_one(sqlite_world):
    fill(sqlite_world, FEW)
    near = [f"zone{number}" for number in range(1, 6)]
    without = steps_of_a_claim(sqlite_world, Order.LIST, open_among=lambda _keys: near)
    rows = [lead(f"+1404{number:07d}", zone=f"far{number}") for number in range(500)]
    sqlite_world.add_list(rows, name="far away")
    closed = steps_of_a_claim(sqlite_world, Order.LIST, open_among=lambda _keys: near)
    opened = steps_of_a_claim(sqlite_world, Order.LIST, open_among=lambda keys: keys)
    # What 500 more zones add to a claim, which has a cost of its own without them.
    assert closed - without < 0.2 * (opened - without), (without, closed, opened)
