"""Pause and stop in mid-campaign, with calls ringing; and two dialers on one Asterisk."""

from __future__ import annotations

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.domain.lifecycle import CampaignAction, CampaignState
from harness.rig import numbers

RINGS = "180"
ON_THE_WAY_SECONDS = 0.2


def test_pause_gives_the_hopper_back_lets_calls_end_and_resume_dials_the_rest(rig):
    leads = numbers(RINGS, times=50)
    rig.fill_the_hopper()
    rig.run(leads)
    rig.wait(lambda: len(rig.calls()) >= 10, "calls")
    rig.act(CampaignAction.PAUSE)
    reacted = rig.engine.when("campaign_closed")
    rig.wait(lambda: not rig.open(), "claims given back, calls ended")
    assert all(call.time < reacted + ON_THE_WAY_SECONDS for call in rig.calls())
    assert 10 <= len(rig.attempts()) < len(leads)
    rig.act(CampaignAction.RESUME)
    rig.wait_until_completed()
    rig.require_agreement()
    assert sorted(call.number for call in rig.calls()) == leads


@pytest.mark.parametrize("agi", [True, False])
def test_stop_hangs_up_what_rings(rig, agi):
    rig.run(numbers(RINGS, times=40), agi=agi, ring_timeout="60s")
    rig.wait(lambda: len(rig.calls()) >= 10, "calls")
    rig.act(CampaignAction.STOP)
    reacted = rig.engine.when("campaign_closed")
    rig.wait(lambda: not rig.open(), "every call ended")
    rig.wait_for_carrier()
    rig.require_agreement()
    assert rig.state() is CampaignState.DRAFT
    assert all(call.time < reacted + ON_THE_WAY_SECONDS for call in rig.calls())
    assert {call.hangup_by for call in rig.calls()} == {"caller"}
    assert rig.dispositions().keys() <= {Disposition.NO_ANSWER, Disposition.CANCELLED}, rig.story()


def test_a_campaign_paused_and_resumed_again_and_again_loses_no_lead(rig):
    leads = numbers("486", times=60)
    rig.run(leads)
    for turn in range(6):
        rig.wait(lambda turn=turn: len(rig.calls()) >= 6 * turn, "calls")
        rig.act(CampaignAction.PAUSE)
        rig.act(CampaignAction.RESUME)
    rig.wait_until_completed()
    rig.require_agreement()
    assert sorted(call.number for call in rig.calls()) == leads


def test_another_dialer_on_the_same_asterisk_leaves_these_calls_alone(rig, make_rig, lab):
    other = make_rig(lab)
    other.settings["agi"]["port"] += 1
    other.start(agi=False)
    rig.run(numbers("200", RINGS, times=3))
    rig.wait_until_completed()
    rig.require_agreement()
    assert other.engine.wait_for("call_of_another_dialer")
    assert rig.dispositions() == {Disposition.ANSWERED: 3, Disposition.NO_ANSWER: 3}
