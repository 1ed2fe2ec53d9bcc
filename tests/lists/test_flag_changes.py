"""A flag of a disposition changes: leads that have it are judged anew, exactly, in steps, and once."""

from datetime import timedelta

import pytest

from dialerd.domain.dispositions import SYSTEM, Disposition, Flags
from dialerd.service import dispositions
from dialerd.service.dispositions import Adopted
from dialerd.store import dispositions as store
from dialerd.store import dnc
from harness.brute import counted, tallied
from harness.rules import AGAIN, FINAL, catalogue, settings
from harness.world import CAMPAIGN, NOW, phones

VOICEMAIL, BUSY = Disposition.VOICEMAIL, Disposition.BUSY
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RULE = {"sale": {"attempts": 3, "wait": "2h"}}


@pytest.fixture
def adopt(desk):
    def run(known, rules=None, optout_scope="global", **more):
        # A rule stands in the file for as long as its disposition may be recycled.
        campaigns = settings(catalogue(sale=AGAIN), rules, optout_scope=optout_scope).campaigns
        return dispositions.adopt(desk.database, known, campaigns, clock=desk.clock, **desk.words, **more)

    return run


@pytest.fixture
def sold(desk, adopt):
    """Two leads whose calls ended as a sale, one whose call was not answered, one that is new; `sale` is final."""
    adopt(catalogue(sale=FINAL))
    desk.world.add_list(phones(4))
    ids = desk.called("sale", 2, closed="sale is final")
    desk.called(BUSY)
    return ids


def standing(desk, lead_id):
    lead = desk.world.lead(lead_id)
    return lead.disposition, lead.due_at, lead.closed


def exact(desk):
    lists = sorted({lead.list_id for lead in desk.world.leads()})
    assert tallied(desk.database, lists, desk.now) == counted(desk.database, lists, desk.now)


def test_what_is_not_final_any_more_is_due_again_by_its_rule(desk, adopt, sold):
    desk.now += HOUR
    assert adopt(catalogue(sale=AGAIN), RULE) == Adopted(("sale",), due=2)
    assert [standing(desk, lead) for lead in sold] == [("sale", NOW + 2 * HOUR, None)] * 2
    exact(desk)


def test_what_was_due_long_ago_is_due_now(desk, adopt, sold):
    desk.now += DAY
    adopt(catalogue(sale=AGAIN), RULE)
    assert [standing(desk, lead)[1] for lead in sold] == [desk.now.replace(second=0, microsecond=0)] * 2


def test_what_is_due_outside_the_hours_waits_for_the_next_opening(desk, adopt, sold):
    adopt(catalogue(sale=AGAIN), {"sale": {"attempts": 3, "wait": "5h"}})
    assert standing(desk, sold[0])[1] == (NOW + DAY).replace(hour=9, minute=0, second=0, microsecond=0)


def test_without_a_rule_it_stays_closed_and_says_why(desk, adopt, sold):
    assert adopt(catalogue(sale=AGAIN)) == Adopted(("sale",))
    assert [standing(desk, lead)[1:] for lead in sold] == [(None, "no recycling rule for sale")] * 2
    exact(desk)


def test_a_used_up_budget_keeps_it_closed(desk, adopt, sold):
    adopt(catalogue(sale=AGAIN), {"sale": {"attempts": 1, "wait": "2h"}})
    assert standing(desk, sold[0])[2] == "sale 1 times, and its recycling rule allows 1"


def test_what_is_final_now_is_closed(desk, adopt, sold):
    adopt(catalogue(sale=AGAIN), RULE)
    assert adopt(catalogue(sale=FINAL), RULE) == Adopted(("sale",), closed=2)
    assert [standing(desk, lead) for lead in sold] == [("sale", None, "sale is final")] * 2
    exact(desk)


def test_a_disposition_that_is_taken_out_of_the_file_is_final(desk, adopt, sold):
    adopt(catalogue(sale=AGAIN), RULE)
    assert adopt(SYSTEM, RULE).closed == 2
    assert standing(desk, sold[0]) == ("sale", None, "sale is final")


def test_other_leads_stay_as_they_are(desk, adopt, sold):
    others = [lead for lead in desk.world.leads() if lead.lead_id not in sold]
    adopt(catalogue(sale=AGAIN), RULE)
    assert [lead for lead in desk.world.leads() if lead.lead_id not in sold] == others


def test_a_lead_in_a_call_is_left_to_the_end_of_the_call(desk, adopt, sold):
    adopt(catalogue(sale=AGAIN), RULE)
    desk.now += 3 * HOUR
    claimed = desk.world.claim(10, now=desk.now)
    assert {lead.lead_id for lead in claimed} > set(sold)
    assert adopt(catalogue(sale=FINAL)).closed == 0
    assert standing(desk, sold[0]) == ("sale", None, None)


