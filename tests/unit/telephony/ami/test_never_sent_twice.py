"""An action leaves at most once, and whoever sent it learns whether it may have left."""

from __future__ import annotations

import asyncio

import pytest

from dialerd.domain.callstate import OriginateAccepted, OriginateDone, OriginateRefused
from dialerd.domain.errors import BadInput
from dialerd.telephony.ami import LinkDown, LinkUp, MaybeSent, NotSent
from dialerd.telephony.ami_protocol import OneConnection

ATTEMPT = "01890a5d-ac96-774b-bcce-b302099a8057"
ORIGINATE = [("Action", "Originate"), ("ActionID", ATTEMPT), ("Channel", "PJSIP/+12025550100@carrier")]
DONE = f"Event: OriginateResponse\r\nActionID: {ATTEMPT}\r\nResponse: Failure\r\nReason: 0\r\nUniqueid: <null>\r\n\r\n"


def test_an_originate_without_reply_is_not_sent_again_after_a_reconnect(play, fake_ami):
    fake_ami.silent.add("Originate")

    async def scenario(rig):
        await rig.up()
        sending = asyncio.create_task(rig.link.session.send(ORIGINATE, timeout=10))
        await rig.until(lambda: fake_ami.sent("Originate"))
        fake_ami.peer.reset()
        with pytest.raises(MaybeSent):
            await sending
        await rig.up(times=2)
        await rig.link.session.ping(5)
        assert len(fake_ami.sent("Originate")) == 1

    play(scenario)


def test_all_who_wait_fail_at_once_when_the_connection_is_lost(play, fake_ami):
    fake_ami.silent.add("Originate")

    async def scenario(rig):
        await rig.up()
        ids = [f"01890a5d-ac96-774b-bcce-{n:012x}" for n in range(50)]
        actions = [[("Action", "Originate"), ("ActionID", attempt)] for attempt in ids]
        sending = [asyncio.create_task(rig.link.session.send(action, timeout=60)) for action in actions]
        await rig.until(lambda: len(fake_ami.sent("Originate")) == 50)
        fake_ami.peer.transport.close()
        results = await asyncio.wait_for(asyncio.gather(*sending, return_exceptions=True), 5)
        assert {type(result) for result in results} == {MaybeSent}

    play(scenario)


def test_a_swallowed_reply_ends_at_the_deadline_and_leaves_nothing_behind(play, fake_ami):
    fake_ami.silent.add("Originate")

    async def scenario(rig):
        await rig.up()
        session = rig.link.session
        with pytest.raises(MaybeSent, match=r"no answer within 0\.05 s"):
            await session.send(ORIGINATE, timeout=0.05)
        assert session._pending == {}

    play(scenario)


def test_a_refusal_that_comes_late_still_reaches_the_events(play, fake_ami):
    fake_ami.silent.add("Originate")

    async def scenario(rig):
        await rig.up()
        with pytest.raises(MaybeSent):
            await rig.link.session.send(ORIGINATE, timeout=0.01)
        fake_ami.peer.say(f"Response: Error\r\nActionID: {ATTEMPT}\r\nMessage: Originate failed\r\n\r\n")
        await rig.until(lambda: rig.seen(OriginateRefused))
        assert rig.link.stats.late_replies == 1

    play(scenario)


@pytest.mark.parametrize("done_first", [True, False])
def test_an_originate_response_reaches_the_events_once_whatever_the_order(play, fake_ami, done_first):
    fake_ami.silent.add("Originate")
    accepted = f"Response: Success\r\nActionID: {ATTEMPT}\r\nMessage: Originate successfully queued\r\n\r\n"

    async def scenario(rig):
        await rig.up()
        sending = asyncio.create_task(rig.link.session.send(ORIGINATE, timeout=5))
        await rig.until(lambda: fake_ami.sent("Originate"))
        fake_ami.peer.say(*((DONE, accepted) if done_first else (accepted, DONE)))
        assert (await sending).ok
        await rig.link.session.ping(5)
        await rig.until(lambda: len(rig.events) >= 3)
        assert rig.seen(OriginateDone) == [OriginateDone(ATTEMPT, success=False, reason=0)]
        assert rig.seen(OriginateAccepted) == [OriginateAccepted(ATTEMPT)]

    play(scenario)


def test_asterisk_refusing_an_originate_is_a_reply_and_an_event(play, fake_ami):
    fake_ami.originate = "Response: Error\r\nMessage: Asterisk is shutting down\r\n"

    async def scenario(rig):
        await rig.up()
        reply = await rig.link.session.send(ORIGINATE, timeout=5)
        assert (reply.ok, reply.message) == (False, "Asterisk is shutting down")
        await rig.until(lambda: rig.seen(OriginateRefused))

    play(scenario)


def test_many_are_sent_before_the_first_is_answered(play, fake_ami):
    fake_ami.silent.add("Originate")

    async def scenario(rig):
        await rig.up()
        ids = [f"01890a5d-ac96-774b-bcce-{n:012x}" for n in range(200)]
        actions = [[("Action", "Originate"), ("ActionID", attempt)] for attempt in ids]
        sending = [asyncio.create_task(rig.link.session.send(action, timeout=5)) for action in actions]
        await rig.until(lambda: len(fake_ami.sent("Originate")) == 200)
        assert [action["ActionID"] for action in fake_ami.sent("Originate")] == ids
        fake_ami.peer.say(*(f"Response: Success\r\nActionID: {attempt}\r\n\r\n" for attempt in reversed(ids)))
        assert all(reply.ok for reply in await asyncio.gather(*sending))

    play(scenario)


