"""What a failing trunk is blamed for: endings that are forgiven from then on, and those that are put right."""

from datetime import timedelta

import pytest

from dialerd.domain.breaker import Breaker, Phase
from dialerd.domain.dispositions import Disposition
from dialerd.domain.facts import EndFacts, OriginateFault, Witness
from dialerd.domain.signs import Sign
from dialerd.service.attempts import Ending, end
from dialerd.service.trunk_words import put_right
from dialerd.settings import Campaign
from dialerd.store import breakers, leads, tallies
from harness import configuration
from harness.world import CAMPAIGN, NOW, World, phones

INVALID = EndFacts(sip_code=404, cause=1, answered=False)
UNHEARD = EndFacts(cause=19, answered=False, ring_timed_out=True)
TIMED_OUT = EndFacts(sip_code=408, cause=18, answered=False)
BUSY = EndFacts(sip_code=486, cause=17, answered=False)
CAMPAIGNS = {
    CAMPAIGN: Campaign.model_validate(
        {
            "name": CAMPAIGN,
            **configuration.CAMPAIGN,
            "max_attempts": 2,
            "recycle": {"no_answer": {"attempts": 2, "wait": "10m"}},
        }
    )
}
WAIT = timedelta(seconds=60)


@pytest.fixture
def world(database):
    world = World(database)
    world.add_list(phones(1))
    return world


def call(world, facts, *, witness=Witness.AGI, now=NOW):
    """One call of the list's only lead, and what its end came to."""
    (claimed,) = world.claim(now=now)
    world.send(claimed, now=now)
    return world.write(lambda conn: end(conn, Ending(claimed.attempt_id, facts, witness), CAMPAIGNS, now))


def blame(world, sign, *, node="n", trunk="t"):
    breaker = Breaker(Phase.OPEN, sign, "said so to all", NOW, NOW + WAIT)
    world.write(lambda conn: breakers.save(conn, node, {trunk: breaker}, NOW))


def correct(world, result, sign):
    return world.write(lambda conn: put_right(conn, [result.attempt_id], sign, CAMPAIGNS, NOW))


def only_lead(world):
    (lead,) = world.leads()
    return lead


@pytest.mark.parametrize(("facts", "sign"), [(INVALID, Sign.INVALID), (TIMED_OUT, Sign.SILENT), (UNHEARD, Sign.SILENT)])
def test_while_the_trunk_is_blamed_such_an_end_uses_up_no_attempt_and_the_lead_comes_back(world, facts, sign):
    blame(world, sign)
    result = call(world, facts)
    assert (result.disposition, result.sign) == (Disposition.CONGESTION, sign)
    lead = only_lead(world)
    assert (lead.attempts, lead.closed, lead.due_at) == (0, None, NOW + WAIT)


@pytest.mark.parametrize("where", [{"node": "other"}, {"trunk": "other"}])
def test_another_trunk_or_another_engines_way_to_it_is_not_blamed(world, where):
    blame(world, Sign.INVALID, **where)
    assert call(world, INVALID).disposition is Disposition.INVALID_NUMBER


def test_what_the_trunk_is_not_blamed_for_stands(world):
    blame(world, Sign.INVALID)
    assert call(world, BUSY).disposition is Disposition.BUSY


def test_a_trunk_that_works_again_is_not_blamed_any_more(world):
    blame(world, Sign.INVALID)
    world.write(lambda conn: breakers.save(conn, "n", {"t": Breaker()}, NOW))
    assert world.read(breakers.all) == []
    assert call(world, INVALID).disposition is Disposition.INVALID_NUMBER


def test_a_number_that_was_closed_as_invalid_is_due_again_when_it_is_put_right(world):
    result = call(world, INVALID)
    assert only_lead(world).closed is not None
    assert correct(world, result, Sign.INVALID) == 1
    lead = only_lead(world)
    assert (lead.disposition, lead.attempts, lead.closed, lead.due_at) == ("congestion", 0, None, NOW + WAIT)
    attempt = world.attempt(result.attempt_id)
    assert (attempt.disposition, attempt.counts, attempt.sip_code) == (Disposition.CONGESTION, False, 404)
    assert attempt.detail == "SIP 404: the trunk says so to almost every number"
    ended = world.read(lambda conn: tallies.attempts_of_campaign(conn, CAMPAIGN)).ended
    assert {name: count for name, count in ended.items() if count} == {"congestion": 1}


def test_to_put_right_twice_changes_nothing_more(world):
    result = call(world, INVALID)
    correct(world, result, Sign.INVALID)
    before = only_lead(world)
    assert correct(world, result, Sign.INVALID) == 0
    assert only_lead(world) == before


def test_a_lead_that_was_called_again_since_only_gets_its_attempt_back(world):
    first = call(world, TIMED_OUT)
    second = call(world, BUSY, now=NOW + timedelta(minutes=10))
    assert second.disposition is Disposition.BUSY
    before = only_lead(world)
    assert correct(world, first, Sign.SILENT) == 1
    lead = only_lead(world)
    assert (lead.disposition, lead.attempts, lead.closed) == ("busy", before.attempts - 1, before.closed)


def test_a_lead_that_a_person_closed_meanwhile_stays_closed(world):
    result = call(world, TIMED_OUT)
    lead_id = only_lead(world).lead_id
    world.recycle(lead_id, closed=leads.CLOSED_BY_HAND)
    correct(world, result, Sign.SILENT)
    assert only_lead(world).closed == leads.CLOSED_BY_HAND


def test_an_answered_call_is_never_taken_back(world):
    result = call(world, EndFacts(sip_code=200, cause=16, answered=True, connected=True))
    assert correct(world, result, Sign.INVALID) == 0
    assert world.attempt(result.attempt_id).disposition is Disposition.ANSWERED


@pytest.mark.parametrize(
    ("facts", "sign"),
    [
        (INVALID, Sign.INVALID),
        (BUSY, Sign.WORKS),
        (EndFacts(sip_code=503, cause=34, answered=False), Sign.TROUBLE),
        (EndFacts(sip_code=401, cause=21, answered=False), Sign.MISCONFIGURED),
        (EndFacts(answered=False, fault=OriginateFault.NO_CHANNEL), Sign.NO_CHANNEL),
        (EndFacts(fault=OriginateFault.NOT_SENT), None),
        (EndFacts(fault=OriginateFault.LOST), None),
    ],
)
def test_an_ending_says_what_it_says_of_the_trunk(world, facts, sign):
    assert call(world, facts, witness=Witness.AMI).sign is sign


def test_the_second_witness_says_of_the_trunk_what_both_know_together(world):
    result = call(world, INVALID)
    cause_only = EndFacts(cause=21, answered=False)
    again = Ending(result.attempt_id, cause_only, Witness.AMI)
    assert world.write(lambda conn: end(conn, again, CAMPAIGNS, NOW)).sign is Sign.INVALID


def test_breakers_of_trunks_that_are_gone_are_forgotten(world):
    blame(world, Sign.TROUBLE, trunk="old")
    blame(world, Sign.TROUBLE)
    world.write(lambda conn: breakers.forget_others(conn, "n", ["t"]))
    assert [record.trunk for record in world.read(breakers.all)] == ["t"]
