"""The files an admin includes, unchanged, on the newest and the oldest Asterisk: where an answered call goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

import pytest

from dialerd.lab.carrier_log import CarrierCall
from dialerd.lab.lab import Lab
from dialerd.resources import share
from harness.agi_stub import AgiStub, Script, Talk
from harness.raw_ami import RawAmi

pytestmark = pytest.mark.asterisk

PREFIX, STAYS, HANGS_UP = "+4930556", "201", "200"
ROUTE_SECONDS = 2
TALK_SECONDS = 1


def going(**variables: str) -> Script:
    """A route that goes there."""
    return lambda talk: talk.set(**variables, DIALERD_OK="1")


def to_extension(context: str, exten: str) -> Script:
    return going(DIALERD_DEST_TYPE="extension", DIALERD_DEST_CONTEXT=context, DIALERD_DEST_EXTEN=exten)


def to_endpoints(dial: str, seconds: str = "1") -> Script:
    return going(DIALERD_DEST_TYPE="dial", DIALERD_DEST_DIAL=dial, DIALERD_DEST_TIMEOUT=seconds)


def to_queue(queue: str, seconds: str = "1") -> Script:
    return going(DIALERD_DEST_TYPE="queue", DIALERD_DEST_QUEUE=queue, DIALERD_DEST_TIMEOUT=seconds)


def echoed(talk: Talk) -> None:
    """Hangs up, and keeps what the script was told."""
    variable = talk.get("${DIALERD_ATTEMPT}")
    talk.set(ECHO=f"{talk.env['agi_arg_1']} {talk.env['agi_uniqueid']} {variable}")
    talk.set(DIALERD_DEST_TYPE="hangup", DIALERD_OK="1")


def silent(talk: Talk) -> None:
    talk.get("${EXTEN}")
    talk._stream.read(1)


ROUTES: Mapping[str, Script] = {
    "extension": to_extension("dialerd-demo", "s"),
    "recording": lambda talk: talk.set(
        DIALERD_DEST_TYPE="playback", DIALERD_DEST_FILE=talk.get("${SOUNDS}/hello"), DIALERD_OK="1"
    ),
    "hangup": going(DIALERD_DEST_TYPE="hangup"),
    "echo": echoed,
    "long": to_extension("dialerd-demo", "stay"),
    "silent": silent,
    "dies": lambda _: None,
    "breaks-off": lambda talk: talk.set(DIALERD_DEST_TYPE="hangup"),
    "forged-ok": lambda _: None,
    "moon": going(DIALERD_DEST_TYPE="moon"),
    "nowhere": to_extension("nowhere", "s"),
    "one-agent": to_endpoints("PJSIP/agent-answers"),
    "group": to_endpoints("PJSIP/agent-rings&PJSIP/agent-answers"),
    "agent-busy": to_endpoints("PJSIP/agent-busy"),
    "agent-away": to_endpoints("PJSIP/agent-rings"),
    "agent-given-up": to_endpoints("PJSIP/agent-rings", seconds="20"),
    "agent-unknown": to_endpoints("PJSIP/nobody"),
    "one-queue": to_queue("lab-agents"),
    "queue-empty": to_queue("lab-empty"),
    "queue-closed": to_queue("lab-closed"),
    "queue-away": to_queue("lab-ringing"),
    "queue-given-up": to_queue("lab-empty", seconds="20"),
    "queue-unknown": to_queue("nowhere"),
}
WITHOUT_A_ROUTE = ("dies", "breaks-off", "forged-ok", "moon", "nowhere")
TAKEN = ("one-agent", "group", "one-queue")
NOT_TAKEN = ("agent-busy", "agent-away", "agent-unknown", "queue-empty", "queue-closed", "queue-away", "queue-unknown")
GIVEN_UP = ("agent-given-up", "queue-given-up")
VARIABLES = {
    "long": (f"DIALERD_MAX_TALK={TALK_SECONDS}",),
    "forged-ok": ("DIALERD_OK=1", "DIALERD_DEST_TYPE=hangup"),
}


@dataclass
class Placed:
    """One answered call for each route: as the carrier saw it, and what the channel still knew at its end."""

    lab: Lab
    calls: dict[str, CarrierCall]
    connected: dict[str, str]
    waited: dict[str, str]
    echo: dict[str, str]

    def lasted(self, route: str) -> float:
        call = self.calls[route]
        return call.ended - call.answered


@pytest.fixture(scope="module", params=["lab", "old_lab"])
def placed(request) -> Placed:
    lab = request.getfixturevalue(request.param)
    placed = Placed(lab, {}, {}, {}, {})

    def route(talk: Talk) -> None:
        ROUTES[talk.env["agi_uniqueid"]](talk)

    def ended(talk: Talk) -> None:
        attempt = talk.env["agi_uniqueid"]
        placed.connected[attempt] = talk.get("${DIALERD_CONNECTED}")
        placed.waited[attempt] = talk.get("${DIALERD_WAITED}")
        placed.echo[attempt] = talk.get("${ECHO}")

    lab.asterisk_rx(f"dialplan set global DIALERD_ROUTE_TIMEOUT {ROUTE_SECONDS}")
    lab.asterisk_rx(f"dialplan set global SOUNDS {lab.dir}/sounds")
    with AgiStub(lab.ports.agi, route=route, ended=ended), RawAmi(lab) as ami:
        numbers = {
            f"{PREFIX}{turn:02d}{HANGS_UP if name in GIVEN_UP else STAYS}": name for turn, name in enumerate(ROUTES)
        }
        for number, name in numbers.items():
            ami.call(name, number, variables=VARIABLES.get(name, ()))
        placed.calls = {numbers[call.number]: call for call in _ended(lab, set(numbers))}
        for name in ROUTES:
            ami.wait(Event="Hangup", Uniqueid=name)
    lab.asterisk_rx('dialplan set global DIALERD_ROUTE_TIMEOUT ""')
    return placed


def _ended(lab: Lab, numbers: set[str]) -> list[CarrierCall]:
    def ours(calls: list[CarrierCall]) -> list[CarrierCall]:
        return [call for call in calls if call.number in numbers and call.ended]

    return ours(lab.wait_for_calls(lambda calls: len(ours(calls)) == len(numbers)))


def test_a_call_goes_to_the_extension_that_route_names(placed):
    assert 0.9 <= placed.lasted("extension") < 3


def test_a_call_hears_the_recording_that_route_names(placed):
    assert 0.9 <= placed.lasted("recording") < 3


def test_a_call_is_hung_up_when_route_says_so(placed):
    assert placed.lasted("hangup") < 0.9


def test_route_is_handed_the_attempt_as_an_argument_too(placed):
    assert placed.echo["echo"] == "echo echo echo"


@pytest.mark.parametrize("route", WITHOUT_A_ROUTE)
def test_without_a_usable_route_the_person_hears_a_word_and_is_hung_up_and_the_report_says_so(placed, route):
    assert 0.5 <= placed.lasted(route) < 4
    assert placed.calls[route].hangup_by == "caller"
    assert placed.connected[route] == "0"


@pytest.mark.parametrize("route", ["extension", "recording", "hangup", "echo", "long"])
def test_a_call_that_was_routed_is_not_reported_as_left_alone(placed, route):
    assert placed.connected[route] == ""


@pytest.mark.parametrize("route", TAKEN)
def test_a_call_that_somebody_takes_is_reported_as_connected(placed, route):
    assert placed.connected[route] == "1"
    assert placed.calls[route].hangup_by == "caller"


@pytest.mark.parametrize("route", [*TAKEN, "extension", "recording", "long"])
def test_the_report_says_how_long_the_person_waited_for_the_destination_in_milliseconds(placed, route):
    assert 0 <= int(placed.waited[route]) < 1000 * placed.lasted(route)


@pytest.mark.parametrize("route", [*NOT_TAKEN, *GIVEN_UP, *WITHOUT_A_ROUTE])
def test_who_was_connected_to_nobody_has_waited_until_the_end(placed, route):
    assert int(placed.waited[route]) / 1000 == pytest.approx(placed.lasted(route), abs=0.5)


@pytest.mark.parametrize("route", NOT_TAKEN)
def test_a_call_that_nobody_takes_hears_a_word_and_is_reported_as_left_alone(placed, route):
    assert placed.connected[route] == "0"
    assert placed.calls[route].hangup_by == "caller"
    assert 0.5 <= placed.lasted(route) < 6


@pytest.mark.parametrize("route", GIVEN_UP)
def test_who_hangs_up_before_anybody_takes_the_call_was_left_alone(placed, route):
    assert placed.connected[route] == "0"
    assert placed.calls[route].hangup_by == "callee"


def test_a_queue_and_an_endpoint_that_are_not_there_are_told_in_the_log(placed):
    said = (placed.lab.asterisk.home / "log" / "messages").read_text()
    assert "dialerd: no queue nowhere" in said
    assert "dialerd: no endpoint PJSIP/nobody can be reached" in said


def test_a_silent_route_holds_the_person_no_longer_than_the_limit(placed):
    assert ROUTE_SECONDS - 0.1 <= placed.lasted("silent") < ROUTE_SECONDS + 1.5


def test_the_talk_limit_of_the_campaign_ends_the_call(placed):
    assert TALK_SECONDS - 0.1 <= placed.lasted("long") < TALK_SECONDS + 1.5


def test_with_the_server_down_the_person_hears_a_word_and_is_hung_up(placed):
    number = f"{PREFIX}99{STAYS}"
    with RawAmi(placed.lab) as ami:
        ami.call("server-down", number)
        [call] = _ended(placed.lab, {number})
    assert 0.5 <= call.ended - call.answered < 4


def test_nobody_on_the_trunk_reaches_an_extension(placed):
    shown = placed.lab.asterisk_rx("dialplan show dialerd-trunk")
    steps = [line for line in shown.splitlines() if "[extensions_dialerd.conf:" in line or "1. " in line]
    assert steps
    assert all("Hangup(21)" in line for line in steps)
    assert "dialerd-trunk" in placed.lab.asterisk_rx("pjsip show endpoint carrier")


def test_the_manager_account_may_place_and_end_calls_and_nothing_else(placed):
    with RawAmi(placed.lab) as ami:
        for turn, action in enumerate(
            (
                (("Action", "Command"), ("Command", "core show version")),
                (("Action", "GetConfig"), ("Filename", "manager.conf")),
                (("Action", "Reload"),),
                (("Action", "DBPut"), ("Family", "a"), ("Key", "b"), ("Val", "c")),
            )
        ):
            ami.send(*action, ("ActionID", f"denied-{turn}"))
            assert ami.wait(ActionID=f"denied-{turn}")["Message"] == "Permission denied"
        for action in ("CoreStatus", "CoreShowChannels", "Ping"):
            ami.send(("Action", action), ("ActionID", action))
            assert ami.wait(ActionID=action)["Response"] == "Success"


def test_the_event_filter_lets_through_what_the_dialer_reads_and_little_else(lab):
    with RawAmi(lab) as ami:
        number = f"{PREFIX}98486"
        ami.call(number[1:], number)
        ami.wait(Event="Hangup", Uniqueid=number[1:])
        ami.wait(Event="OriginateResponse", ActionID=number[1:])
    kinds = {message["Event"] for message in ami.messages if "Event" in message}
    assert kinds <= {"FullyBooted", "Newchannel", "Newstate", "DialBegin", "DialEnd", "Hangup", "OriginateResponse"}


def test_an_account_is_made_by_the_admin_and_never_by_our_file():
    text = (share("asterisk-conf") / "manager_dialerd.conf").read_text()
    sections = [line for line in text.splitlines() if line.startswith("[")]
    assert sections == ["[dialerd-access](!)"]
    assert not any(line.startswith("secret") for line in text.splitlines())


def test_the_sample_trunk_is_the_one_of_the_lab_but_for_the_carriers_address():
    def lines(text: str) -> list[str]:
        return [line for line in text.splitlines() if line and not line.startswith(";")]

    sample = lines((share("asterisk-conf") / "pjsip_dialerd_trunk.conf.sample").read_text())
    own = lines(files("dialerd.lab").joinpath("conf/dialer-pjsip.conf").read_text())
    address = ("contact", "match", "bind")
    assert [line for line in sample if not line.startswith(address)] == [
        line for line in own[own.index("[carrier]") :] if not line.startswith(address)
    ]
