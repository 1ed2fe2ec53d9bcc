"""Manager messages become typed events; what is missing is an error and never an empty text."""

from __future__ import annotations

import pytest
from panoramisk.message import Message

from dialerd.domain.callstate import (
    ChannelCreated,
    ChannelGone,
    ChannelRinging,
    ChannelUp,
    DialBegun,
    DialEnded,
    OriginateAccepted,
    OriginateDone,
    OriginateRefused,
)
from dialerd.telephony.messages import AsteriskStopping, translate

OURS = "01890a5d-ac96-774b-bcce-b302099a8057"
THEIRS = "1700000000.17"


def message(**headers):
    return Message({name.replace("_", "-"): value for name, value in headers.items()})


HANGUP = {"Event": "Hangup", "Cause": "17", "Cause_txt": "User busy"}


@pytest.mark.parametrize(
    ("headers", "event"),
    [
        ({"Response": "Success", "ActionID": OURS}, OriginateAccepted(OURS)),
        ({"Response": "Error", "ActionID": OURS, "Message": "no"}, OriginateRefused(OURS, "no")),
        ({"Event": "Newchannel", "Uniqueid": OURS, "Channel": "PJSIP/c-1"}, ChannelCreated(OURS, "PJSIP/c-1")),
        ({"Event": "Newstate", "Uniqueid": OURS, "ChannelState": "5"}, ChannelRinging(OURS)),
        ({"Event": "Newstate", "Uniqueid": OURS, "ChannelState": "6"}, ChannelUp(OURS)),
        ({"Event": "Newstate", "Uniqueid": OURS, "ChannelState": "3"}, None),
        ({"Event": "DialBegin", "DestUniqueid": OURS, "DestChannel": "PJSIP/c-1"}, DialBegun(OURS)),
        ({"Event": "DialEnd", "DestUniqueid": OURS, "DialStatus": "BUSY"}, DialEnded(OURS, "BUSY")),
        (HANGUP | {"Uniqueid": OURS}, ChannelGone(OURS, 17, None, "User busy")),
        (HANGUP | {"Uniqueid": OURS, "TechCause": "486"}, ChannelGone(OURS, 17, 486, "User busy")),
        (HANGUP | {"Uniqueid": OURS, "TechCause": "0"}, ChannelGone(OURS, 17, None, "User busy")),
        ({"Event": "Shutdown"}, AsteriskStopping()),
        ({"Event": "FullyBooted"}, None),
        ({"Response": "Success", "ActionID": "dialerd-1"}, None),
        ({"Response": "Success"}, None),
    ],
)
def test_a_message_becomes_its_event(headers, event):
    assert translate(message(**headers)) == event


@pytest.mark.parametrize("uniqueid", [THEIRS, f"{OURS};2", ""])
@pytest.mark.parametrize("name", ["Newchannel", "Newstate", "Hangup", "DialBegin", "DialEnd"])
def test_channels_of_others_are_no_business_of_ours(name, uniqueid):
    assert translate(message(Event=name, Uniqueid=uniqueid, DestUniqueid=uniqueid)) is None


def test_a_failed_originate_is_a_failure_although_the_library_calls_every_event_a_success():
    failed = message(Event="OriginateResponse", ActionID=OURS, Response="Failure", Reason="0", Uniqueid=OURS)
    assert failed.success
    assert translate(failed) == OriginateDone(OURS, success=False, reason=0)


def test_an_originate_response_belongs_to_its_action_and_not_to_the_channel_it_names():
    other = "01890a5d-ac96-774b-bcce-000000000000"
    duplicate = message(Event="OriginateResponse", ActionID=OURS, Response="Failure", Reason="0", Uniqueid=other)
    assert translate(duplicate) == OriginateDone(OURS, success=False, reason=0)


@pytest.mark.parametrize(
    "headers",
    [
        {"Event": "Newchannel", "Uniqueid": OURS},
        {"Event": "Newchannel", "Channel": "PJSIP/c-1"},
        {"Event": "Newstate", "Uniqueid": OURS},
        {"Event": "DialEnd", "DestUniqueid": OURS},
        {"Event": "Hangup", "Uniqueid": OURS},
        {"Event": "OriginateResponse", "ActionID": OURS, "Response": "Failure"},
        {"ActionID": OURS, "Message": "neither event nor response"},
    ],
)
def test_a_missing_header_is_an_error(headers):
    with pytest.raises(KeyError):
        translate(message(**headers))


def test_a_number_that_is_none_is_an_error():
    with pytest.raises(ValueError, match="many"):
        translate(message(Event="Hangup", Uniqueid=OURS, Cause="many"))
