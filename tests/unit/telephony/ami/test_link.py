"""The link comes up, notices when it is down, and comes back; or stops for good when no retry can help."""

from __future__ import annotations

import asyncio
import socket

import pytest

from dialerd.domain.callstate import ChannelCreated, ChannelGone
from dialerd.domain.errors import ConfigError, Unavailable
from dialerd.telephony.ami import AsteriskStopping, LinkDown, LinkUp

ATTEMPT = "01890a5d-ac96-774b-bcce-b302099a8057"


def created(number: int) -> str:
    uniqueid = f"01890a5d-ac96-774b-bcce-{number:012x}"
    return f"Event: Newchannel\r\nChannel: PJSIP/carrier-{number}\r\nUniqueid: {uniqueid}\r\n\r\n"


def test_a_refused_login_stops_for_good_and_names_user_and_host_but_not_the_secret(play, fake_ami):
    fake_ami.login = "Response: Error\r\nMessage: Authentication failed\r\n"

    async def scenario(rig):
        with pytest.raises(ConfigError) as caught:
            await asyncio.wait_for(rig.task, 5)
        assert f"127.0.0.1:{fake_ami.port}" in str(caught.value)
        assert "'dialerd'" in str(caught.value)
        assert "s3cret" not in str(caught.value)
        assert rig.link.state.startswith("refused: ")
        assert len(fake_ami.sent("Login")) == 1

    play(scenario)


def test_an_asterisk_that_is_shutting_down_is_tried_again(play, fake_ami):
    fake_ami.login = "Response: Error\r\nMessage: Asterisk is shutting down\r\n"

    async def scenario(rig):
        await rig.until(lambda: len(fake_ami.sent("Login")) >= 2)
        fake_ami.login = "Response: Success\r\n"
        await rig.up()

    play(scenario)


def test_the_link_comes_up_without_fully_booted_after_a_while(play, fake_ami):
    fake_ami.booted = False

    async def scenario(rig):
        await rig.up()
        assert rig.link.state == "connected"

    play(scenario, boot_timeout=0.05)


def test_the_link_waits_for_fully_booted_when_it_comes(play, fake_ami):
    fake_ami.booted = False

    async def scenario(rig):
        await rig.until(lambda: fake_ami.sent("Login"))
        await asyncio.sleep(0.05)
        assert rig.link.session is None
        fake_ami.peer.say("Event: FullyBooted\r\nStatus: Fully Booted\r\n\r\n")
        await rig.up()

    play(scenario, boot_timeout=60.0)


def test_a_silent_asterisk_is_noticed_and_dropped(play, fake_ami):
    async def scenario(rig):
        await rig.up()
        fake_ami.silent.add("Ping")
        await rig.until(lambda: rig.seen(LinkDown))
        assert rig.seen(LinkDown) == [LinkDown("no answer to a ping within 0.05 s")]
        fake_ami.silent.clear()
        await rig.up(times=2)

    play(scenario, ping_interval=0.02, ping_timeout=0.05)


def test_a_peer_that_never_answers_the_login_is_left_after_the_deadline(play, fake_ami):
    fake_ami.silent.add("Login")

    async def scenario(rig):
        await rig.until(lambda: "no answer to the login within 0.05 s" in rig.link.state)
        fake_ami.silent.clear()
        await rig.up()

    play(scenario, connect_timeout=0.05)


def test_a_peer_that_speaks_another_protocol_is_dropped_before_it_fills_the_memory(play, fake_ami):
    async def scenario(rig):
        await rig.up()
        for _ in range(40):
            fake_ami.peer.say("x" * 65536)
        await rig.until(lambda: rig.seen(LinkDown) == [LinkDown("the peer sends no manager protocol")])

    play(scenario)


def test_a_port_nobody_listens_on_is_tried_again_and_the_state_says_why(play, fake_ami):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

        async def scenario(rig):
            await rig.until(lambda: rig.link.state.startswith("waiting: "))
            assert f"127.0.0.1:{port}" in rig.link.state
            assert not rig.task.done()

        play(scenario, port=port)


def test_a_restarted_asterisk_is_told_from_a_lost_connection(play, fake_ami):
    async def scenario(rig):
        await rig.up()
        fake_ami.peer.reset()
        await rig.up(times=2)
        fake_ami.startup = "11:11:11"
        fake_ami.peer.reset()
        await rig.up(times=3)
        assert [up.restarted for up in rig.seen(LinkUp)] == [None, False, True]

    play(scenario)


def test_the_announcement_of_a_shutdown_is_an_event_and_the_session_lives_until_it_ends(play, fake_ami):
    async def scenario(rig):
        await rig.up()
        fake_ami.peer.say("Event: Shutdown\r\nShutdown: Cleanly\r\nRestart: True\r\n\r\n")
        await rig.until(lambda: rig.seen(AsteriskStopping))
        assert await rig.link.session.ping(5) < 5

    play(scenario)


def test_events_are_handed_on_in_the_order_they_came(play, fake_ami):
    async def scenario(rig):
        await rig.up()
        fake_ami.peer.say(*(created(number) for number in range(1000)))
        await rig.until(lambda: len(rig.seen(ChannelCreated)) == 1000)
        assert [event.channel for event in rig.seen(ChannelCreated)] == [f"PJSIP/carrier-{n}" for n in range(1000)]

    play(scenario)


