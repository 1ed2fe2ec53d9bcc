"""At the point of no return every gate is asked again: what may not be dialed any more is not."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from dialerd.domain.dnc import ON_DNC, Entry, Kind
from dialerd.domain.eligibility import CampaignRules, Never, NoUntil, Wait, judge
from dialerd.domain.facts import AttemptState
from dialerd.domain.lifecycle import CampaignState
from dialerd.store import dnc, lists, sending
from dialerd.store.past import LookBack
from dialerd.store.tables import leads
from harness.world import CAMPAIGN, NOW, phones, yes

TOMORROW = NOW + timedelta(hours=17)


def require_given_back(world, claimed, due=NOW, closed=None):
    """No attempt is left, and the lead stands so."""
    assert world.attempt(claimed.attempt_id) is None
    lead = world.lead(claimed.lead_id)
    assert (lead.due_at, lead.closed, lead.dials) == (due, closed, 0)


def test_what_every_gate_lets_pass_is_sending_and_knows_its_asterisk(world):
    world.add_list(phones(2))
    claimed = world.claim()
    commitment = world.commit(*claimed, asterisk="here:5038")
    assert commitment.won == {lead.attempt_id for lead in claimed}
    assert commitment.refused == {}
    assert [attempt.state for attempt in world.attempts()] == [AttemptState.SENDING] * 2
    assert world.asterisks() == ["here:5038"] * 2


def test_the_judge_sees_the_lead_as_the_claim_saw_it(world):
    world.add_list(phones(1))
    seen = []

    def judge(candidate):
        seen.append(candidate)
        return yes(candidate)

    (claimed,) = world.claim(judge=judge)
    world.commit(claimed, judge=judge)
    assert seen[0] == seen[1]


def test_a_no_until_gives_the_claim_back_and_puts_the_lead_off(world):
    world.add_list(phones(2))
    first, second = world.claim()
    closed_for_one = lambda lead: NoUntil(TOMORROW, "closed", Wait.HOURS) if lead.phone == first.phone else yes(lead)  # noqa: E731 - a name for the judge
    commitment = world.commit(first, second, judge=closed_for_one)
    assert (commitment.won, commitment.refused) == ({second.attempt_id}, {first.attempt_id: "closed"})
    require_given_back(world, first, due=TOMORROW)
    waits_for = select(leads.c.waits_for).where(leads.c.id == first.lead_id)
    assert world.read(lambda conn: conn.scalar(waits_for)) == "hours"


def test_a_never_gives_the_claim_back_and_closes_the_lead(world):
    world.add_list(phones(1))
    (claimed,) = world.claim()
    commitment = world.commit(claimed, judge=lambda _lead: Never("all attempts used: 3 of 3"))
    assert (commitment.won, commitment.refused) == (frozenset(), {claimed.attempt_id: "all attempts used: 3 of 3"})
    require_given_back(world, claimed, due=None, closed="all attempts used: 3 of 3")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda conn, _list: _pause(conn), "the campaign is paused"),
        (lambda conn, list_id: lists.archive(conn, list_id, NOW), "its list is archived or no longer the campaign's"),
        (
            lambda conn, list_id: lists.assign(conn, list_id, None, NOW),
            "its list is archived or no longer the campaign's",
        ),
    ],
    ids=["paused", "archived", "unassigned"],
)
def test_what_the_campaign_lost_since_the_claim_is_not_dialed_and_is_due_as_before(world, change, reason):
    list_id = world.add_list(phones(1))
    (claimed,) = world.claim()
    world.write(lambda conn: change(conn, list_id))
    commitment = world.commit(claimed)
    assert (commitment.won, commitment.refused) == (frozenset(), {claimed.attempt_id: reason})
    require_given_back(world, claimed)


def _pause(conn):
    from dialerd.store import campaigns

    campaigns.set_state(conn, CAMPAIGN, CampaignState.PAUSED, NOW)


def test_a_lead_closed_since_the_claim_is_not_dialed_and_stays_closed(world):
    world.add_list(phones(1))
    (claimed,) = world.claim()
    world.recycle(claimed.lead_id, closed="closed by hand")
    commitment = world.commit(claimed)
    assert commitment.refused == {claimed.attempt_id: "the lead is closed: closed by hand"}
    lead = world.lead(claimed.lead_id)
    assert (world.attempts(), lead.due_at, lead.closed) == ([], None, "closed by hand")


def test_a_lead_that_a_new_version_does_not_have_is_not_dialed_though_nobody_withdrew_it_yet(world):
    list_id = world.add_list(phones(2))
    first, second = world.claim()
    world.write(
        lambda conn: conn.exec_driver_sql(f"UPDATE lead_rows SET to_version = 2 WHERE lead_id = {first.lead_id}")
    )
    world.write(lambda conn: conn.exec_driver_sql(f"UPDATE lists SET current_version = 2 WHERE id = {list_id}"))
    commitment = world.commit(first, second)
    assert (commitment.won, commitment.refused) == ({second.attempt_id}, {first.attempt_id: "withdrawn"})
    require_given_back(world, first, due=None, closed="withdrawn")


def test_a_claim_that_somebody_gave_back_or_that_another_life_owns_is_lost_and_left_alone(world):
    world.add_list(phones(2))
    (mine,) = world.claim(1)
    (theirs,) = world.claim(1, owner="another life")
    world.write(lambda conn: sending.claims.give_back(conn, [mine.attempt_id], NOW))
    commitment = world.commit(mine)
    assert commitment.refused == {mine.attempt_id: sending.LOST}
    assert world.commit(theirs).refused == {theirs.attempt_id: sending.LOST}
    assert world.attempt(theirs.attempt_id).state is AttemptState.CLAIMED


def test_a_lead_that_is_closed_while_the_gates_are_asked_stays_closed(world):
    world.add_list(phones(1))
    (claimed,) = world.claim()
    with world.database.write() as conn:

        def judge(_lead):
            conn.execute(update(leads).values(closed="closed by hand"))
            return NoUntil(TOMORROW, "closed", Wait.HOURS)

        sending.commit(conn, CAMPAIGN, [claimed.attempt_id], "o", judge, NOW)
    lead = world.lead(claimed.lead_id)
    assert (lead.due_at, lead.closed) == (None, "closed by hand")


def test_committing_nothing_is_nothing(world):
    assert world.commit() == sending.Commitment(frozenset(), {})


def test_a_number_put_on_do_not_call_since_the_claim_is_not_dialed_whoever_put_it_there(world):
    world.add_list(phones(2))
    first, second = world.claim()
    entry = Entry(first.phone, Kind.EXACT, None, None, "tests", "", NOW, "ann")
    world.write(lambda conn: dnc.add(conn, [entry]))
    on_dnc = lambda lead: judge(lead, CampaignRules(3, ZoneInfo("UTC")), NOW)  # noqa: E731 - a name for the judge
    commitment = world.commit(first, second, judge=on_dnc)
    assert (commitment.won, commitment.refused) == ({second.attempt_id}, {first.attempt_id: ON_DNC})
    require_given_back(world, first, due=None, closed=ON_DNC)


def test_the_judge_is_told_of_calls_to_the_number_since_the_claim_but_not_of_the_one_that_is_to_be_made(world):
    """From another campaign's list, which an index would not let be in a call at the same time."""
    world.campaign("autumn")
    world.add_list(phones(1))
    world.add_list(phones(1), name="second", campaign="autumn")
    (earlier,) = world.claim(campaign="autumn")
    world.commit(earlier, campaign="autumn")
    world.end(earlier.attempt_id)
    (claimed,) = world.claim(now=NOW + timedelta(minutes=1))
    seen = []
    commitment = world.commit(
        claimed,
        judge=lambda lead: seen.extend(lead.dialed) or yes(lead),
        now=NOW + timedelta(minutes=1),
        back=LookBack(timedelta(days=1)),
    )
    assert commitment.won == {claimed.attempt_id}
    assert [dial.campaign for dial in seen] == ["autumn"]


def test_a_lead_that_expires_between_the_claim_and_the_call_is_not_called_and_is_closed(world):
    world.add_list(phones(2))
    claimed = world.claim()
    ends = update(leads).where(leads.c.id == claimed[0].lead_id).values(expires_at=NOW)
    world.write(lambda conn: conn.execute(ends))
    rules = CampaignRules(max_attempts=3, zone=ZoneInfo("UTC"))
    commitment = world.commit(*claimed, judge=lambda lead: judge(lead, rules, NOW))
    assert (commitment.won, commitment.refused) == ({claimed[1].attempt_id}, {claimed[0].attempt_id: "expired"})
    require_given_back(world, claimed[0], due=None, closed="expired")
