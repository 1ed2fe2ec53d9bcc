from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.domain.callstate import (
    GRACE,
    Call,
    CallEvent,
    ChannelCreated,
    ChannelGone,
    ChannelRinging,
    ChannelUp,
    DialBegun,
    DialEnded,
    Ended,
    Open,
    OriginateAccepted,
    OriginateDone,
    OriginateRefused,
    Settling,
    advance,
    progress,
    verdict,
)
from dialerd.domain.dispositions import Disposition
from dialerd.domain.facts import AttemptState, ChannelState, OriginateFault
from dialerd.domain.outcome import classify

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TICK = timedelta(milliseconds=10)
ID = "0190f000-0000-7000-8000-000000000001"

ACCEPTED, BEGUN, RINGING, UP = OriginateAccepted(ID), DialBegun(ID), ChannelRinging(ID), ChannelUp(ID)
CREATED = ChannelCreated(ID, "PJSIP/carrier-00000001")
ANSWERED, TIMED_OUT, NOT_MADE = OriginateDone(ID, True, 4), OriginateDone(ID, False, 3), OriginateDone(ID, False, 0)


def gone(cause: int, code: int | None = None) -> ChannelGone:
    return ChannelGone(ID, cause, code, f"cause {cause}")


def dial(status: str) -> DialEnded:
    return DialEnded(ID, status)


# What Asterisk sends for one call, in its usual order; "16" without TechCause and with its causes.
TRACES: dict[str, tuple[list[CallEvent], Disposition]] = {
    "answered": ([ACCEPTED, CREATED, BEGUN, RINGING, UP, ANSWERED, gone(16, 200)], Disposition.ANSWERED),
    "answered, they hang up": ([ACCEPTED, CREATED, BEGUN, RINGING, UP, ANSWERED, gone(0, 200)], Disposition.ANSWERED),
    "answered at once": ([ACCEPTED, CREATED, BEGUN, UP, dial("ANSWER"), ANSWERED, gone(0, 200)], Disposition.ANSWERED),
    "answered, 16": ([ACCEPTED, CREATED, BEGUN, RINGING, UP, ANSWERED, gone(16)], Disposition.ANSWERED),
    "busy": ([ACCEPTED, CREATED, BEGUN, dial("BUSY"), gone(17, 486), NOT_MADE], Disposition.BUSY),
    "busy after ringing": ([ACCEPTED, CREATED, BEGUN, RINGING, NOT_MADE, gone(17, 486)], Disposition.BUSY),
    "busy, 16": ([ACCEPTED, CREATED, BEGUN, dial("BUSY"), NOT_MADE, gone(17)], Disposition.BUSY),
    "ring timeout": ([ACCEPTED, CREATED, BEGUN, RINGING, TIMED_OUT, gone(19, 180)], Disposition.NO_ANSWER),
    "ring timeout, 16": ([ACCEPTED, CREATED, BEGUN, RINGING, TIMED_OUT, gone(0)], Disposition.NO_ANSWER),
    "timeout without ringing": ([ACCEPTED, CREATED, BEGUN, TIMED_OUT, gone(0)], Disposition.NO_ANSWER),
    "timeout, answered with 487": (
        [ACCEPTED, CREATED, BEGUN, RINGING, TIMED_OUT, gone(127, 487)],
        Disposition.NO_ANSWER,
    ),
    "unavailable": ([ACCEPTED, CREATED, BEGUN, dial("NOANSWER"), NOT_MADE, gone(19, 480)], Disposition.NO_ANSWER),
    "unallocated": ([ACCEPTED, CREATED, BEGUN, dial("NOANSWER"), gone(1, 404), NOT_MADE], Disposition.INVALID_NUMBER),
    "unallocated, 16": ([ACCEPTED, CREATED, BEGUN, gone(1), NOT_MADE], Disposition.INVALID_NUMBER),
    "declined": ([ACCEPTED, CREATED, BEGUN, RINGING, gone(21, 603), NOT_MADE], Disposition.REJECTED),
    "congestion": ([ACCEPTED, CREATED, BEGUN, dial("CONGESTION"), gone(34, 503), NOT_MADE], Disposition.CONGESTION),
    "unauthorized": ([ACCEPTED, CREATED, BEGUN, gone(21, 401), NOT_MADE], Disposition.FAILED),
    "redirected": ([ACCEPTED, CREATED, BEGUN, gone(23, 302), NOT_MADE], Disposition.REJECTED),
    "core restart while ringing": ([ACCEPTED, CREATED, BEGUN, RINGING, NOT_MADE, gone(0)], Disposition.UNKNOWN),
    "core restart, with a SIP code": ([ACCEPTED, CREATED, BEGUN, RINGING, NOT_MADE, gone(0, 180)], Disposition.UNKNOWN),
    "no such endpoint": ([ACCEPTED, NOT_MADE], Disposition.FAILED),
    "refused": ([OriginateRefused(ID, "Permission denied")], Disposition.FAILED),
    "refused while stopping": ([OriginateRefused(ID, "Asterisk is shutting down")], Disposition.CANCELLED),
}
traces = st.sampled_from(sorted(TRACES))
SENT = Call()


