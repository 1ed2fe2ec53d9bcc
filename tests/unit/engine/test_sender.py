"""Sending over a connection to a manager that misbehaves."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from dialerd.domain.facts import ClaimedLead
from dialerd.engine.sender import Sender
from dialerd.ops.clock import SystemClock
from dialerd.ops.crash import Crash
from dialerd.ops.metrics import Metrics
from dialerd.settings.model import Trunk
from harness.parts import campaign_with
from harness.world import CAMPAIGN, NOW

LEAD = ClaimedLead("01890a5d-ac96-774b-bcce-b302099a8057", 1, 1, CAMPAIGN, "+12025550100", "carrier", 1, NOW)
TRUNK = Trunk(endpoint="carrier", prefix="+", calls_per_second=100.0, max_calls=100)


class NoTracker:
    """Nothing is told to it in these tests."""

    def not_sent(self, attempt_id, why):
        raise AssertionError(f"{attempt_id}: {why}")


@pytest.fixture
def sender_on(play):
    """sender_on(scenario): plays scenario(rig, sender, send) with a session that calls may go over."""

    def run(scenario):
        async def connected(rig):
            await rig.up()
            sender = Sender(rig.link, NoTracker(), Crash(None), SystemClock(), Metrics(), response_seconds=0.2)
            sender.allow(rig.link.session)
            tasks = []

            def send(lead=LEAD):
                tasks.append(asyncio.create_task(sender.send(lead, campaign_with(), TRUNK)))

            await scenario(rig, sender, send)
            rig.link.drop("the test is over")
            await asyncio.gather(*tasks)

        play(connected, ping_interval=60.0)

    return run


def test_a_frozen_asterisk_gets_no_second_originate_before_it_has_answered_a_ping(sender_on, fake_ami):
    fake_ami.silent |= {"Originate", "Ping"}

    async def scenario(rig, sender, send):
        send()
        await rig.until(lambda: sender.obstacle == "Asterisk does not answer")
        # The Originate's own answer has been given up, and the ping's too.
        await rig.until(lambda: len(fake_ami.sent("Ping")) >= 2)
        assert sender.obstacle == "Asterisk does not answer"
        fake_ami.silent.clear()
        await rig.until(lambda: sender.obstacle is None)

    sender_on(scenario)
    assert len(fake_ami.sent("Originate")) == 1


def test_an_asterisk_that_answers_late_may_be_called_again(sender_on, fake_ami):
    fake_ami.silent.add("Originate")

    async def scenario(rig, sender, send):
        send()
        await rig.until(lambda: fake_ami.sent("Ping"))
        await rig.until(lambda: sender.obstacle is None)
        send(replace(LEAD, attempt_id="01890a5d-ac96-774b-bcce-b302099a8058"))
        await rig.until(lambda: len(fake_ami.sent("Originate")) == 2)
        assert sender.obstacle is None

    sender_on(scenario)


def test_the_sender_knows_which_asterisk_it_is(sender_on):
    async def scenario(rig, sender, send):
        assert sender.asterisk == f"127.0.0.1 of {rig.link._target.place.rpartition(' ')[2]}/{rig.server.port}"

    sender_on(scenario)
