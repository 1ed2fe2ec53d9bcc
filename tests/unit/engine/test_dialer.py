"""The dial loop by itself: nothing waits for ever, nothing leaves late."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from dialerd.domain.facts import ClaimedLead
from dialerd.engine.crew import Crew
from dialerd.engine.dialer import Dialer
from dialerd.engine.line import Ready, Waiting
from harness.parts import Parts, SetClock, campaign_with
from harness.world import CAMPAIGN, NOW


@dataclass
class FakeClaimer:
    """Claims what it has, at once; sends all it is asked to when `judged_late` is 0, else judged so long ago."""

    clock: SetClock
    leads: list[ClaimedLead] = field(default_factory=list)
    given_back: list[tuple[str, str]] = field(default_factory=list)
    judged_late: float = 0.0
    fills: int = 0

    def size(self, line):
        return 1 if self.leads and not line.waiting else 0

    async def fill(self, line, size, lines):
        self.fills += 1
        line.hopper.append(Waiting(self.leads.pop(0), self.clock.monotonic()))

    async def commit(self, line, batch, asterisk):
        return [Ready(lead, self.clock.monotonic() - self.judged_late) for lead in batch]

    async def give_back(self, attempt_ids, why):
        self.given_back += [(attempt_id, why) for attempt_id in attempt_ids]


@dataclass
class FakeSender:
    sent: list[str] = field(default_factory=list)
    obstacle: str | None = None

    def obstacle_on(self, trunk):
        return self.obstacle

    def asterisk(self, trunk):
        return "a/5038"

    async def send(self, lead, campaign, trunk):
        self.sent.append(lead.attempt_id)


@dataclass
class FakeTracker:
    cancelled: list[tuple[str, str]] = field(default_factory=list)

    def started(self, attempt_id, campaign, asterisk):
        pass

    def where(self, attempt_id):
        return "asterisk"

    def not_sent(self, attempt_id, why):
        self.cancelled.append((attempt_id, why))


class OpenTrunks:
    """Every trunk carries every call."""

    def tell(self, on_shut, on_leave):
        pass

    def refuses(self, trunk, attempt_id):
        return None

    def sent(self, attempt_id, trunk):
        pass


@pytest.fixture
def stage():
    clock = SetClock()
    claimer, sender, tracker = FakeClaimer(clock), FakeSender(), FakeTracker()
    crew = Crew("n", single=True)
    return clock, claimer, sender, tracker, Dialer(claimer, sender, tracker, OpenTrunks(), crew, clock)


def lead(number):
    return ClaimedLead(f"attempt-{number}", number, 1, CAMPAIGN, f"+1202555000{number}", "carrier", 1, NOW)


def open_line(dialer, **changes):
    parts = Parts.__new__(Parts)
    parts.campaign = campaign_with(**changes)
    settings = parts.settings.model_copy(update={"trunks": parts.line.trunks})
    dialer.open_line(parts.campaign, settings, None)


async def step(dialer):
    """One look of the dial loop, and what it began."""
    dialer._step()
    await asyncio.gather(*dialer._tasks)


async def play(dialer, until):
    """Run the dialer until the condition holds."""
    running = asyncio.create_task(dialer.run())
    try:
        async with asyncio.timeout(10.0):
            while not until():
                await asyncio.sleep(0.005)
                dialer.wake()
    finally:
        running.cancel()


def test_a_claim_that_cannot_be_sent_while_asterisk_is_away_is_given_back_after_a_while(stage):
    clock, claimer, sender, tracker, dialer = stage
    claimer.leads = [lead(1)]

    async def scenario():
        # Its instant is far off, so it waits in the hopper when Asterisk goes away.
        open_line(dialer, calls_per_second=0.5)
        line = dialer.lines[CAMPAIGN]
        await claimer.fill(line, 1, [line])
        sender.obstacle = "Asterisk is not connected"
        clock.move(10.9)
        await step(dialer)
        assert claimer.given_back == []
        clock.move(0.2)
        await play(dialer, lambda: claimer.given_back)

    asyncio.run(scenario())
    assert claimer.given_back == [("attempt-1", "waited longer than 11 s to be sent")]
    assert (sender.sent, tracker.cancelled) == ([], [])


def test_a_call_whose_gates_were_asked_too_long_ago_is_not_sent(stage):
    _, claimer, sender, tracker, dialer = stage
    claimer.leads, claimer.judged_late = [lead(1)], 2.1

    async def scenario():
        open_line(dialer)
        await play(dialer, lambda: tracker.cancelled)

    asyncio.run(scenario())
    [(attempt_id, why)] = tracker.cancelled
    assert (attempt_id, sender.sent) == ("attempt-1", [])
    assert "was the process suspended?" in why


def test_a_slow_campaign_claims_no_earlier_than_its_hopper_is_long(stage):
    clock, claimer, sender, _, dialer = stage
    claimer.leads = [lead(1), lead(2)]

    async def scenario():
        open_line(dialer, calls_per_second=0.05)
        await play(dialer, lambda: sender.sent)
        assert claimer.fills == 1
        # Twenty seconds to the next call, of which the last three are claimed ahead.
        clock.move(16.0)
        await step(dialer)
        assert claimer.fills == 1
        clock.move(1.5)
        await play(dialer, lambda: claimer.fills == 2)

    asyncio.run(scenario())


def test_a_campaign_that_is_paused_and_resumed_at_once_keeps_its_pace(stage):
    clock, claimer, sender, _, dialer = stage

    async def scenario():
        for number in (1, 2):
            clock.move(0.2)
            claimer.leads = [lead(number)]
            open_line(dialer, calls_per_second=1)
            for _ in range(3):
                await step(dialer)
            await dialer.close_line(CAMPAIGN)

    asyncio.run(scenario())
    assert sender.sent == ["attempt-1"]
