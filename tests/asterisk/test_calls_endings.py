"""Each way a call can end, on the newest Asterisk and on the oldest, told by either of the two witnesses."""

from __future__ import annotations

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.domain.lifecycle import CampaignState
from dialerd.lab.fates import ENDINGS, SIP_CODES
from harness.rig import Rig, numbers

ANSWERED, ABANDONED, UNKNOWN = Disposition.ANSWERED, Disposition.ABANDONED, Disposition.UNKNOWN
NO_ANSWER, BUSY, REJECTED = Disposition.NO_ANSWER, Disposition.BUSY, Disposition.REJECTED
INVALID, CONGESTION, FAILED = Disposition.INVALID_NUMBER, Disposition.CONGESTION, Disposition.FAILED

ANSWERING = ("181", "183", "200", "201", "202", "203", "209", "219")
UNANSWERED = {
    **dict.fromkeys(("100", "180", "408", "480", "483"), NO_ANSWER),
    **dict.fromkeys(("486", "600"), BUSY),
    **dict.fromkeys(("403", "603", "607", "608"), REJECTED),
    **dict.fromkeys(("404", "410", "484", "485", "604"), INVALID),
    **dict.fromkeys(("500", "501", "502", "503", "504"), CONGESTION),
    **dict.fromkeys(("401", "407", "488", "606"), FAILED),
}
UNCOUNTED = (CONGESTION, FAILED)
REDIRECTED = "302"
ENDED = [ending for ending in ENDINGS if ending != REDIRECTED]
REFUSED = {ending: code for ending, fate in ENDINGS.items() if (code := SIP_CODES.get(fate))}
PROVISIONAL = {"100": 100, "180": 180}
"""Of a call that our own timeout ended the channel knows the last provisional answer."""


LABS = pytest.mark.parametrize("which", ["lab", "old_lab"])
"""The newest Asterisk and the oldest."""


@pytest.fixture
def dialed(make_rig):
    """Dials each ending once; the disposition and whether it counts, and the SIP code, by ending."""

    def dial(lab, *, agi: bool):
        rig = make_rig(lab)
        # All the ways a trunk can fail, one after the other, are no sign of a trunk that fails.
        rig.settings["trunks"]["carrier"]["breaker"] = {"faults": len(ENDED)}
        rig.write_settings()
        rig.run(numbers(*ENDED), agi=agi)
        rig.wait(lambda: _each_has_ended(rig), "each lead's first attempt has ended")
        firsts = {attempt.phone[-3:]: attempt for attempt in rig.attempts() if attempt.number == 1}
        assert {attempt.ended_by for attempt in firsts.values()} == {"agi" if agi else "ami"}, rig.story()
        assert rig.judge().double_dialed == ()
        ends = {ending: (attempt.disposition, attempt.counts) for ending, attempt in firsts.items()}
        return ends, {ending: attempt.sip_code for ending, attempt in firsts.items()}

    return dial


def _each_has_ended(rig: Rig) -> bool:
    attempts = rig.attempts()
    return len(attempts) >= len(ENDED) and all(attempt.disposition is not None for attempt in attempts)


def _counted(dispositions: dict[str, Disposition]) -> dict[str, tuple[Disposition, bool]]:
    return {ending: (disposition, disposition not in UNCOUNTED) for ending, disposition in dispositions.items()}


@LABS
def test_every_ending_has_its_disposition_and_sip_code_by_the_channels_own_report(dialed, request, which):
    ends, codes = dialed(request.getfixturevalue(which), agi=True)
    assert ends == _counted(UNANSWERED | dict.fromkeys(ANSWERING, ANSWERED))
    assert codes == REFUSED | PROVISIONAL | dict.fromkeys(ANSWERING, 200)


def test_without_fastagi_the_newest_asterisks_events_say_the_same_and_who_answers_is_abandoned(dialed, lab):
    ends, codes = dialed(lab, agi=False)
    assert ends == _counted(UNANSWERED | dict.fromkeys(ANSWERING, ABANDONED))
    assert codes == REFUSED | dict.fromkeys((*ANSWERING, *PROVISIONAL), None)


def test_without_fastagi_the_oldest_asterisks_events_say_what_the_cause_alone_can(dialed, old_lab):
    ends, codes = dialed(old_lab, agi=False)
    # Its events give no SIP code, and the cause of a 401 and of a 407 is that of a 403.
    assert ends == _counted(UNANSWERED | dict.fromkeys(ANSWERING, ABANDONED) | dict.fromkeys(("401", "407"), REJECTED))
    assert set(codes.values()) == {None}


def test_a_redirected_call_is_rejected_and_never_followed(rig):
    rig.run(numbers(REDIRECTED, times=10))
    rig.wait_until_completed()
    # A channel may report its end before it knows why; Asterisk's event says so a moment later.
    rig.wait(lambda: rig.dispositions() == {REJECTED: 10}, "every call is known to be rejected")
    assert len(rig.calls()) == 10
    rig.require_agreement()


def test_on_the_oldest_asterisk_a_redirected_call_is_rejected_or_unknown_and_never_followed(make_rig, old_lab):
    rig = make_rig(old_lab)
    rig.run(numbers(REDIRECTED, times=10))
    rig.wait_until_completed()
    assert rig.dispositions().keys() <= {REJECTED, UNKNOWN}
    assert len(rig.calls()) == 10
    rig.require_agreement(unknown=True)


@LABS
@pytest.mark.parametrize("agi", [True, False], ids=["with FastAGI", "without FastAGI"])
def test_without_an_endpoint_nothing_is_dialed_and_the_failure_costs_the_lead_no_attempt(make_rig, request, which, agi):
    rig = make_rig(request.getfixturevalue(which))
    rig.settings["trunks"]["carrier"]["endpoint"] = "nobody"
    rig.write_settings()
    rig.run(numbers("200", "486"), agi=agi)
    rig.wait(lambda: len(rig.attempts()) == 2 and not rig.open(), "each lead's attempt has ended")
    assert [(made.disposition, made.counts, made.ended_by) for made in rig.attempts()] == [(FAILED, False, "ami")] * 2
    assert {(made.lead_attempts, made.lead_dials) for made in rig.attempts()} == {(0, 1)}
    assert all("no channel" in made.detail for made in rig.attempts()), rig.story()
    assert rig.calls() == []
    assert rig.state() is CampaignState.ACTIVE