def fold(events: list[CallEvent], call: Call = SENT, at: datetime = NOW) -> Call:
    for number, event in enumerate(events):
        call = advance(call, event, at + number * TICK)
    return call


def disposition_of(call: Call, at: datetime) -> Disposition:
    judged = verdict(call, at)
    assert isinstance(judged, Ended)
    return classify(judged.facts).disposition


@pytest.mark.parametrize("name", TRACES)
def test_a_call_in_its_usual_order_ends_as_it_happened(name):
    events, expected = TRACES[name]
    call = fold(events)
    assert disposition_of(call, NOW + 2 * GRACE) is expected


@given(traces, st.data())
def test_order_and_repetition_do_not_change_what_a_call_came_to(name, data):
    events, expected = TRACES[name]
    repeated = events + data.draw(st.lists(st.sampled_from(events), max_size=4))
    call = fold(data.draw(st.permutations(repeated)))
    assert disposition_of(call, NOW + 2 * GRACE) is expected


@given(traces, st.data())
def test_missing_events_never_make_an_answer_out_of_a_call_that_had_none(name, data):
    events, expected = TRACES[name]
    seen = data.draw(st.lists(st.sampled_from(events), unique=True))
    call = fold(seen)
    judged = verdict(call, NOW + 2 * GRACE)
    if expected is not Disposition.ANSWERED:
        assert call.answered_at is None
        assert not (isinstance(judged, Ended) and classify(judged.facts).disposition is Disposition.ANSWERED)


@given(traces, st.data())
def test_a_hangup_ends_a_call_whatever_else_is_missing(name, data):
    events, _ = TRACES[name]
    others = [event for event in events if not isinstance(event, ChannelGone)]
    hangups = [event for event in events if isinstance(event, ChannelGone)]
    seen = data.draw(st.lists(st.sampled_from(others), unique=True))
    call = fold([*seen, *hangups])
    if hangups:
        assert isinstance(verdict(call, NOW + 2 * GRACE), Ended)


@given(traces, traces, st.data())
def test_what_has_ended_stays_ended_alike(name, other, data):
    events, late = TRACES[name][0], TRACES[other][0]
    call = fold(data.draw(st.permutations(events)))
    at = NOW + 2 * GRACE
    ended = verdict(call, at)
    for event in data.draw(st.lists(st.sampled_from(late), max_size=6)):
        at += TICK
        call = advance(call, event, at)
        assert verdict(call, at) == ended


@given(traces, st.data())
def test_progress_never_goes_back(name, data):
    rank = [AttemptState.SENDING, AttemptState.RINGING, AttemptState.ANSWERED]
    call, reached = Call(), 0
    for number, event in enumerate(data.draw(st.permutations(TRACES[name][0]))):
        call = advance(call, event, NOW + number * TICK)
        assert rank.index(progress(call)) >= reached
        reached = rank.index(progress(call))


@given(traces, st.data())
def test_each_instant_is_that_of_the_first_event_that_said_so(name, data):
    events = TRACES[name][0]
    call = Call()
    first: dict[type, datetime] = {}
    for number, event in enumerate(data.draw(st.permutations(events * 2))):
        at = NOW + number * TICK
        if not isinstance(verdict(call, at), Ended):
            first.setdefault(type(event), at)
        call = advance(call, event, at)
    assert call.ringing_at == first.get(ChannelRinging)
    assert call.gone_at == first.get(ChannelGone)


def test_an_answer_beats_what_came_before_it():
    call = fold([ACCEPTED, CREATED, UP, RINGING])
    assert progress(call) is AttemptState.ANSWERED


