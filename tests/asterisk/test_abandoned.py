"""A campaign whose answered calls find nobody stops before it has abandoned more people than it may."""

from __future__ import annotations

from dialerd.domain.dispositions import Disposition
from dialerd.domain.lifecycle import CampaignAction
from dialerd.service import status
from dialerd.settings import load
from harness.rig import numbers

STAYS = "201"
ALLOWED = 3  # of fewer than a hundred people
LIMIT = {"percent": 3, "period": "24h", "connect_within": "2s"}
EMPTY = {"type": "queue", "queue": "lab-closed"}


def shown(rig):
    return status.campaign(rig.database, "lonely", load(rig.config), now=rig.now())


def test_it_stops_at_its_limit_says_why_and_until_when_and_leaves_the_rest_undialed(make_rig, lab):
    rig = make_rig(lab)
    rig.write_campaign(
        "lonely",
        destination=EMPTY,
        calls_per_second=2.0,
        max_calls=1,
        compliance={"profile": ["none"], "abandon": [LIMIT]},
    )
    rig.seed(numbers(STAYS, times=30, area=41), campaign="lonely")
    rig.start()
    rig.act(CampaignAction.START, "lonely")

    rig.wait(lambda: "people abandoned in 24 h" in shown(rig).why, "the campaign said why it stopped", 40)
    rig.wait(lambda: shown(rig).calls == 0, "no call was left", 20)
    rig.wait_for_carrier()

    made = rig.attempts("lonely")
    assert {attempt.disposition for attempt in made} == {Disposition.ABANDONED}
    # What was on its way when the third one ended goes on; at two calls a second, one at a time, that is little.
    assert ALLOWED <= len(made) <= ALLOWED + 8
    [limit] = shown(rig).abandoned
    assert (limit.people, limit.abandoned, limit.pace) == (len(made), len(made), 0.0)
    first = min(attempt.ended_at for attempt in made)
    assert (limit.clears - first).total_seconds() >= 24 * 3600
    rig.require_agreement()
