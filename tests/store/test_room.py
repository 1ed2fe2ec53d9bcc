"""What caps leave a campaign, over engines and campaigns, and by weight when several want more than there is."""

import pytest

from dialerd.domain.lifecycle import CampaignState
from dialerd.store import freezes
from dialerd.store.room import Room, room_for
from harness.world import CAMPAIGN, NOW, World, claim_request, phones

OTHER = "autumn"


@pytest.fixture
def world(database):
    world = World(database)
    world.campaign(OTHER)
    world.add_list(phones(50))
    world.add_list(phones(50, 50), name="second", campaign=OTHER)
    return world


def room(world, **request):
    return world.write(lambda conn: room_for(conn, claim_request(**request)))


def test_without_calls_there_is_room_for_all_that_is_asked(world):
    assert room(world, limit=7) == Room(7)


def test_the_campaigns_own_cap_is_nobodys_elses(world):
    world.claim(4)
    assert room(world, limit=9, max_calls=6) == Room(2)


def test_the_cap_of_the_trunk_is_one_that_is_shared(world):
    world.claim(4, campaign=OTHER)
    assert room(world, limit=9, trunk_max_calls=6) == Room(2, trunk=True)
    assert room(world, limit=9, trunk="other", trunk_max_calls=6) == Room(6, trunk=True)


def test_the_cap_of_a_node_counts_the_calls_of_all_campaigns_on_all_its_trunks(world):
    world.claim(4, campaign=OTHER)
    world.claim(3, trunk="other")
    world.claim(5, node="another")
    assert room(world, limit=9, node_max_calls=10) == Room(3, node=True)
    assert room(world, limit=9, node="another", node_max_calls=10) == Room(5, node=True)


def test_a_trunk_is_shared_by_weight_while_both_want_more(world):
    asked = {"trunk_max_calls": 20, "limit": 50}
    world.claim(20, campaign=OTHER, trunk_max_calls=20)
    rivals = {CAMPAIGN: 3.0, OTHER: 1.0}
    assert room(world, weight=3.0, trunk_rivals=rivals, **asked) == Room(0, trunk=True)
    for attempt in world.attempts()[:12]:
        world.send(attempt, owner="o")
        world.end(attempt.attempt_id)
    # Eight are left to the lighter one, which is more than its five.
    assert room(world, campaign=OTHER, trunk_rivals=rivals, **asked) == Room(0, trunk=True)
    assert room(world, weight=3.0, trunk_rivals=rivals, **asked) == Room(12, trunk=True)


def test_a_campaign_alone_may_have_the_whole_trunk(world):
    assert room(world, limit=50, trunk_max_calls=20, trunk_rivals={CAMPAIGN: 3.0}) == Room(20, trunk=True)


def test_a_node_is_shared_by_weight_too(world):
    rivals = {CAMPAIGN: 1.0, OTHER: 3.0}
    assert room(world, limit=50, node_max_calls=20, node_rivals=rivals) == Room(5, node=True)


@pytest.mark.parametrize("state", [state for state in CampaignState if state is not CampaignState.ACTIVE])
def test_a_campaign_that_is_not_active_has_no_room(world, state):
    world.campaign(CAMPAIGN, state)
    assert room(world) == Room(0)


@pytest.mark.parametrize("frozen", [CAMPAIGN, freezes.EVERYTHING])
def test_a_frozen_campaign_has_no_room_and_what_it_had_claimed_is_not_sent(world, frozen):
    (claimed, *_) = world.claim(3)
    world.write(lambda conn: freezes.add(conn, frozen, NOW, "tests"))
    assert room(world) == Room(0)
    assert world.claim(3) == []
    assert world.send(claimed) == frozenset()
    world.write(lambda conn: freezes.remove(conn, frozen))
    assert room(world) == Room(10)
    assert world.send(claimed) == {claimed.attempt_id}
