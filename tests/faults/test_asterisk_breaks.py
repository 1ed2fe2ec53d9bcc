"""Asterisk restarts, dies or freezes in mid-campaign: the engine accounts for every call and dials on by itself."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from dialerd.domain.dispositions import Disposition
from harness.rig import Rig, numbers

LEADS = numbers("200", "486", "180", times=14)
PACE = 10
# The link tries again after ten seconds at most; then come the login, two looks at the channels, and a busy machine.
BACK_SECONDS = 40.0
COMPLETED_SECONDS = 40.0


@pytest.fixture
def dialing(rig) -> Rig:
    """In mid-campaign, calls of each kind up."""
    # Long enough for a call that is cut short to be told from one that rang to the end.
    rig.run(LEADS, calls_per_second=PACE, ring_timeout="3s")
    rig.wait(lambda: len(rig.calls()) >= 9, "calls")
    return rig


def require_recovery(rig: Rig, back: float, *, deaf: bool = False) -> None:
    """`back` is when Asterisk was there again; `deaf` as for `Rig.require_agreement`."""
    rig.wait(lambda: any(call.time > back for call in rig.calls()), "dialing goes on", BACK_SECONDS)
    rig.wait(lambda: rig.state() == "completed", "the campaign completed", COMPLETED_SECONDS)
    # A carrier does not learn of a death: some of its calls would go on for ever.
    rig.close()
    rig.require_agreement(deaf=deaf, unknown=True)
    # The calls that were up, and not what was sent to an Asterisk that had long stopped to answer.
    assert rig.dispositions()[Disposition.UNKNOWN] <= 2 * PACE, rig.story()


def test_asterisk_is_killed_and_started_again(dialing):
    dialing.lab.asterisk.kill()
    dialing.engine.wait_for("asterisk_lost")
    dialing.lab.restart_asterisk()
    require_recovery(dialing, time.time())
    assert dialing.dialed() == sorted(LEADS)


def test_a_graceful_stop_that_is_called_off_costs_no_call_and_no_time_of_any_lead(rig):
    leads = numbers("201", times=20)
    rig.run(leads, calls_per_second=PACE, max_talk_time="5s")
    rig.wait(lambda: len(rig.calls()) >= 5, "calls")
    # The command returns when Asterisk has stopped, or the stop was called off.
    stop = threading.Thread(target=rig.lab.asterisk_rx, args=("core stop gracefully",))
    stop.start()
    try:
        rig.engine.wait_for("asterisk_stopping")
        rig.wait(lambda: rig.reason() == "Asterisk is shutting down", "the status says why nothing is dialed")
        assert rig.open(), "calls are up"
    finally:
        rig.lab.asterisk_rx("core abort shutdown")
        stop.join()
    rig.wait_until_completed()
    rig.require_agreement()
    assert rig.dialed() == leads
    assert {pair.attempt.disposition for pair in rig.pairs()} == {Disposition.ANSWERED}
    # What Asterisk refuses is not tried on every lead in turn.
    assert rig.dispositions()[Disposition.CANCELLED] <= 3


def test_asterisk_freezes_until_it_is_given_up_and_its_late_calls_are_not_made_twice(dialing):
    dialing.lab.asterisk.signal(signal.SIGSTOP)
    try:
        dialing.engine.wait_for("asterisk_lost")
    finally:
        dialing.lab.asterisk.signal(signal.SIGCONT)
    require_recovery(dialing, time.time(), deaf=True)
    assert dialing.dialed() == sorted(LEADS)
