"""Endings and routes that share a transaction come to the same as one after the other."""

from dataclasses import replace

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.domain.errors import NotFound, Refused
from dialerd.domain.facts import AttemptState, EndFacts, OriginateFault, Witness
from dialerd.service.attempts import Ending, EndRequest, EndResult, end, end_each
from dialerd.service.routing import RouteOrder, RouteRequest, route_each
from dialerd.settings import Campaign
from dialerd.store import attempts
from harness import configuration
from harness.world import CAMPAIGN, NOW, World, phones

BUSY = EndFacts(sip_code=486, cause=17)
LOST = EndFacts(fault=OriginateFault.LOST)
ANSWERED = EndFacts(sip_code=200, cause=16, answered=True, connected=True)
NOBODYS = "01890a5d-ac96-774b-bcce-b302099a8057"
CAMPAIGNS = {
    CAMPAIGN: Campaign.model_validate(
        {
            "name": CAMPAIGN,
            **configuration.CAMPAIGN,
            "max_attempts": 3,
            "recycle": {"busy": {"attempts": 3, "wait": "10m"}},
        }
    )
}


@pytest.fixture
def world(database):
    return World(database)


def sent(world, number):
    """The ids of that many attempts that have left, each of another lead."""
    claimed = world.claim(number)
    world.send(*claimed)
    return [lead.attempt_id for lead in claimed]


def asked(attempt_id, facts, witness=Witness.AGI):
    return EndRequest(Ending(attempt_id, facts, witness), CAMPAIGNS, NOW)


def together(world, *requests):
    return world.write(lambda conn: end_each(conn, requests))


def in_turn(world, *requests):
    return [
        world.write(lambda conn, request=request: end(conn, request.ending, CAMPAIGNS, NOW)) for request in requests
    ]


def test_each_ending_has_its_result_in_its_place_also_that_of_nobodys_attempt(world):
    world.add_list(phones(2))
    busy, answered = sent(world, 2)
    found = together(world, asked(busy, BUSY), asked(NOBODYS, BUSY), asked(answered, ANSWERED))
    assert isinstance(found[1], NotFound)
    assert [result.disposition for result in (found[0], found[2])] == [Disposition.BUSY, Disposition.ANSWERED]
    assert [result.applied for result in (found[0], found[2])] == [True, True]


def test_of_two_words_on_one_attempt_the_first_stands_and_both_are_kept(world):
    world.add_list(phones(1))
    (attempt,) = sent(world, 1)
    first, second = together(world, asked(attempt, BUSY), asked(attempt, ANSWERED, Witness.AMI))
    assert (first.disposition, first.applied) == (Disposition.BUSY, True)
    assert (second.disposition, second.applied) == (Disposition.BUSY, False)
    assert [row.source for row in world.read(lambda conn: attempts.evidence_of(conn, attempt))] == ["agi", "ami"]


@pytest.mark.parametrize("old_first", [True, False])
def test_a_leads_older_attempt_and_its_newest_come_to_the_same_as_in_turn(world, old_first):
    """The older one had ended as unknown, and what it really was comes while the newest ends."""
    seen = []
    for number, how in enumerate((together, in_turn)):
        (phone,) = phones(1, first=number)
        world.add_list([phone], name=phone)
        (old,) = sent(world, 1)
        in_turn(world, asked(old, LOST))
        lead_id = world.attempt(old).lead_id
        world.recycle(lead_id, due=NOW, disposition=Disposition.UNKNOWN)
        (new,) = sent(world, 1)
        words = [asked(old, BUSY, Witness.AMI), asked(new, BUSY)]
        results = how(world, *(words if old_first else words[::-1]))
        found = {result.attempt_id: replace(result, attempt_id="", phone="") for result in results}
        lead = world.lead(lead_id)
        seen.append((found[old], found[new], lead.attempts, lead.disposition, lead.due_at, lead.closed))
    assert seen[0] == seen[1]
    assert isinstance(seen[0][1], EndResult)


def test_each_answered_call_has_its_order_or_its_refusal_in_its_place(world):
    world.add_list(phones(2))
    live, over = sent(world, 2)
    in_turn(world, asked(over, BUSY))
    requests = [RouteRequest(attempt_id, CAMPAIGNS, NOW) for attempt_id in (over, live, NOBODYS)]
    refused, order, unknown = world.write(lambda conn: route_each(conn, requests))
    assert isinstance(refused, Refused)
    assert isinstance(unknown, NotFound)
    assert isinstance(order, RouteOrder)
    assert (order.attempt_id, order.destination.text) == (live, CAMPAIGNS[CAMPAIGN].destination.text)
    assert world.attempt(live).state is AttemptState.ANSWERED
    assert world.attempt(over).state is AttemptState.ENDED
