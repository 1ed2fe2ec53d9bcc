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
LATE = """
[late-agent]
exten => s,1,Gosub(dialerd-waiting,s,1)
 same => n,Wait(1.2)
 same => n,Dial(PJSIP/agent-answers,5,U(dialerd-connected^s^1))
 same => n,Hangup(16)
"""
EMPTY = {"type": "queue", "queue": "lab-closed"}


def shown(rig, name="lonely"):
    return status.campaign(rig.database, name, load(rig.config), now=rig.now())


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


def test_who_is_connected_too_late_counts_as_abandoned_though_somebody_talked_to_them(make_rig, lab):
    conf = lab.asterisk.home / "etc" / "extensions.conf"
    conf.write_text(conf.read_text() + LATE)
    lab.asterisk_rx("dialplan reload")
    rig = make_rig(lab)
    limit = {**LIMIT, "connect_within": "1s"}
    places = {
        "late": {"type": "extension", "context": "late-agent", "exten": "s"},
        "queued": {"type": "queue", "queue": "lab-agents", "wait": "5s"},
    }
    for area, (name, destination) in enumerate(places.items(), 42):
        compliance = {"profile": ["none"], "abandon": [limit]}
        rig.write_campaign(name, destination=destination, max_talk_time="2s", compliance=compliance)
        rig.seed(numbers(STAYS, area=area), campaign=name)
    rig.start()
    rig.play(places, 30)

    [late], [queued] = rig.attempts("late"), rig.attempts("queued")
    assert late.disposition == queued.disposition == Disposition.ANSWERED
    assert 1200 <= late.waited_ms < 2000
    assert 0 <= queued.waited_ms < 1000
    figures = {
        name: [(each.people, each.abandoned, each.late) for each in shown(rig, name).abandoned] for name in places
    }
    assert figures == {"late": [(1, 1, 1)], "queued": [(1, 0, 0)]}
