"""The database goes away in mid-campaign: what was not written waits, nothing is sent on a doubtful commit."""

from __future__ import annotations

from dialerd.domain.dispositions import Disposition
from harness.rig import numbers

LEADS = numbers("200", "486", "180", times=14)


def test_postgresql_dies_and_comes_back(make_rig, lab, ready_cluster, postgresql_url):
    rig = make_rig(lab, postgresql_url)
    rig.run(LEADS, calls_per_second=10)
    rig.wait(lambda: len(rig.calls()) >= 9, "calls")
    ready_cluster.stop()
    try:
        # Whether a claim is what fails first, or the campaign is closed to claims before, is up to the moment.
        rig.engine.wait_for("heartbeat_failed")
        seen = len(rig.calls())
    finally:
        ready_cluster.start()
    rig.wait(lambda: len(rig.calls()) > seen, "dialing goes on")
    rig.wait_until_completed()
    rig.require_agreement(unknown=True)
    assert rig.dialed() == sorted(LEADS)
    for pair in rig.pairs():
        assert pair.attempt.disposition is not Disposition.UNKNOWN or not pair.calls, rig.story()
