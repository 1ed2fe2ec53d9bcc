"""Several Asterisk servers of one engine: each for itself, and calls go where they can; judged by their carriers' own logs."""

from __future__ import annotations

import time

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.domain.lifecycle import CampaignAction
from harness.rig import Rig, numbers

LEADS = [number for area in (610, 611, 612) for number in numbers("486", "180", times=100, area=area)]
PACE = 20
BACK_SECONDS = 40.0


@pytest.fixture
def dialing(rig, old_lab) -> Rig:
    """A campaign over two trunks, each on an Asterisk of its own, with calls up on both."""
    rig.add_server("second", old_lab)
    rig.run(LEADS, trunks=["carrier", "second"], calls_per_second=PACE)
    rig.engine.wait_for("asterisk_connected", asterisk=f"127.0.0.1:{old_lab.ports.ami}")
    rig.wait(lambda: min(len(sent_over(rig, trunk)) for trunk in ("carrier", "second")) > PACE / 2, "calls over both")
    return rig


def sent_over(rig: Rig, trunk: str) -> list[float]:
    """When calls were committed for the trunk, in seconds of the wall clock."""
    return [one.sending_at.timestamp() for one in rig.attempts() if one.trunk == trunk and one.sending_at is not None]


def test_an_asterisk_that_is_killed_does_not_disturb_the_other_and_has_its_part_again_when_it_is_back(dialing, old_lab):
    old_lab.asterisk.kill()
    lost = dialing.engine.when("asterisk_lost")
    assert dialing.engine.entries("asterisk_lost")[0]["server"] == "second"
    before = len(sent_over(dialing, "carrier"))
    dialing.wait(lambda: len(sent_over(dialing, "carrier")) > before + PACE, "the other one dials on")
    dialing.wait(lambda: dialing.status()["servers"]["second"].startswith("waiting: "), "the status says which is away")
    assert dialing.status()["link"] == "connected"
    assert max(sent_over(dialing, "second")) < lost + 1
    old_lab.restart_asterisk()
    back = time.time()
    dialing.wait(lambda: max(sent_over(dialing, "second")) > back, "calls over the one that is back", BACK_SECONDS)
    dialing.act(CampaignAction.STOP)
    dialing.wait(lambda: not dialing.open(), "every attempt ended")
    dialing.close()
    dialing.require_agreement(unknown=True)
    unknown = [one for one in dialing.attempts() if one.disposition == Disposition.UNKNOWN]
    assert {one.trunk for one in unknown} <= {"second"}, dialing.story()
    assert len(unknown) <= 2 * PACE
