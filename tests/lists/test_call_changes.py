"""A person says what became of a call that has ended: what may change, and what that makes of the lead."""

from datetime import UTC, datetime, timedelta

import pytest

from dialerd.domain.callback import read_when
from dialerd.domain.dispositions import Disposition, Flags
from dialerd.domain.errors import BadInput, NotFound, Refused
from dialerd.service.call_changes import NewWord, set_disposition
from dialerd.store import dnc
from dialerd.store.evidence import evidence_of
from harness.brute import counted, ended_attempts, tallied
from harness.rules import AGAIN, FINAL, catalogue, settings
from harness.world import NOW, phones

ANSWERED, BUSY, UNKNOWN = Disposition.ANSWERED, Disposition.BUSY, Disposition.UNKNOWN
HOUR = timedelta(hours=1)
NEVER = Flags(final=True, do_not_call=True, recyclable=False)
OURS = catalogue(sale=FINAL, not_now=AGAIN, never_again=NEVER, gone=Flags(counts=False, recyclable=False))
SETTINGS = settings(OURS, {"not_now": {"attempts": 2, "wait": "2h"}})


@pytest.fixture
def change(desk):
    def run(attempt, name, when=None):
        return set_disposition(
            desk.database, NewWord(attempt, name, when), settings=SETTINGS, now=desk.now, **desk.words
        )

    return run


@pytest.fixture
def call(desk):
    """An attempt that ended as answered; its lead is closed."""
    return ended(desk, ANSWERED)


def ended(desk, disposition, **more):
    desk.world.add_list(phones(1, 10 * desk.next()), name=f"list {desk.next()}")
    desk.called(disposition, **more)
    return desk.world.attempts()[-1].attempt_id


def lead_of(desk, attempt):
    return desk.world.lead(desk.world.attempt(attempt).lead_id)


def exact(desk):
    lists = sorted({lead.list_id for lead in desk.world.leads()})
    assert tallied(desk.database, lists, desk.now) == counted(desk.database, lists, desk.now)


def test_an_answered_call_becomes_what_it_was_and_its_lead_is_decided_anew(desk, change, call):
    desk.now += HOUR
    done = change(call, "not_now")
    assert (done.before, done.disposition, done.again_at) == (ANSWERED, "not_now", NOW + 2 * HOUR)
    assert desk.world.attempt(call).disposition == "not_now"
    lead = lead_of(desk, call)
    assert (lead.disposition, lead.due_at, lead.closed, lead.attempts) == ("not_now", NOW + 2 * HOUR, None, 1)
    exact(desk)


def test_and_back_again(desk, change, call):
    change(call, "not_now")
    assert change(call, "sale").closed == "sale is final"
    assert lead_of(desk, call).due_at is None
    exact(desk)


def test_what_would_have_been_due_since_is_due_now(desk, change, call):
    desk.now += 3 * HOUR
    assert change(call, "not_now").again_at == desk.now


def test_what_was_there_before_stays_as_evidence_and_in_the_audit(desk, change, call):
    change(call, "sale")
    (said,) = desk.world.read(lambda conn: evidence_of(conn, call))
    assert (said.source, said.facts) == ("person", {"disposition": "sale", "before": "answered", "by": "the tests"})
    (entry,) = desk.audit("call.disposition")
    assert entry.detail == {"attempt": call, "disposition": "sale", "before": "answered"}
    assert entry.subject == f"lead {lead_of(desk, call).lead_id}"


def test_a_call_whose_end_nobody_saw_may_turn_out_to_be_answered(desk, change):
    call = ended(desk, UNKNOWN)
    assert change(call, "sale").closed == "sale is final"
    assert lead_of(desk, call).disposition == "sale"


@pytest.mark.parametrize("disposition", [BUSY, Disposition.NO_ANSWER, Disposition.CANCELLED, Disposition.FAILED])
def test_a_call_that_nobody_answered_stays_what_it_was(desk, change, disposition):
    call = ended(desk, disposition)
    before = lead_of(desk, call)
    with pytest.raises(Refused, match="nobody answered"):
        change(call, "sale")
    assert (desk.world.attempt(call).disposition, lead_of(desk, call)) == (disposition, before)


