"""Somebody presses the key during a recording: the number is on do-not-call, they are thanked, and the call is over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.lab.carrier import CarrierTimes
from dialerd.lab.lab import Lab, start_lab
from dialerd.store import dnc
from harness.fixtures import rig_maker
from harness.rig import Rig

PRESSES, PRESSES_AND_HANGS_UP, LISTENS = "209", "219", "201"
SOUND_SECONDS = 4.0
CALLS = {
    "key": (PRESSES, {"optout_key": "9"}),
    "campaign": (PRESSES, {"optout_key": "9", "optout_scope": "campaign"}),
    "gone": (PRESSES_AND_HANGS_UP, {"optout_key": "9"}),
    "other-key": (PRESSES, {"optout_key": "8"}),
    "star": (PRESSES, {"optout_key": "*"}),
    "no-key": (PRESSES, {}),
    "listener": (LISTENS, {"optout_key": "9"}),
}
SAID_NO = ("key", "campaign", "gone")


@pytest.fixture(scope="module", params=[None, "oldest"])
def patient_lab(request, tmp_path_factory) -> Iterator[Lab]:
    """A lab whose people find the key within a second."""
    times = CarrierTimes(ring=0.1, talk=0.3, keyed=1.0)
    with start_lab(tmp_path_factory.mktemp("patient"), suite=request.param, times=times) as lab:
        yield lab


def number_of(name: str) -> str:
    return f"+1202{500 + list(CALLS).index(name)}0{CALLS[name][0]}"


@pytest.fixture(scope="module")
def heard(patient_lab, tmp_path_factory) -> Iterator[Rig]:
    """One call of each campaign; all of them ended."""
    with rig_maker(tmp_path_factory.mktemp("heard")) as make_rig:
        rig = make_rig(patient_lab)
        destination = {"type": "playback", "file": f"{patient_lab.dir}/sounds/machine"}
        for name, (_, options) in CALLS.items():
            rig.write_campaign(name, destination=destination, max_talk_time="30s", **options)
            rig.seed([number_of(name)], campaign=name)
        rig.start()
        rig.play(CALLS, 60)
        rig.wait_for_carrier()
        rig.require_agreement()
        yield rig


def ended(rig: Rig, name: str) -> Disposition:
    [attempt] = rig.attempts(name)
    return attempt.disposition


def lasted(rig: Rig, name: str) -> float:
    [call] = [call for call in rig.calls() if call.number == number_of(name)]
    return call.ended - call.answered


@pytest.mark.parametrize("name", SAID_NO)
def test_who_presses_the_key_is_on_do_not_call_and_has_opted_out(heard, name):
    (entry,) = heard.ask(lambda conn: dnc.covering(conn, [number_of(name)]))[number_of(name)]
    assert entry.campaign == ("campaign" if name == "campaign" else None)
    assert ended(heard, name) == Disposition.OPTED_OUT


@pytest.mark.parametrize("name", ["key", "campaign"])
def test_the_recording_ends_with_the_key_and_the_call_after_the_thanks(heard, name):
    [call] = [call for call in heard.calls() if call.number == number_of(name)]
    assert call.hangup_by == "caller"
    assert lasted(heard, name) < SOUND_SECONDS


@pytest.mark.parametrize("name", [name for name in CALLS if name not in SAID_NO])
def test_other_keys_and_none_say_nothing_and_the_recording_is_heard_to_its_end(heard, name):
    assert ended(heard, name) == Disposition.ANSWERED
    assert heard.ask(lambda conn: dnc.covering(conn, [number_of(name)])) == {}
    assert lasted(heard, name) > SOUND_SECONDS
