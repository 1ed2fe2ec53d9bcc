"""What answering machine detection found, and what the dialplan is told to do about it."""

from __future__ import annotations

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.store import evidence
from harness.desk import Desk

STRANGER = "01890a5d-ac96-774b-bcce-b302099a8057"
QUESTION = "${DIALERD_ATTEMPT}|${AMDSTATUS}|${AMDCAUSE}"


@pytest.fixture
def desk(tmp_path, sqlite_url):
    (tmp_path / "dispositions.toml").write_text("[sale]\n")
    desk = Desk(tmp_path, sqlite_url, amd={"enabled": True, "machine": "playback", "file": "custom/message"})
    try:
        desk.start()
        yield desk
    finally:
        desk.close()


@pytest.fixture
def attempt(desk):
    attempt = desk.sent()
    desk.call("route", attempt).obey()
    return attempt


def hears(desk, attempt, status, cause="TOOLONG-5000", *, uniqueid=None):
    call = desk.call("amd", uniqueid or attempt, agi_arg_1=f"{attempt}|{status}|{cause}")
    call.obey()
    return call.variables


def ends(desk, attempt):
    desk.call("ended", attempt, agi_arg_1=f"{attempt}|16|Up|||SIP 200 OK").obey()
    return desk.attempt(attempt)


def test_route_says_that_a_machine_is_to_be_looked_for_only_when_the_campaign_wants_it(desk, attempt):
    call = desk.call("route", attempt)
    call.obey()
    assert call.variables["DIALERD_AMD"] == "1"
    desk.write_campaign(amd={"enabled": False})
    desk.process.reload()
    call = desk.call("route", attempt)
    call.obey()
    assert "DIALERD_AMD" not in call.variables


def test_a_machine_is_voicemail_and_gets_what_the_campaign_says(desk, attempt):
    variables = hears(desk, attempt, "MACHINE", "MAXWORDS-3-2")
    assert (variables["DIALERD_MACHINE"], variables["DIALERD_MACHINE_FILE"]) == ("playback", "custom/message")
    assert list(variables)[-1] == "DIALERD_OK"
    record = ends(desk, attempt)
    assert record.disposition is Disposition.VOICEMAIL
    assert (record.amd_status, record.amd_cause) == ("MACHINE", "MAXWORDS-3-2")


@pytest.mark.parametrize("status", ["HUMAN", "NOTSURE", "HANGUP", "", "MACHINES"])
def test_whatever_is_not_surely_a_machine_is_a_person(desk, attempt, status):
    assert hears(desk, attempt, status)["DIALERD_MACHINE"] == ""
    record = ends(desk, attempt)
    assert (record.disposition, record.amd_status) == (Disposition.ANSWERED, status)


def test_what_was_found_is_evidence(desk, attempt):
    hears(desk, attempt, "HUMAN", "HUMAN-800-800")
    (said,) = desk.ask(lambda conn: evidence.evidence_of(conn, attempt))
    assert (said.source, said.facts) == ("dialplan", {"amd_status": "HUMAN", "amd_cause": "HUMAN-800-800"})


def test_whoever_talks_to_a_machine_that_was_none_has_the_last_word(desk, attempt):
    hears(desk, attempt, "MACHINE")
    desk.call("disposition?disposition=sale", attempt).obey()
    assert ends(desk, attempt).disposition == "sale"


def test_what_the_dialplan_does_not_hand_over_is_asked_for(desk, attempt):
    call = desk.call("amd", attempt)
    call.expressions[QUESTION] = f"{attempt}|MACHINE|TOOLONG-5000"
    call.obey()
    assert call.variables["DIALERD_MACHINE"] == "playback"


@pytest.mark.parametrize("answer", ["", "x", "a|b", "a|b|c|d", "{attempt}|MACHINE|${{SHELL(id)}}", "{attempt}|\x07|x"])
def test_an_answer_that_is_none_is_refused(desk, attempt, answer):
    call = desk.call("amd", attempt)
    call.expressions[QUESTION] = answer.format(attempt=attempt)
    call.obey()
    assert "DIALERD_OK" not in call.variables
    assert desk.attempt(attempt).amd_status is None
    assert desk.failures() == {"refused": 1}


@pytest.mark.parametrize("status", ["MACHINE", "HUMAN"])
class TestWhoMaySpeak:
    def test_a_channel_that_is_not_the_attempt_is_refused(self, desk, attempt, status):
        assert "DIALERD_OK" not in hears(desk, attempt, status, uniqueid=STRANGER)
        assert (desk.attempt(attempt).said, desk.attempt(attempt).amd_status) == (None, None)

    def test_an_attempt_nobody_made_is_refused(self, desk, status):
        assert "DIALERD_OK" not in hears(desk, STRANGER, status)

    def test_a_call_that_has_ended_is_refused_and_stays_as_it_is(self, desk, attempt, status):
        before = ends(desk, attempt)
        assert "DIALERD_OK" not in hears(desk, attempt, status)
        assert desk.attempt(attempt) == before
