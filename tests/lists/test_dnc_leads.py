"""What do-not-call does to leads: closed or put off while an entry covers them, as they were when none does."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from dialerd.domain.dispositions import Disposition
from dialerd.domain.dnc import ON_DNC, Kind
from dialerd.domain.eligibility import CampaignRules, judge
from dialerd.domain.errors import Refused
from dialerd.domain.funnel import Part
from dialerd.domain.lifecycle import CampaignState
from dialerd.service import (
    campaigns,
    dnc,
    dnc_sweeps,
    lead_changes,
    list_life,
    moves,
    resets,
)
from dialerd.service.moves import MoveWish
from dialerd.service.resets import ResetWish
from dialerd.settings.values import zone
from dialerd.store import dnc_leads
from harness.office import CONFIGURED, Office, entry
from harness.world import CAMPAIGN, NOW, phones

HOUR = timedelta(hours=1)
ANN, BEN, CAT = phones(3)
BUSY, ANSWERED = Disposition.BUSY, Disposition.ANSWERED
RULES = CampaignRules(max_attempts=3, zone=zone("UTC"))


def test_a_lead_is_closed_when_its_number_is_added_and_due_as_before_when_it_is_removed(office):
    office.world.add_list([ANN, BEN], due=NOW - HOUR)
    office.desk.called(BUSY, due=NOW + 5 * HOUR)
    assert office.add(ANN, BEN).leads == dnc_leads.Effect(closed=2)
    assert office.stands(ANN) == office.stands(BEN) == (ON_DNC, None)
    assert office.funnel() == {Part.DO_NOT_CALL: 2}
    assert office.remove(ANN, BEN).leads == dnc_leads.Effect(released=2)
    assert office.stands(ANN) == (None, NOW + 5 * HOUR)
    assert office.stands(BEN) == (None, NOW - HOUR)
    assert (office.lead(ANN).disposition, office.lead(ANN).attempts) == (BUSY, 1)


def test_a_lead_that_the_claim_has_closed_comes_back_as_it_was(office):
    office.world.add_list([ANN], due=NOW - HOUR)
    office.world.write(lambda conn: dnc.dnc.add(conn, [entry(ANN)]))
    assert office.world.claim(judge=lambda lead: judge(lead, RULES, NOW)) == []
    assert office.stands(ANN) == (ON_DNC, None)
    office.remove(ANN)
    assert office.stands(ANN) == (None, NOW - HOUR)


@pytest.mark.parametrize("why", ["closed by hand", "answered is final", "withdrawn"])
def test_a_lead_that_is_closed_for_another_reason_stays_so(office, why):
    office.world.add_list([ANN])
    (ann,) = office.desk.called(ANSWERED if "final" in why else BUSY)
    office.world.write(
        lambda conn: conn.execute(text(f"UPDATE leads SET closed = '{why}', due_at = NULL WHERE id = {ann}"))
    )
    assert office.add(ANN).leads == dnc_leads.Effect()
    assert office.remove(ANN).leads == dnc_leads.Effect()
    assert office.stands(ANN) == (why, None)


def test_removing_one_entry_releases_nobody_whom_another_one_stops(office):
    office.world.add_list([ANN])
    office.add(ANN)
    office.add("+1202", prefix=True)
    assert office.remove(ANN).leads == dnc_leads.Effect()
    assert office.stands(ANN) == (ON_DNC, None)
    assert office.remove("+1202", prefix=True).leads == dnc_leads.Effect(released=1)


def test_a_lead_waits_for_an_entry_with_an_end_and_is_due_as_before_when_that_is_removed_earlier(office):
    office.world.add_list([ANN, BEN], due=NOW - HOUR)
    office.desk.called(BUSY, due=NOW + 9 * HOUR)
    assert office.add(ANN, BEN, expires_at=NOW + 3 * HOUR).leads == dnc_leads.Effect(waiting=1)
    assert office.stands(ANN) == (None, NOW + 9 * HOUR)
    assert office.stands(BEN) == (None, NOW + 3 * HOUR)
    assert office.funnel() == {Part.RETRY: 1, Part.DO_NOT_CALL: 1}
    office.add(BEN, expires_at=NOW + 4 * HOUR)
    assert office.stands(BEN) == (None, NOW + 4 * HOUR)
    office.add(BEN)
    assert office.stands(BEN) == (ON_DNC, None)
    office.remove(ANN, BEN)
    assert office.stands(BEN) == (None, NOW - HOUR)


def test_a_call_that_is_up_goes_on_and_its_lead_is_closed_with_the_wait_it_would_have_had(office):
    office.world.add_list([ANN])
    (claimed,) = office.world.claim()
    office.world.send(claimed)
    added = office.add(ANN)
    assert (added.leads.closed, added.calls.left) == (1, 1)
    office.world.end(claimed.attempt_id)
    office.world.recycle(claimed.lead_id, due=NOW + 2 * HOUR)
    assert office.stands(ANN) == (ON_DNC, None)
    office.remove(ANN)
    assert office.stands(ANN) == (None, NOW + 2 * HOUR)


def test_the_end_of_a_call_that_closes_the_lead_closes_it_for_good(office):
    office.world.add_list([ANN])
    (claimed,) = office.world.claim()
    office.world.send(claimed)
    office.add(ANN)
    office.world.end(claimed.attempt_id, ANSWERED)
    office.world.recycle(claimed.lead_id, closed="answered is final", disposition=ANSWERED)
    office.remove(ANN)
    assert office.stands(ANN) == ("answered is final", None)


def test_a_planned_call_is_given_back_before_the_answer_and_its_lead_comes_back_as_it_was(office):
    office.world.add_list([ANN, BEN], due=NOW - HOUR)
    ann, ben = office.world.claim()
    assert office.add(ANN).calls.given_back == 1
    assert office.world.send(ann, ben) == {ben.attempt_id}
    assert office.stands(ANN) == (ON_DNC, None)
    office.remove(ANN)
    assert office.stands(ANN) == (None, NOW - HOUR)
    assert office.lead(ANN).dials == 0


def test_every_list_is_looked_at_and_only_those_of_the_campaign_for_an_entry_of_it(office):
    office.world.add_list([ANN], name="first")
    office.world.add_list([ANN], name="second", campaign="autumn")
    office.world.add_list([ANN], name="third", campaign=None)
    names = ("first", "second", "third")
    office.add(ANN, campaign="autumn")
    assert [office.lead(ANN, name).closed for name in names] == [None, ON_DNC, None]
    office.add(ANN)
    assert [office.lead(ANN, name).closed for name in names] == [ON_DNC] * 3
    office.remove(ANN)
    assert [office.lead(ANN, name).closed for name in names] == [None, ON_DNC, None]


def test_a_list_that_changes_its_campaign_is_under_the_entries_of_the_new_one(office):
    office.world.add_list([ANN], campaign=None)
    office.add(ANN, campaign="autumn")
    words = {"configured": CONFIGURED, "now": NOW, **office.desk.words}
    campaigns.assign(office.database, "autumn", "first", **words)
    assert office.stands(ANN) == (ON_DNC, None)
    office.world.campaign("autumn", CampaignState.PAUSED)
    campaigns.unassign(office.database, "autumn", "first", **words)
    assert office.stands(ANN) == (None, NOW)


def test_leads_that_are_moved_are_under_the_entries_of_the_campaign_they_come_to(office):
    office.world.add_list([ANN, BEN], name="first")
    office.world.add_list([CAT], name="second", campaign="autumn")
    office.add(ANN, campaign="autumn")
    office.add(BEN, campaign=CAMPAIGN)
    wish = MoveWish("first", "second")
    moves.move(office.database, wish, clock=office.desk.clock, **office.desk.words)
    assert office.lead(ANN, "second").closed == ON_DNC
    assert office.lead(BEN, "second").closed is None


def test_a_copy_is_under_do_not_call_too(office):
    office.world.add_list([ANN, BEN])
    office.add(ANN)
    list_life.copy(office.database, "first", "copy", clock=office.desk.clock, **office.desk.words)
    assert office.lead(ANN, "copy").closed == ON_DNC
    assert office.lead(BEN, "copy").closed is None


def test_no_reset_makes_leads_on_do_not_call_dialable(office):
    office.world.add_list([ANN, BEN, CAT])
    office.desk.called(BUSY, 3, due=NOW + HOUR)
    office.add(ANN)
    office.add(BEN, expires_at=NOW + 90 * HOUR)
    office.desk.now = NOW + 48 * HOUR
    report = resets.reset(
        office.database, ResetWish("first", frozenset({BUSY})), clock=office.desk.clock, **office.desk.words
    )
    assert report.leads == 1
    assert office.stands(ANN) == (ON_DNC, None)
    assert office.stands(BEN) == (None, NOW + 90 * HOUR)
    for phone in (ANN, BEN):
        with pytest.raises(Refused, match="is on do-not-call for all campaigns"):
            lead_changes.reset(office.database, phone, force=True, now=office.desk.now, **office.desk.words)


def test_a_number_on_do_not_call_is_not_added_by_hand(office):
    office.world.add_list([BEN])
    office.add("+1202", prefix=True, campaign=CAMPAIGN)
    with pytest.raises(Refused, match=r"dialerd dnc remove --prefix --campaign spring \+1202"):
        lead_changes.add(office.database, "first", ANN, now=NOW, **office.desk.words)
    assert [lead.phone for lead in office.world.leads()] == [BEN]


def test_a_prefix_is_gone_through_in_short_steps_by_whoever_is_left(office):
    many = phones(700)
    office.world.add_list(many)

    def half_done(conn):
        dnc.put(conn, [entry("+1202", Kind.PREFIX)], NOW)
        (sweep,) = dnc_leads.pending(conn, NOW + HOUR)
        return dnc_leads.step(conn, sweep, 300, NOW)

    step = office.world.write(half_done)
    assert (step.looked_at, step.over, step.effect.closed) == (300, False, 300)
    assert office.funnel() == {Part.DIALABLE: 400, Part.DO_NOT_CALL: 300}
    silent = NOW + dnc_sweeps.SILENT / 2
    assert dnc_sweeps.take_over(office.database, clock=lambda: silent) == dnc_leads.Effect()
    later = NOW + 2 * dnc_sweeps.SILENT
    assert dnc_sweeps.take_over(office.database, clock=lambda: later).closed == 400
    assert office.funnel() == {Part.DO_NOT_CALL: 700}
    assert office.world.read(lambda conn: dnc_leads.pending(conn, NOW + HOUR)) == []


def test_leads_that_somebody_else_is_changing_are_left_to_the_next_who_looks(desk, postgresql_world):
    desk.world, desk.database = postgresql_world, postgresql_world.database
    office = Office(desk)
    office.world.add_list([ANN, BEN])
    with office.database.write() as conn:
        conn.execute(text("SELECT id FROM leads WHERE id = 1 FOR UPDATE"))
        added = office.add(ANN, BEN)
        assert (added.leads.closed, added.leads.skipped) == (1, {ANN})
    assert office.stands(ANN) == (None, NOW)
    assert dnc_sweeps.take_over(office.database, clock=desk.clock).closed == 1
    assert office.stands(ANN) == (ON_DNC, None)
