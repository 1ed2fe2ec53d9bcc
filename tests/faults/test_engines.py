"""Several engines on one PostgreSQL share a pace, whoever comes and goes; judged by the log of the carrier they share."""

from __future__ import annotations

import pytest

from dialerd.domain.lifecycle import CampaignAction
from dialerd.lab.judge import busiest_second
from harness.rig import Rig, numbers

PACE = 20
# What a busy machine may take until an engine has noticed and said so; how long it takes otherwise is measured elsewhere.
SHARED_SECONDS = 30.0


@pytest.fixture
def engines(make_rig, lab, postgresql_url):
    """Two dialers on one lab and one database, `test` and `second`, neither started; FastAGI is the first one's."""
    first, second = make_rig(lab, postgresql_url), make_rig(lab, postgresql_url)
    second.settings["node"]["name"] = "second"
    second.write_settings()
    return first, second


def wait_for_part(rig: Rig, calls_per_second: float, times: int = 1) -> None:
    """The engine has said so many times, since its start, that it dials at this pace."""

    def told() -> bool:
        parts = [entry for entry in rig.engine.entries("pace_shared") if entry["obstacle"] is None]
        return [entry["calls_per_second"] for entry in parts].count(calls_per_second) >= times

    rig.wait(told, f"engine {rig.settings['node']['name']} has {calls_per_second:g} calls per second", SHARED_SECONDS)


def more_calls(rig: Rig, node: str, count: int = PACE // 2) -> None:
    """So many more calls of this engine, from now on."""

    def dialed() -> int:
        return sum(one.node == node and one.sending_at is not None for one in rig.attempts())

    before = dialed()
    rig.wait(lambda: dialed() >= before + count, f"{count} more calls of {node}", SHARED_SECONDS)


def test_engines_share_the_pace_of_a_campaign_and_one_that_is_killed_leaves_its_part_to_the_other(engines):
    first, second = engines
    # More than a busy machine can call until all is seen.
    leads = [number for area in range(600, 616) for number in numbers("486", times=100, area=area)]
    second.write_campaign(calls_per_second=PACE)
    first.run(leads, calls_per_second=PACE)
    wait_for_part(first, PACE)
    more_calls(first, "test")
    second.start(agi=False)
    wait_for_part(second, PACE / 2)
    wait_for_part(first, PACE / 2)
    more_calls(first, "second")
    more_calls(first, "test")
    second.engine.kill()
    wait_for_part(first, PACE, times=2)
    more_calls(first, "test", PACE)
    first.act(CampaignAction.STOP)
    first.wait(lambda: not first.open(), "every call ended", SHARED_SECONDS)
    first.wait_for_carrier()
    times = [call.time for call in first.calls()]
    assert busiest_second(times) <= PACE, first.story()
    first.require_agreement(unknown=True)
    # Both see every call of the Asterisk that they share.
    assert first.engine.entries("stray_call_hung_up") == second.engine.entries("stray_call_hung_up") == []
