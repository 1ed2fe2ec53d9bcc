"""Attempts go forward only, end once, and keep what every witness said."""

from datetime import timedelta

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.domain.facts import AttemptState, EndFacts, Witness
from dialerd.store import attempts
from dialerd.store.attempts import End, EvidenceRow
from harness.world import NOW, phones

SECOND = timedelta(seconds=1)


@pytest.fixture
def sent(world):
    """The id of an attempt that was sent."""
    world.add_list(phones(1))
    (claimed,) = world.claim()
    world.send(claimed)
    return claimed.attempt_id


def progress(world, attempt_id, state, at=NOW):
    world.write(lambda conn: attempts.mark_progress(conn, attempt_id, state, at))
    return world.attempt(attempt_id)


def test_a_call_rings_and_is_answered(world, sent):
    rung = progress(world, sent, AttemptState.RINGING, NOW + SECOND)
    assert (rung.state, rung.ringing_at, rung.answered_at) == (AttemptState.RINGING, NOW + SECOND, None)
    up = progress(world, sent, AttemptState.ANSWERED, NOW + 2 * SECOND)
    assert (up.state, up.ringing_at, up.answered_at) == (AttemptState.ANSWERED, NOW + SECOND, NOW + 2 * SECOND)


def test_a_call_may_be_answered_without_ringing(world, sent):
    up = progress(world, sent, AttemptState.ANSWERED)
    assert (up.state, up.ringing_at, up.answered_at) == (AttemptState.ANSWERED, None, NOW)


def test_progress_never_goes_back(world, sent):
    up = progress(world, sent, AttemptState.ANSWERED)
    assert progress(world, sent, AttemptState.RINGING, NOW + SECOND) == up
    assert progress(world, sent, AttemptState.ANSWERED, NOW + SECOND) == up
    assert progress(world, sent, AttemptState.CLAIMED, NOW + SECOND) == up


def test_what_was_not_sent_or_has_ended_makes_no_progress(world, sent):
    world.end(sent)
    ended = world.attempt(sent)
    assert progress(world, sent, AttemptState.ANSWERED) == ended
    world.add_list(phones(1, 1), name="second")
    (claimed,) = world.claim()
    assert progress(world, claimed.attempt_id, AttemptState.RINGING).state is AttemptState.CLAIMED


def test_several_make_progress_at_once_each_to_its_own_state(world):
    world.add_list(phones(3))
    claimed = world.claim()
    world.send(*claimed)
    ids = [lead.attempt_id for lead in claimed]
    steps = [(ids[0], AttemptState.RINGING, NOW), (ids[1], AttemptState.ANSWERED, NOW)]
    world.write(lambda conn: attempts.mark_progress_many(conn, steps))
    assert [world.attempt(one).state for one in ids] == ["ringing", "answered", "sending"]


def test_an_attempt_ends_with_all_that_is_known(world, sent):
    facts = EndFacts(sip_code=486, sip_text="Busy Here", cause=17)
    end = {"disposition": Disposition.BUSY, "counts": True, "facts": facts, "ended_by": Witness.AGI}
    later = NOW + SECOND
    assert world.write(lambda conn: attempts.write_end(conn, sent, **end, detail="486 Busy Here", ended_at=later))
    record = world.attempt(sent)
    assert (record.state, record.disposition, record.counts) == (AttemptState.ENDED, Disposition.BUSY, True)
    assert (record.sip_code, record.cause, record.ended_by) == (486, 17, "agi")
    assert (record.detail, record.ended_at) == ("486 Busy Here", later)


@pytest.mark.parametrize("second", [Disposition.ANSWERED, Disposition.BUSY, Disposition.UNKNOWN])
def test_an_attempt_ends_once(world, sent, second):
    assert world.end(sent, Disposition.BUSY)
    ended = world.attempt(sent)
    assert not world.end(sent, second, facts=EndFacts(sip_code=200), now=NOW + SECOND)
    assert world.attempt(sent) == ended


def test_an_attempt_nobody_made_does_not_end(world):
    assert not world.end("01a2001d-d58f-7137-bffa-0d82b84aa860")


def test_unknown_may_turn_into_what_it_was_once_and_keeps_its_end(world, sent):
    assert world.end(sent, Disposition.UNKNOWN)
    assert world.end(sent, Disposition.ANSWERED, facts=EndFacts(cause=16), now=NOW + SECOND)
    record = world.attempt(sent)
    assert (record.disposition, record.cause, record.ended_at) == (Disposition.ANSWERED, 16, NOW)
    assert not world.end(sent, Disposition.BUSY)


def test_unknown_is_not_written_over_unknown(world, sent):
    world.end(sent, Disposition.UNKNOWN)
    assert not world.end(sent, Disposition.UNKNOWN, now=NOW + SECOND)


def test_unknown_never_comes_back_to_life(world, sent):
    world.end(sent, Disposition.UNKNOWN)
    assert progress(world, sent, AttemptState.ANSWERED).state is AttemptState.ENDED


