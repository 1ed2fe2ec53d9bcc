"""The wire into the carrier: passes SIP along and stamps each INVITE with the instant it arrived.

A program of its own, standard library only. The stamp is the kernel's, taken as the caller's packet reaches this
socket, so a busy machine does not blur it. Only what begins a call comes by here: the rest goes to the carrier's own
address, as its Contact says.
"""

from __future__ import annotations

import selectors
import socket
import struct
import sys
import time

STAMP_HEADER = "X-Arrived"
_SO_TIMESTAMPNS = 35  # asm-generic/socket.h; the socket module does not name it
_LOOPBACK = "127.0.0.1"
_LARGEST = 65536
_BUFFER_BYTES = 4 * 1024 * 1024


def stamped(packet: bytes, seconds: int, nanoseconds: int) -> bytes:
    """The packet as the carrier gets it: an INVITE has one more header, UTC epoch seconds with microseconds."""
    if not packet.startswith(b"INVITE "):
        return packet
    line, end, rest = packet.partition(b"\r\n")
    return b"%b%b%b: %d.%06d\r\n%b" % (line, end, STAMP_HEADER.encode(), seconds, nanoseconds // 1000, rest)


def run(listen: int, carrier: int, dialer: int) -> None:
    """Passes on what comes to port `listen` to port `carrier`, and its answers to port `dialer`, for ever."""
    near, far = _socket(listen), _socket(0)
    near.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    with selectors.DefaultSelector() as ready:
        ready.register(near, selectors.EVENT_READ)
        ready.register(far, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                if key.fileobj is near:
                    _pass_in(near, far, carrier)
                else:
                    _pass_out(far, near, dialer)


def _pass_in(near: socket.socket, far: socket.socket, carrier: int) -> None:
    packet, extra, _, _ = near.recvmsg(_LARGEST, socket.CMSG_SPACE(16))
    stamps = [data for level, kind, data in extra if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS)]
    seconds, nanoseconds = struct.unpack("@qq", stamps[0]) if stamps else divmod(time.time_ns(), 10**9)
    far.sendto(stamped(packet, seconds, nanoseconds), (_LOOPBACK, carrier))


def _pass_out(far: socket.socket, near: socket.socket, dialer: int) -> None:
    near.sendto(far.recv(_LARGEST), (_LOOPBACK, dialer))


def _socket(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
    sock.bind((_LOOPBACK, port))
    return sock


if __name__ == "__main__":
    run(*map(int, sys.argv[1:4]))
