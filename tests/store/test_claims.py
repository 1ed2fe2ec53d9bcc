"""Claiming: in order, up to the caps, only what may be dialed, and each lead once."""

from datetime import UTC, datetime, timedelta

import pytest

from dialerd.domain.eligibility import Never, NoUntil
from dialerd.domain.facts import AttemptState
from dialerd.domain.lifecycle import CampaignState
from dialerd.store import claims, leads, lists
from dialerd.store.room import room_for
from harness.world import CAMPAIGN, NOW, World, claim_request, lead, phones, yes

MINUTE = timedelta(minutes=1)


class Shows:
    """Always the same caller ID."""

    asks_seen = False

    def __init__(self, caller_id):
        self._caller_id = caller_id

    def choose(self, lead, seen):
        return self._caller_id


def numbers(claimed):
    return [lead.phone for lead in claimed]


def test_leads_of_a_list_come_in_the_order_of_its_rows(world):
    rows = list(reversed(phones(30)))
    world.add_list(rows)
    assert numbers(world.claim(20) + world.claim(20)) == rows


def test_priority_comes_before_everything(world):
    world.add_list([lead("+12025550001"), lead("+12025550002", priority=5), lead("+12025550003", priority=-1)])
    assert numbers(world.claim()) == ["+12025550002", "+12025550001", "+12025550003"]


def test_what_is_due_longer_comes_first_whatever_its_list_and_zone(world):
    zones = ["Europe/Berlin", "", "America/New_York|America/Chicago"]
    for place, zone in enumerate(zones):
        world.add_list([lead(f"+1202555000{place}", zone=zone)], name=f"list {place}", due=NOW - place * MINUTE)
    assert numbers(world.claim()) == ["+12025550002", "+12025550001", "+12025550000"]


def test_rows_of_one_instant_keep_their_order_over_many_zones(world):
    rows = [lead(phone, zone=f"zone{turn * 7 % 20}") for turn, phone in enumerate(phones(50))]
    world.add_list(rows)
    claimed = [claimed for _ in range(10) for claimed in world.claim(5)]
    assert numbers(claimed) == [row.phone for row in rows]


def test_attempt_ids_are_in_the_order_of_dialing(world):
    world.add_list(phones(10))
    ids = [claimed.attempt_id for claimed in world.claim()]
    assert ids == sorted(ids)


def test_a_claim_is_an_attempt_that_says_all_it_knows(world):
    list_id = world.add_list(phones(1))
    (claimed,) = world.claim(caller_ids=Shows("+12025550123"))
    record = world.attempt(claimed.attempt_id)
    assert (record.lead_id, record.list_id, record.list_name) == (claimed.lead_id, list_id, "first")
    assert (record.campaign, record.trunk, record.node, record.owner) == (CAMPAIGN, "t", "n", "o")
    assert (record.phone, record.caller_id, record.number) == (phones(1)[0], "+12025550123", 1)
    assert (record.state, record.claimed_at, record.sending_at) == (AttemptState.CLAIMED, NOW, None)
    assert (claimed.claimed_at, claimed.caller_id) == (NOW, "+12025550123")


def test_a_claimed_lead_is_not_claimed_again(world):
    world.add_list(phones(3))
    assert len(world.claim(2)) == 2
    assert len(world.claim(2)) == 1
    assert world.claim(2) == []


def test_a_lead_is_not_due_before_its_time(world):
    world.add_list(phones(1), due=NOW + MINUTE)
    assert world.claim(now=NOW + MINUTE - timedelta(microseconds=1)) == []
    assert len(world.claim(now=NOW + MINUTE)) == 1


@pytest.mark.parametrize("year", [1999, 2026, 2093])
def test_only_the_time_it_is_told_matters(world, year):
    now = datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)
    world.add_list(phones(1), due=now)
    world.add_list(phones(1, 1), name="later", due=now + MINUTE)
    assert numbers(world.claim(now=now)) == phones(1)


