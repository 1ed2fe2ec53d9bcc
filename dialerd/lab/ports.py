"""Free loopback ports, held against others who ask here for as long as they are needed."""

from __future__ import annotations

import random
import socket
from dataclasses import dataclass

from dialerd.domain.errors import Unavailable

# Below the range the kernel hands out by itself (32768 on), and above the RTP ports of conf/rtp.conf.
_RANGE = range(20000, 32000)
_BLOCK = 8


@dataclass(frozen=True, slots=True)
class Ports:
    """Ports on 127.0.0.1 that are ours. The claim is a bound socket, so it ends with this process at the latest."""

    numbers: tuple[int, ...]
    claim: socket.socket

    def release(self) -> None:
        """Lets others have them."""
        self.claim.close()


def claim_ports(count: int, within: range = _RANGE) -> Ports:
    """`count` (at most 7) ports nobody uses, for TCP and UDP. Raises Unavailable when there are none."""
    blocks = list(within[::_BLOCK])
    random.shuffle(blocks)
    for base in blocks:
        claim = _bound(base, socket.SOCK_STREAM)
        if claim is None:
            continue
        numbers = tuple(range(base + 1, base + 1 + count))
        if all(map(_is_free, numbers)):
            return Ports(numbers, claim)
        claim.close()
    raise Unavailable(f"no free ports on 127.0.0.1 between {within.start} and {within.stop}")


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        sock = _bound(port, kind, reuse=kind is socket.SOCK_STREAM)
        if sock is None:
            return False
        sock.close()
    return True


def _bound(port: int, kind: socket.SocketKind, *, reuse: bool = False) -> socket.socket | None:
    """With `reuse` only a listener makes the port taken; without it any socket does, which is what makes a claim."""
    sock = socket.socket(socket.AF_INET, kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(reuse))
    try:
        sock.bind(("127.0.0.1", port))
    except OSError:
        sock.close()
        return None
    return sock
