"""The point of no return, and the way back before it."""

import threading
from datetime import timedelta

from dialerd.domain.dispositions import Disposition
from dialerd.domain.facts import AttemptState
from dialerd.domain.lifecycle import CampaignState
from dialerd.store import claims
from dialerd.store.database import Database
from harness.world import CAMPAIGN, NOW, phones

LATER = NOW + timedelta(seconds=2)


def give_back(world, *claimed):
    return world.write(lambda conn: claims.give_back(conn, [lead.attempt_id for lead in claimed], LATER))


def test_a_claim_moves_to_sending_once(world):
    world.add_list(phones(2))
    claimed = world.claim()
    assert world.send(*claimed, now=LATER) == {lead.attempt_id for lead in claimed}
    assert world.send(*claimed) == frozenset()
    record = world.attempt(claimed[0].attempt_id)
    assert (record.state, record.sending_at) == (AttemptState.SENDING, LATER)


def test_sending_nothing_is_nothing(world):
    assert world.send() == frozenset()


def test_only_the_process_that_claimed_may_send(world):
    world.add_list(phones(1))
    (claimed,) = world.claim(owner="this life")
    assert world.send(claimed, owner="a later life") == frozenset()
    assert world.attempt(claimed.attempt_id).state is AttemptState.CLAIMED


def test_a_pause_between_claim_and_sending_wins(world):
    world.add_list(phones(3))
    claimed = world.claim()
    assert world.send(claimed[0]) == {claimed[0].attempt_id}
    world.campaign(CAMPAIGN, CampaignState.PAUSED)
    assert world.send(*claimed[1:]) == frozenset()
    assert world.attempt(claimed[0].attempt_id).state is AttemptState.SENDING


def test_in_one_batch_only_claims_of_active_campaigns_move(world):
    world.campaign("autumn")
    world.add_list(phones(1))
    world.add_list(phones(1, 1), name="second", campaign="autumn")
    (spring,), (autumn,) = world.claim(), world.claim(campaign="autumn")
    world.campaign("autumn", CampaignState.PAUSED)
    assert world.send(spring, autumn) == {spring.attempt_id}


def test_what_was_given_back_cannot_be_sent(world):
    world.add_list(phones(1))
    (claimed,) = world.claim()
    assert give_back(world, claimed) == [claimed.attempt_id]
    assert world.send(claimed) == frozenset()


def test_of_two_who_send_the_same_claim_one_wins(world, ready_url):
    world.add_list(phones(50))
    claimed = world.claim(50)
    together = threading.Barrier(2)
    won = []

    def compete():
        database = Database(ready_url)
        with database.read():  # connected before the race
            together.wait()
        for lead in claimed:
            with database.write() as conn:
                won.extend(claims.mark_sending(conn, [lead.attempt_id], "o", NOW))
        database.close()

    threads = [threading.Thread(target=compete) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [lead.attempt_id for lead in claimed]


def test_a_claim_that_is_given_back_leaves_no_trace(world):
    world.add_list(phones(3), due=NOW - timedelta(hours=1))
    before = world.leads()
    assert len(give_back(world, *world.claim())) == 3
    assert world.attempts() == []
    assert world.leads() == before


def test_what_was_given_back_is_dialed_first_as_before(world):
    world.add_list(phones(2), due=NOW - timedelta(hours=1))
    first = world.claim(1)
    give_back(world, *first)
    (again,) = world.claim(1)
    assert (again.phone, again.number) == (first[0].phone, 1)
    assert again.attempt_id != first[0].attempt_id


def test_when_the_clock_went_back_what_was_given_back_is_due_at_once(world):
    world.add_list(phones(1))
    claimed = world.claim()
    earlier = NOW - timedelta(hours=2)
    world.write(lambda conn: claims.give_back(conn, [claimed[0].attempt_id], earlier))
    assert world.leads()[0].due_at == earlier


def test_what_was_sent_or_has_ended_is_never_given_back(world):
    world.add_list(phones(2))
    sent, ended = world.claim()
    world.send(sent, ended)
    world.end(ended.attempt_id, Disposition.BUSY)
    assert give_back(world, sent, ended) == []
    assert [attempt.state for attempt in world.attempts()] == [AttemptState.SENDING, AttemptState.ENDED]
    assert [lead.due_at for lead in world.leads()] == [None, None]


def test_giving_back_twice_or_nothing_or_the_unknown_changes_nothing(world):
    world.add_list(phones(1))
    claimed = world.claim()
    assert len(give_back(world, *claimed)) == 1
    before = world.leads()
    assert give_back(world, *claimed) == []
    assert give_back(world) == []
    assert world.leads() == before


def test_a_lead_that_was_closed_while_claimed_stays_closed_when_given_back(world):
    world.add_list(phones(1))
    (claimed,) = world.claim()
    world.recycle(claimed.lead_id, closed="closed by hand")
    assert give_back(world, claimed) == [claimed.attempt_id]
    assert (world.leads()[0].due_at, world.leads()[0].closed) == (None, "closed by hand")
