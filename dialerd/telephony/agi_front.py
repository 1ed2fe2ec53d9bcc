"""The door of the FastAGI server: takes connections, refuses strangers, reads headers, all in one thread."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

import structlog

from dialerd.domain.errors import BadInput
from dialerd.telephony.agi_text import AgiRequest, read_request

MAX_HEADER_BYTES = 1 << 16
TICK_SECONDS = 0.2
ACCEPT_AT_ONCE = 64
ACCEPT_PAUSE_SECONDS = 0.05
STRANGER_LOG_SECONDS = 1.0

log = structlog.get_logger("dialerd.agi")


@dataclass(frozen=True, slots=True)
class Arrived:
    """A connection whose header is whole. `rest` came behind it; `arrived_at` is monotonic."""

    sock: socket.socket
    request: AgiRequest
    rest: bytes
    arrived_at: float


@dataclass(eq=False, slots=True)
class _Silent:
    """A connection whose header is not whole."""

    sock: socket.socket
    peer: str
    arrived_at: float
    data: bytearray = field(default_factory=bytearray)


class Front:
    """One thread that does nothing slow. `hand_over` gets each whole request, `tick(monotonic)` a call now and then."""

    def __init__(
        self,
        listener: socket.socket,
        *,
        peers: Sequence[IPv4Network | IPv6Network],
        header_timeout: float,
        max_silent: int,
        hand_over: Callable[[Arrived], None],
        tick: Callable[[float], None],
        on_failure: Callable[[str], None],
    ) -> None:
        self._listener = listener
        self._peers = tuple(peers)
        self._header_timeout = header_timeout
        self._max_silent = max_silent
        self._hand_over = hand_over
        self._tick = tick
        self._on_failure = on_failure
        self._silent: dict[_Silent, None] = {}  # the oldest first
        self._selector = selectors.DefaultSelector()
        self._waker, self._woken = socket.socketpair()
        self._next_tick = 0.0
        self._strangers = 0
        self._next_stranger_log = 0.0
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="dialerd-agi-front", daemon=True)

    @property
    def alive(self) -> bool:
        """The thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to take connections."""
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._thread.start()

    def close(self) -> None:
        """Take no more, let go of those that have said nothing, end the thread."""
        self._closing = True
        self._waker.send(b"x")
        if self._thread.ident is not None:
            self._thread.join()
        for silent in self._silent:
            silent.sock.close()
        self._selector.close()
        for sock in (self._listener, self._waker, self._woken):
            sock.close()

    def _run(self) -> None:
        while not self._closing:
            for key, _ in self._selector.select(TICK_SECONDS):
                if key.fileobj is self._listener:
                    self._accept()
                elif key.data is not None:
                    self._read(key.data)
            now = time.monotonic()
            self._expire(now)
            if now >= self._next_tick:
                self._next_tick = now + TICK_SECONDS
                self._tick(now)

    def _accept(self) -> None:
        for _ in range(ACCEPT_AT_ONCE):
            try:
                sock, address = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                # No descriptor left, most likely: the connections that say nothing give theirs back first. Without the
                # pause we would turn at full speed until a script ends.
                log.error("agi_accept_failed", error=error.strerror)
                self._make_room()
                time.sleep(ACCEPT_PAUSE_SECONDS)
                return
            self._admit(sock, str(address[0]))

    def _admit(self, sock: socket.socket, peer: str) -> None:
        if not self._is_listed(peer):
            self._refuse_stranger(peer)
            sock.close()
            return
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if len(self._silent) >= self._max_silent:
            self._make_room()
        silent = _Silent(sock, peer, time.monotonic())
        self._silent[silent] = None
        self._selector.register(sock, selectors.EVENT_READ, silent)

    def _refuse_stranger(self, peer: str) -> None:
        self._on_failure("peer")
        self._strangers += 1
        now = time.monotonic()
        # Whoever knocks a thousand times a second does not fill the disk with our log.
        if now >= self._next_stranger_log:
            log.warning("agi_peer_refused", peer=peer, refused=self._strangers, hint="its address is not in agi.peers")
            self._strangers = 0
            self._next_stranger_log = now + STRANGER_LOG_SECONDS

    def _is_listed(self, peer: str) -> bool:
        address = ip_address(peer.partition("%")[0])
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self._peers)

    def _read(self, silent: _Silent) -> None:
        if silent not in self._silent:
            return
        try:
            data = silent.sock.recv(MAX_HEADER_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        silent.data += data
        end = silent.data.find(b"\n\n")
        if end >= 0:
            self._let_in(silent, end)
        elif not data:
            self._dismiss(silent, "silent")
        elif len(silent.data) > MAX_HEADER_BYTES:
            self._dismiss(silent, "request")

    def _let_in(self, silent: _Silent, end: int) -> None:
        try:
            request = read_request(bytes(silent.data[:end]), silent.peer)
        except BadInput as error:
            log.warning("agi_request_refused", reason=str(error), peer=silent.peer)
            self._dismiss(silent, "request")
            return
        self._forget(silent)
        self._hand_over(Arrived(silent.sock, request, bytes(silent.data[end + 2 :]), silent.arrived_at))

    def _expire(self, now: float) -> None:
        while self._silent:
            oldest = next(iter(self._silent))
            if now - oldest.arrived_at < self._header_timeout:
                return
            self._dismiss(oldest, "silent")

    def _make_room(self) -> None:
        if self._silent:
            self._dismiss(next(iter(self._silent)), "crowd")

    def _dismiss(self, silent: _Silent, kind: str) -> None:
        self._forget(silent)
        self._on_failure(kind)
        silent.sock.close()

    def _forget(self, silent: _Silent) -> None:
        del self._silent[silent]
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(silent.sock)