@pytest.mark.parametrize("state", sorted(set(CampaignState) - {CampaignState.ACTIVE}))
def test_only_an_active_campaign_claims(world, state):
    world.add_list(phones(1))
    world.campaign(CAMPAIGN, state)
    assert world.claim() == []


def test_a_campaign_nobody_knows_claims_nothing(world):
    assert world.claim(campaign="autumn") == []


def test_leads_of_other_campaigns_and_of_archived_and_free_lists_are_left_alone(world):
    world.campaign("autumn")
    world.add_list(phones(1, 0), name="another campaign's", campaign="autumn")
    world.add_list(phones(1, 1), name="nobody's", campaign=None)
    archived = world.add_list(phones(1, 2), name="archived")
    world.write(lambda conn: lists.archive(conn, archived, NOW))
    assert world.claim() == []


def test_the_campaigns_cap_counts_open_attempts_of_all_engines(world):
    world.add_list(phones(10))
    assert len(world.claim(4, max_calls=5)) == 4
    assert len(world.claim(4, max_calls=5, node="m", owner="p", trunk="u")) == 1
    assert world.claim(4, max_calls=5) == []


def test_the_trunks_cap_counts_open_attempts_of_all_campaigns(world):
    world.campaign("autumn")
    world.add_list(phones(10))
    world.add_list(phones(10, 10), name="second", campaign="autumn")
    assert len(world.claim(4, trunk_max_calls=5)) == 4
    assert len(world.claim(4, trunk_max_calls=5, campaign="autumn")) == 1
    assert len(world.claim(4, trunk_max_calls=5, campaign="autumn", trunk="other")) == 4


def test_an_ended_attempt_makes_room_under_the_cap(world):
    world.add_list(phones(10))
    (first, *_) = world.claim(5, max_calls=5)
    world.send(first)
    world.end(first.attempt_id)
    assert len(world.claim(5, max_calls=5)) == 1


@pytest.mark.parametrize("limit", [0, -3])
def test_no_room_claims_nothing(world, limit):
    world.add_list(phones(3))
    assert world.claim(limit) == []
    assert world.claim(3, max_calls=limit) == []


@pytest.mark.parametrize(("limit", "max_calls", "room", "claimed"), [(2, 9, 2, 2), (9, 3, 3, 3), (9, 8, 8, 5)])
def test_fewer_claimed_than_there_was_room_for_says_that_the_list_has_no_more(world, limit, max_calls, room, claimed):
    world.add_list(phones(5))
    request = claim_request(limit=limit, max_calls=max_calls)

    def claim(conn):
        found = room_for(conn, request)
        return found.leads, len(claims.claim(conn, request, yes, NOW, found))

    assert world.write(claim) == (room, claimed)


def test_a_lead_that_must_wait_leaves_the_head_until_then(world):
    world.add_list(phones(2))
    first = phones(1)[0]
    claimed = world.claim(
        judge=lambda lead: NoUntil(NOW + MINUTE, "outside hours") if lead.phone == first else yes(lead)
    )
    assert numbers(claimed) == phones(1, 1)
    assert world.leads()[0].due_at == NOW + MINUTE
    assert world.leads()[0].closed is None


def test_a_lead_that_may_never_be_dialed_is_closed_with_the_reason(world):
    world.add_list(phones(1))
    assert world.claim(judge=lambda _lead: Never("all attempts used: 3 of 3")) == []
    (closed,) = world.leads()
    assert (closed.due_at, closed.closed) == (None, "all attempts used: 3 of 3")


def test_a_gate_that_names_no_later_time_is_asked_again_a_second_later(world):
    world.add_list(phones(1))
    asked = []
    world.claim(judge=lambda lead: asked.append(lead) or NoUntil(NOW, "never mind"))
    assert len(asked) == 1
    assert world.leads()[0].due_at == NOW + timedelta(seconds=1)


