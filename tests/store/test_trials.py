"""Trials are routed and end like attempts, and are none."""

from datetime import timedelta

import pytest

from dialerd.domain.errors import NotFound, Refused, Unavailable
from dialerd.domain.facts import EndFacts, Witness
from dialerd.service import trials
from dialerd.service.attempts import Ending, EndRequest, end_each
from dialerd.service.routing import RouteOrder, RouteRequest, route_each
from dialerd.settings import Campaign
from dialerd.store import freezes
from dialerd.store import trials as rows
from dialerd.store.ids import new_attempt_id
from harness import configuration
from harness.world import CAMPAIGN, NOW, World, phones

CAMPAIGNS = {CAMPAIGN: Campaign.model_validate({"name": CAMPAIGN, **configuration.CAMPAIGN})}
ANSWERED = EndFacts(sip_code=200, cause=16, answered=True)
BUSY = EndFacts(sip_code=486, cause=17, answered=False)


@pytest.fixture
def world(database):
    world = World(database)
    world.add_list(phones(3))
    return world


@pytest.fixture
def trial(world):
    trial_id = new_attempt_id(NOW)
    row = {"campaign": CAMPAIGN, "endpoint": "101", "actor": "tests", "now": NOW}
    world.write(lambda conn: rows.begin(conn, trial_id, **row))
    return trial_id


def read(world, trial):
    return world.read(lambda conn: rows.load_many(conn, [trial]))[trial]


def route(world, trial):
    (answer,) = world.write(lambda conn: route_each(conn, [RouteRequest(trial, CAMPAIGNS, NOW)]))
    return answer


def end(world, trial, facts):
    found = read(world, trial)
    return world.write(lambda conn: trials.end(conn, found, facts, NOW))


def test_an_answered_trial_goes_where_the_campaign_says_and_that_is_written_down(world, trial):
    order = route(world, trial)
    assert isinstance(order, RouteOrder)
    assert order.destination == CAMPAIGNS[CAMPAIGN].destination
    assert read(world, trial).destination == order.destination.text
    assert end(world, trial, ANSWERED) == "answered"
    assert (read(world, trial).disposition, read(world, trial).ended_at) == ("answered", NOW)


def test_a_trial_ends_once_and_is_not_routed_after_it(world, trial):
    assert end(world, trial, BUSY) == "busy"
    assert end(world, trial, ANSWERED) == "busy"
    assert isinstance(route(world, trial), Refused)


def test_a_trial_is_no_attempt(world, trial):
    ending = EndRequest(Ending(trial, BUSY, Witness.AMI), CAMPAIGNS, NOW)
    (result,) = world.write(lambda conn: end_each(conn, [ending]))
    assert isinstance(result, NotFound)
    assert world.attempts() == []
    assert len(world.claim()) == 3


@pytest.fixture
def wanted(world):
    """A trial that waits for an engine."""
    trial_id = new_attempt_id(NOW)
    row = {"campaign": CAMPAIGN, "endpoint": "101", "actor": "tests", "now": NOW, "taken": False}
    world.write(lambda conn: rows.begin(conn, trial_id, **row))
    return read(world, trial_id)


def take(world, trial, after=timedelta()):
    return world.write(lambda conn: trials.take(conn, trial, NOW + after))


def test_a_trial_that_is_asked_for_is_taken_by_one_engine(world, wanted, trial):
    assert world.read(rows.wanted) == [wanted]
    assert [take(world, wanted), take(world, wanted)] == [True, False]
    assert world.read(rows.wanted) == []
    assert [take(world, read(world, trial)), read(world, trial).disposition] == [False, None]


@pytest.mark.parametrize("why", ["frozen", "late", "withdrawn"])
def test_nobody_is_called_for_a_trial_that_is_frozen_or_late_or_withdrawn(world, wanted, why):
    if why == "frozen":
        world.write(lambda conn: freezes.add(conn, CAMPAIGN, NOW, "bob"))
    if why == "withdrawn":
        trials.withdraw(world.database, wanted.trial_id, NOW)
    late = trials.TAKE_WITHIN + timedelta(seconds=1)
    assert not take(world, wanted, late if why == "late" else timedelta())
    ended = read(world, wanted.trial_id)
    assert (ended.taken_at, ended.disposition) == (None, "cancelled")
    with pytest.raises(Refused if why == "frozen" else Unavailable, match="PJSIP/101 is not called: "):
        trials.require_made(ended)


def test_a_trial_that_an_engine_has_is_not_withdrawn(world, wanted):
    take(world, wanted)
    trials.withdraw(world.database, wanted.trial_id, NOW)
    assert read(world, wanted.trial_id).ended_at is None
