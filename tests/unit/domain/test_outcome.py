from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.domain.dispositions import FLAGS, Disposition
from dialerd.domain.facts import ChannelState, EndFacts, OriginateFault
from dialerd.domain.outcome import classify, parse_tech

D = Disposition

TABLE = [
    *[(code, 17, D.BUSY) for code in (486, 600)],
    *[(code, cause, D.NO_ANSWER) for code in (480, 483, 408) for cause in (19, 18)],
    *[(code, cause, D.INVALID_NUMBER) for code in (404, 485, 604, 484, 410) for cause in (1, 28, 22)],
    *[(code, cause, D.REJECTED) for code in (603, 403, 607, 608) for cause in (21, 127)],
    *[(code, cause, D.CONGESTION) for code in (503, 500, 502, 504, 501, 505, 580) for cause in (34, 38, 27, 102)],
    *[(code, cause, D.FAILED) for code in (401, 407, 488, 606) for cause in (21, 58)],
    (302, 23, D.REJECTED),
]
BY_CAUSE = [
    (17, D.BUSY),
    (19, D.NO_ANSWER),
    (18, D.NO_ANSWER),
    (1, D.INVALID_NUMBER),
    (28, D.INVALID_NUMBER),
    (22, D.INVALID_NUMBER),
    (21, D.REJECTED),
    (127, D.REJECTED),
    (34, D.CONGESTION),
    (38, D.CONGESTION),
    (27, D.CONGESTION),
    (102, D.CONGESTION),
    (58, D.FAILED),
]


@pytest.mark.parametrize(("code", "cause", "expected"), TABLE)
def test_a_final_sip_code_decides(code, cause, expected):
    assert classify(EndFacts(sip_code=code, cause=cause, answered=False)).disposition is expected


@pytest.mark.parametrize(("code", "cause", "expected"), TABLE)
def test_the_sip_code_outranks_a_cause_that_the_carrier_overrode(code, cause, expected):
    for other in (1, 17, 34, 0, 16, None):
        assert classify(EndFacts(sip_code=code, cause=other, answered=False)).disposition is expected


@pytest.mark.parametrize(("cause", "expected"), BY_CAUSE)
@pytest.mark.parametrize("code", [None, 100, 180, 183])
def test_without_a_final_sip_code_the_cause_decides(code, cause, expected):
    facts = EndFacts(sip_code=code, cause=cause, answered=False, channel_state=ChannelState.DOWN)
    assert classify(facts).disposition is expected


@pytest.mark.parametrize("cause", [19, 0])
def test_ringing_until_our_own_timeout_is_no_answer_as_the_dialplan_tells_it(cause):
    code, words = parse_tech("SIP 180 Ringing")
    facts = EndFacts(sip_code=code, sip_text=words, cause=cause, channel_state=ChannelState.RINGING)
    assert classify(facts).disposition is D.NO_ANSWER


def test_our_ring_timeout_is_no_answer_whatever_the_cause():
    for cause in (0, 16, 34, None):
        assert classify(EndFacts(cause=cause, ring_timed_out=True, answered=False)).disposition is D.NO_ANSWER


def test_a_busy_that_crossed_our_timeout_is_busy():
    assert classify(EndFacts(sip_code=486, cause=17, ring_timed_out=True, answered=False)).disposition is D.BUSY


@pytest.mark.parametrize("cause", [0, 16, 17, 34, None])
def test_an_answered_call_is_answered_whatever_ended_it(cause):
    for facts in (
        EndFacts(sip_code=200, cause=cause, answered=True),
        EndFacts(sip_code=200, cause=cause, channel_state=ChannelState.UP, connected=True),
        EndFacts(cause=cause, channel_state=ChannelState.UP),
        EndFacts(sip_code=488, cause=cause, answered=True, connected=True),
        EndFacts(sip_code=200, cause=cause),
    ):
        assert classify(facts).disposition is D.ANSWERED