def test_leads_that_must_wait_do_not_stand_in_the_way_of_those_behind(world):
    world.add_list(phones(40))
    blocked = set(phones(30))
    claimed = world.claim(
        10, judge=lambda lead: NoUntil(NOW + MINUTE, "outside hours") if lead.phone in blocked else yes(lead)
    )
    assert numbers(claimed) == phones(10, 30)


def test_no_lead_is_judged_twice_in_a_claim(world):
    world.add_list(phones(40))
    asked = []
    world.claim(10, judge=lambda lead: asked.append(lead.phone) or Never("no"))
    assert sorted(asked) == sorted(set(asked))


def test_the_judge_sees_the_lead_as_it_is(world):
    world.add_list([lead("+12025550001", zone="Europe/Berlin", priority=3)])
    (claimed,) = world.claim()
    world.send(claimed)
    world.end(claimed.attempt_id)
    world.recycle(claimed.lead_id, due=NOW + MINUTE, counted=1)
    seen = []
    world.claim(judge=lambda lead: seen.append(lead) or yes(lead), now=NOW + MINUTE)
    (found,) = seen
    assert (found.phone, found.zone, found.priority) == ("+12025550001", "Europe/Berlin", 3)
    assert (found.disposition, found.attempts, found.dials) == ("busy", 1, 1)
    assert (found.due_at, found.last_attempt_at, found.busy, found.live) == (NOW + MINUTE, NOW, False, True)


def test_an_attempts_number_counts_all_that_went_before_also_uncounted_ones(world):
    world.add_list(phones(1))
    for number in (1, 2, 3):
        (claimed,) = world.claim()
        assert claimed.number == number
        world.send(claimed)
        world.end(claimed.attempt_id)
        world.recycle(claimed.lead_id, due=NOW, counted=0)
    assert (world.leads()[0].dials, world.leads()[0].attempts) == (3, 0)


def test_a_number_in_two_lists_is_in_one_call_at_a_time(world):
    world.add_list(phones(1))
    world.add_list(phones(1), name="second")
    (claimed,) = world.claim()
    first, second = world.leads()
    assert (first.due_at, first.in_call) == (None, True)
    assert (second.due_at, second.closed) == (NOW + timedelta(seconds=30), None)
    later = NOW + timedelta(seconds=30)
    assert world.claim(now=later) == []
    world.end(claimed.attempt_id)
    assert numbers(world.claim(now=later + timedelta(seconds=30))) == phones(1)


def test_a_number_is_in_one_call_over_all_campaigns(world):
    world.campaign("autumn")
    world.add_list(phones(1))
    world.add_list(phones(1), name="second", campaign="autumn")
    assert len(world.claim()) == 1
    assert world.claim(campaign="autumn") == []


def test_the_judge_is_told_that_a_number_is_busy(world):
    world.add_list(phones(1))
    world.add_list(phones(1), name="second")
    world.claim(1)
    seen = []
    world.claim(judge=lambda lead: seen.append(lead.busy) or NoUntil(NOW + MINUTE, "the number is in a call"))
    assert seen == [True]


def test_a_lead_that_the_current_version_does_not_have_is_withdrawn_and_not_dialed(world):
    list_id = world.add_list(phones(2))
    with world.database.write() as conn:
        rows = leads.lead_rows
        conn.execute(rows.update().where(rows.c.line == 2).values(to_version=2))
        conn.execute(lists.lists.update().where(lists.lists.c.id == list_id).values(current_version=2))
    assert numbers(world.claim()) == phones(1, 1)
    assert world.leads()[0].closed == claims.WITHDRAWN


def test_claims_of_one_transaction_see_each_other(world: World):
    world.add_list(phones(3))
    request = claim_request(limit=2, max_calls=3)

    def twice(conn):
        return [claims.claim(conn, request, yes, NOW) for _ in range(2)]

    first, second = world.write(twice)
    assert numbers(first + second) == phones(3)
