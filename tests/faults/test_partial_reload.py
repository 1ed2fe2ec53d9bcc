"""The FastAGI server does not know a campaign that the engine dials for: no lead is lost by that."""

from __future__ import annotations

from dialerd.domain.lifecycle import CampaignAction
from harness import configuration
from harness.program import Program
from harness.rig import CAMPAIGN, Rig, numbers

BUSY_AGAIN = {"busy": {"attempts": 2, "wait": "1s"}}


def agi_without_the_campaign(rig: Rig, folder: str) -> Program:
    """The FastAGI server, with another folder for its campaign files."""
    (rig.folder / folder).mkdir()
    config = rig.folder / "agi.toml"
    tables = {**rig.settings, "paths": {**rig.settings["paths"], "campaigns": folder}}
    configuration.write(config, tables)
    return Program(config, ("agi",), rig.folder / "agi.log")


def test_an_end_written_by_who_lacks_the_campaigns_file_is_decided_about_by_who_has_it(rig):
    rig.agi = agi_without_the_campaign(rig, "nothing.d")
    leads = numbers("486", times=4)
    rig.run(leads, recycle=BUSY_AGAIN, max_attempts=3)
    rig.wait_until_completed()
    rig.require_agreement()
    assert rig.dialed() == sorted(leads * 2), rig.story()
    assert {one.ended_by for one in rig.attempts()} == {"agi"}
    held = [entry for entry in rig.agi.entries("attempt") if entry["held"]]
    assert len(held) == len(rig.attempts())
    assert f"campaign {CAMPAIGN}" in held[0]["held"]


def test_a_campaign_file_that_came_after_the_start_is_read_when_its_first_call_comes(rig):
    rig.agi = agi_without_the_campaign(rig, "later.d")
    rig.write_campaign(recycle=BUSY_AGAIN, max_attempts=3)
    rig.seed(numbers("486", times=4))
    rig.start()
    file = rig.folder / "campaigns.d" / f"{CAMPAIGN}.toml"
    (rig.folder / "later.d" / file.name).write_text(file.read_text())
    rig.act(CampaignAction.START)
    rig.wait_until_completed()
    rig.require_agreement()
    assert rig.agi.entries("campaign_unknown")
    assert [entry for entry in rig.agi.entries("attempt") if entry["held"]] == []
