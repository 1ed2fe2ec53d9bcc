"""What the other engines leave this one, and how the dial loop goes by it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from dialerd.domain.facts import ClaimedLead
from dialerd.engine.crew import Share
from dialerd.engine.dialer import Dialer
from dialerd.engine.line import Line, Ready, Waiting
from dialerd.engine.shares import Shares
from dialerd.settings import Trunk
from harness.parts import SetClock, campaign_with
from harness.world import CAMPAIGN, NOW

THEIRS = Share(0.0, "other engines have its whole pace")


@dataclass
class SetCrew:
    """Leaves us what it is told, else everything."""

    shares: dict[str, Share] = field(default_factory=dict)
    stale: str | None = None

    def share(self, name, total, now):
        return self.shares.get(name, Share(total))

    def changes_at(self, now):
        return float("inf")

    def obstacle(self, now):
        return self.stale


class Silent:
    """A sender, tracker, claimer and trunks that do as they are told and remember it."""

    obstacle = None

    def __init__(self):
        self.cancelled, self.given_back, self.away = [], [], {}

    def obstacle_on(self, trunk):
        return self.away.get(trunk.endpoint)

    def connected(self, trunk):
        return trunk.endpoint not in self.away

    def where(self, attempt_id):
        return "asterisk"

    def tell(self, on_shut, on_leave):
        pass

    def size(self, line):
        return 0

    def refuses(self, trunk, attempt_id):
        return None

    def not_sent(self, attempt_id, why):
        self.cancelled.append((attempt_id, why))

    async def give_back(self, attempt_ids, why):
        self.given_back += [(attempt_id, why) for attempt_id in attempt_ids]


@pytest.fixture
def crew():
    return SetCrew()


@pytest.fixture
def line():
    trunks = {name: Trunk(endpoint=name, calls_per_second=30, max_calls=10) for name in ("one", "two", "unused")}
    return Line(campaign_with(calls_per_second=20, trunks=["one", "two"]), trunks)


def lead(number, trunk="one"):
    return ClaimedLead(f"attempt-{number}", number, 1, CAMPAIGN, f"+1202555000{number}", trunk, 1, NOW)


def test_a_line_dials_at_its_part_of_the_pace_of_campaign_and_trunks(crew, line):
    crew.shares = {f"campaign {CAMPAIGN}": Share(7), "trunk one": Share(10)}
    assert Shares(crew).fit(line, 0.0) == []
    assert (line.pace_limit.calls_per_second, line.room) == (7, None)
    assert [line.trunks[name].calls_per_second for name in ("one", "two", "unused")] == [10, 30, 30]
    assert (line.file.calls_per_second, line.known["one"].calls_per_second) == (20, 30)


def test_what_is_remembered_about_places_is_kept_when_the_part_changes(crew, line):
    shares, openings = Shares(crew), line.campaign.openings
    for part in (7, 5, 20):
        crew.shares = {f"campaign {CAMPAIGN}": Share(part)}
        shares.fit(line, 0.0)
        assert line.pace_limit.calls_per_second == part
        assert line.campaign.openings is openings
    assert line.campaign is line.file


def test_a_line_wants_a_part_of_its_campaign_and_of_that_ones_trunks_whose_asterisk_is_connected(line):
    assert Shares.wanted([line], lambda trunk: True) == {f"campaign {CAMPAIGN}", "trunk one", "trunk two"}
    assert Shares.wanted([line], lambda trunk: trunk.endpoint != "one") == {f"campaign {CAMPAIGN}", "trunk two"}
    assert Shares.wanted([line], lambda trunk: False) == frozenset()


def test_without_a_part_of_the_campaign_the_line_is_closed_until_there_is_one(crew, line):
    crew.shares = {f"campaign {CAMPAIGN}": THEIRS}
    shares = Shares(crew)
    shares.fit(line, 0.0)
    assert line.closed_by == line.barred("one") == THEIRS.why
    crew.shares = {}
    shares.fit(line, 0.0)
    assert (line.closed_by, line.barred("one")) == (None, None)


def test_a_trunk_without_a_part_is_left_out_and_without_any_trunk_the_line_is_closed(crew, line):
    crew.shares = {"trunk one": THEIRS}
    shares = Shares(crew)
    assert shares.fit(line, 0.0) == ["one"]
    assert (line.closed_by, line.barred("one"), line.barred("two")) == (None, THEIRS.why, None)
    assert shares.fit(line, 0.0) == []
    crew.shares["trunk two"] = THEIRS
    assert shares.fit(line, 0.0) == ["two"]
    assert line.closed_by == THEIRS.why


@pytest.fixture
def dial(crew, line):
    """The dial loop with this line, and what it did."""
    parts, clock = Silent(), SetClock()
    dialer = Dialer(parts, parts, parts, parts, crew, clock)
    dialer.lines[CAMPAIGN] = line

    def step():
        async def scenario():
            dialer._step()
            await asyncio.gather(*dialer._tasks)

        asyncio.run(scenario())
        return parts

    step.dialer, step.parts, step.now = dialer, parts, clock.monotonic()
    return step


@pytest.mark.parametrize("name", [f"campaign {CAMPAIGN}", "trunk one"])
def test_a_call_that_was_committed_does_not_leave_when_the_pace_is_other_engines_by_now(crew, line, dial, name):
    line.ready.append(Ready(lead(1), dial.now))
    crew.shares = {name: THEIRS}
    assert dial().cancelled == [("attempt-1", THEIRS.why)]


def test_a_call_that_was_committed_does_not_leave_on_a_part_that_nobody_knows_to_be_ours(crew, line, dial):
    line.ready.append(Ready(lead(1), dial.now))
    crew.stale = "the database has not answered"
    assert dial().cancelled == [("attempt-1", crew.stale)]


def test_what_waits_for_a_trunk_without_a_part_is_given_back_and_the_rest_goes_on_waiting(crew, line, dial):
    line.hopper.extend([Waiting(lead(1), dial.now), Waiting(lead(2, "two"), dial.now)])
    line.pace = line.pace.__class__(tat=dial.now + 60)
    crew.shares = {"trunk one": THEIRS}
    assert dial().given_back == [("attempt-1", THEIRS.why)]
    assert [waiting.lead.trunk for waiting in line.hopper] == ["two"]


def test_an_engine_that_stops_or_has_no_asterisk_wants_no_part_of_anything(dial):
    dialer = dial.dialer
    assert dialer.wanted
    dialer.stopped = True
    assert dialer.wanted == frozenset()
    dialer.stopped = False
    dial.parts.away = {"one": "away", "two": "away"}
    assert dialer.wanted == frozenset()


def test_what_waits_for_an_asterisk_that_is_away_is_given_back_when_there_is_another_way(line, dial):
    line.hopper.extend([Waiting(lead(1), dial.now), Waiting(lead(2, "two"), dial.now)])
    line.pace = line.pace.__class__(tat=dial.now + 60)
    dial.parts.away = {"one": "b: Asterisk is not connected"}
    assert dial().given_back == [("attempt-1", "b: Asterisk is not connected")]
    assert (line.usable, [waiting.lead.trunk for waiting in line.hopper]) == (["two"], ["two"])
    dial.parts.away["two"] = "c: Asterisk is not connected"
    dial()
    assert [waiting.lead.trunk for waiting in line.hopper] == ["two"]
    assert list(line.waiting_for) == []


def test_what_was_committed_for_an_asterisk_that_is_away_does_not_leave(line, dial):
    line.ready.append(Ready(lead(1), dial.now))
    dial.parts.away = {"one": "b: Asterisk is not connected"}
    assert dial().cancelled == [("attempt-1", "b: Asterisk is not connected")]


def test_what_waits_for_a_trunk_that_a_reload_took_away_is_given_back(line, dial):
    line.hopper.extend([Waiting(lead(1, "gone"), dial.now), Waiting(lead(2, "two"), dial.now)])
    line.pace = line.pace.__class__(tat=dial.now + 60)
    assert dial().given_back == [("attempt-1", "trunk gone is not in the configuration any more")]
    assert [waiting.lead.trunk for waiting in line.hopper] == ["two"]
