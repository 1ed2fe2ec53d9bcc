"""What becomes of a call that is answered: its destination, its variables, its limits, and what if nobody routes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.lab.lab import Lab
from harness.fixtures import rig_maker
from harness.rig import Rig, numbers

STAYS = "201"
TALK_SECONDS = 4.0
SOUND_SECONDS = 1.0
PROMPT_SECONDS = 2.0

HOSTILE = {
    "First Name": 'Ann "The Hammer" O\'Neil',
    "path": "C:\\new\\table\\",
    "shell": "${SHELL(id)}${EPOCH}$[1+1]",
    "commas": "one,two;three|four=five&six",
    "word": "hangup",
    "reply": "200 result=-1 endpos=0",
    "brackets": "(((]}",
    "letters": "Žluťoučký 日本 \u202e",
    "long": "x" * 1500,
    "CHANNEL(language)": "no function",
}
VARIABLES = {
    "First Name": "FIRST_NAME",
    "CHANNEL(language)": "CHANNEL_LANGUAGE",
    **{column: column.upper() for column in HOSTILE if column.isalpha()},
}
OWN = {"NUMBER": "NUMBER", "CAMPAIGN": "CAMPAIGN", "LIST": "LIST", "ATTEMPT_NUMBER": "ATTEMPT_NUMBER"}

AGENT = """
[test-agent]
exten => 100,1,NoOp()
{writes}
 same => n,Hangup(16)
"""


def _add_agent(lab: Lab, folder: Path) -> None:
    """An agent who writes down everything known of the caller, one file for each variable."""
    names = [f"DIALERD_LEAD_{name}" for name in VARIABLES.values()] + [f"DIALERD_{name}" for name in OWN]
    writes = "\n".join(f" same => n,Set(FILE({folder}/{name})=${{{name}}})" for name in names)
    conf = lab.asterisk.home / "etc" / "extensions.conf"
    conf.write_text(conf.read_text() + AGENT.format(writes=writes))
    lab.asterisk_rx("dialplan reload")


@pytest.fixture(scope="module")
def notes(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("notes")


@pytest.fixture(scope="module")
def routed(lab, notes, tmp_path_factory) -> Iterator[Rig]:
    """Five campaigns with five destinations, one call each, to people who stay on the line; all of them ended."""
    _add_agent(lab, notes)
    destinations = {
        "agent": {"type": "extension", "context": "test-agent", "exten": "100"},
        "talk": {"type": "extension", "context": "dialerd-demo", "exten": "stay"},
        "recording": {"type": "playback", "file": f"{lab.dir}/sounds/hello"},
        "nothing": {"type": "hangup"},
        "mistake": {"type": "extension", "context": "test-agent", "exten": "999"},
    }
    with rig_maker(tmp_path_factory.mktemp("routed")) as make_rig:
        rig = make_rig(lab)
        for area, (name, destination) in enumerate(destinations.items()):
            rig.write_campaign(name, destination=destination, max_talk_time=f"{TALK_SECONDS}s")
            rig.seed(dict.fromkeys(numbers(STAYS, area=area), HOSTILE), campaign=name)
        rig.start()
        rig.play(destinations)
        rig.wait_for_carrier()
        rig.require_agreement()
        # Its engine would hang up the calls of the rigs after it, and its FastAGI answer for them.
        rig.close()
        yield rig


def _talked(rig: Rig, campaign: str) -> float:
    """Seconds from the answer to the end, which must have been ours."""
    [attempt] = rig.attempts(campaign)
    [call] = [call for call in rig.calls() if call.number == attempt.phone]
    assert call.hangup_by == "caller"
    return call.ended - call.answered


def _disposition(rig: Rig, campaign: str) -> Disposition:
    [attempt] = rig.attempts(campaign)
    return attempt.disposition


def test_the_admins_extension_gets_every_field_of_the_lead_byte_for_byte_and_unevaluated(routed, notes):
    got = {column: (notes / f"DIALERD_LEAD_{name}").read_text() for column, name in VARIABLES.items()}
    assert got == HOSTILE
    assert _disposition(routed, "agent") is Disposition.ANSWERED


def test_the_admins_extension_learns_whom_it_talks_to_and_why(routed, notes):
    got = {name: (notes / f"DIALERD_{name}").read_text() for name in OWN}
    [attempt] = routed.attempts("agent")
    assert got == {"NUMBER": attempt.phone, "CAMPAIGN": "agent", "LIST": "agent", "ATTEMPT_NUMBER": "1"}


def test_the_attempt_says_where_it_was_sent(routed):
    assert [attempt.destination for attempt in routed.attempts("agent")] == ["extension 100@test-agent"]


def test_a_call_that_nobody_ends_is_ended_by_the_campaigns_limit(routed):
    assert TALK_SECONDS - 0.5 < _talked(routed, "talk") < TALK_SECONDS + PROMPT_SECONDS
    assert _disposition(routed, "talk") is Disposition.ANSWERED


def test_a_recording_is_played_to_its_end_and_the_call_hung_up(routed):
    assert SOUND_SECONDS - 0.2 < _talked(routed, "recording") < SOUND_SECONDS + PROMPT_SECONDS
    assert _disposition(routed, "recording") is Disposition.ANSWERED


def test_the_destination_hangup_ends_the_call_at_once(routed):
    assert _talked(routed, "nothing") < PROMPT_SECONDS
    assert _disposition(routed, "nothing") is Disposition.ANSWERED


def test_a_destination_that_the_dialplan_does_not_have_is_told_in_its_log_and_counts_as_abandoned(routed):
    assert _disposition(routed, "mistake") is Disposition.ABANDONED
    said = (routed.lab.asterisk.home / "log" / "messages").read_text()
    assert "no extension 999 in context test-agent" in said


def test_without_fastagi_an_answered_call_is_ended_promptly_and_counts_as_abandoned(rig):
    rig.run(numbers(STAYS), agi=False, max_talk_time=f"{TALK_SECONDS}s")
    rig.wait_until_completed()
    rig.require_agreement()
    assert _talked(rig, "calls") < PROMPT_SECONDS
    assert _disposition(rig, "calls") is Disposition.ABANDONED
