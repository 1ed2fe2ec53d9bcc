"""Engines and what is theirs: heartbeats by the database's clock, and what becomes of the attempts of one that stopped."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.dialects import sqlite

from dialerd.domain.dispositions import Disposition
from dialerd.domain.facts import AttemptState
from dialerd.engine.crew import APART_SECONDS, Crew
from dialerd.store import leases, nodes, tables
from dialerd.store.clock import database_now
from harness.world import NOW, phones

SECOND = timedelta(seconds=1)
SILENCE = 10 * SECOND


def register(world, instance, name="n"):
    said = {"instance": instance, "pid": 7, "host": "h", "version": "1"}
    return world.write(lambda conn: nodes.register(conn, name, **said))


def beat(world, instance, status=None):
    return world.write(lambda conn: nodes.beat(conn, "n", instance, status))


def silence(world, seconds, name="n"):
    """The node's last heartbeat was so long ago."""
    world.write(
        lambda conn: conn.execute(
            update(tables.nodes)
            .where(tables.nodes.c.name == name)
            .values(heartbeat_at=database_now(conn) - timedelta(seconds=seconds))
        )
    )


def give_back(world, owner="me", silent=SILENCE):
    return world.write(lambda conn: leases.give_back_abandoned(conn, owner, silent, NOW))


def abandoned(world, owner="me", silent=SILENCE):
    return world.read(lambda conn: leases.abandoned(conn, owner, silent))


def take_over(world, *attempts, owner="me"):
    ids = [attempt.attempt_id for attempt in attempts]
    return world.write(lambda conn: leases.take_over(conn, ids, "mine", owner, SILENCE))


@pytest.fixture
def calls(world):
    """Node n, alive, has claimed two leads and sent one of them."""
    register(world, "o")
    world.add_list(phones(2))
    kept, sent = world.claim()
    world.commit(sent, asterisk="a/5038")
    return kept, sent


def test_the_databases_clock_goes_on_within_a_transaction_and_is_about_ours(world):
    first, second = world.write(lambda conn: (database_now(conn), database_now(conn)))
    assert first.tzinfo is UTC
    assert first <= second
    assert abs(second - datetime.now(UTC)) < 60 * SECOND


def test_a_node_says_that_it_lives_and_what_it_does(world):
    assert register(world, "first") is None
    silence(world, 60)
    assert beat(world, "first", {"calls": 3})
    (node,) = world.read(nodes.all)
    assert (node.name, node.instance, node.pid, node.host, node.version) == ("n", "first", 7, "h", "1")
    assert (node.status, node.heartbeat_at > node.started_at) == ({"calls": 3}, True)
    assert timedelta() <= node.silent_for < 60 * SECOND
    assert beat(world, "first")
    assert world.read(lambda conn: nodes.get(conn, "n")).status == {"calls": 3}


def test_a_node_whose_name_was_taken_learns_it_from_its_next_beat(world):
    register(world, "first")
    silence(world, 60)
    before = register(world, "second")
    assert (before.instance, before.silent_for >= 60 * SECOND) == ("first", True)
    assert not beat(world, "first", {"calls": 3})
    assert beat(world, "second")
    assert world.read(lambda conn: nodes.get(conn, "n")).status == {}


def test_a_node_that_leaves_does_not_take_its_successor_along(world):
    register(world, "first")
    register(world, "second")
    world.write(lambda conn: nodes.leave(conn, "n", "first"))
    assert [node.instance for node in world.read(nodes.all)] == ["second"]
    world.write(lambda conn: nodes.leave(conn, "n", "second"))
    assert world.read(nodes.all) == []


def test_a_node_that_was_silent_for_long_is_forgotten_once_it_has_no_open_attempt(world, calls):
    world.write(lambda conn: nodes.forget_silent(conn, SILENCE))
    assert len(world.read(nodes.all)) == 1
    silence(world, 60)
    world.write(lambda conn: nodes.forget_silent(conn, SILENCE))
    assert len(world.read(nodes.all)) == 1
    give_back(world)
    world.end(calls[1].attempt_id)
    world.write(lambda conn: nodes.forget_silent(conn, SILENCE))
    assert world.read(nodes.all) == []


def test_what_a_living_node_has_is_nobody_elses(world, calls):
    assert give_back(world) == []
    assert abandoned(world) == []
    assert take_over(world, calls[1]) == frozenset()


def test_claims_of_a_silent_node_are_given_back_by_another_and_only_claims(world, calls):
    kept, sent = calls
    silence(world, 11)
    assert give_back(world) == [kept.attempt_id]
    assert world.attempt(sent.attempt_id).state is AttemptState.SENDING
    lead = world.lead(kept.lead_id)
    assert (lead.due_at, lead.dials) == (NOW, 0)
    assert world.commit(kept).won == frozenset()


def test_claims_of_an_earlier_life_of_a_node_are_given_back_at_once(world, calls):
    register(world, "a later life")
    assert give_back(world) == [calls[0].attempt_id]


def test_claims_of_a_node_that_has_left_are_given_back_at_once(world, calls):
    world.write(lambda conn: nodes.leave(conn, "n", "o"))
    assert give_back(world) == [calls[0].attempt_id]


