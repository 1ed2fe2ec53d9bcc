"""A telephone calls the emergency brake on a real Asterisk and types its codes; the carrier's log is the judge."""

from __future__ import annotations

import re

import pytest

from dialerd.lab.carrier import CarrierTimes
from dialerd.lab.lab import start_lab
from dialerd.store import audit, freezes
from harness.rig import numbers

FREEZE, THAW, WRONG = "481526", "937205", "111222"
CODES = re.compile(f"(?<![0-9a-f.])({FREEZE}|{THAW}|{WRONG})(?![0-9a-f])")
"""As such, not in the middle of an id or a fraction of a second."""


@pytest.fixture(scope="module", params=[None, "oldest"])
def typing_lab(request, tmp_path_factory):
    """A lab whose telephone types soon, and whose calls are busy."""
    times = CarrierTimes(keyed=0.3, speak=False)
    with start_lab(tmp_path_factory.mktemp("typing"), suite=request.param, times=times) as lab:
        lab.asterisk.rx("core set verbose 5")
        yield lab


@pytest.fixture
def rig(typing_lab, make_rig):
    rig = make_rig(typing_lab)
    for key, code in (("pin", FREEZE), ("thaw", THAW)):
        file = rig.folder / f"{key}.code"
        file.touch(mode=0o600)
        file.write_text(code + "\n")
    rig.settings["freeze"] = {"pin_file": "pin.code", "thaw_pin_file": "thaw.code"}
    rig.fill_the_hopper()
    return rig


def frozen_by(rig):
    return [freeze.actor for freeze in rig.ask(freezes.all)]


def test_a_code_stops_all_dialing_before_it_is_confirmed_and_another_one_lets_it_go_on(rig):
    people = numbers("486", times=100)
    rig.run(people, calls_per_second=8)
    rig.wait(rig.calls, "a call")
    assert rig.lab.type_code(WRONG) is not None
    assert frozen_by(rig) == []
    confirmed = rig.lab.type_code(FREEZE)
    assert confirmed is not None, rig.story()
    assert frozen_by(rig) == ["telephone 101"]
    rig.wait(lambda: rig.reason().startswith("frozen by telephone 101") and not rig.open(), "the engine says so")
    before = rig.calls()
    assert [call for call in before if call.time > confirmed] == []
    assert len(before) < len(people)
    assert rig.lab.type_code(THAW) is not None
    assert frozen_by(rig) == []
    rig.wait(lambda: len(rig.calls()) > len(before), "it dials on")
    actions = [entry.action for entry in rig.ask(audit.page) if "freeze" in entry.action]
    assert actions == ["campaign.unfreeze", "campaign.freeze", "freeze.refused"]
    written = [rig.folder / "agi.log", rig.folder / "engine.log", *(rig.lab.dir / "asterisk" / "log").iterdir()]
    for file in written:
        told = [line for line in file.read_text(errors="replace").splitlines() if CODES.search(line)]
        assert told == [], file