def test_answered_with_nothing_to_connect_to_is_abandoned():
    facts = EndFacts(sip_code=200, cause=16, answered=True, connected=False)
    assert classify(facts).disposition is D.ABANDONED


@pytest.mark.parametrize("state", [ChannelState.RINGING, ChannelState.DOWN])
def test_an_answer_that_crossed_our_cancel_is_abandoned(state):
    facts = EndFacts(sip_code=200, cause=19, channel_state=state, ring_timed_out=True)
    assert classify(facts).disposition is D.ABANDONED


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (OriginateFault.REFUSED, D.FAILED),
        (OriginateFault.NO_CHANNEL, D.FAILED),
        (OriginateFault.NOT_SENT, D.CANCELLED),
        (OriginateFault.LOST, D.UNKNOWN),
    ],
)
def test_a_fault_of_ours_is_told_as_what_it_was(fault, expected):
    outcome = classify(EndFacts(fault=fault))
    assert outcome.disposition is expected
    assert outcome.detail


def test_a_channel_that_vanished_without_a_word_is_unknown():
    assert classify(EndFacts(cause=0, channel_state=ChannelState.DOWN, answered=False)).disposition is D.UNKNOWN
    assert classify(EndFacts()).disposition is D.UNKNOWN


def test_what_is_in_no_table_counts_as_the_far_side_saying_no():
    for code in (400, 433, 481, 491, 499, 305, 699):
        outcome = classify(EndFacts(sip_code=code, cause=0, answered=False))
        assert (outcome.disposition, outcome.counts) == (D.REJECTED, True)


def test_a_sip_code_that_carriers_use_for_anything_is_left_to_the_cause():
    assert classify(EndFacts(sip_code=400, cause=1, answered=False)).disposition is D.INVALID_NUMBER


any_facts = st.builds(
    EndFacts,
    sip_code=st.none() | st.integers(100, 699),
    cause=st.none() | st.integers(0, 127),
    channel_state=st.none() | st.sampled_from(ChannelState),
    answered=st.none() | st.booleans(),
    ring_timed_out=st.booleans(),
    fault=st.none() | st.sampled_from(OriginateFault),
    connected=st.none() | st.booleans(),
)


@given(any_facts)
def test_every_end_has_one_disposition_whose_flags_say_whether_it_counts(facts):
    outcome = classify(facts)
    assert outcome.disposition is not D.NEW
    assert outcome.counts is FLAGS[outcome.disposition].counts


@given(any_facts)
def test_only_an_answer_makes_a_call_answered(facts):
    if classify(facts).disposition is D.ANSWERED:
        assert facts.answered or facts.channel_state is ChannelState.UP or facts.sip_code == 200


@given(any_facts)
def test_nothing_that_may_have_rung_a_phone_is_taken_for_not_counted(facts):
    outcome = classify(facts)
    if not outcome.counts and facts.fault is None:
        assert not facts.answered
        assert not facts.ring_timed_out or (facts.sip_code or 0) >= 300


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SIP 486 Busy Here", (486, "Busy Here")),
        ("SIP 180 Ringing", (180, "Ringing")),
        ("SIP 200 OK", (200, "OK")),
        (" SIP 404 Not Found\n", (404, "Not Found")),
        ("SIP 603", (603, "")),
        ("SIP 486 Busy\x1b[31m \u202eHere", (486, "Busy[31m Here")),
        ("SIP 700 Nowhere", None),
        ("SIP 48 Short", None),
        ("SIP ٤٨٦ Busy", None),
        ("", None),
        ("PRI Cause 17", None),
    ],
)
def test_the_last_sip_message_is_read(text, expected):
    assert parse_tech(text) == expected


def test_the_words_of_a_sip_message_are_kept_short():
    assert parse_tech("SIP 503 " + "x" * 5000) == (503, "x" * 80)


def test_the_detail_names_the_sip_message():
    assert classify(EndFacts(sip_code=486, sip_text="Busy Here", cause=17)).detail == "SIP 486 Busy Here"
