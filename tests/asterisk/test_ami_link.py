"""The manager link against real Asterisks: what it hears of a call, and that it notices what Asterisk does."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest

from dialerd.domain.callstate import (
    ChannelCreated,
    ChannelRinging,
    ChannelUp,
    DialBegun,
    DialEnded,
    OriginateAccepted,
    OriginateDone,
)
from dialerd.domain.errors import ConfigError
from dialerd.store.ids import new_attempt_id
from dialerd.telephony.ami import LinkDown, LinkUp
from dialerd.telephony.originate import OriginateOrder, originate
from harness.ami_line import play

pytestmark = pytest.mark.asterisk


@pytest.fixture(params=["lab", "old_lab"])
def any_lab(request):
    return request.getfixturevalue(request.param)


def test_a_busy_call_is_told_by_its_events_with_the_sip_code_where_asterisk_gives_it(any_lab):
    async def scenario(line):
        await line.until(lambda: line.seen(LinkUp))
        attempt = await line.call("+12025550486")
        gone = await line.end_of(attempt)
        await line.until(lambda: any(isinstance(event, OriginateDone) for event in line.of(attempt)))
        told = line.of(attempt)
        assert told[0] == OriginateAccepted(attempt)
        assert isinstance(told[1], ChannelCreated)
        assert told.count(OriginateDone(attempt, success=False, reason=0)) == 1
        assert told.index(DialBegun(attempt)) < told.index(DialEnded(attempt, "BUSY"))
        assert gone.cause == 17
        assert gone.tech_cause == (None if any_lab.asterisk_version.startswith("16.") else 486)
        assert line.link.stats.unreadable == 0

    play(any_lab, scenario)


def test_our_own_ring_timeout_is_told_by_reason_three(any_lab):
    async def scenario(line):
        await line.until(lambda: line.seen(LinkUp))
        attempt = await line.call("+12025550180", ring_timeout=0.5)
        await line.end_of(attempt)
        await line.until(lambda: OriginateDone(attempt, success=False, reason=3) in line.of(attempt))
        assert ChannelRinging(attempt) in line.of(attempt)
        assert ChannelUp(attempt) not in line.of(attempt)

    play(any_lab, scenario)


def test_an_answered_call_is_listed_under_its_attempt_and_hung_up_by_it(any_lab):
    async def scenario(line):
        await line.until(lambda: line.seen(LinkUp))
        attempt = await line.call("+12025550201")
        await line.until(lambda: ChannelUp(attempt) in line.of(attempt))
        await line.until(lambda: OriginateDone(attempt, success=True, reason=4) in line.of(attempt))
        assert attempt in await line.link.session.channels(5)
        assert await line.link.session.hangup(attempt)
        await line.end_of(attempt)
        assert attempt not in await line.link.session.channels(5)
        assert await line.link.session.hangup(attempt) is False

    play(any_lab, scenario)


def test_a_second_originate_with_a_live_id_fails_by_its_action_and_leaves_the_call_alone(any_lab):
    async def scenario(line):
        await line.until(lambda: line.seen(LinkUp))
        before = time.time()
        attempt = await line.call("+12025551201")
        await line.until(lambda: ChannelUp(attempt) in line.of(attempt))
        order = OriginateOrder(attempt, "carrier", "+12025551201", "", 5.0)
        await line.link.session.send(originate(order), timeout=5)
        await line.until(lambda: OriginateDone(attempt, success=False, reason=0) in line.of(attempt))
        assert attempt in await line.link.session.channels(5)
        await line.link.session.hangup(attempt)
        await line.end_of(attempt)
        calls = any_lab.wait_for_calls(
            lambda calls: any(call.number == "+12025551201" and call.time >= before for call in calls)
        )
        assert len([call for call in calls if call.number == "+12025551201" and call.time >= before]) == 1

    play(any_lab, scenario)


def test_an_unknown_endpoint_makes_no_channel_and_says_so(any_lab):
    async def scenario(line):
        await line.until(lambda: line.seen(LinkUp))
        attempt = new_attempt_id(datetime.now(UTC))
        order = OriginateOrder(attempt, "nowhere", "+12025550200", "", 5.0)
        await line.link.session.send(originate(order), timeout=5)
        await line.until(lambda: OriginateDone(attempt, success=False, reason=0) in line.of(attempt))
        assert not any(isinstance(event, ChannelCreated) for event in line.of(attempt))

    play(any_lab, scenario)


def test_a_wrong_secret_ends_the_link_for_good(lab):
    async def scenario(line):
        with pytest.raises(ConfigError, match=r"refused manager user 'dialerd' \(Authentication failed\)"):
            await asyncio.wait_for(line.task, 10)

    play(lab, scenario, secret="wrong")


def test_a_killed_and_restarted_asterisk_is_noticed_and_told_as_restarted(lab):
    async def scenario(line):
        await line.until(lambda: line.seen(LinkUp))
        # CoreStatus tells the start by the second.
        started = line.seen(LinkUp)[0].startup
        await line.until(lambda: time.strftime("%H:%M:%S") not in started)
        lab.asterisk.kill()
        await line.until(lambda: line.seen(LinkDown))
        await asyncio.to_thread(lab.restart_asterisk)
        await line.until(lambda: len(line.seen(LinkUp)) == 2, 40)
        assert [up.restarted for up in line.seen(LinkUp)] == [None, True]
        attempt = await line.call("+12025550486")
        await line.end_of(attempt)

    play(lab, scenario)
