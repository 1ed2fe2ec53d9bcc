"""The wire that can be made bad does to messages what it is told, and nothing else."""

from __future__ import annotations

import socket
from contextlib import contextmanager

import pytest

from drill.ami_faults import Reordered, SwallowAnswer, doubled, silent, split
from drill.byte_faults import Torn, Turns
from drill.wire import AMI_END, Wire

HANGUP = b"Event: Hangup" + AMI_END
NEWSTATE = b"Event: Newstate" + AMI_END
ANSWER = b"Response: Success\r\nMessage: Originate successfully queued" + AMI_END
LOGIN = b"Action: Login" + AMI_END
MINE = b"0190a0aa-0000-7000-8000-0000000000aa"
ORIGINATE = b"Action: Originate\r\nActionID: a" + AMI_END


@contextmanager
def ends():
    """A wire, and the sockets at its two ends."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        wire = Wire(listener.getsockname()[1], AMI_END)
        try:
            with socket.create_connection(("127.0.0.1", wire.port), timeout=10) as client:
                server, _ = listener.accept()
                with server:
                    server.settimeout(10)
                    yield wire, client, server
        finally:
            wire.close()


def read(sock: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count and (data := sock.recv(count - len(found))):
        found += data
    return found


def test_a_good_wire_passes_on_both_ways_the_banner_too():
    with ends() as (_, client, server):
        server.sendall(b"Asterisk Call Manager/1\r\n")
        assert read(client, 25) == b"Asterisk Call Manager/1\r\n"
        client.sendall(ORIGINATE)
        server.sendall(ANSWER)
        assert read(server, len(ORIGINATE)) == ORIGINATE
        assert read(client, len(ANSWER)) == ANSWER


def test_the_end_of_one_side_reaches_the_other():
    with ends() as (_, client, server):
        client.shutdown(socket.SHUT_WR)
        assert server.recv(1) == b""
        server.close()
        assert client.recv(1) == b""


def test_an_originate_is_cut_after_the_bytes_whose_turn_it_is_and_the_caller_is_reset():
    turns = Turns()
    for count in (1, 2):
        with ends() as (wire, client, server):
            wire.rule = Torn(turns, steady=0.0)
            client.sendall(LOGIN + ORIGINATE)
            with pytest.raises(ConnectionResetError):
                client.recv(1)
            assert read(server, 100) == LOGIN + ORIGINATE[:count]
    assert (turns.count, turns.size, turns.through) == (2, len(ORIGINATE), False)


def test_a_link_beside_others_hears_of_its_own_calls_only():
    other = b"Event: Hangup\r\nUniqueid: " + MINE.replace(b"a", b"b") + AMI_END
    own = b"Event: Hangup\r\nUniqueid: " + MINE + AMI_END
    with ends() as (wire, client, server):
        wire.rule = Torn(Turns())
        client.sendall(b"Action: Originate\r\nActionID: " + MINE + AMI_END)
        assert read(server, 10) == b"Action: Or"
        server.sendall(other + own)
        assert read(client, len(own)) == own


def test_events_are_doubled_exchanged_and_swallowed_as_told():
    with ends() as (wire, client, server):
        wire.rule = doubled
        server.sendall(HANGUP)
        assert read(client, 2 * len(HANGUP)) == 2 * HANGUP
        wire.rule = Reordered()
        server.sendall(HANGUP + NEWSTATE)
        assert read(client, len(HANGUP + NEWSTATE)) == NEWSTATE + HANGUP
        wire.rule = SwallowAnswer()
        server.sendall(ANSWER + HANGUP + ANSWER)
        assert read(client, len(HANGUP + ANSWER)) == HANGUP + ANSWER
        wire.rule = split
        server.sendall(HANGUP)
        assert read(client, len(HANGUP)) == HANGUP
        wire.rule = silent
        client.sendall(ORIGINATE)
        assert read(server, len(ORIGINATE)) == ORIGINATE
