from __future__ import annotations

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.domain.facts import EndFacts
from dialerd.domain.outcome import classify
from dialerd.domain.signs import FAULTS, Sign, Told, forgiven, sign_of

D = Disposition


@pytest.mark.parametrize("code", [500, 502, 503, 504])
def test_a_failure_behind_the_trunk_is_trouble(code):
    assert _sign(code) is Sign.TROUBLE


@pytest.mark.parametrize("code", [401, 407, 488, 606])
def test_a_request_that_is_not_acceptable_is_a_matter_of_the_configuration(code):
    assert _sign(code) is Sign.MISCONFIGURED


@pytest.mark.parametrize("code", [486, 600, 480, 487, 403, 603])
def test_what_is_said_about_one_number_shows_that_the_trunk_works(code):
    assert _sign(code) is Sign.WORKS


@pytest.mark.parametrize("code", [404, 410, 484, 604])
def test_a_number_that_does_not_exist_is_no_fault_of_the_trunk_by_itself(code):
    assert _sign(code) is Sign.INVALID
    assert Sign.INVALID not in FAULTS


def test_408_is_silence():
    assert _sign(408) is Sign.SILENT


@pytest.mark.parametrize("code", [None, 100])
def test_a_channel_that_never_heard_more_than_100_met_silence_and_an_event_without_a_code_did_not(code):
    assert sign_of(Told(D.NO_ANSWER, code, silence=True)) is Sign.SILENT
    assert sign_of(Told(D.NO_ANSWER, code, silence=False)) is Sign.WORKS
    assert sign_of(Told(D.NO_ANSWER, 180, silence=True)) is Sign.WORKS


def test_without_a_channel_there_was_nowhere_to_send_the_call():
    assert sign_of(Told(D.FAILED, channel=False)) is Sign.NO_CHANNEL


@pytest.mark.parametrize("disposition", [D.CANCELLED, D.UNKNOWN, D.DO_NOT_CALL])
def test_what_never_left_or_nobody_knows_says_nothing(disposition):
    assert sign_of(Told(disposition)) is None


@pytest.mark.parametrize(("code", "blame"), [(404, Sign.INVALID), (408, Sign.SILENT)])
def test_while_a_trunk_is_blamed_its_endings_close_no_lead_and_use_up_no_attempt(code, blame):
    outcome = classify(_facts(code))
    spared = forgiven(outcome, _sign(code), blame)
    assert (spared.disposition, spared.counts) == (D.CONGESTION, False)
    assert spared.detail.startswith(f"SIP {code}")
    assert outcome.counts


@pytest.mark.parametrize(("code", "blame"), [(404, None), (404, Sign.TROUBLE), (486, Sign.INVALID), (486, Sign.SILENT)])
def test_other_endings_stand(code, blame):
    outcome = classify(_facts(code))
    assert forgiven(outcome, _sign(code), blame) == outcome


def _facts(code: int) -> EndFacts:
    return EndFacts(sip_code=code, cause=0, answered=False)


def _sign(code: int) -> Sign | None:
    return sign_of(Told(classify(_facts(code)).disposition, code))