def test_many_end_at_once_by_the_same_rules(world):
    world.add_list(phones(3))
    claimed = world.claim()
    world.send(*claimed)
    first, second, third = (lead.attempt_id for lead in claimed)
    world.end(first, Disposition.BUSY)
    world.end(second, Disposition.UNKNOWN)

    def end(attempt_id, disposition):
        return End(attempt_id, disposition, True, EndFacts(), Witness.AMI, "", NOW)

    ends = [end(first, Disposition.ANSWERED), end(second, Disposition.NO_ANSWER), end(third, Disposition.UNKNOWN)]
    world.write(lambda conn: attempts.write_ends(conn, ends))
    assert [attempt.disposition for attempt in world.attempts()] == ["busy", "no_answer", "unknown"]


def route(world, *routed):
    world.write(lambda conn: attempts.mark_routed(conn, routed))


def test_a_call_that_is_sent_on_was_answered_and_its_destination_is_kept(world, sent):
    route(world, (sent, "extension 100@sales", NOW + SECOND))
    record = world.attempt(sent)
    assert (record.state, record.answered_at) == (AttemptState.ANSWERED, NOW + SECOND)
    assert record.destination == "extension 100@sales"


def test_a_call_that_is_sent_on_keeps_when_it_was_answered(world, sent):
    progress(world, sent, AttemptState.ANSWERED, NOW)
    route(world, (sent, "extension 100@sales", NOW + SECOND))
    assert world.attempt(sent).answered_at == NOW


def test_what_was_not_sent_or_has_ended_is_not_sent_on(world, sent):
    world.end(sent)
    world.add_list(phones(1, 1), name="second")
    (claimed,) = world.claim()
    before = world.attempts()
    route(world, (sent, "x", NOW), (claimed.attempt_id, "x", NOW))
    route(world)
    assert world.attempts() == before


def test_an_attempt_outlives_its_lead(world, sent):
    with world.database.write() as conn:
        conn.exec_driver_sql("DELETE FROM leads")
    record = world.attempt(sent)
    assert (record.phone, record.lead_attempts, record.lead_dials) == (phones(1)[0], None, None)


def test_an_attempt_is_read_with_what_its_lead_says_now(world, sent):
    record = world.attempt(sent)
    assert (record.lead_attempts, record.lead_dials, record.lead_disposition) == (0, 1, "new")
    world.recycle(record.lead_id, counted=1, disposition=Disposition.BUSY, due=NOW)
    record = world.attempt(sent)
    assert (record.lead_attempts, record.lead_dials, record.lead_disposition) == (1, 1, "busy")


def test_attempts_that_do_not_exist_are_not_among_those_loaded(world, sent):
    found = world.write(lambda conn: attempts.load_many(conn, [sent, "nobody"], lock=True))
    assert list(found) == [sent]
    assert world.read(lambda conn: attempts.load_many(conn, [])) == {}


def test_evidence_is_kept_in_the_order_it_came_and_stays(world, sent):
    rows = [
        EvidenceRow(sent, "ami", NOW, {"cause": 17, "sip_code": None}),
        EvidenceRow(sent, "agi", NOW + SECOND, {"sip_text": 'Busy "Here" \u202e'}),
    ]
    for row in rows:
        world.write(lambda conn, row=row: attempts.add_evidence(conn, [row]))
    world.end(sent)
    assert world.read(lambda conn: attempts.evidence_of(conn, sent)) == rows


def dial(world, disposition):
    (claimed,) = world.claim(1)
    world.send(claimed)
    world.end(claimed.attempt_id, disposition)
    world.recycle(claimed.lead_id, due=NOW)
    return claimed.lead_id


def test_the_history_of_a_lead_counts_how_its_attempts_ended(world):
    world.add_list(phones(1))
    for disposition in (Disposition.BUSY, Disposition.CONGESTION, Disposition.BUSY):
        lead_id = dial(world, disposition)
    world.claim()
    past = world.read(lambda conn: attempts.history(conn, lead_id))
    assert past.ended == {Disposition.BUSY: 2, Disposition.CONGESTION: 1}


@pytest.mark.parametrize(
    ("endings", "in_a_row"),
    [("", 0), ("b", 0), ("c", 1), ("bcc", 2), ("ccb", 0), ("cbc", 1), ("ccc", 3)],
)
def test_the_history_of_a_lead_knows_how_many_of_the_newest_did_not_count(world, endings, in_a_row):
    world.add_list(phones(1))
    for ending in endings:
        dial(world, {"b": Disposition.BUSY, "c": Disposition.CONGESTION}[ending])
    lead_id = world.leads()[0].lead_id
    assert world.read(lambda conn: attempts.history(conn, lead_id)).uncounted == in_a_row


def test_histories_of_several_leads_do_not_mix(world):
    world.add_list(phones(2))
    first, second = (lead.lead_id for lead in world.leads())
    dial(world, Disposition.CONGESTION)
    past = world.read(lambda conn: attempts.histories(conn, [second, first]))
    assert (past[first].ended, past[first].uncounted) == ({Disposition.CONGESTION: 1}, 1)
    assert (past[second].ended, past[second].uncounted) == ({}, 0)
