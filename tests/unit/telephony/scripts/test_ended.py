"""What Asterisk says at the end of a call becomes its one disposition, if the channel is the attempt's own."""

from __future__ import annotations

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.domain.facts import AttemptState, Witness
from dialerd.store import evidence

STRANGER = "01890a5d-ac96-774b-bcce-b302099a8057"
QUESTION = (
    "${DIALERD_ATTEMPT}|${HANGUPCAUSE}|${CHANNEL(state)}|${DIALERD_CONNECTED}|${DIALERD_WAITED}|"
    "${HANGUPCAUSE(${CHANNEL(name)},tech)}"
)


def report(desk, attempt, *facts, waited="", uniqueid=None):
    """Asterisk reports the end of this attempt: cause, state, connected, last SIP message."""
    call = desk.call("ended", uniqueid or attempt)
    call.expressions[QUESTION] = "|".join([attempt, *facts[:3], waited, *facts[3:]])
    call.obey()
    return call


@pytest.mark.parametrize(
    ("facts", "disposition"),
    [
        (("17", "Down", "", "SIP 486 Busy Here"), Disposition.BUSY),
        (("1", "Down", "", "SIP 404 Not Found"), Disposition.INVALID_NUMBER),
        (("21", "Ringing", "", "SIP 603 Decline"), Disposition.REJECTED),
        (("19", "Ringing", "", "SIP 180 Ringing"), Disposition.NO_ANSWER),
        (("34", "Down", "", "SIP 503 a|b|c"), Disposition.CONGESTION),
        (("16", "Up", "1", "SIP 200 OK"), Disposition.ANSWERED),
        (("16", "Up", "0", "SIP 200 OK"), Disposition.ABANDONED),
        (("16", "Up", "", "SIP 200 OK"), Disposition.ABANDONED),
    ],
)
def test_the_end_of_a_call_is_written_with_its_disposition(desk, facts, disposition):
    attempt = desk.sent()
    call = report(desk, attempt, *facts)
    record = desk.attempt(attempt)
    assert (record.state, record.disposition, record.ended_by) == (AttemptState.ENDED, disposition, Witness.AGI)
    assert call.variables["DIALERD_OK"] == "1"
    assert len(call.commands) == 2


def test_what_the_dialplan_hands_over_is_not_asked_for(desk):
    attempt = desk.sent()
    call = desk.call("ended", attempt, agi_arg_1=f"{attempt}|17|Down|||SIP 486 Busy", agi_arg_2="very busy")
    call.obey()
    assert desk.attempt(attempt).disposition is Disposition.BUSY
    assert len(call.commands) == 1
    (said,) = desk.ask(lambda conn: evidence.evidence_of(conn, attempt))
    assert said.facts["sip_text"] == "Busy,very busy"


def test_cause_zero_after_the_ring_timeout_is_our_own_timeout(desk):
    attempt = desk.sent()
    desk.pass_time(1)
    report(desk, attempt, "0", "Ringing", "", "SIP 180 Ringing")
    assert desk.attempt(attempt).detail == "our ring timeout"


def test_cause_zero_before_the_ring_timeout_is_not(desk):
    attempt = desk.sent()
    desk.pass_time(0.4)
    report(desk, attempt, "0", "Ringing", "", "SIP 180 Ringing")
    assert desk.attempt(attempt).detail != "our ring timeout"


def test_a_second_report_changes_nothing_and_is_no_fault(desk):
    attempt = desk.sent()
    report(desk, attempt, "17", "Down", "", "SIP 486 Busy Here")
    lead = desk.lead(attempt)
    call = report(desk, attempt, "1", "Down", "", "SIP 404 Not Found")
    assert desk.attempt(attempt).disposition is Disposition.BUSY
    assert desk.lead(attempt) == lead
    assert call.variables["DIALERD_OK"] == "1"


@pytest.mark.parametrize("uniqueid", [STRANGER, "1700000000.5"])
def test_a_channel_that_is_not_the_attempt_may_not_end_it(desk, uniqueid):
    attempt = desk.sent()
    call = report(desk, attempt, "17", "Down", "", "SIP 486 Busy Here", uniqueid=uniqueid)
    assert desk.attempt(attempt).disposition is None
    assert "DIALERD_OK" not in call.variables
    assert desk.failures() == {"refused": 1}


def test_an_attempt_nobody_made_is_refused(desk):
    call = report(desk, STRANGER, "17", "Down", "", "SIP 486 Busy Here")
    assert "DIALERD_OK" not in call.variables
    assert desk.failures() == {"refused": 1}


@pytest.mark.parametrize("answer", ["", "nothing", "a|b|c|d|e"])
def test_an_answer_that_is_none_writes_nothing(desk, answer):
    attempt = desk.sent()
    call = desk.call("ended", attempt)
    call.expressions[QUESTION] = answer
    call.obey()
    assert desk.attempt(attempt).disposition is None
    assert desk.failures() == {"refused": 1}


def test_asterisk_going_away_after_its_answer_does_not_lose_the_ending(desk):
    attempt = desk.sent()
    call = desk.call("ended", attempt)
    call.expressions[QUESTION] = f"{attempt}|17|Down|||SIP 486 Busy Here"
    call.replies = {"SET VARIABLE": ""}
    call.sock.settimeout(0.5)
    with pytest.raises(TimeoutError):
        call.obey()
    assert desk.attempt(attempt).disposition is Disposition.BUSY


@pytest.mark.parametrize(
    ("waited", "kept"), [("1834", 1834), ("0", 0), ("", None), ("-3600000", None), ("9" * 10, None)]
)
def test_how_long_the_person_waited_to_be_connected_is_written_down(desk, waited, kept):
    attempt = desk.sent()
    report(desk, attempt, "16", "Up", "1", "SIP 200 OK", waited=waited)
    assert desk.attempt(attempt).waited_ms == kept


def test_how_long_the_person_waited_is_written_down_also_by_the_second_witness(desk):
    attempt = desk.sent()
    report(desk, attempt, "16", "Up", "1", "SIP 200 OK")
    report(desk, attempt, "16", "Up", "1", "SIP 200 OK", waited="3000")
    report(desk, attempt, "16", "Up", "1", "SIP 200 OK", waited="5000")
    assert desk.attempt(attempt).waited_ms == 3000


def test_odd_facts_are_read_as_unknown(desk):
    attempt = desk.sent()
    call = report(desk, attempt, "many", "Sideways", "yes", "not SIP at all")
    assert desk.attempt(attempt).disposition is Disposition.UNKNOWN
    assert call.variables["DIALERD_OK"] == "1"


def test_what_ended_is_counted_by_disposition(desk):
    report(desk, desk.sent(), "17", "Down", "", "SIP 486 Busy Here")
    assert (
        desk.metrics.registry.get_sample_value("dialerd_calls_total", {"campaign": "calls", "disposition": "busy"}) == 1
    )
