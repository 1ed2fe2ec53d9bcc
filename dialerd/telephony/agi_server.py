"""The FastAGI server: one thread takes connections and reads their headers, a fixed number of threads run scripts.

A connection that sends nothing costs a file descriptor for a moment and never a thread. Every wait has an end: the
header's, each reply's, and that of the whole session, which a watchdog enforces by closing the socket, so that
Asterisk's channel is free again whatever a script does.
"""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

import structlog

from dialerd.domain.errors import Unavailable
from dialerd.telephony.agi_front import Arrived, Front
from dialerd.telephony.agi_session import AgiSession, AgiWire
from dialerd.telephony.agi_text import AgiRequest

BACKLOG = 1024
SESSION_SECONDS = 30.0

log = structlog.get_logger("dialerd.agi")


@dataclass(frozen=True, slots=True)
class AgiLimits:
    """How much and how long; times in seconds. `session_timeout` counts from the connection's arrival.

    All connections together fit into the 1,024 descriptors a process usually has.
    """

    threads: int = 64
    header_timeout: float = 2.0
    read_timeout: float = 10.0
    session_timeout: float = SESSION_SECONDS
    max_silent: int = 256  # connections whose header has not come yet; of more, the oldest are closed
    max_queued: int = 512  # calls that wait for a thread; more are refused, and Asterisk hears it at once


@dataclass(eq=False, slots=True)
class _Running:
    sock: socket.socket
    request: AgiRequest
    deadline: float


class AgiServer:
    """Serves until closed.

    `dispatch(request, session)` runs in one of the threads and should not raise. `on_failure(kind)` hears of every
    session that came to nothing: "peer" (not on the list), "silent", "crowd" (closed to make room), "request" (no
    script's name), "full", "late" (waited too long for a thread), "timeout" (watchdog) and "fault" (dispatch raised).
    """

    def __init__(
        self,
        listen: str,
        port: int,
        *,
        peers: Sequence[IPv4Network | IPv6Network],
        dispatch: Callable[[AgiRequest, AgiSession], None],
        limits: AgiLimits | None = None,
        on_failure: Callable[[str], None] = lambda _: None,
        listener: socket.socket | None = None,
    ) -> None:
        """Listens from here on (port 0: any), or takes calls from `listener`, which other processes may share; `start`
        begins to serve. Raises Unavailable when the port is taken.
        """
        self._dispatch = dispatch
        self._limits = limits or AgiLimits()
        self._on_failure = on_failure
        self._listener = listener or open_listener(listen, port)
        self._calls: queue.SimpleQueue[Arrived | None] = queue.SimpleQueue()
        self._running: set[_Running] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._front = Front(
            self._listener,
            peers=peers,
            header_timeout=self._limits.header_timeout,
            max_silent=self._limits.max_silent,
            hand_over=self._hand_over,
            tick=self._close_overdue,
            on_failure=on_failure,
        )
        self._threads = [
            threading.Thread(target=self._work, name=f"dialerd-agi-{number}", daemon=True)
            for number in range(self._limits.threads)
        ]

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        host, port = self._listener.getsockname()[:2]
        return str(host), int(port)

    @property
    def busy(self) -> int:
        """Sessions being served now."""
        return len(self._running)

    @property
    def alive(self) -> bool:
        """The thread that takes connections runs: what a watchdog should look at."""
        return self._front.alive

    def start(self) -> None:
        """Begin to serve; returns at once."""
        for thread in self._threads:
            thread.start()
        self._front.start()

    def close(self, timeout: float = 10.0) -> None:
        """Take no more calls, finish those that have begun within `timeout` seconds, cut off the rest. Then nothing runs
        and nothing listens, but for a script that waits for something else than Asterisk.
        """
        if self._closed:
            return
        self._closed = True
        deadline = time.monotonic() + timeout
        self._front.close()
        for _ in self._threads:
            self._calls.put(None)
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))
        self._close_overdue(float("inf"))
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(1.0)
        while not self._calls.empty():
            left = self._calls.get()
            if left is not None:
                left.sock.close()

    def _hand_over(self, call: Arrived) -> None:
        if self._calls.qsize() < self._limits.max_queued:
            self._calls.put(call)
            return
        log.error("agi_call_refused", reason="every thread is busy and the queue is full", script=call.request.script)
        self._fail("full", call.sock)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            deadline = call.arrived_at + self._limits.session_timeout
            if time.monotonic() > deadline:
                log.error("agi_call_refused", reason="waited too long for a thread", script=call.request.script)
                self._fail("late", call.sock)
            else:
                self._serve(_Running(call.sock, call.request, deadline), call.rest)

    def _serve(self, running: _Running, rest: bytes) -> None:
        with self._lock:
            self._running.add(running)
        try:
            wire = AgiWire(running.sock, self._limits.read_timeout, rest)
            self._dispatch(running.request, AgiSession(wire, running.request.env, running.request.query))
        except Exception:  # a thread that ends would be missing for good
            log.exception("agi_dispatch_failed", script=running.request.script)
            self._on_failure("fault")
        finally:
            with self._lock:
                self._running.discard(running)
            running.sock.close()

    def _close_overdue(self, now: float) -> None:
        """The watchdog: end sessions past their deadline. The script then finds its caller gone."""
        with self._lock:
            for running in self._running:
                if running.deadline < now:
                    running.deadline = float("inf")
                    log.error(
                        "agi_session_cut_off",
                        script=running.request.script,
                        attempt_id=running.request.env.get("agi_uniqueid"),
                    )
                    self._on_failure("timeout")
                    _shut(running.sock)

    def _fail(self, kind: str, sock: socket.socket) -> None:
        self._on_failure(kind)
        sock.close()


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        # Asterisk was faster.
        return


def open_listener(host: str, port: int) -> socket.socket:
    """A socket that listens there (port 0: any) and never blocks. Raises Unavailable when the port is taken."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise Unavailable(
            f"FastAGI on {host}:{port}: cannot listen: {error.strerror}; is another `dialerd agi` running? Else give another agi.port"
        ) from None
    listener.setblocking(False)
    return listener
