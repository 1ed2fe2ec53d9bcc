"""Ports that two labs never share."""

from __future__ import annotations

import socket

import pytest

from dialerd.domain.errors import Unavailable
from dialerd.lab.ports import claim_ports


def test_ports_are_free_for_whoever_claimed_them_and_nobody_gets_them_twice():
    claims = [claim_ports(7) for _ in range(40)]
    try:
        numbers = [number for claim in claims for number in claim.numbers]
        assert len(set(numbers)) == len(numbers) == 280
        for number in claims[0].numbers:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(socket.AF_INET, kind) as sock:
                    sock.bind(("127.0.0.1", number))
    finally:
        for claim in claims:
            claim.release()


def test_ports_that_somebody_listens_on_are_not_given_away():
    claim = claim_ports(3)
    mine = range(claim.numbers[0] - 1, claim.numbers[0] + 7)
    claim.release()
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", mine[2]))
        busy.listen()
        with pytest.raises(Unavailable, match=r"no free ports on 127\.0\.0\.1 between "):
            claim_ports(3, mine)
    claim_ports(3, mine).release()
