"""Trials that somebody asked for, made by an engine at a manager that tests play."""

from __future__ import annotations

import asyncio
from types import MappingProxyType

import pytest

from dialerd.domain.errors import Unavailable
from dialerd.engine.trials import Trials
from dialerd.ops.clock import SystemClock
from dialerd.service import trials as service
from dialerd.settings import Asterisk, Settings
from dialerd.settings.model import Trunk
from dialerd.store import freezes
from dialerd.store import trials as rows
from dialerd.store.ids import new_attempt_id
from harness.parts import campaign_with
from harness.world import CAMPAIGN


@pytest.fixture
def engines_on(parts, play, fake_ami):
    """engines_on(scenario, engines=1): plays scenario(read, until) with a trial that waits for these engines."""
    now = SystemClock().now()
    trial_id = new_attempt_id(now)
    row = {"campaign": CAMPAIGN, "endpoint": "101", "actor": "tests", "now": now, "taken": False}
    parts.world.write(lambda conn: rows.begin(conn, trial_id, **row))

    def read():
        return service.read(parts.world.database, trial_id)

    def run(scenario, engines=1):
        async def played(rig):
            settings = Settings(
                asterisk=Asterisk(port=fake_ami.port, secret="s3cret-of-the-manager"),
                campaigns=MappingProxyType({CAMPAIGN: campaign_with()}),
                trunks={"carrier": Trunk(endpoint="carrier", calls_per_second=1.0, max_calls=1)},
            )
            made = [Trials(lambda: settings, parts.world.database, parts.writes, SystemClock()) for _ in range(engines)]
            tasks = [asyncio.create_task(each.run()) for each in made]
            try:
                await scenario(read, rig.until)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

        play(played)

    return run


def test_two_engines_make_one_call(engines_on, fake_ami):
    async def scenario(read, until):
        await until(lambda: read().placed_at)

    engines_on(scenario, engines=2)
    (order,) = fake_ami.sent("Originate")
    assert (order["Channel"], order["CallerID"]) == ("PJSIP/101", "+12025550123")


@pytest.mark.parametrize("what", ["login", "originate"])
def test_a_manager_that_refuses_ends_the_trial_with_its_words_and_it_may_be_asked_for_again(engines_on, fake_ami, what):
    setattr(fake_ami, what, "Response: Error\r\nMessage: not today\r\n")

    async def scenario(read, until):
        await until(lambda: read().ended_at)
        assert (read().disposition, read().placed_at) == ("failed", None)
        with pytest.raises(Unavailable, match=r"PJSIP/101 is not called: .*not today"):
            service.require_made(read())

    engines_on(scenario)


def test_a_freeze_hangs_a_trial_up(engines_on, fake_ami, parts):
    async def scenario(read, until):
        await until(lambda: read().placed_at)
        parts.world.write(lambda conn: freezes.add(conn, CAMPAIGN, SystemClock().now(), "bob"))
        await until(lambda: fake_ami.sent("Hangup"))
        await until(lambda: read().ended_at)

    engines_on(scenario)
    assert len(fake_ami.sent("Originate")) == 1