def test_without_patience_every_claim_but_ones_own_goes_back(world, calls):
    assert give_back(world, owner="o", silent=timedelta()) == []
    assert give_back(world, silent=timedelta()) == [calls[0].attempt_id]


def test_a_sent_attempt_of_a_silent_node_says_where_it_was_sent_and_for_how_long_nobody_watched(world, calls):
    silence(world, 11)
    (found,) = abandoned(world)
    assert (found.attempt_id, found.state, found.asterisk, found.node) == (
        calls[1].attempt_id,
        AttemptState.SENDING,
        "a/5038",
        "n",
    )
    assert 11 * SECOND <= found.silent_for < 60 * SECOND


def test_without_an_entry_of_its_node_an_attempt_is_silent_since_it_was_sent(world, calls):
    world.write(lambda conn: nodes.leave(conn, "n", "o"))
    (found,) = abandoned(world)
    assert found.silent_for > datetime.now(UTC) - NOW - 60 * SECOND


def test_an_abandoned_attempt_has_one_heir(world, calls):
    silence(world, 11)
    register(world, "me", "mine")
    assert take_over(world, *calls) == {calls[1].attempt_id}
    assert take_over(world, *calls) == frozenset()
    assert take_over(world, *calls, owner="too late") == frozenset()
    record = world.attempt(calls[1].attempt_id)
    assert (record.node, record.owner) == ("mine", "me")
    assert world.attempt(calls[0].attempt_id).owner == "o"


def test_an_attempt_that_has_ended_is_not_taken_over(world, calls):
    silence(world, 11)
    world.end(calls[1].attempt_id, Disposition.BUSY)
    assert abandoned(world) == []
    assert take_over(world, calls[1]) == frozenset()


@pytest.mark.parametrize("statement", ["_GIVE_BACK_ABANDONED", "_ABANDONED"])
def test_on_sqlite_what_is_abandoned_is_found_by_the_small_index_of_open_attempts(sqlite_world, statement):
    compiled = getattr(leases, statement).compile(dialect=sqlite.dialect())
    explain = f"EXPLAIN QUERY PLAN {compiled}"
    arguments = ("x",) * str(compiled).count("?")
    steps = sqlite_world.read(lambda conn: conn.exec_driver_sql(explain, arguments).all())
    walks = [step.detail for step in steps if " attempts" in step.detail or " held" in step.detail]
    assert walks
    assert [walk for walk in walks if "INDEX attempts_open" not in walk and "(id=?)" not in walk] == []


def test_which_paces_an_engine_wants_a_part_of_is_there_for_the_others_until_its_next_life_says_more(world):
    register(world, "first")
    beat(world, "first", {"calls": 3})
    assert world.read(nodes.all)[0].asks == frozenset()
    world.write(lambda conn: nodes.beat(conn, "n", "first", asks={"trunk b", "campaign a"}))
    (node,) = world.read(nodes.all)
    assert (node.asks, node.status) == ({"trunk b", "campaign a"}, {"calls": 3})
    beat(world, "first")
    assert world.read(nodes.all)[0].asks == {"trunk b", "campaign a"}
    register(world, "second")
    assert world.read(nodes.all)[0].asks == {"trunk b", "campaign a"}
    world.write(lambda conn: nodes.beat(conn, "n", "second", asks=()))
    assert world.read(nodes.all)[0].asks == frozenset()


def look(world, crew, name, now):
    """What an engine does every half second: renew its row and read the others', in one transaction."""

    def work(conn):
        assert nodes.beat(conn, name, name, asks=crew.asked)
        return nodes.all(conn)

    crew.looked(crew.asked, world.write(work), now, now)


def test_engines_find_each_other_by_their_rows_and_share_what_both_want(world):
    crews = {name: Crew(name) for name in "ab"}
    for turn, (name, crew) in enumerate(crews.items()):
        register(world, name, name)
        crew.ask(["trunk t", f"campaign {name}"], turn)
        look(world, crew, name, turn)
        look(world, crew, name, turn)
    look(world, crews["a"], "a", 1.5)
    assert crews["a"].share("trunk t", 9, 1.5).calls_per_second == 5
    assert crews["a"].share("campaign a", 9, 1.5).calls_per_second == 9
    assert crews["b"].share("trunk t", 9, 1.5).calls_per_second == 0
    assert crews["b"].share("campaign b", 9, 1.5).calls_per_second == 9
    look(world, crews["b"], "b", 3.0)
    assert crews["b"].share("trunk t", 9, 1.0 + APART_SECONDS).calls_per_second == 4
    world.write(lambda conn: nodes.leave(conn, "b", "b"))
    look(world, crews["a"], "a", 3.5)
    assert crews["a"].share("trunk t", 9, 3.5).calls_per_second == 9


def test_a_life_of_an_engine_goes_on_while_its_row_is_its_own_and_beats(world):
    def lives(instance):
        return world.read(lambda conn: nodes.lives(conn, "n", instance, SILENCE))

    assert not lives("first")
    register(world, "first")
    assert (lives("first"), lives("second")) == (True, False)
    silence(world, 11)
    assert not lives("first")
