"""Whose call leaves next, on a clock that the test moves: the paces of campaign, trunk and node, and the weights."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import count

import pytest

from dialerd.domain.facts import ClaimedLead
from dialerd.engine.line import Line, Waiting
from dialerd.engine.roads import Roads
from dialerd.lab.judge import busiest_second
from dialerd.settings import Campaign, Engine, Settings, Trunk
from harness import configuration

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SECONDS = 30.0


class Play:
    """Campaigns that always have leads, and what leaves when."""

    def __init__(self, *, trunks, node=None):
        self.trunks = {
            name: Trunk(endpoint=name, calls_per_second=pace, max_calls=1000) for name, pace in trunks.items()
        }
        self.roads = Roads()
        self.roads.limit_node(Settings(engine=Engine(calls_per_second=node)))
        self.lines = []
        self.now = 1000.0
        self.left = defaultdict(list)
        self._ids = count()

    def campaign(self, name, *, pace, weight=1.0, trunks=("carrier",)):
        told = {**configuration.CAMPAIGN, "name": name, "calls_per_second": pace, "weight": weight}
        self.lines.append(Line(Campaign.model_validate({**told, "trunks": list(trunks)}), self.trunks))
        return self

    def run(self, seconds, *, silent=()):
        """Everybody but the silent ones has leads for each of its trunks, for so many seconds."""
        end = self.now + seconds
        lines = [line for line in self.lines if line.campaign.name not in silent]
        while True:
            for line in lines:
                for trunk in line.campaign.trunks:
                    if trunk not in line.waiting_for:
                        line.hopper.append(Waiting(self._lead(line.campaign.name, trunk), 0.0))
            pick = self.roads.pick(lines, self.now)
            if pick.at >= end:
                self.now = end
                return self
            self.now = max(self.now, pick.at)
            lead = pick.line.take(pick.trunk)
            self.roads.taken(pick)
            # It leaves at once.
            pick.line.committing.clear()
            self.roads.sent(lead.attempt_id, pick.line, pick.trunk, self.now)
            self.left[lead.campaign, pick.trunk].append(self.now)

    def calls(self):
        """How many calls of each campaign have left."""
        found = Counter()
        for (campaign, _trunk), times in self.left.items():
            found[campaign] += len(times)
        return found

    def _lead(self, campaign, trunk):
        number = next(self._ids)
        return ClaimedLead(f"attempt{number}", number, 1, campaign, "+12025550100", trunk, 1, NOW)


def shares(play):
    calls = play.calls()
    return {name: number / calls.total() for name, number in calls.items()}


@pytest.mark.parametrize("pace", [20, 50, 200])
def test_two_campaigns_share_a_trunk_that_is_not_enough_for_both_three_to_one(pace):
    play = Play(trunks={"carrier": 20}).campaign("a", pace=pace, weight=3).campaign("b", pace=pace).run(SECONDS)
    assert shares(play)["a"] == pytest.approx(0.75, rel=0.01)
    assert play.calls().total() == pytest.approx(20 * SECONDS, rel=0.015)
    assert busiest_second([at for times in play.left.values() for at in times]) <= 20


def test_what_one_cannot_use_goes_to_the_other():
    play = Play(trunks={"carrier": 20}).campaign("a", pace=5, weight=3).campaign("b", pace=50).run(SECONDS)
    assert play.calls()["a"] == pytest.approx(5 * SECONDS, rel=0.03)
    assert play.calls().total() == pytest.approx(20 * SECONDS, rel=0.015)


def test_an_idle_campaign_gives_its_share_away_and_has_it_again_when_it_comes_back():
    play = Play(trunks={"carrier": 20}).campaign("a", pace=50, weight=3).campaign("b", pace=50)
    play.run(SECONDS, silent=("a",))
    alone = play.calls()["b"]
    assert alone == pytest.approx(20 * SECONDS, rel=0.015)
    play.run(SECONDS)
    assert (play.calls()["b"] - alone) / (20 * SECONDS) == pytest.approx(0.25, rel=0.04)


def test_each_trunk_is_shared_for_itself_and_who_has_another_one_uses_it_too():
    play = Play(trunks={"carrier": 20, "other": 10})
    play.campaign("a", pace=100, trunks=("carrier", "other")).campaign("b", pace=100).run(SECONDS)
    assert len(play.left["a", "other"]) == pytest.approx(10 * SECONDS, rel=0.02)
    assert len(play.left["a", "carrier"]) == pytest.approx(10 * SECONDS, rel=0.02)
    assert len(play.left["b", "carrier"]) == pytest.approx(10 * SECONDS, rel=0.02)


def test_the_pace_of_the_node_holds_over_all_trunks_and_is_shared_by_weight():
    play = Play(trunks={"carrier": 100, "other": 100}, node=20)
    play.campaign("a", pace=100, weight=3).campaign("b", pace=100, trunks=("other",)).run(SECONDS)
    assert shares(play)["a"] == pytest.approx(0.75, rel=0.01)
    everything = [at for times in play.left.values() for at in times]
    assert len(everything) == pytest.approx(20 * SECONDS, rel=0.015)
    assert busiest_second(everything) <= 20


def test_a_slow_trunk_does_not_hold_up_the_calls_of_a_quick_one():
    play = Play(trunks={"carrier": 1, "other": 50}).campaign("a", pace=40, trunks=("carrier", "other")).run(SECONDS)
    assert len(play.left["a", "other"]) == pytest.approx(39 * SECONDS, rel=0.03)


def test_calls_of_which_asterisk_says_nothing_count_for_the_pace_as_if_they_left_now():
    play = Play(trunks={"carrier": 4}).campaign("a", pace=4).run(1.0)
    line = play.lines[0]
    first, *others = range(4)
    assert len(play.left["a", "carrier"]) == 4
    play.roads.left(f"attempt{first}", play.now)
    on_time = play.roads.opens(line, "carrier")
    later = play.now + 0.9
    play.roads.still_leaving(later)
    assert on_time < later + 0.2
    assert play.roads.opens(line, "carrier") >= play.now + 1.0
    for each in others:
        play.roads.left(f"attempt{each}", later)
    # What came too late to be believed is not waited for.
    play.roads.still_leaving(later + 5.0)
    assert play.roads.opens(line, "carrier") <= later + 1.1