@pytest.mark.parametrize("name", ["busy", "unknown", "new", "cancelled", "unheard_of"])
def test_an_answered_call_becomes_nothing_that_no_answered_call_is(desk, change, call, name):
    with pytest.raises(Refused, match=f"no answered call ends as {name}; one of answered, callback"):
        change(call, name)


def test_nothing_changes_when_it_is_so_already(desk, change, call):
    with pytest.raises(Refused, match="is answered already"):
        change(call, "answered")
    assert desk.audit("call.disposition") == []


def test_a_call_that_is_up_is_not_for_people_to_end(desk, change):
    desk.world.add_list(phones(1))
    (claimed,) = desk.world.claim(1)
    desk.world.send(claimed)
    with pytest.raises(Refused, match="when it has ended"):
        change(claimed.attempt_id, "sale")


def test_an_attempt_nobody_made_is_not_found(change):
    with pytest.raises(NotFound):
        change("01890a5d-ac96-774b-bcce-b302099a8057", "sale")


def test_an_attempt_that_does_not_count_is_given_back(desk, change, call):
    change(call, "gone")
    assert (lead_of(desk, call).attempts, desk.world.attempt(call).counts) == (0, False)
    change(call, "not_now")
    assert (lead_of(desk, call).attempts, desk.world.attempt(call).counts) == (1, True)
    exact(desk)


def test_a_lead_that_was_called_since_is_left_to_that_call(desk, change):
    call = ended(desk, Disposition.VOICEMAIL, due=NOW)
    (lead,) = desk.called(BUSY)
    before = desk.world.lead(lead)
    done = change(call, "sale")
    assert (done.again_at, done.closed) == (None, None)
    assert desk.world.lead(lead) == before
    assert contacted(desk) == {lead}


def test_a_lead_in_a_call_is_left_to_the_end_of_the_call(desk, change):
    call = ended(desk, Disposition.VOICEMAIL, due=NOW)
    desk.world.claim(1)
    assert change(call, "sale").closed is None
    assert (lead_of(desk, call).closed, lead_of(desk, call).due_at) == (None, None)


def test_a_lead_that_was_closed_by_hand_stays_closed(desk, change, call):
    lead = lead_of(desk, call).lead_id
    desk.world.write(lambda conn: conn.exec_driver_sql(f"UPDATE leads SET closed = 'closed by hand' WHERE id = {lead}"))
    change(call, "not_now")
    assert (lead_of(desk, call).closed, lead_of(desk, call).due_at) == ("closed by hand", None)


def test_who_was_reached_is_counted_by_what_the_call_is_now(desk, change, call):
    lead = lead_of(desk, call).lead_id
    assert contacted(desk) == {lead}
    change(call, "voicemail")
    assert contacted(desk) == set()
    change(call, "sale")
    assert contacted(desk) == {lead}
    exact(desk)


def test_the_tallies_of_calls_go_along(desk, change, call):
    change(call, "sale")
    (found,) = ended_attempts(desk.database).values()
    assert found == {"sale": 1}


def test_who_said_never_again_is_on_do_not_call(desk, change, call):
    change(call, "never_again")
    phone = lead_of(desk, call).phone
    (entry,) = desk.world.read(lambda conn: dnc.covering(conn, [phone]))[phone]
    assert (entry.added_by, entry.reason) == ("the tests", "never_again")


def test_a_callback_is_due_when_it_is_wanted(desk, change, call):
    assert change(call, "callback", read_when("2026-03-04T11:00")).again_at == datetime(2026, 3, 4, 11, tzinfo=UTC)
    assert change(call, "callback", timedelta(minutes=30)).again_at == desk.now + timedelta(minutes=30)
    assert change(call, "callback", read_when("2026-03-04 23:00")).again_at == datetime(2026, 3, 5, 9, tzinfo=UTC)


def test_a_time_is_for_a_callback_and_still_to_come(desk, change, call):
    with pytest.raises(Refused, match="belongs to callback"):
        change(call, "sale", timedelta(minutes=30))
    with pytest.raises(BadInput, match="is over"):
        change(call, "callback", NOW - HOUR)


def contacted(desk):
    rows = desk.world.read(lambda conn: conn.exec_driver_sql("SELECT id FROM leads WHERE contacted").all())
    return {row.id for row in rows}