def test_closed_by_hand_and_withdrawn_leads_stay_closed(desk, adopt, sold):
    by_hand, withdrawn = sold
    for lead, why in ((by_hand, "closed by hand"), (withdrawn, "withdrawn")):
        change = f"UPDATE leads SET closed = '{why}' WHERE id = {lead}"
        desk.world.write(lambda conn, change=change: conn.exec_driver_sql(change))
    assert adopt(catalogue(sale=AGAIN), RULE) == Adopted(("sale",))
    assert [standing(desk, lead)[2] for lead in sold] == ["closed by hand", "withdrawn"]


def test_who_was_contacted_is_counted_anew_over_all_calls_ever_made(desk, adopt):
    desk.world.add_list(phones(3))
    (lead,) = desk.called(VOICEMAIL)
    desk.now += 2 * HOUR
    desk.called(BUSY, 3)
    assert not contacted(desk)
    assert adopt(catalogue(voicemail=Flags(contacted=True))) == Adopted(("voicemail",), recounted=1)
    assert contacted(desk) == {lead}
    exact(desk)
    assert adopt(SYSTEM).recounted == 1
    assert not contacted(desk)


def test_one_who_was_reached_otherwise_too_stays_contacted(desk, adopt, sold):
    before = contacted(desk)
    adopt(catalogue(sale=FINAL, voicemail=Flags(contacted=True)))
    adopt(catalogue(sale=FINAL))
    assert contacted(desk) == before


def test_numbers_go_on_do_not_call_when_that_is_what_their_disposition_means_now(desk, adopt, sold):
    never = Flags(final=True, do_not_call=True, recyclable=False)
    assert adopt(catalogue(sale=never)).stopped == 2
    numbers = {desk.world.lead(lead).phone for lead in sold}
    found = desk.world.read(lambda conn: dnc.covering(conn, [lead.phone for lead in desk.world.leads()]))
    assert set(found) == numbers
    assert {entry.reason for entries in found.values() for entry in entries} == {"sale"}
    assert adopt(catalogue(sale=never)) == Adopted()
    exact(desk)


@pytest.mark.parametrize(("scope", "entry"), [("global", None), ("campaign", CAMPAIGN)])
def test_such_numbers_are_not_called_by_whom_the_campaign_of_the_call_says(desk, adopt, sold, scope, entry):
    never = Flags(final=True, do_not_call=True, recyclable=False)
    adopt(catalogue(sale=never), optout_scope=scope)
    found = desk.world.read(lambda conn: dnc.covering(conn, [desk.world.lead(sold[0]).phone]))
    assert [each.campaign for entries in found.values() for each in entries] == [entry]


def test_an_unchanged_catalogue_changes_nothing_and_leaves_no_trace(desk, adopt, sold):
    entries = desk.audit("dispositions.change")
    assert adopt(catalogue(sale=FINAL)) == Adopted()
    assert desk.audit("dispositions.change") == entries


def test_the_audit_says_which_flags_changed(desk, adopt, sold):
    adopt(catalogue(sale=AGAIN))
    newest = desk.audit("dispositions.change")[0]
    assert newest.detail == {"sale": {"final": [True, False], "recyclable": [False, True]}}


def test_it_goes_in_steps_and_on_where_it_was_interrupted(desk, adopt):
    adopt(catalogue(sale=FINAL))
    desk.world.add_list(phones(600))
    sold = "UPDATE leads SET disposition = 'sale', closed = 'sale is final', due_at = NULL"
    desk.world.write(lambda conn: conn.exec_driver_sql(sold))
    told = iter([False, True])
    first = adopt(catalogue(sale=AGAIN), RULE, stopped=lambda: next(told)).due
    assert 0 < first < 600
    assert adopt(catalogue(sale=AGAIN), RULE) == Adopted(due=600 - first)
    assert all(lead.due_at for lead in desk.world.leads())
    exact(desk)


def test_other_flags_of_another_process_are_left_alone(desk, adopt, sold):
    def stopped():
        with desk.database.write() as conn:
            store.put(conn, store.Used("sale", FINAL))
        return False

    assert adopt(catalogue(sale=AGAIN), RULE, stopped=stopped) == Adopted(("sale",))
    assert standing(desk, sold[0])[2] == "sale is final"


def contacted(desk):
    rows = desk.world.read(lambda conn: conn.exec_driver_sql("SELECT id FROM leads WHERE contacted").all())
    return {row.id for row in rows}
