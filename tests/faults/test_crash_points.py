"""kill -9 of the engine at each point of the crash table: the next start puts everything right.

`make faults` kills it at each of them on both databases.
"""

from __future__ import annotations

import signal

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.domain.facts import AttemptState
from dialerd.domain.lifecycle import CampaignAction
from dialerd.ops.crash import CrashPoint
from harness.rig import Rig, numbers

LEADS = numbers("200", "486", "180", "404", times=4)
PASSES = {CrashPoint.BEFORE_CLAIM: 1, CrashPoint.CLAIMED: 1, CrashPoint.SENDING: 3, CrashPoint.SENT: 3}
SECOND = 2
NEVER_SENT = (CrashPoint.BEFORE_CLAIM, CrashPoint.CLAIMED)


@pytest.fixture
def crashed(request, make_rig, lab):
    """crashed(point, url): a rig whose engine died there and was not started again; FastAGI goes on."""

    def make(point: CrashPoint, url: str) -> Rig:
        rig = make_rig(lab, request.getfixturevalue(url))
        rig.run(LEADS, crash_at=f"{point}:{PASSES.get(point, SECOND)}")
        assert rig.engine.exit_code() == -signal.SIGKILL
        return rig

    return make


@pytest.mark.parametrize(
    ("point", "url"), [*((point, "sqlite_url") for point in CrashPoint), (CrashPoint.SENT, "postgresql_url")]
)
def test_after_a_kill_every_lead_is_dialed_once_and_every_call_has_its_disposition(crashed, point, url):
    rig = crashed(point, url)
    before = {attempt.attempt_id: attempt for attempt in rig.attempts()}
    rig.engine.start()
    rig.wait_until_completed()
    rig.require_agreement(unknown=True)
    assert rig.dialed() == sorted(LEADS), rig.story()
    for pair in rig.pairs():
        # FastAGI was there all the time, so only a call that was not made may be unknown.
        assert (pair.attempt.disposition is Disposition.UNKNOWN) == (not pair.calls), rig.story()
        assert pair.attempt.counts
    given_back = {key for key, attempt in before.items() if attempt.state is AttemptState.CLAIMED}
    assert given_back.isdisjoint(attempt.attempt_id for attempt in rig.attempts())
    if point in NEVER_SENT:
        assert bool(given_back) == (point is CrashPoint.CLAIMED)
        assert not any(attempt.disposition is Disposition.UNKNOWN for attempt in rig.attempts())


def test_without_fastagi_a_call_that_ended_while_nobody_looked_is_unknown_and_one_that_rings_is_adopted(make_rig, lab):
    rig = make_rig(lab)
    rig.run(numbers("486", "180", times=6), agi=False, crash_at="ringing:2", ring_timeout="60s")
    assert rig.engine.exit_code() == -signal.SIGKILL
    ringing = sum(call.number.endswith("180") for call in rig.calls())
    rig.engine.start()
    assert rig.engine.wait_for("reconciled")["alive"] == ringing
    # Only who watches a call can hang it up.
    rig.act(CampaignAction.STOP)
    rig.wait(lambda: not rig.open(), "every call ended")
    rig.wait_for_carrier()
    rig.require_agreement(unknown=True)
    for pair in rig.pairs():
        if pair.attempt.phone.endswith("180") and pair.calls:
            assert pair.attempt.disposition is Disposition.NO_ANSWER, rig.story()
        elif not pair.calls:
            assert pair.attempt.disposition is Disposition.UNKNOWN, rig.story()