def test_an_originate_that_failed_without_a_channel_is_given_two_seconds():
    call = fold([ACCEPTED, NOT_MADE])
    assert verdict(call, NOW + TICK) == Settling(NOW + TICK + GRACE)
    judged = verdict(call, NOW + TICK + GRACE)
    assert isinstance(judged, Ended)
    assert judged.facts.fault is OriginateFault.NO_CHANNEL


def test_where_events_may_be_missing_a_failed_originate_does_not_prove_that_there_was_no_channel():
    call = fold([ACCEPTED, NOT_MADE], Call(gap=True))
    judged = verdict(call, NOW + TICK + GRACE)
    assert isinstance(judged, Ended)
    assert judged.facts.fault is OriginateFault.LOST
    assert (classify(judged.facts).disposition, classify(judged.facts).counts) == (Disposition.UNKNOWN, True)


@given(traces, st.data())
def test_with_a_gap_no_trace_however_torn_ends_as_one_that_does_not_count_but_by_a_word_of_the_network(name, data):
    seen = data.draw(st.lists(st.sampled_from(TRACES[name][0]), unique=True))
    judged = verdict(fold(seen, Call(gap=True)), NOW + 2 * GRACE)
    if isinstance(judged, Ended) and not any(isinstance(event, ChannelGone | OriginateRefused) for event in seen):
        assert classify(judged.facts).disposition is Disposition.UNKNOWN


def test_a_channel_that_shows_up_in_those_two_seconds_keeps_the_call_open():
    call = fold([ACCEPTED, NOT_MADE, CREATED])
    assert verdict(call, NOW + timedelta(hours=1)) == Open()


def test_the_failure_of_a_second_originate_does_not_close_a_live_call():
    call = fold([ACCEPTED, CREATED, RINGING, NOT_MADE])
    assert verdict(call, NOW + timedelta(hours=1)) == Open()
    assert disposition_of(fold([UP, gone(16, 200)], call), NOW + GRACE) is Disposition.ANSWERED


def test_a_refused_originate_ends_at_once_with_what_asterisk_said():
    judged = verdict(fold([OriginateRefused(ID, "Permission denied")]), NOW)
    assert isinstance(judged, Ended)
    assert (judged.facts.fault, judged.facts.detail) == (OriginateFault.REFUSED, "Permission denied")


def test_a_final_sip_code_needs_no_other_witness():
    assert isinstance(verdict(fold([gone(17, 486)]), NOW), Ended)


def test_a_hangup_that_says_nothing_waits_for_the_originate_response():
    call = fold([ACCEPTED, CREATED, RINGING, gone(0)])
    assert isinstance(verdict(call, NOW + 3 * TICK), Settling)
    judged = verdict(advance(call, TIMED_OUT, NOW + 4 * TICK), NOW + 4 * TICK)
    assert isinstance(judged, Ended)
    assert judged.facts.ring_timed_out


def test_a_480_may_be_our_own_timeout_and_waits_for_the_originate_response():
    call = fold([ACCEPTED, CREATED, gone(19, 480)])
    assert isinstance(verdict(call, NOW + 3 * TICK), Settling)
    ours = verdict(advance(call, TIMED_OUT, NOW + 4 * TICK), NOW + 4 * TICK)
    theirs = verdict(advance(call, NOT_MADE, NOW + 4 * TICK), NOW + 4 * TICK)
    assert isinstance(ours, Ended)
    assert isinstance(theirs, Ended)
    assert (ours.facts.ring_timed_out, ours.facts.sip_code) == (True, None)
    assert (theirs.facts.ring_timed_out, theirs.facts.sip_code) == (False, 480)


def test_ringing_until_cause_19_is_our_timeout_without_any_response():
    judged = verdict(fold([CREATED, RINGING, gone(19, 180)]), NOW)
    assert isinstance(judged, Ended)
    assert judged.facts.ring_timed_out
    assert judged.facts.channel_state is ChannelState.RINGING


def test_of_an_adopted_call_only_the_end_is_seen_and_nothing_is_claimed_of_its_answer():
    judged = verdict(fold([gone(16)]), NOW + GRACE)
    assert isinstance(judged, Ended)
    assert judged.facts.answered is None
    assert judged.facts.channel_state is None


def test_a_call_that_nothing_is_heard_of_stays_open():
    assert verdict(fold([ACCEPTED]), NOW + timedelta(days=1)) == Open()
    assert progress(Call()) is AttemptState.SENDING
