"""The wire into the carrier: stamps with the kernel's clock, passes everything on."""

from __future__ import annotations

import socket
import sys
import time

import pytest

from dialerd.lab import tap
from dialerd.lab.guarded import Guarded
from dialerd.lab.ports import claim_ports

INVITE = b"INVITE sip:+4930@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060\r\n\r\nv=0\r\n"


def test_an_invite_gets_one_more_header_and_nothing_else_is_touched():
    assert tap.stamped(INVITE, 1795298090, 7_725_999) == INVITE.replace(
        b"\r\nVia", b"\r\nX-Arrived: 1795298090.007725\r\nVia"
    )
    for packet in (
        b"ACK sip:+4930@127.0.0.1 SIP/2.0\r\n\r\n",
        b"SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\n\r\n",
        b"\r\n",
        b"",
    ):
        assert tap.stamped(packet, 1, 1) == packet


@pytest.fixture
def wire(tmp_path):
    """The sockets of caller and carrier, and the port of the tap between them."""
    claim = claim_ports(3)
    entry, carrier_port, caller_port = claim.numbers
    program = Guarded(
        [sys.executable, "-I", "-S", tap.__file__, *map(str, (entry, carrier_port, caller_port))], tmp_path / "log"
    )
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as carrier,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller,
    ):
        for sock, port in ((carrier, carrier_port), (caller, caller_port)):
            sock.bind(("127.0.0.1", port))
            sock.settimeout(0.2)
        yield caller, carrier, entry
        program.end()
    claim.release()


def exchange(sender: socket.socket, receiver: socket.socket, to: int, packet: bytes) -> tuple[bytes, int]:
    """What arrives, and from which port; sent again while the tap is still starting."""
    deadline = time.monotonic() + 10
    while True:
        sender.sendto(packet, ("127.0.0.1", to))
        try:
            got, (_, port) = receiver.recvfrom(65536)
        except TimeoutError:
            assert time.monotonic() < deadline
        else:
            return got, port


def test_what_passes_by_is_stamped_when_it_was_sent_and_answers_find_their_way_back(wire):
    caller, carrier, entry = wire
    _, back = exchange(caller, carrier, entry, b"OPTIONS sip:x SIP/2.0\r\n\r\n")
    before = time.time()
    got, _ = exchange(caller, carrier, entry, INVITE)
    stamp = float(got.partition(b"X-Arrived: ")[2].partition(b"\r\n")[0])
    assert before - 0.001 <= stamp <= time.time() + 0.001
    answer, port = exchange(carrier, caller, back, b"SIP/2.0 486 Busy Here\r\n\r\n")
    assert (answer, port) == (b"SIP/2.0 486 Busy Here\r\n\r\n", entry)
