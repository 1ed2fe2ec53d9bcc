"""Another pass over a list: what a reset touches, what it refuses, how it drips and how it is undone."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from dialerd.domain.dispositions import SYSTEM, Disposition
from dialerd.domain.eligibility import NoUntil, Wait
from dialerd.domain.errors import BadInput, Refused
from dialerd.service import reset_undo, resets
from dialerd.service.resets import ResetWish
from dialerd.store import attempts, by_hand
from dialerd.store.tables import leads as table
from harness.world import NOW, phones

BUSY, NO_ANSWER, UNKNOWN = Disposition.BUSY, Disposition.NO_ANSWER, Disposition.UNKNOWN
HOUR = timedelta(hours=1)


def wish(*dispositions, **more):
    return ResetWish("first", frozenset(dispositions), **more)


@pytest.fixture
def reset(desk):
    def run(*dispositions, **more):
        return resets.reset(desk.database, wish(*dispositions, **more), clock=desk.clock, **desk.words)

    return run


def standing(desk, lead_id):
    lead = desk.world.lead(lead_id)
    return lead.disposition, lead.attempts, lead.due_at, lead.closed


def test_leads_of_the_chosen_dispositions_are_fresh_again_and_their_calls_stay(desk, reset):
    desk.world.add_list(phones(3))
    (busy,) = desk.called(BUSY)
    (silent,) = desk.called(NO_ANSWER, closed="all attempts used: 1 of 1")
    desk.now += 5 * HOUR
    report = reset(NO_ANSWER)
    assert (report.leads, report.in_call) == (1, 0)
    assert standing(desk, silent) == ("new", 0, desk.now.replace(second=0, microsecond=0), None)
    assert standing(desk, busy)[:2] == ("busy", 1)
    assert len(desk.world.read(lambda conn: attempts.page(conn, lead_id=silent))) == 1
    assert desk.world.lead(silent).dials == 1
    assert desk.world.lead(silent).last_attempt_at == NOW


def test_the_attempt_budget_begins_anew_and_rules_do_not_look_at_calls_before_the_reset(desk, reset):
    desk.world.add_list(phones(1))
    (lead,) = desk.called(BUSY)
    desk.now += 5 * HOUR
    reset(BUSY)
    assert desk.world.read(lambda conn: attempts.history(conn, lead)).ended == {}
    desk.called(BUSY)
    assert desk.world.read(lambda conn: attempts.history(conn, lead)).ended == {BUSY: 1}
    assert (desk.world.lead(lead).attempts, desk.world.lead(lead).dials) == (1, 2)


def test_a_plan_says_how_many_and_how_many_were_called_lately_and_changes_nothing(desk):
    desk.world.add_list(phones(4))
    desk.called(BUSY, 2, now=NOW - 30 * HOUR)
    desk.world.claim(1)
    desk.called(BUSY)
    plan = resets.plan(desk.database, wish(BUSY), now=NOW + timedelta(minutes=30))
    assert (plan.leads, plan.recent, plan.last_hour, plan.last_day, plan.last_call) == (3, 1, 1, 1, NOW)
    assert [lead.disposition for lead in desk.world.leads()].count("busy") == 3


def test_leads_called_within_the_minimum_gap_refuse_the_reset_unless_forced(desk, reset):
    desk.world.add_list(phones(2))
    desk.called(BUSY, now=NOW - 9 * HOUR)
    desk.called(BUSY)
    desk.now += HOUR
    before = desk.world.leads()
    with pytest.raises(Refused, match=r"1 of 2 leads were called within the minimum gap of 4 h.*19:30 UTC.*--force"):
        reset(BUSY)
    assert desk.world.leads() == before
    assert desk.audit("list.reset") == []
    assert reset(BUSY, force=True).leads == 2


def test_a_shorter_minimum_gap_allows_it(desk, reset):
    desk.world.add_list(phones(1))
    desk.called(BUSY)
    desk.now += HOUR
    assert reset(BUSY, gap=HOUR).leads == 1


def test_leads_in_a_call_are_left_alone_and_counted(desk, reset):
    desk.world.add_list(phones(2))
    first, _second = desk.called(BUSY, 2, due=NOW + 6 * HOUR)
    desk.now += 6 * HOUR
    (up,) = desk.world.claim(1, now=desk.now)
    assert up.lead_id == first
    report = reset(BUSY, force=True)
    assert (report.leads, report.in_call) == (1, 1)
    assert desk.world.lead(first).in_call


def test_withdrawn_leads_are_never_reset(desk, reset):
    list_id = desk.world.add_list(phones(2))
    first, second = desk.called(BUSY, 2)
    withdraw(desk, list_id, first)
    desk.now += 5 * HOUR
    assert reset(BUSY).leads == 1
    assert standing(desk, first)[0] == "busy"
    assert standing(desk, second)[0] == "new"


def withdraw(desk, list_id, lead_id):
    """As a replacing version does that does not have the lead."""
    from sqlalchemy import text

    def work(conn):
        version = by_hand.open_version(conn, list_id, what="without", actor="tests", now=NOW, mode="replace")
        conn.execute(
            text("UPDATE lead_rows SET to_version = :v WHERE lead_id = :l"), {"v": version.number, "l": lead_id}
        )
        by_hand.close_version(conn, version, version.buckets, NOW)

    desk.world.write(work)


def test_leads_closed_by_hand_are_not_reset_with_their_list(desk, reset):
    desk.world.add_list(phones(2))
    first, _second = desk.called(BUSY, 2)
    desk.world.write(lambda conn: by_hand.close(conn, first))
    desk.now += 5 * HOUR
    assert reset(BUSY).leads == 1
    assert standing(desk, first) == ("busy", 1, None, "closed by hand")


@pytest.mark.parametrize("protected", ["do_not_call", "opted_out", "invalid_number"])
def test_do_not_call_and_invalid_numbers_are_touched_only_when_named(desk, reset, protected):
    desk.world.add_list(phones(2))
    (never,) = desk.called(Disposition(protected))
    desk.called(BUSY)
    desk.now += 5 * HOUR
    assert Disposition(protected) not in resets.every(SYSTEM)
    assert reset(*resets.every(SYSTEM)).leads == 1
    assert standing(desk, never)[0] == protected
    assert reset(Disposition(protected)).leads == 1
    assert standing(desk, never) == ("new", 0, desk.now.replace(second=0, microsecond=0), None)


def test_a_reset_without_dispositions_or_of_new_leads_or_with_no_pace_is_refused(desk, reset):
    desk.world.add_list(phones(1))
    for bad in ([], [Disposition.NEW]):
        with pytest.raises(BadInput):
            reset(*bad)
    for drip in (0, -1, float("nan"), 1e9):
        with pytest.raises(BadInput, match="drip"):
            reset(BUSY, drip=drip)


def test_a_reset_of_nothing_is_refused(desk, reset):
    desk.world.add_list(phones(1))
    with pytest.raises(Refused, match="list first has no lead with disposition busy to reset"):
        reset(BUSY)


def test_a_drip_lets_so_many_an_hour_become_due_in_the_order_of_the_list(desk, reset):
    desk.world.add_list(phones(5))
    ids = desk.called(BUSY, 5)
    desk.now += 5 * HOUR
    report = reset(BUSY, drip=2)
    due = [desk.world.lead(lead_id).due_at - desk.now for lead_id in ids]
    assert due == [HOUR * place / 2 for place in range(5)]
    assert (report.first_due, report.last_due) == (desk.now, desk.now + 2 * HOUR)


def test_a_reset_is_undone_until_the_first_of_its_leads_is_dialed(desk, reset):
    desk.world.add_list(phones(3))
    ids = desk.called(BUSY, 2, closed="all attempts used: 1 of 1") + desk.called(BUSY)
    before = desk.world.leads()
    desk.now += 5 * HOUR
    reset(BUSY)
    assert [standing(desk, lead_id)[0] for lead_id in ids] == ["new"] * 3
    report = reset_undo.undo(desk.database, "first", clock=desk.clock, **desk.words)
    assert (report.leads, report.changed) == (3, 0)
    assert desk.world.leads() == before
    with pytest.raises(Refused, match="no reset that could be undone"):
        reset_undo.undo(desk.database, "first", clock=desk.clock, **desk.words)


def test_an_undone_reset_remembers_what_its_leads_waited_for(desk, reset):
    desk.world.add_list(phones(1))
    desk.called(BUSY)
    desk.world.claim(judge=lambda _: NoUntil(NOW + 99 * HOUR, "closed", Wait.HOURS), now=NOW + 2 * HOUR)
    before = waits(desk)
    assert before == ["hours"]
    desk.now += 5 * HOUR
    reset(BUSY)
    assert waits(desk) == [None]
    reset_undo.undo(desk.database, "first", clock=desk.clock, **desk.words)
    assert waits(desk) == before


def waits(desk):
    return desk.world.read(lambda conn: list(conn.scalars(select(table.c.waits_for))))


def test_a_reset_whose_first_lead_was_dialed_is_not_undone(desk, reset):
    desk.world.add_list(phones(2))
    desk.called(BUSY, 2)
    desk.now += 5 * HOUR
    reset(BUSY)
    desk.called(NO_ANSWER)
    before = desk.world.leads()
    with pytest.raises(Refused, match="1 of 2 leads of its last reset were dialed since"):
        reset_undo.undo(desk.database, "first", clock=desk.clock, **desk.words)
    assert desk.world.leads() == before


def test_a_claim_that_was_given_back_does_not_stand_in_the_way_of_an_undo(desk, reset):
    from dialerd.store import claims

    desk.world.add_list(phones(1))
    desk.called(BUSY)
    before = desk.world.leads()
    desk.now += 5 * HOUR
    reset(BUSY)
    claimed = desk.world.claim(now=desk.now)
    desk.world.write(lambda conn: claims.give_back(conn, [claimed[0].attempt_id], desk.now))
    assert reset_undo.undo(desk.database, "first", clock=desk.clock, **desk.words).leads == 1
    assert desk.world.leads() == before


def test_after_an_undo_the_budget_is_what_it_was(desk, reset):
    desk.world.add_list(phones(1))
    (lead,) = desk.called(BUSY)
    desk.now += 5 * HOUR
    reset(BUSY)
    reset_undo.undo(desk.database, "first", clock=desk.clock, **desk.words)
    assert desk.world.read(lambda conn: attempts.history(conn, lead)).ended == {BUSY: 1}


class Killed(BaseException):
    """As kill -9: nobody cleans up."""


def test_an_interrupted_reset_goes_on_where_it_was_with_the_same_drip(desk, reset, world):
    desk.world.add_list(phones(600))
    ids = desk.called(BUSY, 600)
    desk.now += 5 * HOUR
    began = desk.now

    def stop(done, total):
        raise Killed

    with pytest.raises(Killed):
        resets.reset(desk.database, wish(BUSY, drip=60), clock=desk.clock, progress=stop, **desk.words)
    done = [lead.disposition for lead in world.leads()].count("new")
    assert 0 < done < 600
    with pytest.raises(Refused, match=r"another reset was interrupted.*same options \(busy\)"):
        reset(UNKNOWN)
    desk.now += HOUR
    assert reset(BUSY, drip=60).leads == 600
    assert [world.lead(lead_id).due_at for lead_id in ids] == [began + timedelta(minutes=place) for place in range(600)]
    assert len(desk.audit("list.reset")) == 1
    assert reset_undo.undo(desk.database, "first", clock=desk.clock, **desk.words).leads == 600


def test_a_reset_is_one_entry_in_the_audit(desk, reset):
    desk.world.add_list(phones(1))
    desk.called(BUSY)
    desk.now += 5 * HOUR
    reset(BUSY)
    (entry,) = desk.audit("list.reset")
    assert (entry.actor, entry.subject) == ("the tests", "list first")
    assert (entry.detail["dispositions"], entry.detail["leads"], entry.detail["forced"]) == ("busy", 1, False)


def test_only_the_last_reset_is_remembered(desk, reset):
    desk.world.add_list(phones(2))
    desk.called(BUSY)
    desk.called(NO_ANSWER)
    desk.now += 5 * HOUR
    reset(BUSY)
    reset(NO_ANSWER)
    assert reset_undo.undo(desk.database, "first", clock=desk.clock, **desk.words).leads == 1
    assert sorted(lead.disposition for lead in desk.world.leads()) == ["new", "no_answer"]
