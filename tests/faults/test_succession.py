"""An engine that was killed comes back under another name, or not at all: nothing of it is stuck, nobody is called twice."""

from __future__ import annotations

import signal
from datetime import UTC, datetime

import pytest

from dialerd.domain.dispositions import Disposition
from dialerd.domain.facts import AttemptState
from dialerd.domain.lifecycle import CampaignAction, CampaignState
from dialerd.lab.carrier_log import CarrierCall
from dialerd.store import campaigns
from harness.rig import CAMPAIGN, Rig, numbers

LEADS = numbers("200", "486", "180", times=5)
# Ten seconds of silence, and up to five more before anybody looks.
HEIR_SECONDS = 30.0


def rename(rig: Rig, name: str) -> None:
    rig.settings["node"]["name"] = name
    rig.write_settings()


@pytest.mark.parametrize("point", ["claimed:1", "sent:3"])
def test_after_a_kill_and_a_new_name_every_lead_is_dialed_once_and_every_call_has_its_end(rig, point):
    rig.run(LEADS, crash_at=point)
    assert rig.engine.exit_code() == -signal.SIGKILL
    left = rig.open()
    assert {attempt.node for attempt in left} == {"test"}
    rename(rig, "another")
    rig.engine.start()
    rig.wait_until_completed(HEIR_SECONDS + 15)
    rig.require_agreement(unknown=True)
    assert rig.dialed() == sorted(LEADS), rig.story()
    for pair in rig.pairs():
        assert (pair.attempt.disposition is Disposition.UNKNOWN) == (not pair.calls), rig.story()


def test_another_engine_on_the_same_asterisk_takes_over_what_a_killed_one_left(make_rig, lab, postgresql_url):
    first, second = make_rig(lab, postgresql_url), make_rig(lab, postgresql_url)
    rename(second, "second")
    second.write_campaign()
    # Without FastAGI only an engine can see how the calls end.
    first.fill_the_hopper()
    first.run(numbers("180", times=30), agi=False, ring_timeout="60s", calls_per_second=5)
    first.wait(lambda: len(first.calls()) >= 4, "calls")
    first.act(CampaignAction.PAUSE)
    first.wait(lambda: not any(one.state is AttemptState.CLAIMED for one in first.open()), "the hopper given back")
    first.act(CampaignAction.RESUME)
    first.wait(lambda: any(one.state is AttemptState.CLAIMED for one in first.open()), "leads claimed")
    first.engine.kill()
    left = first.open()
    up, claimed = ringing(first.calls()), [one for one in left if one.state is AttemptState.CLAIMED]
    on_its_way = {one.attempt_id for one in left if one.state is AttemptState.SENDING}
    assert up
    assert claimed
    # Without a word to the claims: the command would give them back itself.
    with first.database.write() as conn:
        campaigns.set_state(conn, CAMPAIGN, CampaignState.PAUSED, datetime.now(UTC))
    second.start(agi=False)
    second.engine.wait_for("attempts_taken_over", HEIR_SECONDS)
    assert second.engine.wait_for("reconciled")["alive"] == len(up)
    given_back = {entry["attempt_id"] for entry in second.engine.entries("attempt") if entry["state"] == "given_back"}
    assert given_back == {one.attempt_id for one in claimed}
    assert {one.node for one in second.open()} == {"second"}
    # Only who watches a call can hang it up.
    second.act(CampaignAction.STOP)
    second.wait(lambda: not second.open(), "every call ended")
    second.wait_for_carrier()
    second.require_agreement(unknown=True)
    ends = {pair.attempt.disposition for pair in second.pairs() if pair.calls}
    assert ends == {Disposition.NO_ANSWER}, second.story()
    # Killed between the commit and the call: that was none, and counts as one.
    assert {pair.attempt.attempt_id for pair in second.pairs() if not pair.calls} <= on_its_way, second.story()


def ringing(calls: list[CarrierCall]) -> list[CarrierCall]:
    return [call for call in calls if call.ended is None]