def test_too_many_waiting_events_drop_the_connection_and_it_comes_back(play, fake_ami):
    async def scenario(rig):
        await rig.up()
        fake_ami.peer.say("".join(created(number) for number in range(60)))
        await rig.up(times=2)
        assert "queue of events is full" in rig.seen(LinkDown)[0].reason
        assert rig.link.stats.overflows == 1
        assert len(rig.seen(ChannelCreated)) == 50
        assert rig.events.index(rig.seen(LinkDown)[0]) == 51

    play(scenario, queue_size=50)


def test_a_message_with_a_header_missing_is_counted_and_the_connection_stays(play, fake_ami):
    async def scenario(rig):
        await rig.up()
        fake_ami.peer.say("Event: Newchannel\r\nUniqueid: " + ATTEMPT + "\r\n\r\n")
        fake_ami.peer.say("Event: Hangup\r\nUniqueid: " + ATTEMPT + "\r\nCause: many\r\n\r\n", created(1))
        await rig.until(lambda: rig.seen(ChannelCreated))
        assert rig.link.stats.unreadable == 2
        assert rig.seen(LinkDown) == []

    play(scenario)


def test_what_the_listener_raises_goes_no_further(play, fake_ami):
    async def scenario(rig):
        await rig.up()
        hear = rig.link._on_event

        def fail_once(event):
            rig.link._on_event = hear
            raise ZeroDivisionError

        rig.link._on_event = fail_once
        fake_ami.peer.say(created(1), created(2))
        await rig.until(lambda: rig.seen(ChannelCreated))
        assert [event.channel for event in rig.seen(ChannelCreated)] == ["PJSIP/carrier-2"]
        assert rig.seen(LinkDown) == []

    play(scenario)


def test_a_character_split_between_two_reads_is_not_lost(play, fake_ami):
    message = f"Event: Hangup\r\nUniqueid: {ATTEMPT}\r\nCause: 17\r\nCause-txt: Größe ☎ besetzt\r\n\r\n".encode()

    async def scenario(rig):
        await rig.up()
        for byte in message:  # straight into the protocol: a socket cannot be made to split so reliably
            rig.link.session._protocol.data_received(bytes([byte]))
        await rig.until(lambda: rig.seen(ChannelGone))
        assert rig.seen(ChannelGone)[0].cause_text == "Größe ☎ besetzt"

    play(scenario)


def test_channels_lists_the_unique_ids_and_an_incomplete_list_is_an_error(play, fake_ami):
    fake_ami.channels = [ATTEMPT, "1700000000.5"]

    async def scenario(rig):
        await rig.up()
        assert await rig.link.session.channels(5) == {ATTEMPT, "1700000000.5"}
        fake_ami.silent.add("CoreShowChannels")
        asking = asyncio.create_task(rig.link.session.channels(5))
        await rig.until(lambda: len(fake_ami.sent("CoreShowChannels")) == 2)
        tag = f"ActionID: {fake_ami.sent('CoreShowChannels')[1]['ActionID']}\r\n"
        fake_ami.peer.say(
            f"Response: Success\r\n{tag}EventList: start\r\n\r\n",
            f"Event: CoreShowChannelsComplete\r\n{tag}EventList: Complete\r\nListItems: 3\r\n\r\n",
        )
        with pytest.raises(Unavailable, match="listed 3 channels, 0 arrived"):
            await asking

    play(scenario)


def test_a_list_asterisk_refuses_is_an_error(play, fake_ami):
    fake_ami.silent.add("CoreShowChannels")

    async def scenario(rig):
        await rig.up()
        asking = asyncio.create_task(rig.link.session.channels(5))
        await rig.until(lambda: fake_ami.sent("CoreShowChannels"))
        tag = fake_ami.sent("CoreShowChannels")[0]["ActionID"]
        fake_ami.peer.say(f"Response: Error\r\nActionID: {tag}\r\nMessage: Permission denied\r\n\r\n")
        with pytest.raises(Unavailable, match="Permission denied"):
            await asking

    play(scenario)


def test_hanging_up_an_unknown_channel_says_so(play, fake_ami):
    fake_ami.silent.add("Hangup")

    def answer(peer, action):
        if action["Action"] == "Hangup":
            peer.say(f"Response: Error\r\nActionID: {action['ActionID']}\r\nMessage: No such channel\r\n\r\n")

    fake_ami.after = answer

    async def scenario(rig):
        await rig.up()
        assert await rig.link.session.hangup(ATTEMPT) is False
        assert fake_ami.sent("Hangup")[0]["Channel"] == ATTEMPT

    play(scenario)


def test_the_connection_sends_without_delay(play, fake_ami):
    async def scenario(rig):
        await rig.up()
        sock = rig.link.session._protocol.transport.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0

    play(scenario)


def test_the_secret_is_in_no_representation(play, fake_ami):
    async def scenario(rig):
        await rig.up()
        assert "s3cret" not in repr(rig.link._target)
        assert "s3cret" in fake_ami.sent("Login")[0]["Secret"]

    play(scenario)
