"""Pause and stop in mid-campaign, with calls ringing; and two dialers on one Asterisk."""

from __future__ import annotations

import signal

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.domain.lifecycle import CampaignAction, CampaignState
from dialerd.service.campaigns import FILE_GONE
from dialerd.service.freezes import freeze, still_up, unfreeze
from harness.rig import CAMPAIGN, numbers

RINGS = "180"
STAYS = "201"


def test_pause_gives_the_hopper_back_lets_calls_end_and_resume_dials_the_rest(rig):
    leads = numbers(RINGS, times=50)
    rig.fill_the_hopper()
    rig.run(leads)
    rig.wait(lambda: len(rig.calls()) >= 10, "calls")
    rig.act(CampaignAction.PAUSE)
    reacted = rig.engine.when("campaign_closed")
    rig.wait(lambda: not rig.open(), "claims given back, calls ended")
    rig.require_nothing_sent_after(reacted)
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
    rig.require_nothing_sent_after(reacted)
    assert {call.hangup_by for call in rig.calls()} == {"caller"}
    assert rig.dispositions().keys() <= {Disposition.NO_ANSWER, Disposition.CANCELLED}, rig.story()


def test_another_dialer_on_the_same_asterisk_leaves_these_calls_alone(rig, make_rig, lab):
    other = make_rig(lab)
    other.settings["agi"]["port"] += 1
    other.start(agi=False)
    rig.run(numbers("200", RINGS, times=3))
    rig.wait_until_completed()
    rig.require_agreement()
    assert other.engine.wait_for("call_of_another_dialer")
    assert rig.dispositions() == {Disposition.ANSWERED: 3, Disposition.NO_ANSWER: 3}


def test_freeze_hangs_up_every_call_at_once_and_nothing_is_dialed_until_it_thaws(rig):
    leads = numbers(STAYS, RINGS, times=40)
    rig.fill_the_hopper()
    rig.run(leads, ring_timeout="60s", max_talk_time="60s")
    rig.wait(lambda: len(rig.calls()) >= 20 and rig.engine.entries("attempt"), "calls")
    freeze(rig.database, None, configured=[CAMPAIGN], actor="the tests", now=rig.now(), max_send_delay=2.0)
    rig.wait(lambda: still_up(rig.database, None) == 0, "every call ended", timeout=5.0)
    seen = len(rig.calls())
    rig.wait_for_carrier()
    assert {call.hangup_by for call in rig.calls()} == {"caller"}
    assert rig.state() is CampaignState.ACTIVE
    rig.wait(lambda: rig.reason().startswith("frozen by the tests since "), "the engine says so")
    assert len(rig.calls()) == seen < len(leads)
    assert not rig.open()
    rig.engine.kill()
    rig.start(agi=False)
    rig.wait(lambda: rig.reason().startswith("frozen by the tests since "), "it says so after a restart")
    assert len(rig.calls()) == seen
    unfreeze(rig.database, None, configured=[CAMPAIGN], actor="the tests", now=rig.now())
    rig.wait(lambda: len(rig.calls()) > seen, "it dials on")


def test_one_campaign_is_frozen_and_the_other_dials_on(rig):
    rig.run(numbers(RINGS, times=30), ring_timeout="60s")
    rig.write_campaign("other")
    rig.seed(numbers("486", times=30, area=556), "other")
    rig.engine.signal(signal.SIGHUP)
    rig.wait(lambda: len(rig.calls()) >= 5, "calls")
    freeze(rig.database, CAMPAIGN, configured=[CAMPAIGN], actor="the tests", now=rig.now(), max_send_delay=2.0)
    rig.act(CampaignAction.START, "other")
    rig.wait(lambda: rig.state("other") is CampaignState.COMPLETED, "the other one is through", timeout=25.0)
    rig.wait(lambda: still_up(rig.database, CAMPAIGN) == 0, "its calls ended")
    assert len(rig.attempts(CAMPAIGN)) < 30


def test_a_campaign_whose_file_is_gone_is_paused_and_goes_on_only_when_it_is_told(rig):
    rig.run(numbers("486", times=60), calls_per_second=4)
    rig.wait(rig.calls, "a call")
    file = rig.folder / "campaigns.d" / f"{CAMPAIGN}.toml"
    text = file.read_text()
    file.unlink()
    rig.engine.signal(signal.SIGHUP)
    rig.wait(lambda: rig.state() is CampaignState.PAUSED, "it is paused")
    assert rig.engine.wait_for("campaign_file_gone")["level"] == "error"
    file.write_text(text.replace("calls_per_second = 4", "calls_per_second = 40"))
    rig.engine.signal(signal.SIGHUP)
    assert rig.engine.wait_for("campaign_file_found", campaign=CAMPAIGN)
    rig.wait(lambda: rig.reason() == FILE_GONE, "the engine says why it rests")
    rig.act(CampaignAction.RESUME)
    rig.wait_until_completed()
    rig.require_agreement()
