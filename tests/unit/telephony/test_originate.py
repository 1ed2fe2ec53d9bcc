"""What goes into an Originate, and what never does."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.domain.errors import BadInput
from dialerd.telephony.ami_session import render
from dialerd.telephony.originate import OriginateOrder, is_attempt_id, originate, originate_trial

ATTEMPT = "01890a5d-ac96-774b-bcce-b302099a8057"
ORDER = OriginateOrder(ATTEMPT, "carrier", "+12025550100", "+12025550199", 25.5)


def test_the_originate_is_the_one_the_facts_ask_for():
    assert sorted(render(originate(ORDER)).decode().rstrip("\r\n").split("\r\n")) == sorted(
        [
            "Action: Originate",
            f"ActionID: {ATTEMPT}",
            "Channel: PJSIP/+12025550100@carrier",
            f"ChannelId: {ATTEMPT}",
            "Context: dialerd-answered",
            "Exten: s",
            "Priority: 1",
            "Timeout: 25500",
            "CallerID: +12025550199",
            "Async: true",
            f"Variable: DIALERD_ATTEMPT={ATTEMPT}",
            'Variable: CHANNEL(hangup_handler_push)="dialerd-ended,s,1"',
        ]
    )


def test_the_longest_talk_time_travels_as_an_integer():
    assert ("Variable", "DIALERD_MAX_TALK=90") in originate(dataclasses.replace(ORDER, max_talk=90))


def test_a_trial_calls_the_endpoint_itself_and_goes_the_same_way():
    trial = dict(originate_trial(dataclasses.replace(ORDER, endpoint="101", dial_number="")))
    assert trial["Channel"] == "PJSIP/101"
    assert (trial["Context"], trial["ActionID"]) == (dict(originate(ORDER))["Context"], ORDER.attempt_id)
    with pytest.raises(BadInput):
        originate_trial(dataclasses.replace(ORDER, endpoint="101&PJSIP/102"))


def test_without_a_caller_id_the_trunk_decides():
    assert "CallerID" not in dict(originate(dataclasses.replace(ORDER, caller_id="")))


NEVER = [
    "",
    "+",
    "1&2",
    "1/2",
    "1@2",
    "1;2",
    "1,2",
    "1\r\nAction: Logoff",
    "1\n",
    "12a",
    "*72",
    "1w2",
    "٣٣٣",
    "１２",
    "1" * 41,
]


@pytest.mark.parametrize("number", NEVER)
def test_a_number_that_is_not_plus_and_digits_is_refused(number):
    with pytest.raises(BadInput, match="number"):
        originate(dataclasses.replace(ORDER, dial_number=number))


@pytest.mark.parametrize("number", [number for number in NEVER if number])
def test_a_caller_id_that_is_not_plus_and_digits_is_refused(number):
    with pytest.raises(BadInput, match="caller id"):
        originate(dataclasses.replace(ORDER, caller_id=number))


@pytest.mark.parametrize("endpoint", ["", "a/b", "a@b", "a b", "a\r\n", "é", "a,b", "a&b", "a=b"])
def test_an_endpoint_that_is_not_a_plain_name_is_refused(endpoint):
    with pytest.raises(BadInput, match="trunk endpoint"):
        originate(dataclasses.replace(ORDER, endpoint=endpoint))


@pytest.mark.parametrize("attempt", ["", "1", ATTEMPT.upper(), ATTEMPT + "\n", ATTEMPT.replace("0", "٠"), "x" * 36])
def test_an_attempt_id_that_is_not_one_is_refused(attempt):
    assert not is_attempt_id(attempt)
    with pytest.raises(BadInput, match="attempt id"):
        originate(dataclasses.replace(ORDER, attempt_id=attempt))


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), 100_000])
def test_a_ring_timeout_out_of_reason_is_refused(seconds):
    with pytest.raises(BadInput, match="ring timeout"):
        originate(dataclasses.replace(ORDER, ring_timeout=seconds))


@given(st.text(), st.text())
def test_no_text_can_start_a_second_header_or_action(name, value):
    try:
        data = render([("Action", "Ping"), (name, value)])
    except BadInput:
        return
    assert data.count(b"\r\n") == 3
    assert data.count(b"\n") == 3
    assert data.endswith(b"\r\n\r\n")
    assert all(32 <= byte < 127 for byte in data.replace(b"\r\n", b""))


@given(st.text(), st.text(), st.text(), st.text())
def test_whatever_the_order_says_only_plain_headers_come_out(attempt, endpoint, number, caller):
    try:
        headers = originate(OriginateOrder(attempt, endpoint, number, caller, 10))
    except BadInput:
        return
    assert dict(headers)["Channel"].count("/") == 1


def test_a_header_longer_than_asterisk_reads_is_refused():
    with pytest.raises(BadInput, match="longer than 1024 bytes"):
        render([("Action", "x" * 1015)])


def test_more_headers_than_asterisk_reads_are_refused():
    with pytest.raises(BadInput, match="129 headers"):
        render([("Action", "Ping")] * 129)
