"""Answering machine detection listens first: machines get what the campaign says, everybody else is a person."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.lab.carrier import CarrierTimes
from dialerd.lab.lab import Lab, start_lab
from harness.fixtures import rig_maker
from harness.rig import Rig, numbers

PERSON, MACHINE, HANGS_UP_AT_ONCE = "200", "203", "202"
TALK_SECONDS = 4.0
GREETING_SECONDS = 4.0
CALLS = {
    "person": (PERSON, {"enabled": True}),
    "off": (MACHINE, {"enabled": False}),
    "gone": (HANGS_UP_AT_ONCE, {"enabled": True}),
    "hung-up": (MACHINE, {"enabled": True}),
    "connected": (MACHINE, {"enabled": True, "machine": "destination"}),
    "message": (MACHINE, {"enabled": True, "machine": "playback", "file": "{sounds}/hello"}),
}


@pytest.fixture(scope="module", params=[None, "oldest"])
def talking_lab(request, tmp_path_factory) -> Iterator[Lab]:
    """A lab whose people and machines are heard."""
    times = CarrierTimes(ring=0.2, talk=TALK_SECONDS)
    with start_lab(tmp_path_factory.mktemp("talking"), suite=request.param, times=times) as lab:
        yield lab


@pytest.fixture(scope="module")
def heard(talking_lab, tmp_path_factory) -> Iterator[Rig]:
    """One call of each campaign; all of them ended."""
    with rig_maker(tmp_path_factory.mktemp("heard")) as make_rig:
        rig = make_rig(talking_lab)
        destination = {"type": "endpoint", "endpoint": "PJSIP/agent-answers"}
        for area, (name, (ending, amd)) in enumerate(CALLS.items()):
            file = {"file": amd["file"].format(sounds=talking_lab.dir / "sounds")} if "file" in amd else {}
            rig.write_campaign(name, destination=destination, max_talk_time="20s", amd={**amd, **file})
            rig.seed(numbers(ending, area=area), campaign=name)
        rig.start()
        rig.play(CALLS, 60)
        rig.wait_for_carrier()
        rig.require_agreement()
        yield rig


def lasted(rig: Rig, name: str) -> float:
    [attempt] = rig.attempts(name)
    [call] = [call for call in rig.calls() if call.number == attempt.phone]
    return call.ended - call.answered


def agents_of(rig: Rig) -> set[str]:
    """The campaigns whose calls got to the agent."""
    return {call.campaign for call in rig.lab.agent_calls()}


def test_a_person_is_connected(heard):
    [attempt] = heard.attempts("person")
    assert (attempt.amd_status, attempt.disposition) == ("HUMAN", Disposition.ANSWERED)
    assert attempt.amd_cause


def test_a_machine_is_voicemail_and_hung_up_on(heard):
    [attempt] = heard.attempts("hung-up")
    assert (attempt.amd_status, attempt.disposition) == ("MACHINE", Disposition.VOICEMAIL)
    assert attempt.amd_cause
    assert lasted(heard, "hung-up") < GREETING_SECONDS


def test_a_machine_hears_a_message_after_its_greeting(heard):
    [attempt] = heard.attempts("message")
    assert attempt.disposition is Disposition.VOICEMAIL
    assert lasted(heard, "message") > GREETING_SECONDS + 1.0


def test_a_machine_goes_where_people_go_when_the_campaign_says_so_and_is_voicemail_all_the_same(heard):
    [attempt] = heard.attempts("connected")
    assert attempt.disposition is Disposition.VOICEMAIL


def test_only_people_and_machines_that_are_to_be_connected_get_to_the_agent(heard):
    assert agents_of(heard) == {"person", "off", "connected"}


def test_without_detection_a_machine_is_somebody_who_answered(heard):
    [attempt] = heard.attempts("off")
    assert (attempt.amd_status, attempt.disposition) == (None, Disposition.ANSWERED)


def test_who_hangs_up_while_we_listen_was_left_alone(heard):
    [attempt] = heard.attempts("gone")
    assert attempt.disposition is Disposition.ABANDONED