def test_the_same_attempt_is_not_sent_while_it_is_being_sent(play, fake_ami):
    fake_ami.silent.add("Originate")

    async def scenario(rig):
        await rig.up()
        first = asyncio.create_task(rig.link.session.send(ORIGINATE, timeout=0.2))
        await rig.until(lambda: fake_ami.sent("Originate"))
        with pytest.raises(BadInput, match="is being sent already"):
            await rig.link.session.send(ORIGINATE, timeout=0.2)
        with pytest.raises(MaybeSent):
            await first
        assert len(fake_ami.sent("Originate")) == 1

    play(scenario)


def test_a_lost_session_says_that_nothing_was_sent(play, fake_ami):
    async def scenario(rig):
        await rig.up()
        session = rig.link.session
        fake_ami.peer.reset()
        await session.lost
        with pytest.raises(NotSent):
            await session.send(ORIGINATE, timeout=5)
        assert fake_ami.sent("Originate") == []

    play(scenario)


def test_what_waits_while_asterisk_does_not_read_is_never_sent_after_giving_up(play, fake_ami):
    filler = [("Action", "Filler"), *((f"Header{n}", "x" * 1000) for n in range(100))]

    async def scenario(rig):
        await rig.up()
        session = rig.link.session
        fake_ami.peer.transport.pause_reading()
        fillers = []
        while session._writable:
            fillers.append(asyncio.create_task(session.send(filler, timeout=60)))
            await asyncio.sleep(0)
        with pytest.raises(NotSent, match="no answer within"):
            await session.send(ORIGINATE, timeout=0.05)
        waiting = asyncio.create_task(session.send([*ORIGINATE[:1], ("ActionID", "second")], timeout=60))
        await asyncio.sleep(0)
        fake_ami.peer.transport.resume_reading()
        await rig.until(lambda: len(fake_ami.sent("Originate")) == 1)
        assert fake_ami.sent("Originate")[0]["ActionID"] == "second"
        assert (await waiting).ok
        assert all(reply.ok for reply in await asyncio.gather(*fillers))

    play(scenario)


def test_a_drop_throws_away_what_has_not_left_the_machine(play, fake_ami):
    filler = [("Action", "Filler"), *((f"Header{n}", "x" * 1000) for n in range(100))]

    async def scenario(rig):
        await rig.up()
        session, peer = rig.link.session, fake_ami.peer
        peer.transport.pause_reading()
        fillers = []
        while session._writable:
            fillers.append(asyncio.create_task(session.send(filler, timeout=60)))
            await asyncio.sleep(0)
        waiting = asyncio.create_task(session.send(ORIGINATE, timeout=60))
        await asyncio.sleep(0)
        rig.link.drop("tried")
        with pytest.raises(NotSent, match="tried"):
            await waiting
        assert MaybeSent in {type(result) for result in await asyncio.gather(*fillers, return_exceptions=True)}
        peer.transport.resume_reading()
        await peer.closed
        await rig.up(times=2)
        assert b"Originate" not in fake_ami.raw
        assert rig.seen(LinkDown) == [LinkDown("tried")]
        assert len(rig.seen(LinkUp)) == 2

    play(scenario)


def test_what_waited_too_long_for_asterisk_to_read_is_not_sent_late(play, fake_ami):
    filler = [("Action", "Filler"), *((f"Header{n}", "x" * 1000) for n in range(100))]

    async def scenario(rig):
        await rig.up()
        session = rig.link.session
        fake_ami.peer.transport.pause_reading()
        fillers = []
        while session._writable:
            fillers.append(asyncio.create_task(session.send(filler, timeout=60)))
            await asyncio.sleep(0)
        waiting = asyncio.create_task(session.send(ORIGINATE, timeout=60))
        await asyncio.sleep(0.06)
        fake_ami.peer.transport.resume_reading()
        with pytest.raises(NotSent, match=r"did not read for 0\.05 s"):
            await waiting
        await session.ping(5)
        assert fake_ami.sent("Originate") == []
        await asyncio.gather(*fillers, return_exceptions=True)

    play(scenario, write_within=0.05)


class RecordingLoop:
    """Takes down what is to happen later, and lets none of it happen."""

    def __init__(self):
        self.later = []

    def call_later(self, delay, callback, *arguments):
        self.later.append(callback)

    call_soon = call_later


class Nobody:
    def disconnected(self, reason):
        self.reason = reason


def test_the_librarys_manager_plans_no_reconnect_and_keeps_nothing_to_send_again():
    loop, nobody = RecordingLoop(), Nobody()
    manager = OneConnection(nobody, loop=loop, username="dialerd", secret="x")
    manager.awaiting_actions.append("an Originate")
    manager.connection_lost(None)
    manager.ping()
    assert loop.later == []
    assert not manager.awaiting_actions
    assert nobody.reason == "Asterisk closed the connection"
