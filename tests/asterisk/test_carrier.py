"""The carrier does with a call what its number says, on the newest and the oldest Asterisk, and writes it down."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest

from dialerd.lab.carrier_log import CarrierCall
from dialerd.lab.fates import ENDINGS, SIP_CODES, Fate
from harness.agi_stub import AgiStub, Talk
from harness.raw_ami import RawAmi

pytestmark = pytest.mark.asterisk

PREFIX = "+4930555001"
ANSWERS = {Fate.ANSWERED, Fate.ANSWER_STAY, Fate.ANSWER_HANGUP, Fate.LATE_ANSWER, Fate.EARLY_MEDIA, Fate.MACHINE}
ANSWERS |= {Fate.OPT_OUT, Fate.OPT_OUT_HANGUP}
CALLER_ENDS = {Fate.ANSWER_STAY, Fate.OPT_OUT, Fate.NO_ANSWER, Fate.SILENT}
RING_MS = 1200


@dataclass(frozen=True)
class Placed:
    """One call of every ending: when it was sent, what the carrier wrote, what `ended` was told about the channel."""

    sent: dict[str, float]
    calls: dict[str, list[CarrierCall]]
    tech: dict[str, str]


@pytest.fixture(scope="module", params=["lab", "old_lab"])
def placed(request) -> Placed:
    lab = request.getfixturevalue(request.param)
    tech: dict[str, str] = {}

    def route(talk: Talk) -> None:
        # Who stays is hung up on by us; everybody else ends the call first.
        if talk.env["agi_uniqueid"].endswith(("201", "209")):
            talk.set(DIALERD_DEST_TYPE="hangup")
        else:
            talk.set(DIALERD_DEST_CONTEXT="dialerd-demo", DIALERD_DEST_EXTEN="stay", DIALERD_DEST_TYPE="extension")
        talk.set(DIALERD_OK="1")

    def ended(talk: Talk) -> None:
        tech[talk.env["agi_uniqueid"][-3:]] = talk.get("${HANGUPCAUSE(${CHANNEL(name)},tech)}")

    with AgiStub(lab.ports.agi, route=route, ended=ended), RawAmi(lab) as ami:
        sent = {}
        for ending in ENDINGS:
            sent[ending] = time.time()
            ami.call(f"fate-{ending}", PREFIX + ending, ring_ms=RING_MS)
        ours = lab.wait_for_calls(lambda calls: _whole(_ours(calls)))
        for ending in ENDINGS:
            ami.wait(Event="Hangup", Uniqueid=f"fate-{ending}")
    by_ending = {ending: [call for call in _ours(ours) if call.number == PREFIX + ending] for ending in ENDINGS}
    return Placed(sent, by_ending, tech)


def _ours(calls: list[CarrierCall]) -> list[CarrierCall]:
    return [call for call in calls if call.number.startswith(PREFIX)]


def _whole(calls: list[CarrierCall]) -> bool:
    return len(calls) >= len(ENDINGS) and all(call.ended for call in calls)


@pytest.mark.parametrize("ending", ENDINGS)
def test_each_ending_is_written_down_once_as_it_was(placed, ending):
    [call] = placed.calls[ending]
    assert call.fate == ENDINGS[ending]
    assert (call.answered is not None) == (call.fate in ANSWERS)
    assert call.hangup_by == ("caller" if call.fate in CALLER_ENDS else "callee")
    assert placed.sent[ending] <= call.time <= (call.answered or call.time) <= call.ended


@pytest.mark.parametrize("fate", SIP_CODES)
def test_a_refusal_reaches_the_caller_as_its_sip_code_and_the_hangup_handler_can_read_it(placed, fate):
    ending = str(SIP_CODES[fate])
    assert placed.tech[ending].startswith(f"SIP {ending} ")


def test_the_hangup_handler_of_originate_runs_for_every_call_answered_or_not(placed):
    assert placed.tech.keys() == ENDINGS.keys()


def test_a_redirection_reaches_the_caller_and_is_not_followed(placed):
    assert placed.tech["302"].startswith("SIP 302 ")
    assert len(placed.calls["302"]) == 1


def test_who_never_answers_is_given_up_after_the_callers_own_timeout(placed):
    for ending in ("100", "180"):
        [call] = placed.calls[ending]
        assert RING_MS / 1000 <= call.ended - placed.sent[ending] < RING_MS / 1000 + 1.5


def test_every_call_of_a_burst_is_in_the_log_with_the_instant_it_left(lab):
    prefix, burst = "+4930555002", 250
    with RawAmi(lab) as ami:
        began = time.time()
        for turn in range(burst):
            ami.call(f"burst-{turn:03d}", f"{prefix}{turn:03d}486")
        calls = lab.wait_for_calls(
            lambda calls: sum(bool(call.ended) for call in calls if prefix in call.number) == burst
        )
    ours = [call for call in calls if prefix in call.number]
    assert sorted(call.number for call in ours) == [f"{prefix}{turn:03d}486" for turn in range(burst)]
    assert len({call.sip_call_id for call in ours}) == burst
    assert all(began <= call.time <= call.ended for call in ours)


def test_a_call_that_is_given_up_at_once_is_in_the_log_all_the_same(lab):
    prefix, endings = "+4930555004", ("180", "200", "100", "201")
    with RawAmi(lab) as ami:
        for turn in range(40):
            ami.call(f"early-{turn:03d}", f"{prefix}{turn:03d}{endings[turn % 4]}", ring_ms=1 + turn % 7)
        calls = lab.wait_for_calls(lambda calls: sum(bool(call.ended) for call in calls if prefix in call.number) == 40)
    ours = [call for call in calls if prefix in call.number]
    assert len(ours) == len({call.number for call in ours}) == 40
    assert {call.hangup_by for call in ours} == {"caller"}
    assert {call.answered for call in ours if call.number.endswith(("180", "100"))} == {None}


def test_a_forced_fate_holds_for_every_call_until_it_is_lifted(lab):
    prefix = "+4930555003"

    def fates(wanted: int) -> list[str]:
        calls = lab.wait_for_calls(lambda calls: sum(bool(c.ended) for c in calls if prefix in c.number) == wanted)
        return [call.fate for call in calls if prefix in call.number]

    with RawAmi(lab) as ami:
        lab.force_fate(Fate.CONGESTION)
        ami.call("forced-1", f"{prefix}486")
        assert fates(1) == ["congestion"]
        lab.force_fate(None)
        ami.call("forced-2", f"{prefix}486")
        assert fates(2) == ["congestion", "busy"]
