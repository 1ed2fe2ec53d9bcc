"""Where an answered call goes, told to the right channel only, and with the lead's fields as plain text."""

from __future__ import annotations

from collections import Counter

import pytest

from dialerd.domain.facts import AttemptState, EndFacts, Witness
from dialerd.service.attempts import Ending, end

STRANGER = "01890a5d-ac96-774b-bcce-b302099a8057"


def test_an_answered_call_gets_its_destination_and_the_leads_fields(desk):
    attempt = desk.sent(fields={"first_name": "Ann", "Last Name": "O'Neil"})
    call = desk.call("route", attempt)
    call.obey()
    assert call.variables == {
        "DIALERD_ATTEMPT": attempt,
        "DIALERD_NUMBER": "+12025550100",
        "DIALERD_CAMPAIGN": "calls",
        "DIALERD_LIST": "list of +12025550100",
        "DIALERD_ATTEMPT_NUMBER": "1",
        "DIALERD_LEAD_FIRST_NAME": "Ann",
        "DIALERD_LEAD_LAST_NAME": "O'Neil",
        "DIALERD_DEST_TYPE": "extension",
        "DIALERD_DEST_CONTEXT": "dialerd-demo",
        "DIALERD_DEST_EXTEN": "stay",
        "DIALERD_OK": "1",
    }
    assert list(call.variables)[-1] == "DIALERD_OK"
    assert desk.attempt(attempt).state is AttemptState.ANSWERED


@pytest.mark.parametrize(
    ("destination", "variables"),
    [
        ({"type": "playback", "file": "custom/hello"}, {"TYPE": "playback", "FILE": "custom/hello"}),
        ({"type": "hangup"}, {"TYPE": "hangup"}),
        ({"type": "queue", "queue": "sales", "wait": "90s"}, {"TYPE": "queue", "QUEUE": "sales", "TIMEOUT": "90"}),
        ({"type": "endpoint", "endpoint": "PJSIP/1"}, {"TYPE": "dial", "DIAL": "PJSIP/1", "TIMEOUT": "20"}),
        (
            {"type": "ring_group", "endpoints": ["PJSIP/1", "PJSIP/2"], "ring": "1.4s"},
            {"TYPE": "dial", "DIAL": "PJSIP/1&PJSIP/2", "TIMEOUT": "1"},
        ),
        (
            {"type": "balanced", "shares": [{"to": {"type": "hangup"}}]},
            {"TYPE": "hangup"},
        ),
    ],
)
def test_other_destinations_are_told_in_their_own_variables(desk, destination, variables):
    desk.write_campaign(destination=destination)
    desk.process.reload()
    call = desk.call("route", desk.sent())
    call.obey()
    found = {name: value for name, value in call.variables.items() if name.startswith("DIALERD_DEST_")}
    assert found == {f"DIALERD_DEST_{name}": value for name, value in variables.items()}


def test_shares_get_calls_by_how_many_each_has(desk):
    shares = [{"weight": 2, "to": {"type": "playback", "file": "a"}}, {"to": {"type": "playback", "file": "b"}}]
    desk.write_campaign(destination={"type": "balanced", "shares": shares})
    desk.process.reload()
    attempts = [desk.sent(f"+120255501{number:02d}") for number in range(6)]
    for attempt in attempts:
        desk.call("route", attempt).obey()
    assert Counter(desk.attempt(attempt).destination for attempt in attempts) == {"playback a": 4, "playback b": 2}


def test_an_attempt_given_as_argument_saves_a_question(desk):
    attempt = desk.sent()
    call = desk.call("route", attempt, agi_arg_1=attempt)
    call.obey()
    assert call.variables["DIALERD_OK"] == "1"
    assert len(call.commands) == 1


def test_hostile_columns_and_values_stay_what_they_are(desk):
    fields = {
        "DIALERD_OK": "x",
        "CHANNEL(hangup_handler_push)": "evil,s,1",
        "a": 'hangup ${SHELL(id)} "," \\ \u202e',
        "名": "x",
    }
    call = desk.call("route", desk.sent(fields=fields))
    call.obey()
    assert call.variables["DIALERD_OK"] == "1"
    assert call.variables["DIALERD_LEAD_DIALERD_OK"] == "x"
    assert call.variables["DIALERD_LEAD_CHANNEL_HANGUP_HANDLER_PUSH"] == "evil,s,1"
    assert call.variables["DIALERD_LEAD_A"] == fields["a"]
    assert all(name.startswith("DIALERD_") for name in call.variables)


def test_a_channel_that_is_not_the_attempt_is_refused(desk):
    attempt = desk.sent()
    call = desk.call("route", STRANGER)
    call.variables["DIALERD_ATTEMPT"] = attempt
    call.obey()
    assert "DIALERD_OK" not in call.variables
    assert desk.failures() == {"refused": 1}
    assert desk.attempt(attempt).state is AttemptState.SENDING


@pytest.mark.parametrize("uniqueid", [STRANGER, "1700000000.5", ""])
def test_a_call_that_is_no_attempt_of_ours_is_refused(desk, uniqueid):
    call = desk.call("route", uniqueid)
    call.obey()
    assert "DIALERD_OK" not in call.variables
    assert desk.failures() == {"refused": 1}


def test_an_attempt_that_has_ended_is_refused(desk):
    attempt = desk.sent()
    with desk.database.write() as conn:
        ending = Ending(attempt, EndFacts(sip_code=486, cause=17), Witness.AMI)
        end(conn, ending, desk.process.settings.campaigns, desk.now)
    call = desk.call("route", attempt)
    call.obey()
    assert "DIALERD_OK" not in call.variables
    assert desk.failures() == {"refused": 1}


def test_a_caller_who_leaves_in_between_is_no_fault_and_gets_no_ok(desk):
    attempt = desk.sent()
    call = desk.call("route", attempt)
    call.replies = {"EXEC MSet": "200 result=-1\n"}
    call.obey()
    assert "DIALERD_OK" not in call.variables
    assert desk.failures() == {"caller_gone": 1}


def test_an_unknown_script_is_refused_and_counted(desk):
    call = desk.call("nosuch", desk.sent())
    call.obey()
    assert call.commands == []
    assert desk.failures() == {"unknown_script": 1}
