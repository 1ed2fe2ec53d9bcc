"""`freeze`: the digits are read one by one, and each end of the conversation is told to the dialplan."""

from __future__ import annotations

import pytest

from dialerd.store import freezes
from harness import configuration
from harness.desk import Desk

FREEZE = "481526"


@pytest.fixture
def desk(tmp_path, sqlite_url):
    desk = Desk(tmp_path, sqlite_url)
    file = tmp_path / "freeze.pin"
    file.touch(mode=0o600)
    file.write_text(FREEZE)
    desk.settings["freeze"] = {"pin_file": "freeze.pin"}
    configuration.write(desk.config, desk.settings)
    desk.start()
    yield desk
    desk.close()


def typed(desk, keys, caller="101"):
    """A telephone that types these keys and then nothing; what the dialplan and the settings know after that."""
    call = desk.call("freeze", "1700000000.1", agi_callerid=caller)
    left = list(keys)

    def press():
        return f"200 result={ord(left.pop(0)) if left else 0}\n"

    call.presses = press
    call.obey()
    found = desk.ask(freezes.all)
    return call.variables.get("DIALERD_FREEZE"), call.variables.get("DIALERD_OK"), [each.actor for each in found]


@pytest.mark.parametrize("keys", [f"{FREEZE}#", FREEZE, f"*{FREEZE}#999"])
def test_the_code_freezes_with_and_without_the_pound_key(desk, keys):
    assert typed(desk, keys) == ("frozen", "1", ["telephone 101"])


@pytest.mark.parametrize("keys", ["", "#", "111222#", f"{FREEZE}{FREEZE}{FREEZE}#"])
def test_a_wrong_code_and_none_are_told_to_the_dialplan_as_wrong(desk, keys):
    assert typed(desk, keys) == ("wrong", None, [])
    assert desk.failures() == {"refused": 1}


@pytest.mark.parametrize(
    ("caller", "shown"),
    [("+12025550100", "+1********00"), ("", "unknown"), ('1"\x07; 0', "10"), ("front-desk", "********sk")],
)
def test_who_called_is_known_and_a_whole_number_is_not_shown(desk, caller, shown):
    assert typed(desk, f"{FREEZE}#", caller)[2] == [f"telephone {shown}"]


def test_a_telephone_that_hangs_up_while_it_types_freezes_nothing(desk):
    call = desk.call("freeze", "1700000000.1")
    call.presses = lambda: "200 result=-1\n"
    call.obey()
    assert desk.ask(freezes.all) == []
    assert desk.failures() == {"caller_gone": 1}


def test_no_key_is_waited_for_longer_than_asterisk_may_take_to_answer(desk):
    call = desk.call("freeze", "1700000000.1")
    call.obey()
    (wait,) = [int(line.split()[-1]) for line in call.commands if line.startswith("WAIT FOR DIGIT")]
    assert wait == 1000
